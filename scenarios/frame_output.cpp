// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/frame_output.hpp"

#include <algorithm>

#include "io/writers.hpp"
#include "io/yaml/reader.hpp"

namespace filigree {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> field_names(const Frame& frame) {
  std::vector<std::string> names;
  for (const Block& block : frame.blocks) {
    for (const auto* fields : {&block.point_fields, &block.cell_fields}) {
      for (const NamedArray& field : *fields) {
        if (!contains(names, field.name)) names.push_back(field.name);
      }
    }
  }
  return names;
}

}  // namespace

FrameOutput::FrameOutput(const RunOptions& options)
    : meta_{.title = options.scenario.title, .folder = {}},
      fields_(options.output.fields),
      times_(options.time.end, options.output) {
  for (const std::string& format : options.output.formats) {
    writers_.push_back(writers().at(format).make());
  }
}

void FrameOutput::check(const Simulation& simulation, const yaml::Document& document,
                        yaml::Diagnostics& problems) {
  Frame frame;
  simulation.describe(frame);
  drawable_ = !frame.blocks.empty();
  const std::vector<std::string> known = field_names(frame);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const std::string path = format("output.fields.{}", i);
    if (const yaml::Node* node = yaml::find_path(document.root(), path)) {
      yaml::check_name(*node, path, "a field of this scenario", known, problems);
    }
  }
}

void FrameOutput::open(const std::filesystem::path& folder) {
  meta_.folder = folder;
  if (!drawable_) return;
  for (const auto& writer : writers_) writer->open(meta_);
}

void FrameOutput::resume(const std::filesystem::path& folder, std::int64_t n_frames) {
  meta_.folder = folder;
  next_ = n_frames;
  if (!active()) return;
  written_ = n_frames;
  if (n_frames > 0) last_time_ = times_.time(n_frames - 1);
  for (const auto& writer : writers_) writer->resume(meta_, n_frames);
}

void FrameOutput::close() {
  if (!drawable_) return;
  for (const auto& writer : writers_) writer->close();
}

void FrameOutput::keep_fields(std::vector<NamedArray>& fields) const {
  if (fields_.empty()) return;
  std::erase_if(fields, [&](const NamedArray& field) { return !contains(fields_, field.name); });
}

void FrameOutput::write(const Simulation& simulation, std::int64_t step, bool scheduled) {
  if (active()) {
    Frame frame;
    simulation.describe(frame);
    frame.time = simulation.time();
    frame.step = step;
    frame.number = next_;
    for (Block& block : frame.blocks) {
      keep_fields(block.point_fields);
      keep_fields(block.cell_fields);
    }
    for (const auto& writer : writers_) writer->write(frame);
    ++written_;
    last_time_ = frame.time;
  }
  if (scheduled) ++next_;
}

std::uint64_t frame_bytes(const Frame& frame) {
  std::uint64_t bytes = 0;
  for (const Block& block : frame.blocks) {
    bytes += block.points.size() * sizeof(double);
    bytes += (block.offsets.size() + block.connectivity.size()) * sizeof(std::int64_t);
    for (const auto* fields : {&block.point_fields, &block.cell_fields}) {
      for (const NamedArray& field : *fields) bytes += field.bytes.size();
    }
  }
  return bytes;
}

}  // namespace filigree
