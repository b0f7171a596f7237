// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/deft_replay.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace filigree {

namespace {

using rods::deft::GraphConvolution;
using rods::deft::Model;
using rods::deft::Vec3;

double number(const CableSet& set, const char* key) {
  FILIGREE_REQUIRE(set.meta.contains(key) && set.meta.at(key).is_number(),
                   "{}: the published model needs the number '{}'",
                   (set.folder / "meta.json").string(), key);
  return set.meta.at(key).get<double>();
}

std::vector<double> numbers(const CableSet& set, const char* key) {
  bool good = set.meta.contains(key) && set.meta.at(key).is_array();
  std::vector<double> values;
  if (good) {
    for (const auto& value : set.meta.at(key)) {
      good = good && value.is_number();
      if (good) values.push_back(value.get<double>());
    }
  }
  FILIGREE_REQUIRE(good, "{}: the published model needs the list of numbers '{}'",
                   (set.folder / "meta.json").string(), key);
  return values;
}

std::vector<double> values_of(const NamedArrays& arrays, const std::string& name,
                              std::size_t size) {
  FILIGREE_REQUIRE(arrays.contains(name), "the published parameters have no array '{}'", name);
  const NamedArray& array = arrays.at(name);
  FILIGREE_REQUIRE(array.size() == static_cast<std::int64_t>(size),
                   "the array '{}' of the published parameters has {} values, {} are needed", name,
                   array.size(), size);
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    values[i] = array.value(static_cast<std::int64_t>(i));
    FILIGREE_REQUIRE(std::isfinite(values[i]), "value {} of '{}' is not finite", i, name);
  }
  return values;
}

std::vector<Vec3> vectors_of(const NamedArrays& arrays, const std::string& name,
                             std::size_t count) {
  const std::vector<double> values = values_of(arrays, name, 3 * count);
  std::vector<Vec3> vectors(count);
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
  }
  return vectors;
}

rods::deft::Cable cable_of(const CableSet& set) {
  rods::deft::Cable cable;
  cable.slots = static_cast<int>(set.branches[0].vertices);
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    const std::vector<std::size_t> vertices = vertices_of(set, b);
    cable.counts.push_back(static_cast<int>(vertices.size()));
    if (b == 0) continue;
    for (std::size_t host = 0; host < b; ++host) {  // its own vertices, not the root it shares
      const std::vector<std::size_t> own = vertices_of(set, host);
      for (std::size_t k = host > 0 ? 1 : 0; k < own.size(); ++k) {
        if (own[k] != vertices[0]) continue;
        cable.junctions.push_back({static_cast<int>(host), static_cast<int>(k)});
      }
    }
  }
  for (const Index v : set.grasped) cable.grasped.push_back(static_cast<int>(v));
  cable.rest = to_slots(set, set.rest);
  cable.bending = numbers(set, "bend_stiffness_init");
  cable.twist = number(set, "twist_stiffness_init");
  cable.parent_mass_scale = number(set, "parent_mass_scale");
  cable.child_mass_scale = number(set, "child_mass_scale");
  cable.parent_inertia_scale = number(set, "parent_moment_scale");
  cable.child_inertia_scale = number(set, "child_moment_scale");
  cable.radius_over_length = number(set, "radius_over_length");
  cable.dt = set.dt;
  if (set.meta.contains("constraint_sweeps")) {
    cable.sweeps = static_cast<int>(number(set, "constraint_sweeps"));
  }
  if (set.meta.contains("stretch_tolerance")) {
    cable.stretch_tolerance = number(set, "stretch_tolerance");
  }
  return cable;
}

/// The layers of the network; none when the file has none.
std::vector<GraphConvolution> network_of(const NamedArrays& parameters) {
  std::vector<GraphConvolution> layers;
  for (int l = 1;; ++l) {
    const std::string name = format("GNN_tree.gcn{}.linear.", l);
    if (!parameters.contains(name + "weight")) return layers;
    const NamedArray& weight = parameters.at(name + "weight");
    FILIGREE_REQUIRE(weight.shape.size() == 2, "'{}weight' has to be a matrix", name);
    GraphConvolution layer;
    layer.outputs = static_cast<int>(weight.shape[0]);
    layer.inputs = static_cast<int>(weight.shape[1]);
    layer.weight = values_of(parameters, name + "weight", static_cast<std::size_t>(weight.size()));
    layer.bias = values_of(parameters, name + "bias", static_cast<std::size_t>(layer.outputs));
    layers.push_back(std::move(layer));
  }
}

}  // namespace

