// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/dataset_options.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace filigree {

namespace {

template <class T>
std::string wrong_order(const char* key, const std::array<T, 2>& range) {
  if (range[0] <= range[1]) return "";
  return format("{}: the range [{}, {}] is inverted; swap them?\n", key, number_text(range[0]),
                number_text(range[1]));
}

}  // namespace

std::string RandomBodiesOptions::validate() const {
  std::string text = wrong_order("count", count) + wrong_order("size", size) +
                     wrong_order("speed", speed) + wrong_order("angular_speed", angular_speed);
  if (shapes.empty()) text += "shapes: the list is empty; name at least one of box, sphere\n";
  return text;
}

std::string DatasetOptions::validate() const {
  const std::size_t dim = domain.min.size();
  if (!gravity.empty() && gravity.size() != dim) {
    return format("gravity: the vector has {} coordinates but the domain has {}", gravity.size(),
                  dim);
  }
  for (std::size_t a = 0; a < dim; ++a) {
    const double room = domain.max[a] - domain.min[a];
    if (bodies.size[1] > room) {
      return format("bodies.size: the largest body, {} m, does not fit into the domain of {} m",
                    number_text(bodies.size[1]), number_text(room));
    }
  }
  return "";
}

std::string plan_dataset(DatasetOptions& options, RunOptions& run) {
  options.duration = run.time.end;
  const double interval =
      run.output.every.value_or(run.time.end / static_cast<double>(run.output.frames.value_or(50)));
  const double frames = run.time.end / interval;
  options.frames = static_cast<std::int64_t>(std::round(frames));
  if (options.frames < 1 || std::abs(frames - std::round(frames)) > 1e-6 * frames) {
    return format("output.every: a trajectory of {} s is {} times {} s; it must be a whole number",
                  number_text(run.time.end), number_text(frames), number_text(interval));
  }
  run.time.end = static_cast<double>(options.trajectories.total()) * options.duration;
  run.output.every = options.duration;
  run.output.frames.reset();
  run.output.diagnostics_every = 1;
  return "";
}

MpmOptions scene_options(const DatasetOptions& options) {
  MpmOptions scene;
  scene.domain = options.domain;
  scene.gravity = options.gravity;
  scene.solver = options.solver;
  BodyOptions body;
  body.name = "bodies";
  body.material = options.material;
  scene.bodies = {body};
  return scene;
}

}  // namespace filigree
