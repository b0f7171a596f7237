// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/checkpointer.hpp"

#include <cmath>
#include <map>

#include "core/scalar.hpp"
#include "core/state_visitor.hpp"
#include "io/atomic_file.hpp"

namespace filigree {
namespace fs = std::filesystem;
namespace {

constexpr const char* kReal = sizeof(Real) == sizeof(float) ? "float" : "double";

void flatten_into(const std::string& path, const nlohmann::ordered_json& tree,
                  std::vector<std::pair<std::string, nlohmann::ordered_json>>& leaves) {
  if (!tree.is_structured() || tree.empty()) {
    leaves.emplace_back(path, tree);
    return;
  }
  const std::string prefix = path.empty() ? "" : path + ".";
  std::size_t index = 0;
  for (const auto& [key, value] : tree.items()) {
    flatten_into(prefix + (tree.is_array() ? format("{}", index++) : key), value, leaves);
  }
}

bool may_change(const std::string& path) {
  for (const char* prefix : {"time.", "checkpoint.", "watchdog.", "expect", "reduced", "variants",
                             "scenario.title", "output.folder"}) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

template <class T>
T header_value(const Checkpoint& checkpoint, const char* key, const std::string& label) {
  const auto found = checkpoint.header.find(key);
  if (found != checkpoint.header.end()) {
    try {
      return found->get<T>();
    } catch (const nlohmann::json::exception&) {  // reported below
    }
  }
  throw InputError(
      format("{}: not a checkpoint of a run: '{}' is missing or of the wrong kind", label, key));
}

}  // namespace

Checkpointer::Checkpointer(const Scenario& scenario, fs::path folder)
    : scenario_(scenario), folder_(std::move(folder)) {}

bool Checkpointer::due(double before, double after) const {
  const CheckpointOptions& options = scenario_.run.checkpoint;
  if (options.every) {
    const auto multiple = [&](double time) { return std::floor(time / *options.every + 1e-9); };
    if (multiple(after) > multiple(before)) return true;
  }
  if (options.every_wall <= 0) return false;
  return std::chrono::duration<double>(Clock::now() - last_wall_).count() >= options.every_wall;
}

void Checkpointer::write(const RunPosition& position, Simulation& simulation, bool scheduled) {
  create_folder(folder_);
  StateSaver saver;
  simulation.reflect_state(saver);
  Checkpoint checkpoint;
  checkpoint.header = {{"scenario", scenario_.type_name},
                       {"title", scenario_.run.scenario.title},
                       {"version", FILIGREE_VERSION},
                       {"real", kReal},
                       {"step", position.step},
                       {"time", position.time},
                       {"frames", position.frames},
                       {"last_row_time", position.last_row_time},
                       {"largest_energy", position.energies.largest},
                       {"reference_energy", position.energies.reference},
                       {"scheduled", scheduled},
                       {"options", scenario_.resolved_json}};
  checkpoint.arrays = std::move(saver.arrays);
  last_file_ = folder_ / checkpoint_name(position.step);
  write_checkpoint(last_file_, checkpoint);
  last_step_ = position.step;
  last_time_ = position.time;
  last_wall_ = Clock::now();
  std::error_code ignored;
  if (!unscheduled_.empty() && unscheduled_ != last_file_) fs::remove(unscheduled_, ignored);
  unscheduled_ = scheduled ? fs::path() : last_file_;
  prune_checkpoints(folder_, scenario_.run.checkpoint.keep);
}

void Checkpointer::resume_from(const fs::path& file, const Checkpoint& checkpoint) {
  const RunPosition position = run_position(checkpoint, file.string());
  last_file_ = file;
  last_step_ = position.step;
  last_time_ = position.time;
  if (!header_value<bool>(checkpoint, "scheduled", file.string())) unscheduled_ = file;
  remove_checkpoints_after(folder_, position.step);
}

RunPosition run_position(const Checkpoint& checkpoint, const std::string& label) {
  return {.step = header_value<std::int64_t>(checkpoint, "step", label),
          .time = header_value<double>(checkpoint, "time", label),
          .frames = header_value<std::int64_t>(checkpoint, "frames", label),
          .last_row_time = header_value<double>(checkpoint, "last_row_time", label),
          .energies = {.largest = header_value<double>(checkpoint, "largest_energy", label),
                       .reference = header_value<double>(checkpoint, "reference_energy", label)}};
}

void require_same_run(const Checkpoint& checkpoint, const Scenario& scenario,
                      const std::string& label) {
  const auto type = header_value<std::string>(checkpoint, "scenario", label);
  FILIGREE_REQUIRE(type == scenario.type_name,
                   "{} was made by scenario type '{}', but '{}' has type '{}'", label, type,
                   scenario.file.string(), scenario.type_name);
  const auto real = header_value<std::string>(checkpoint, "real", label);
  FILIGREE_REQUIRE(real == kReal,
                   "{} was made in {} precision, but this program computes in {}; use a build with "
                   "the same FILIGREE_REAL",
                   label, real, kReal);
  const auto stored = header_value<nlohmann::ordered_json>(checkpoint, "options", label);
  std::vector<std::string> differing = differences(stored, scenario.resolved_json, may_change);
  // With a number of frames, the end decides when they are written.
  const nlohmann::ordered_json::json_pointer end("/time/end");
  if (!scenario.run.output.every && stored.value(end, 0.0) != scenario.run.time.end) {
    differing.push_back("time.end moves the frames: give output.every to change it");
  }
  FILIGREE_REQUIRE(differing.empty(), "{} cannot be continued with other options:\n  {}", label,
                   join(differing, "\n  "));
}

std::vector<std::string> differences(
    const nlohmann::ordered_json& before, const nlohmann::ordered_json& now,
    const std::function<bool(const std::string& path)>& may_change) {
  std::map<std::string, nlohmann::ordered_json> left;
  for (const auto& [path, value] : flatten(before)) left[path] = value;
  std::vector<std::string> lines;
  const auto add = [&](const std::string& path, const std::string& is, const std::string& was) {
    if (!may_change(path)) lines.push_back(format("{} is {} but was {}", path, is, was));
  };
  for (const auto& [path, value] : flatten(now)) {
    const auto old = left.find(path);
    if (old == left.end()) {
      add(path, value.dump(), "absent");
      continue;
    }
    if (old->second != value) add(path, value.dump(), old->second.dump());
    left.erase(old);
  }
  for (const auto& [path, value] : left) add(path, "absent", value.dump());
  return lines;
}

std::vector<std::pair<std::string, nlohmann::ordered_json>> flatten(
    const nlohmann::ordered_json& tree) {
  std::vector<std::pair<std::string, nlohmann::ordered_json>> leaves;
  flatten_into("", tree, leaves);
  return leaves;
}

}  // namespace filigree
