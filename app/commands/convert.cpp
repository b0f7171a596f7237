// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/program.hpp"
#include "io/atomic_file.hpp"
#include "io/frame_reader.hpp"
#include "io/manifest.hpp"
#include "io/npz.hpp"
#include "io/npz_writer.hpp"
#include "io/vtk_writer.hpp"
#include "io/weights.hpp"
#include "io/writers.hpp"

namespace filigree::app {
namespace {
namespace fs = std::filesystem;

struct ConvertArguments {
  std::string in;
  std::string out;
  std::string to;  ///< format of a series in the folder `out`; empty: `out` is one file
};

/// The title in the manifest beside the frames, "" where there is none.
std::string title_of(const fs::path& run) {
  std::error_code error;
  if (!fs::exists(run / "manifest.json", error)) return "";
  const auto options = read_manifest(run / "manifest.json").options;
  return options.value("/scenario/title"_json_pointer, "");
}

/// The frames to convert: those of a run, in the format that it is not converted to if it has both,
/// or a single file.
std::vector<fs::path> frames_of(const ConvertArguments& arguments) {
  std::error_code error;
  if (!fs::is_directory(arguments.in, error)) return {arguments.in};
  const RunFrames found = find_frames(arguments.in);
  FILIGREE_REQUIRE(!found.empty(),
                   "folder '{}' holds no frames (neither scene.pvd nor frames/*.npz)",
                   arguments.in);
  const bool from_npz = found.vtk.empty() || (arguments.to == "vtk" && !found.npz.empty());
  return from_npz ? found.npz : found.vtk;
}

void convert_series(const ConvertArguments& arguments) {
  const std::vector<fs::path> frames = frames_of(arguments);
  const fs::path out = arguments.out;
  std::error_code error;
  FILIGREE_REQUIRE(!fs::exists(out, error) || (fs::is_directory(out, error) && fs::is_empty(out)),
                   "'{}' is not an empty folder; choose another", out.string());
  const std::unique_ptr<Writer> writer = writers().at(arguments.to).make();
  writer->open({.title = title_of(arguments.in), .folder = out});
  for (const fs::path& file : frames) writer->write(read_frame(file));
  writer->close();
  print(format("{} frames as {} in {}\n", frames.size(), arguments.to, out.string()));
}

void write_vtk(const fs::path& out, const Frame& frame, const std::string& from) {
#if FILIGREE_WITH_VTK
  FILIGREE_REQUIRE(frame.blocks.size() == 1,
                   "'{}' holds {} blocks but a {} file has room for one: convert it into a folder "
                   "with --to vtk",
                   from, frame.blocks.size(), out.extension().string());
  const Block& block = frame.blocks.front();
  FILIGREE_REQUIRE(vtk_extension(block) == out.extension(),
                   "'{}' cannot hold block '{}' of '{}': the name must end in {}", out.string(),
                   block.name, from, vtk_extension(block));
  write_file_atomically(out, std::string_view(vtk_file_bytes(block, frame, "")));
#else
  throw EnvironmentError(
      format("cannot write '{}' from '{}' ({} blocks): this build is without "
             "VTK, configure with -DFILIGREE_WITH_VTK=ON",
             out.string(), from, frame.blocks.size()));
#endif
}

void convert_file(const ConvertArguments& arguments) {
  const fs::path out = arguments.out;
  const fs::path kind = out.extension();
  std::error_code error;
  FILIGREE_REQUIRE(!fs::is_directory(arguments.in, error),
                   "'{}' is a folder: --to npz or --to vtk says what its frames shall become",
                   arguments.in);
  FILIGREE_REQUIRE(kind == ".npz" || kind == ".vtp" || kind == ".vtu",
                   "'{}' must end in .npz, .vtp or .vtu; for a folder give --to npz or --to vtk",
                   out.string());
  const Frame frame = read_frame(arguments.in);
  if (kind == ".npz") {
    write_npz(out, frame_arrays(frame));
  } else {
    write_vtk(out, frame, arguments.in);
  }
  print(format("{} -> {}\n", arguments.in, out.string()));
}

/// Weights have no frame in them: every array goes as it is.
void convert_weights(const ConvertArguments& arguments) {
  save_weights(arguments.out, load_weights(arguments.in));
  print(format("{} -> {}\n", arguments.in, arguments.out));
}

bool is_safetensors(const fs::path& file) {
  return file.extension() == ".safetensors";
}

}  // namespace

void add_convert(CLI::App& app, Program&) {
  const auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* command = app.add_subcommand("convert", "turn frames or weights into another format");
  command->footer(
      "Formats: npz (NumPy), vtp and vtu (ParaView); for weights of networks safetensors and npz.\n"
      "Names, types, units and values stay as they are. With --to, OUT becomes a folder like that\n"
      "of a run, with an index of the frames for ParaView (vtk); it must not exist or be empty.\n"
      "Examples:\n"
      "  filigree convert runs/dam_break-1/frames/water_000012.vtp water.npz\n"
      "  filigree convert water.npz water.vtp\n"
      "  filigree convert runs/dam_break-1 arrays --to npz\n"
      "  filigree convert network.npz network.safetensors\n");
  command
      ->add_option(
          "IN", arguments->in,
          "a frame (.npz, .vtp, .vtu, .vtm), weights (.safetensors, .npz) or a run's folder")
      ->required();
  command
      ->add_option("OUT", arguments->out,
                   "file (.npz, .vtp, .vtu, .safetensors), or folder with --to")
      ->required();
  command->add_option("--to", arguments->to, "format of the series in the folder OUT")
      ->check(CLI::IsMember({"npz", "vtk"}))
      ->type_name("npz|vtk");
  command->callback([arguments] {
    if (is_safetensors(arguments->in) || is_safetensors(arguments->out)) {
      convert_weights(*arguments);
    } else if (arguments->to.empty()) {
      convert_file(*arguments);
    } else {
      convert_series(*arguments);
    }
  });
}

}  // namespace filigree::app
