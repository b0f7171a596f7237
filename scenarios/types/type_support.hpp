// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What several scenario types share.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/frame.hpp"
#include "core/state_visitor.hpp"

namespace filigree {

/// "" or why `name` is no name of a part of a scene; `example` is one.
std::string check_name(const std::string& name, const char* example);

/// A list of numbers of the state, in and out of checkpoints.
void visit_values(StateVisitor& visitor, const std::string& name, std::vector<double>& values);

/// Adds a field with `components` values for each point of the block.
template <class T>
void add_field(Block& block, const char* name, const char* unit, const std::vector<T>& values,
               std::int64_t components = 1) {
  std::vector<std::int64_t> shape{block.n_points()};
  if (components > 1) shape.push_back(components);
  block.point_fields.push_back(make_array<T>(name, std::span<const T>(values), shape, unit));
}

/// An array of the state, in and out of checkpoints, as rows of numbers.
template <class T>
void reflect_rows(StateVisitor& visitor, const std::string& name, Array<T, 2>& array) {
  constexpr auto kComponents = static_cast<std::int64_t>(sizeof(T) / sizeof(Real));
  auto host = to_host(array);
  const std::vector<std::int64_t> shape{host.extent(0), host.extent(1), kComponents};
  NamedArray stored = make_array(name, dtype_of<Real>(), shape, "");
  if (!visitor.loading() && !stored.bytes.empty()) {
    std::memcpy(stored.bytes.data(), host.data(), stored.bytes.size());
  }
  visitor(name, stored);
  if (!visitor.loading()) return;
  FILIGREE_REQUIRE(stored.shape == shape && stored.dtype == dtype_of<Real>(),
                   "the stored field '{}' does not fit the scenario", name);
  if (!stored.bytes.empty()) std::memcpy(host.data(), stored.bytes.data(), stored.bytes.size());
  array = to_device(host);
}

}  // namespace filigree
