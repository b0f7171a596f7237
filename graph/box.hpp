// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A rectangular region of space whose axes are open or periodic. The default is all of space.
#pragma once

#include <limits>

#include "core/vec.hpp"
#include "graph/distance.hpp"

namespace filigree {

/// lower, upper [m]. An open axis may be unbounded; a periodic axis must have finite bounds, and
/// positions x and x + (upper - lower) are the same place on it.
template <int D>
struct Box {
  Vec<D> lower = Vec<D>::filled(-std::numeric_limits<Real>::infinity());
  Vec<D> upper = Vec<D>::filled(std::numeric_limits<Real>::infinity());
  Vec<D, bool> periodic = {};

  FILIGREE_FUNCTION bool any_periodic() const {
    bool any = false;
    for (int k = 0; k < D; ++k) any = any || periodic[k];
    return any;
  }

  FILIGREE_FUNCTION bool contains(const Vec<D>& x) const {
    bool inside = true;
    for (int k = 0; k < D; ++k) inside = inside && x[k] >= lower[k] && x[k] <= upper[k];
    return inside;
  }

  /// The image of x in [lower, upper) on periodic axes; open axes are left alone. A position that
  /// is inside keeps its bits.
  FILIGREE_FUNCTION Vec<D> wrap(Vec<D> x) const {
    for (int k = 0; k < D; ++k) {
      if (!periodic[k] || (x[k] >= lower[k] && x[k] < upper[k])) continue;
      const double length = double(upper[k]) - double(lower[k]);
      const double turns = Kokkos::floor((double(x[k]) - double(lower[k])) / length);
      const Real image = static_cast<Real>(double(x[k]) - rounded_product(turns, length));
      x[k] = image >= lower[k] && image < upper[k] ? image : lower[k];
    }
    return x;
  }

  /// The shortest image of the difference of two wrapped positions. Exactly antisymmetric.
  FILIGREE_FUNCTION Vec<D, double> shortest(Vec<D, double> d) const {
    for (int k = 0; k < D; ++k) {
      if (!periodic[k]) continue;
      const double length = double(upper[k]) - double(lower[k]);
      if (d[k] > length / 2) {
        d[k] -= length;
      } else if (d[k] < -length / 2) {
        d[k] += length;
      }
    }
    return d;
  }

  /// a - b by the shortest way, for positions that need not be wrapped.
  FILIGREE_FUNCTION Vec<D> displacement(const Vec<D>& a, const Vec<D>& b) const {
    const Vec<D, double> d = shortest(difference(wrap(a), wrap(b)));
    Vec<D> result;
    for (int k = 0; k < D; ++k) result[k] = static_cast<Real>(d[k]);
    return result;
  }
};

/// Throws InputError unless lower < upper on every axis and periodic axes are finite.
template <int D>
void validate(const Box<D>& box);

}  // namespace filigree
