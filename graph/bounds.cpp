// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/bounds.hpp"

#include <cmath>

#include "core/reduce.hpp"

namespace filigree {

namespace {

/// [max x_k ..., max -x_k ..., -(index of the first bad point)]; the join is the largest of each.
template <int D>
using Extent = Vec<2 * D + 1, double>;

template <int D>
Extent<D> extent_of(const Array<Vec<D>>& positions) {
  const double lowest = -std::numeric_limits<double>::infinity();
  return Reducer().reduce(
      "graph/bounds", positions.size(), Extent<D>::filled(lowest),
      FILIGREE_LAMBDA(Index i) {
        Extent<D> extent = Extent<D>::filled(lowest);
        bool is_finite = true;
        for (int k = 0; k < D; ++k) {
          const double x = positions(i)[k];
          is_finite = is_finite && Kokkos::isfinite(x);
          extent[k] = x;
          extent[D + k] = -x;
        }
        extent[2 * D] = is_finite ? lowest : -double(i);
        return extent;
      },
      FILIGREE_LAMBDA(Extent<D> a, const Extent<D>& b) {
        for (int k = 0; k < 2 * D + 1; ++k) a[k] = b[k] > a[k] ? b[k] : a[k];
        return a;
      });
}

}  // namespace

template <int D>
Bounds<D> bounds_of(const Array<Vec<D>>& positions, const char* what) {
  Bounds<D> bounds;
  if (positions.size() == 0) return bounds;
  const Extent<D> extent = extent_of<D>(positions);
  FILIGREE_REQUIRE(std::isinf(extent[2 * D]),
                   "{} {} is not finite: coordinates must be ordinary numbers, look for a division "
                   "by zero or a blow-up where they come from",
                   what, static_cast<Index>(-extent[2 * D]));
  double squared_diameter = 0;
  for (int k = 0; k < D; ++k) {
    bounds.lower[k] = -extent[D + k];
    bounds.upper[k] = extent[k];
    squared_diameter += (bounds.upper[k] - bounds.lower[k]) * (bounds.upper[k] - bounds.lower[k]);
  }
  FILIGREE_REQUIRE(std::isfinite(squared_diameter),
                   "the {}s are spread over more than 1e150 m, so squared distances overflow: "
                   "use other units",
                   what);
  return bounds;
}

template <int D>
void validate(const Box<D>& box) {
  for (int k = 0; k < D; ++k) {
    const double lower = box.lower[k];
    const double upper = box.upper[k];
    FILIGREE_REQUIRE(lower < upper,
                     "axis {} of the box goes from {} to {}: the lower bound must be less than the "
                     "upper bound",
                     k, lower, upper);
    FILIGREE_REQUIRE(!box.periodic[k] || (std::isfinite(lower) && std::isfinite(upper)),
                     "axis {} of the box is periodic but goes from {} to {}: periodic axes need "
                     "finite bounds",
                     k, lower, upper);
  }
}

template Bounds<2> bounds_of(const Array<Vec<2>>&, const char*);
template Bounds<3> bounds_of(const Array<Vec<3>>&, const char*);
template void validate(const Box<2>&);
template void validate(const Box<3>&);

}  // namespace filigree
