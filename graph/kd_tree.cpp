// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The only file that includes nanoflann. Written to what versions 1.4 to 1.12 share.
#include "graph/kd_tree.hpp"

#include <algorithm>
#include <limits>
#include <nanoflann.hpp>
#include <vector>

#include "graph/distance.hpp"
#include "graph/nearest.hpp"

namespace filigree {

// Not unnamed: some members are for certain versions of nanoflann only.
namespace kd_tree {

#if NANOFLANN_VERSION >= 0x150
using SearchOptions = nanoflann::SearchParameters;
#else
using SearchOptions = nanoflann::SearchParams;
#endif
using TreeIndex = std::uint32_t;

template <int D>
struct Points {
  const Vec<D>* x;
  Index n;

  std::size_t kdtree_get_point_count() const { return static_cast<std::size_t>(n); }
  Real kdtree_get_pt(std::size_t i, std::size_t axis) const { return x[i][static_cast<int>(axis)]; }
  template <class BoundingBox>
  bool kdtree_get_bbox(BoundingBox&) const {
    return false;
  }
};

/// Squared distances with the same bits as those of the kernels.
template <int D>
struct RoundedMetric {
  using ElementType = Real;
  using DistanceType = double;
  const Points<D>& points;

  explicit RoundedMetric(const Points<D>& p) : points(p) {}
  double evalMetric(const Real* a, TreeIndex b, std::size_t) const {
    Vec<D> x;
    for (int k = 0; k < D; ++k) x[k] = a[k];
    return rounded_squared_norm(difference(x, points.x[b]));
  }
  template <class A, class B>
  double accum_dist(A a, B b, std::size_t) const {
    return (double(a) - double(b)) * (double(a) - double(b));
  }
};

/// What nanoflann calls a result set.
class Closest {
 public:
  using DistanceType = double;
  using IndexType = TreeIndex;

  Closest(NearestSet set, Index left_out) : set_(set), left_out_(left_out) {}
  bool addPoint(double squared_distance, TreeIndex index) {
    const auto number = static_cast<Index>(index);
    if (number != left_out_) set_.offer(squared_distance, number);
    return true;
  }
  /// nanoflann skips what is not nearer than this. A little more than the k-th distance lets ties
  /// through and covers the rounding of its own bounds.
  double worstDist() const {
    const Index last = set_.count - 1;
    if (last < 0 || !set_.is_full()) return std::numeric_limits<double>::infinity();
    return set_.squared_distances[last] * (1 + 1e-9) + std::numeric_limits<double>::min();
  }
  std::size_t size() const { return static_cast<std::size_t>(set_.count); }
  bool empty() const { return set_.count == 0; }
  bool full() const { return set_.is_full(); }
  void sort() const {}

 private:
  NearestSet set_;
  Index left_out_;
};

}  // namespace kd_tree

template <int D>
void nearest_by_tree(const HostArray<Vec<D>>& queries, const HostArray<Vec<D>>& sources, Index k,
                     bool leave_out_self, const HostArray<Index>& rows) {
  using Tree = nanoflann::KDTreeSingleIndexAdaptor<kd_tree::RoundedMetric<D>, kd_tree::Points<D>, D,
                                                   kd_tree::TreeIndex>;
  constexpr std::size_t kLeafSize = 12;
  const kd_tree::Points<D> points{sources.data(), sources.size()};
  const Tree tree(D, points, nanoflann::KDTreeSingleIndexAdaptorParams(kLeafSize));

  constexpr Index kBlock = 256;
  const Index n = queries.size();
  const Index n_blocks = (n + kBlock - 1) / kBlock;
  const auto search_block = [&](Index block) {
    std::vector<double> squared_distances(static_cast<std::size_t>(k));
    for (Index i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
      Index* row = rows.data() + std::ptrdiff_t(i) * k;
      kd_tree::Closest closest({squared_distances.data(), row, k}, leave_out_self ? i : Index(-1));
      tree.findNeighbors(closest, queries.data()[i].data, kd_tree::SearchOptions());
      std::sort(row, row + k);
    }
  };
  Kokkos::parallel_for(
      "graph/nearest_by_tree",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::IndexType<Index>,
                          Kokkos::Schedule<Kokkos::Dynamic>>(0, n_blocks),
      search_block);
}

template void nearest_by_tree(const HostArray<Vec<2>>&, const HostArray<Vec<2>>&, Index, bool,
                              const HostArray<Index>&);
template void nearest_by_tree(const HostArray<Vec<3>>&, const HostArray<Vec<3>>&, Index, bool,
                              const HostArray<Index>&);

}  // namespace filigree
