// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What several scenario types share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/frame.hpp"
#include "core/state_visitor.hpp"
#include "physics/shapes.hpp"
#include "scenarios/simulation.hpp"

namespace filigree {

/// "" or why `name` is no name of a part of a scene; `example` is one.
std::string check_name(const std::string& name, const char* example);

/// A list of numbers of the state, in and out of checkpoints.
void visit_values(StateVisitor& visitor, const std::string& name, std::vector<double>& values);

/// Reads the file of a surface, relative to a folder: "" or why it cannot be used.
std::string load_surface(SurfaceShape& shape, const std::filesystem::path& folder);

/// Adds a field with `components` values for each point of the block.
template <class T>
void add_field(Block& block, const char* name, const char* unit, const std::vector<T>& values,
               std::int64_t components = 1) {
  std::vector<std::int64_t> shape{block.n_points()};
  if (components > 1) shape.push_back(components);
  block.point_fields.push_back(make_array<T>(name, std::span<const T>(values), shape, unit));
}

/// Adds a field with one value for each cell of the block.
template <class T>
void add_cell_field(Block& block, const char* name, const char* unit,
                    const std::vector<T>& values) {
  block.cell_fields.push_back(
      make_array<T>(name, std::span<const T>(values), {block.n_cells()}, unit));
}

/// Numbers of the state, in and out of checkpoints: `data` holds as many of type `dtype` as `shape`
/// says, and is overwritten when loading.
void reflect_numbers(StateVisitor& visitor, const std::string& name, DType dtype,
                     const std::vector<std::int64_t>& shape, void* data);

/// An array of numbers or of vectors of Real.
template <class T>
void reflect_rows(StateVisitor& visitor, const std::string& name, Array<T, 2>& array) {
  auto host = to_host(array);
  reflect_numbers(visitor, name, dtype_of<Real>(),
                  {host.extent(0), host.extent(1), sizeof(T) / sizeof(Real)}, host.data());
  if (visitor.loading()) array = to_device(host);
}
/// A list of numbers or vectors of `Scalar`.
template <class Scalar, class T>
void reflect_rows(StateVisitor& visitor, const std::string& name, std::vector<T>& rows) {
  reflect_numbers(visitor, name, dtype_of<Scalar>(),
                  {static_cast<std::int64_t>(rows.size()), sizeof(T) / sizeof(Scalar)},
                  rows.data());
}

/// Where a run is that goes from step to step of equal length: frames of a recording, iterations.
/// Times that are asked for in between are waited for.
struct StepClock {
  double interval = 1;  ///< s
  std::int64_t steps = 0;
  double time = 0;  ///< s

  double time_of(std::int64_t step) const { return static_cast<double>(step) * interval; }
  /// True when `until` comes before the next step: it has been gone to, and nothing is to be done.
  bool waits(double until, StepReport& report);
  /// A step has been done.
  void advance(double until, StepReport& report);
  void reflect_state(StateVisitor& visitor);
};

}  // namespace filigree
