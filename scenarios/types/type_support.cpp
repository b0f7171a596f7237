// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/type_support.hpp"

#include <cstring>
#include <limits>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/surface_reader.hpp"
#include "physics/surface_mesh.hpp"

namespace filigree {

namespace {

TriangleMesh read_mesh(const std::filesystem::path& file) {
  const SurfaceData data = read_surface(file);
  constexpr std::size_t kMost = std::numeric_limits<Index>::max() / 3;
  FILIGREE_REQUIRE(data.points.size() <= kMost && data.triangles.size() <= kMost,
                   "'{}' has more than {} points or triangles; simplify the surface", file.string(),
                   kMost);
  TriangleMesh mesh;
  for (const auto& [x, y, z] : data.points) mesh.points.push_back({x, y, z});
  for (const auto& [a, b, c] : data.triangles) {
    mesh.triangles.push_back({static_cast<Index>(a), static_cast<Index>(b), static_cast<Index>(c)});
  }
  return mesh;
}

}  // namespace

std::string check_name(const std::string& name, const char* example) {
  const bool lower_snake =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (lower_snake) return "";
  return format(
      "name: '{}' must be made of a-z, 0-9 and _ and begin with a letter, for example "
      "'{}'",
      name, example);
}

void visit_values(StateVisitor& visitor, const std::string& name, std::vector<double>& values) {
  NamedArray array = make_array<double>(name, std::span<const double>(values));
  visitor(name, array);
  const auto stored = std::as_const(array).as<double>();
  values.assign(stored.begin(), stored.end());
}

std::string load_surface(SurfaceShape& shape, const std::filesystem::path& folder) {
  try {
    place_surface(shape, read_mesh(folder / shape.file.path));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void reflect_numbers(StateVisitor& visitor, const std::string& name, DType dtype,
                     const std::vector<std::int64_t>& shape, void* data) {
  NamedArray stored = make_array(name, dtype, shape, "");
  const std::size_t bytes = stored.bytes.size();
  if (!visitor.loading() && bytes > 0) std::memcpy(stored.bytes.data(), data, bytes);
  visitor(name, stored);
  if (!visitor.loading()) return;
  FILIGREE_REQUIRE(stored.shape == shape && stored.dtype == dtype,
                   "the stored field '{}' does not fit the scenario", name);
  if (bytes > 0) std::memcpy(data, stored.bytes.data(), bytes);
}

bool StepClock::waits(double until, StepReport& report) {
  if (time_of(steps + 1) <= until * (1 + 1e-9)) return false;
  report.dt = until - time;
  time = until;
  return true;
}

void StepClock::advance(double until, StepReport& report) {
  const double next = time_of(++steps);
  report.dt = next - time;
  time = next >= until * (1 - 1e-9) ? until : next;
}

void StepClock::reflect_state(StateVisitor& visitor) {
  visitor("time", time);
  visitor("steps", steps);
}

}  // namespace filigree