Model deft_parity_model(const CableSet& set, const NamedArrays& parameters) {
  rods::deft::Cable cable = cable_of(set);
  const std::size_t branches = set.branches.size();
  const auto slots = static_cast<std::size_t>(cable.slots);
  rods::deft::Parameters learned;
  learned.rest = vectors_of(parameters, "undeformed_vert", branches * slots);
  learned.damping_mass = values_of(parameters, "mass_diagonal", branches * slots);
  learned.damping = values_of(parameters, "damping", branches);
  learned.gravity = vectors_of(parameters, "gravity", 1)[0];
  learned.integration_ratio = values_of(parameters, "integration_ratio", 1)[0];
  const std::vector<double> twist =
      values_of(parameters, "DEFT_func.twist_stiffness", branches * (slots - 1));
  learned.solver_twist.assign(branches * slots, 0.0);
  for (std::size_t b = 0; b < branches; ++b) {
    for (std::size_t k = 0; k + 1 < slots; ++k) {
      learned.solver_twist[b * slots + k] = twist[b * (slots - 1) + k];
    }
  }
  learned.net = network_of(parameters);
  if (!learned.net.empty()) {
    learned.network_weight = values_of(parameters, "learning_weight", 1)[0];
  }
  return rods::deft::make_model(std::move(cable), std::move(learned));
}

std::vector<Vec3> to_slots(const CableSet& set, const std::vector<Vec3>& flat) {
  const auto slots = static_cast<std::size_t>(set.branches[0].vertices);
  std::vector<Vec3> result(set.branches.size() * slots, Vec3::zero());
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    const std::vector<std::size_t> vertices = vertices_of(set, b);
    for (std::size_t k = 0; k < vertices.size(); ++k) result[b * slots + k] = flat[vertices[k]];
  }
  return result;
}

std::vector<Vec3> to_flat(const CableSet& set, const std::vector<Vec3>& slots) {
  const auto n = static_cast<std::size_t>(set.branches[0].vertices);
  std::vector<Vec3> flat;
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    const std::size_t root = b > 0 ? 1 : 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(set.branches[b].vertices); ++k) {
      flat.push_back(slots[b * n + root + k]);
    }
  }
  return flat;
}

rods::deft::State start_of(const CableSet& set, const Model& model,
                           const CableRecordings& recordings, Index recording) {
  FILIGREE_REQUIRE(recording >= 0 && recording < recordings.count,
                   "there is no recording {}; there are {}", recording, recordings.count);
  return rods::deft::make_state(model, to_slots(set, positions_of(recordings, recording, 0)),
                                to_slots(set, positions_of(recordings, recording, 1)));
}

std::vector<Vec3> commanded(const CableSet& set, const CableRecordings& recordings, Index recording,
                            Index frame) {
  std::vector<Vec3> targets;
  for (const Index v : set.grasped) targets.push_back(recordings.at(recording, frame, v));
  return targets;
}

void ErrorSums::add(const CableSet& set, const std::vector<Vec3>& slots,
                    const CableRecordings& recordings, Index recording, Index frame) {
  const std::vector<Vec3> measured = positions_of(recordings, recording, frame);
  const std::vector<Vec3> flat = to_flat(set, slots);
  last = 0;
  for (Index v = 0; v < set.n_vertices(); ++v) {
    const auto i = static_cast<std::size_t>(v);
    if (!set.is_grasped(v)) last += norm(flat[i] - measured[i]);
  }
  last /= static_cast<double>(flat.size() - set.grasped.size());
  distance += last;
  const std::vector<Vec3> exact = to_slots(set, measured);
  double sum = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) sum += squared_norm(slots[i] - exact[i]);
  square += sum / (3 * static_cast<double>(exact.size()));
  ++frames;
}

PublishedError ErrorSums::error() const {
  const auto n = static_cast<double>(frames);
  const double none = std::numeric_limits<double>::quiet_NaN();
  if (frames == 0) return {none, none, none};
  return {distance / n, last, std::sqrt(square / (n + 2))};
}

Prediction replay_published(const CableSet& set, const Model& model,
                            const CableRecordings& recordings, Index recording) {
  using Clock = std::chrono::steady_clock;
  rods::deft::State state = start_of(set, model, recordings, recording);
  Prediction prediction;
  prediction.frames = recordings.frames - 2;
  prediction.vertices = recordings.vertices;
  ErrorSums sums;
  for (Index frame = 2; frame < recordings.frames; ++frame) {
    const std::vector<Vec3> targets = commanded(set, recordings, recording, frame);
    const auto start = Clock::now();
    rods::deft::step(model, targets, state);
    prediction.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    for (const Vec3& x : to_flat(set, state.position)) prediction.positions.push_back(x);
    sums.add(set, state.position, recordings, recording, frame);
  }
  prediction.error = sums.error();
  return prediction;
}

Prediction replay_published(const CableSet& set, const NamedArrays& parameters,
                            const CableRecordings& recordings, Index recording) {
  return replay_published(set, deft_parity_model(set, parameters), recordings, recording);
}

void ErrorSums::reflect_state(StateVisitor& visitor, const std::string& prefix) {
  visitor(prefix + "frames", frames);
  visitor(prefix + "distance", distance);
  visitor(prefix + "last", last);
  visitor(prefix + "square", square);
}

PublishedError pooled(const std::vector<PublishedError>& errors) {
  PublishedError all;
  const auto n = static_cast<double>(errors.size());
  for (const PublishedError& error : errors) {
    all.mean += error.mean / n;
    all.end += error.end / n;
    all.rmse += error.rmse * error.rmse / n;
  }
  all.rmse = std::sqrt(all.rmse);
  return all;
}

}  // namespace filigree
