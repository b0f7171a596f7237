// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "app/program.hpp"
#include "io/json.hpp"
#include "io/manifest.hpp"
#include "io/npy.hpp"
#include "io/weights.hpp"

namespace filigree::app {
namespace {
namespace fs = std::filesystem;

std::string shape_text(const NamedArray& array) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : array.shape) extents.push_back(format("{}", extent));
  return "[" + join(extents) + "]";
}

/// A text from a file, quoted if it holds something that a terminal could act upon.
std::string shown(const std::string& text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c != 127; });
  return is_plain ? text : json_text(text, JsonStyle::kOneLine);
}

/// "min .. max" of the finite values and how many are not.
std::string range_text(const NamedArray& array) {
  double lowest = INFINITY;
  double highest = -INFINITY;
  std::int64_t bad = 0;
  for (std::int64_t i = 0; i < array.size(); ++i) {
    const double value = array.value(i);
    if (!std::isfinite(value)) {
      ++bad;
      continue;
    }
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  std::string text = lowest <= highest ? format("{:.6g} .. {:.6g}", lowest, highest) : "empty";
  if (bad > 0) text += format(", {} values not finite", bad);
  return text;
}

template <class Arrays>
std::string arrays_text(const Arrays& arrays) {
  std::size_t width = 0;
  std::size_t shape_width = 0;
  for (const NamedArray& array : arrays) {
    width = std::max(width, shown(array.name).size());
    shape_width = std::max(shape_width, shape_text(array).size());
  }
  std::string text;
  for (const NamedArray& array : arrays) {
    text += format("  {:<{}}  {}  {:<{}}  {}{}\n", shown(array.name), width, name_of(array.dtype),
                   shape_text(array), shape_width, range_text(array),
                   array.unit.empty() ? "" : " " + array.unit);
  }
  return text;
}

/// "KIND, 3 arrays, 16 floating-point values", metadata, and a line per array.
std::string weights_text(const char* kind, const Weights& weights) {
  std::string text = format("{}, {} arrays, {} floating-point values\n", kind,
                            weights.arrays.size(), parameter_count(weights.arrays));
  for (const auto& [key, value] : weights.metadata) {
    text += format("  {:<16} {}\n", shown(key), shown(value));
  }
  return text + arrays_text(weights.arrays);
}

std::string manifest_text(const fs::path& file) {
  const Manifest m = read_manifest(file);
  std::uint64_t bytes = 0;
  for (const FileRecord& output : m.outputs) bytes += output.bytes;
  std::string text =
      format("run: {} (exit code {}), {} steps in {}\n", m.status, m.exit_code, m.steps,
             duration_text(m.wall_seconds)) +
      format("  command    {}\n", join(m.command_line, " ")) +
      format("  started    {}\n  ended      {}\n", m.started, m.ended.empty() ? "-" : m.ended) +
      format("  program    filigree {} ({}{}), {}, {} precision\n", m.version, m.commit,
             m.dirty ? ", with local changes" : "", m.build_type, m.real) +
      format("  machine    {}, {} threads ({}, Kokkos {}), {}\n", m.device, m.threads, m.backend,
             m.kokkos_version, m.os) +
      format("  seed       {}\n", m.seed) +
      format("  outputs    {} files, {}\n", m.outputs.size(), size_text(bytes));
  if (!m.resumed_from.empty()) text += format("  resumed    from {}\n", m.resumed_from);
  for (const FileRecord& input : m.inputs) {
    text += format("  input      {} (sha256 {}...)\n", input.path, input.sha256.substr(0, 16));
  }
  text += "last row of diagnostics\n";
  for (const auto& [name, value] : m.diagnostics) text += format("  {} = {:.6g}\n", name, value);
  return text;
}

std::string info_text(const fs::path& path) {
  std::error_code error;
  FILIGREE_REQUIRE(fs::exists(path, error), "'{}' does not exist", path.string());
  if (fs::is_directory(path, error)) {
    FILIGREE_REQUIRE(fs::exists(path / "manifest.json", error),
                     "folder '{}' does not hold a run (it has no manifest.json)", path.string());
    return manifest_text(path / "manifest.json");
  }
  const std::string extension = path.extension().string();
  if (extension == ".fgc") return weights_text("checkpoint", load_weights(path));
  if (extension == ".npz") return weights_text("NPZ archive", load_weights(path));
  if (extension == ".safetensors") return weights_text("safetensors", load_weights(path));
  if (extension == ".npy") return "NPY array\n" + arrays_text(std::vector{read_npy(path)});
  if (path.filename() == "manifest.json") return manifest_text(path);
  throw InputError(
      format("'{}' is of no kind that is known here: checkpoint (.fgc), manifest.json, "
             ".safetensors, .npz, .npy, or the folder of a run",
             path.string()));
}

}  // namespace

void add_info(CLI::App& app, Program&) {
  const auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "info", "show what is in a checkpoint, a manifest, a run, a file of weights or arrays");
  command->footer(
      "Examples:\n"
      "  filigree info runs/dam_break-1\n"
      "  filigree info runs/dam_break-1/checkpoints/checkpoint_000000001234.fgc\n"
      "  filigree info frames/scene_000012.npz\n"
      "  filigree info network.safetensors\n");
  command
      ->add_option("FILE", *file, ".fgc, manifest.json, .safetensors, .npz, .npy or a run's folder")
      ->required();
  command->callback([file] { print(info_text(*file)); });
}

}  // namespace filigree::app
