// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/dataset_files.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/npz.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

const char* split_of(const SplitOptions& splits, std::int64_t trajectory) {
  if (trajectory < splits.train) return "train";
  return trajectory < splits.train + splits.validation ? "validation" : "test";
}

/// {"mean": [...], "std": [...]} of sums per coordinate.
nlohmann::ordered_json moments(const std::vector<double>& count, const std::vector<double>& sum,
                               const std::vector<double>& squares) {
  auto mean = nlohmann::ordered_json::array();
  auto deviation = nlohmann::ordered_json::array();
  for (std::size_t a = 0; a < sum.size(); ++a) {
    const double n = std::max(count[a], 1.0);
    const double m = sum[a] / n;
    mean.push_back(m);
    deviation.push_back(std::sqrt(std::max(squares[a] / n - m * m, 0.0)));
  }
  return {{"mean", mean}, {"std", deviation}};
}

}  // namespace

DatasetSums::DatasetSums(std::size_t dim)
    : count(dim),
      displacement(dim),
      displacement_squared(dim),
      change_count(dim),
      change(dim),
      change_squared(dim) {}

void DatasetSums::add(const Trajectory& trajectory) {
  const std::size_t dim = count.size();
  const std::size_t row = static_cast<std::size_t>(trajectory.n_particles) * dim;
  const std::vector<float>& x = trajectory.positions;
  const auto moved = [&](std::size_t i) { return static_cast<double>(x[i + row]) - x[i]; };
  for (std::size_t i = 0; i + row < x.size(); ++i) {
    const std::size_t a = i % dim;
    const double d = moved(i);
    count[a] += 1;
    displacement[a] += d;
    displacement_squared[a] += d * d;
    if (i < row) continue;
    const double c = d - moved(i - row);
    change_count[a] += 1;
    change[a] += c;
    change_squared[a] += c * c;
  }
}

void DatasetSums::count_particles(const Trajectory& trajectory) {
  const auto n = static_cast<double>(trajectory.n_particles);
  least_particles = least_particles == 0 ? n : std::min(least_particles, n);
  most_particles = std::max(most_particles, n);
}

void DatasetSums::reflect_state(StateVisitor& visitor) {
  visit_values(visitor, "count", count);
  visit_values(visitor, "displacement", displacement);
  visit_values(visitor, "displacement_squared", displacement_squared);
  visit_values(visitor, "change_count", change_count);
  visit_values(visitor, "change", change);
  visit_values(visitor, "change_squared", change_squared);
  visitor("least_particles", least_particles);
  visitor("most_particles", most_particles);
}

std::string trajectory_file(const SplitOptions& splits, std::int64_t trajectory) {
  return format("{}/trajectory_{:06}.npz", split_of(splits, trajectory), trajectory);
}

void write_trajectory(const std::filesystem::path& file, const Trajectory& trajectory,
                      const DomainOptions& domain) {
  const auto dim = static_cast<std::int64_t>(domain.min.size());
  const auto frames = static_cast<std::int64_t>(trajectory.times.size());
  const std::int64_t n = trajectory.n_particles;
  std::vector<double> bounds;
  for (std::size_t a = 0; a < domain.min.size(); ++a) {
    bounds.insert(bounds.end(), {domain.min[a], domain.max[a]});
  }
  const std::vector<std::int32_t> types(static_cast<std::size_t>(n), 0);
  NamedArrays arrays;
  arrays.add(make_array("time", std::span<const double>(trajectory.times), {}, "s"));
  arrays.add(
      make_array("position", std::span<const float>(trajectory.positions), {frames, n, dim}, "m"));
  arrays.add(make_array("velocity", std::span<const float>(trajectory.velocities), {frames, n, dim},
                        "m/s"));
  arrays.add(make_array("deformation", std::span<const float>(trajectory.deformations),
                        {frames, n, dim, dim}));
  arrays.add(make_array("body", std::span<const std::int32_t>(trajectory.bodies)));
  arrays.add(make_array("type", std::span<const std::int32_t>(types)));
  arrays.add(make_array("bounds", std::span<const double>(bounds), {dim, 2}, "m"));
  create_folder(file.parent_path());
  write_npz(file, arrays);
}

void write_metadata(const std::filesystem::path& file, const DatasetOptions& options,
                    std::uint64_t seed, std::int64_t substeps, const DatasetSums& sums) {
  const double spacing = options.domain.cell_size / options.bodies.points_per_axis;
  nlohmann::ordered_json json;
  json["schema"] = 1;
  json["dimension"] = options.domain.min.size();
  json["material"] = std::visit([](const auto& law) { return law.kName; }, options.material);
  auto bounds = nlohmann::ordered_json::array();
  for (std::size_t a = 0; a < options.domain.min.size(); ++a) {
    bounds.push_back({options.domain.min[a], options.domain.max[a]});
  }
  json["bounds [m]"] = bounds;
  json["frame_interval [s]"] = options.duration / static_cast<double>(options.frames);
  json["frames"] = options.frames + 1;
  json["substeps_per_frame"] = substeps;
  json["particle_spacing [m]"] = spacing;
  json["radius [m]"] = options.radius > 0 ? options.radius : 3 * spacing;
  json["particles"] = {{"least", sums.least_particles}, {"most", sums.most_particles}};
  json["displacement_per_frame [m]"] =
      moments(sums.count, sums.displacement, sums.displacement_squared);
  json["change_of_displacement [m]"] = moments(sums.change_count, sums.change, sums.change_squared);
  json["seed"] = seed;
  nlohmann::ordered_json splits = nlohmann::ordered_json::object();
  for (const char* split : {"train", "validation", "test"}) {
    splits[split] = nlohmann::ordered_json::array();
  }
  for (std::int64_t i = 0; i < options.trajectories.total(); ++i) {
    splits[split_of(options.trajectories, i)].push_back(trajectory_file(options.trajectories, i));
  }
  json["files"] = splits;
  write_file_atomically(file, std::string_view(json_text(json)));
}

}  // namespace filigree
