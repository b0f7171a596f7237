// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Points sorted into uniform bins, so that neighbours within a distance are found in the 3^D bins
// around a place.
//
// Bins are at least as wide as asked for and there are never more than a few per point, whatever
// the shape of the cloud. On open axes the bins cover the points (within the bounds of the box, if
// it has them); what lies outside the bins belongs to the bins at the border, which changes the
// cost of a search but not its result. On periodic axes positions are wrapped and the bins close
// up.
#pragma once

#include "core/array.hpp"
#include "graph/bounds.hpp"

namespace filigree {

/// Where the bins are. Bin c covers origin + [c, c + 1) / inverse_width on each axis.
template <int D>
struct CellGrid {
  Vec<D, double> origin = {};         ///< m
  Vec<D, double> inverse_width = {};  ///< 1/m
  Vec<D, Index> extents = Vec<D, Index>::filled(1);
  Vec<D, bool> periodic = {};

  FILIGREE_FUNCTION Index n_cells() const {
    Index n = 1;
    for (int k = 0; k < D; ++k) n *= extents[k];
    return n;
  }
  /// Bin of a (wrapped) position on each axis, the border bins for places outside.
  FILIGREE_FUNCTION Vec<D, Index> cell_of(const Vec<D>& x) const {
    Vec<D, Index> cell{};
    for (int k = 0; k < D; ++k) {
      const double t = (double(x[k]) - origin[k]) * inverse_width[k];
      const Index last = extents[k] - 1;
      cell[k] = t <= 0 ? 0 : t >= double(last) ? last : static_cast<Index>(t);
    }
    return cell;
  }
  /// Number of a bin; the last axis runs fastest.
  FILIGREE_FUNCTION Index number(const Vec<D, Index>& cell) const {
    Index number = cell[0];
    for (int k = 1; k < D; ++k) number = number * extents[k] + cell[k];
    return number;
  }
};

/// A run of slots [begin, end).
struct SlotRange {
  Index begin;
  Index end;
};

/// The bins for kernels: small, copied by value. A slot is a place in the order of the bins.
template <int D>
struct CellListView {
  /// No search meets more runs than this: two per line of bins in the 3^D neighbourhood.
  static constexpr int kMaxRanges = D == 2 ? 6 : 18;

  CellGrid<D> grid;
  Array<Index> starts;      ///< [n_cells + 1]: bin c holds slots [starts(c), starts(c + 1))
  Array<Index> points;      ///< [n]: point in each slot; within a bin in rising order
  Array<Vec<D>> positions;  ///< [n]: wrapped position of the point in each slot, m

  /// The runs of slots that hold every point within one bin width of the wrapped position x, each
  /// slot once. Returns how many there are.
  FILIGREE_FUNCTION int ranges_around(const Vec<D>& x, SlotRange (&ranges)[kMaxRanges]) const;
};

template <int D>
class CellList {
 public:
  /// Sorts the positions [n], m. Bins are at least `min_width` wide, m. Throws InputError when a
  /// position is not finite, the box is not valid, or the width is not positive. O(n).
  CellList(const Array<Vec<D>>& positions, Real min_width, const Box<D>& box = {});

  CellListView<D> view() const { return view_; }
  const CellGrid<D>& grid() const { return view_.grid; }
  const Box<D>& box() const { return box_; }
  Real min_width() const { return min_width_; }
  Index n_points() const { return view_.points.size(); }
  /// Points beyond the bounds of the box on an open axis. They are kept, in the bins at the border.
  Index n_outside() const { return n_outside_; }

 private:
  Box<D> box_;
  CellListView<D> view_;
  Real min_width_ = 0;
  Index n_outside_ = 0;
};

template <int D>
FILIGREE_FUNCTION int CellListView<D>::ranges_around(const Vec<D>& x,
                                                     SlotRange (&ranges)[kMaxRanges]) const {
  const Vec<D, Index> centre = grid.cell_of(x);
  // On each axis the bins first, first + 1, ... (count of them), modulo the extent when periodic.
  Vec<D, Index> first{};
  Vec<D, Index> count{};
  for (int k = 0; k < D; ++k) {
    const Index extent = grid.extents[k];
    if (grid.periodic[k]) {
      count[k] = extent < 3 ? extent : 3;
      first[k] = extent < 3 ? 0 : centre[k] == 0 ? extent - 1 : centre[k] - 1;
    } else {
      first[k] = centre[k] == 0 ? 0 : centre[k] - 1;
      count[k] = (centre[k] + 1 < extent ? centre[k] + 1 : extent - 1) - first[k] + 1;
    }
  }
  const Index lines = D == 3 ? count[0] * count[1] : count[0];
  const Index extent = grid.extents[D - 1];
  const Index before_wrap =
      first[D - 1] + count[D - 1] <= extent ? count[D - 1] : extent - first[D - 1];
  int n = 0;
  for (Index line = 0; line < lines; ++line) {
    Vec<D, Index> cell = first;
    if constexpr (D == 3) {
      cell[0] += line / count[1];
      cell[1] += line % count[1];
    } else {
      cell[0] += line;
    }
    for (int k = 0; k < D - 1; ++k) {
      if (cell[k] >= grid.extents[k]) cell[k] -= grid.extents[k];
    }
    const Index here = grid.number(cell);
    const SlotRange run{starts(here), starts(here + before_wrap)};
    if (run.end > run.begin) ranges[n++] = run;
    if (before_wrap < count[D - 1]) {
      cell[D - 1] = 0;
      const Index there = grid.number(cell);
      const SlotRange rest{starts(there), starts(there + count[D - 1] - before_wrap)};
      if (rest.end > rest.begin) ranges[n++] = rest;
    }
  }
  return n;
}

}  // namespace filigree
