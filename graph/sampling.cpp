// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/sampling.hpp"

#include <limits>
#include <vector>

#include "core/parallel.hpp"
#include "core/reduce.hpp"
#include "graph/bounds.hpp"
#include "graph/first_bad.hpp"

namespace filigree {

namespace {

/// [squared distance to the taken points, -number of the point]: the farthest, then the lowest.
using Candidate = Vec<2, double>;

template <int D>
Index farthest(Reducer& reducer, const Array<Vec<D>>& positions, const Array<double>& distances,
               const Vec<D>& taken) {
  const Candidate none{-std::numeric_limits<double>::infinity(), 0};
  const Candidate best = reducer.reduce(
      "graph/farthest", positions.size(), none,
      FILIGREE_LAMBDA(Index i) {
        const double d = rounded_squared_norm(difference(positions(i), taken));
        if (d < distances(i)) distances(i) = d;
        return Candidate{distances(i), -double(i)};
      },
      FILIGREE_LAMBDA(const Candidate& a, const Candidate& b) {
        return b[0] > a[0] || (b[0] == a[0] && b[1] > a[1]) ? b : a;
      });
  return static_cast<Index>(-best[1]);
}

/// A taken point is never the farthest again, also not among coincident ones.
void take(const Array<double>& distances, Index i) {
  for_each(
      "graph/take", 1, FILIGREE_LAMBDA(Index) { distances(i) = -1; });
}

}  // namespace

template <int D>
Array<Index> farthest_points(const Array<Vec<D>>& positions, Index count, Index first) {
  const Index n = positions.size();
  FILIGREE_REQUIRE(count >= 0 && count <= n,
                   "{} points cannot be chosen from {}: choose between 0 and {}", count, n, n);
  FILIGREE_REQUIRE(count == 0 || (first >= 0 && first < n),
                   "the first point is {}, but points lie in [0, {})", first, n);
  bounds_of(positions, "position");
  const Array<double> distances("graph/distances", n);
  fill(distances, std::numeric_limits<double>::infinity());
  Reducer reducer;
  std::vector<Index> chosen;
  for (Index next = first; static_cast<Index>(chosen.size()) < count;) {
    chosen.push_back(next);
    take(distances, next);
    next = farthest(reducer, positions, distances, value_at(positions, next));
  }
  return to_device("graph/farthest_points", chosen);
}

template Array<Index> farthest_points(const Array<Vec<2>>&, Index, Index);
template Array<Index> farthest_points(const Array<Vec<3>>&, Index, Index);

}  // namespace filigree
