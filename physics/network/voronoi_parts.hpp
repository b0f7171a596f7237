// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the two sources of Voronoi tessellations share: how a kernel makes the cell of a point.
#pragma once

#include "core/array.hpp"
#include "physics/network/convex_cell.hpp"
#include "physics/network/voronoi.hpp"

namespace filigree::network::detail {

/// Bins this many steps away are visited in the order of a list, farther ones shell by shell.
inline constexpr Index kListReach = 4;
/// Vertices are kept when they are this little beyond a plane, in units of the spacing of points
/// squared: a thousand times the rounding of the test.
inline constexpr double kTolerance = 1e-12;
/// Distances to bins are shortened by this: points may lie beyond a bin's border by rounding.
inline constexpr double kNearly = 1 - 1e-6;

enum CellStatus : Index { kGood = 0, kEqualPoints = 1, kBroken = 2 };

/// One step from bin to bin, and the squared distance that points of the two at least have.
struct BinStep {
  Vec<3, Index> step;
  double least2;
};

/// Which bin a place in the box belongs to.
struct BinGrid {
  Vec<3, Index> n_bins;
  Vec<3, double> per_metre;

  BinGrid(const Vec<3, Index>& counts, const Vec<3, double>& size) : n_bins(counts) {
    for (int k = 0; k < 3; ++k) per_metre[k] = counts[k] / size[k];
  }
  FILIGREE_FUNCTION Vec<3, Index> bin_of(const Vec<3, double>& x) const {
    Vec<3, Index> bin{};
    for (int k = 0; k < 3; ++k) {
      const auto b = static_cast<Index>(x[k] * per_metre[k]);
      bin[k] = b < n_bins[k] ? b : n_bins[k] - 1;
    }
    return bin;
  }
  FILIGREE_FUNCTION bool has(const Vec<3, Index>& bin) const {
    bool inside = true;
    for (int k = 0; k < 3; ++k) inside = inside && bin[k] >= 0 && bin[k] < n_bins[k];
    return inside;
  }
  FILIGREE_FUNCTION Index number(const Vec<3, Index>& bin) const {
    return (bin[0] * n_bins[1] + bin[1]) * n_bins[2] + bin[2];
  }
};

/// Everything a kernel needs to make a cell.
struct CellMaker {
  Array<Vec<3, double>> positions;
  Array<Index> bin_starts;
  Array<BinStep> steps;
  Vec<3, double> size;
  BinGrid bins;
  Vec<3, double> bin_width;
  double spacing2;

  /// The cell of point i, relative to it.
  FILIGREE_FUNCTION CellStatus make(Index i, ConvexCell& cell) const {
    const Vec<3, double> centre = positions(i);
    cell.make_box(-centre, size - centre);
    const Vec<3, Index> home = bins.bin_of(centre);
    for (Index s = 0; s < steps.size(); ++s) {
      if (kNearly * steps(s).least2 >= 4 * cell.radius2) return kGood;
      const CellStatus status = cut_by_bin(i, centre, home + steps(s).step, cell);
      if (status != kGood) return status;
    }
    return make_far(i, centre, home, cell);
  }

 private:
  /// Squared distance of the point to a bin.
  FILIGREE_FUNCTION double distance2(const Vec<3, double>& x, const Vec<3, Index>& bin) const {
    double sum = 0;
    for (int k = 0; k < 3; ++k) {
      const double below = bin[k] * bin_width[k] - x[k];
      const double above = -below - bin_width[k];
      const double gap = below > above ? below : above;
      if (gap > 0) sum += gap * gap;
    }
    return sum;
  }

  FILIGREE_FUNCTION CellStatus cut_by_bin(Index i, const Vec<3, double>& centre,
                                          const Vec<3, Index>& bin, ConvexCell& cell) const {
    if (!bins.has(bin)) return kGood;
    if (kNearly * distance2(centre, bin) >= 4 * cell.radius2) return kGood;
    const Index b = bins.number(bin);
    for (Index j = bin_starts(b); j < bin_starts(b + 1); ++j) {
      if (j == i) continue;
      const Vec<3, double> d = positions(j) - centre;
      const double d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      if (d2 >= 4 * cell.radius2) continue;
      if (!(d2 > 0)) return kEqualPoints;
      const CutResult result = cell.cut(d, d2 / 2, kTolerance * spacing2, j);
      if (result == CutResult::kEmptied) return kEqualPoints;
      if (result == CutResult::kFailed) return kBroken;
    }
    return kGood;
  }

  /// Bins beyond the list: only where points are much sparser than on average.
  FILIGREE_FUNCTION CellStatus make_far(Index i, const Vec<3, double>& centre,
                                        const Vec<3, Index>& home, ConvexCell& cell) const {
    double width = bin_width[0];
    Index reach = bins.n_bins[0];
    for (int k = 1; k < 3; ++k) {
      width = bin_width[k] < width ? bin_width[k] : width;
      reach = bins.n_bins[k] > reach ? bins.n_bins[k] : reach;
    }
    for (Index r = kListReach + 1; r < reach; ++r) {
      const double least = double(r - 1) * width;
      if (kNearly * least * least >= 4 * cell.radius2) return kGood;
      for (Index a = -r; a <= r; ++a) {
        for (Index b = -r; b <= r; ++b) {
          const bool is_side = a == -r || a == r || b == -r || b == r;
          for (Index c = -r; c <= r; c += is_side ? 1 : 2 * r) {
            const CellStatus status = cut_by_bin(i, centre, home + Vec<3, Index>{a, b, c}, cell);
            if (status != kGood) return status;
          }
        }
      }
    }
    return kGood;
  }
};

/// The maker of the cells of these points.
CellMaker cell_maker(const BoxPoints& points);

/// Throws for the first of the cells [first, first + count) that could not be made.
void require_cells(const Array<Index>& status, Index count, Index first);

}  // namespace filigree::network::detail
