// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is required of the arguments of contraction.hpp.
#pragma once

#include "core/error.hpp"
#include "graph/first_bad.hpp"
#include "learning/models/contraction.hpp"

namespace filigree::contraction {

template <class T>
void require_shape(const char* what, const Array<T, 2>& array, Offset n_rows, Offset n_columns) {
  FILIGREE_REQUIRE(array.extent(0) == n_rows && array.extent(1) == n_columns,
                   "{}: shape [{}, {}], but [{}, {}] is needed", what, array.extent(0),
                   array.extent(1), n_rows, n_columns);
}

template <class T>
void require_nodes(const char* what, const Map<T>& map, const Array<T, 2>& array) {
  require_shape(what, array, map.batch->n_nodes(), map.heads());
}

/// Shapes, gamma, phi and the declared bound.
template <class T>
void require_valid(const Map<T>& map) {
  FILIGREE_REQUIRE(map.batch != nullptr, "the contraction has no graph");
  FILIGREE_REQUIRE(map.weights.extent(0) == map.batch->n_edges(),
                   "the weights are [{}, {}] but the graph has {} edges: one row for each edge, "
                   "one column for each head",
                   map.weights.extent(0), map.weights.extent(1), map.batch->n_edges());
  FILIGREE_REQUIRE(
      map.phi.kind != Activation::kLeakyRelu || (map.phi.slope >= 0 && map.phi.slope <= 1),
      "the slope of leaky_relu is {}, but a contraction needs it in [0, 1]", map.phi.slope);
  switch (map.bound) {
    case Bound::kRowSums:
      FILIGREE_REQUIRE(map.gamma >= 0 && map.gamma < 1,
                       "gamma = {} does not make a contraction: it must be in [0, 1) (gamma = 1 "
                       "needs weights with a declared bound, or an absorbing network)",
                       map.gamma);
      return;
    case Bound::kAbsorbing:
      FILIGREE_REQUIRE(map.gamma >= 0 && map.gamma <= 1,
                       "gamma = {} is out of range: an absorbing network takes gamma in [0, 1]",
                       map.gamma);
      return;
    case Bound::kDeclared:
      FILIGREE_REQUIRE(map.gamma >= 0 && map.gamma <= std::numeric_limits<double>::max(),
                       "gamma = {} is out of range: it must be finite and not negative", map.gamma);
      FILIGREE_REQUIRE(map.factor > 0 && map.factor < 1,
                       "the declared factor of the contraction is {}, but it must be in (0, 1): "
                       "measured_factor says what the weights allow",
                       map.factor);
      return;
  }
}

template <class T>
struct RowNotFinite {
  const T* values;
  Index columns;
  FILIGREE_FUNCTION bool operator()(Index i) const {
    T poison = 0;
    for (Index c = 0; c < columns; ++c) poison += T(0) * values[std::ptrdiff_t(i) * columns + c];
    return poison != poison;
  }
};

/// Throws InputError naming the first row with a value that is not finite.
template <class T>
void require_finite(const char* what, const Array<T, 2>& array) {
  const Index bad = first_bad("contraction/check_finite", array.extent(0),
                              RowNotFinite<T>{array.data(), array.extent(1)});
  FILIGREE_REQUIRE(bad == array.extent(0), "{} [{}, {}] has a value that is not finite in row {}",
                   what, array.extent(0), array.extent(1), bad);
}

}  // namespace filigree::contraction
