// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_grid.hpp"

#include <limits>

#include "graph/bucket_sort.hpp"
#include "graph/first_bad.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_reduce.hpp"
#include "learning/autodiff/ops_shape.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

constexpr Index kWidth = kKernelsRunOnHost ? 32 : 1;  ///< channels that one item handles

/// What kernels know of grid and points.
struct Cells {
  int dimensions = 0;
  Index extents[3] = {1, 1, 1};  ///< nodes along each axis
  Index cells[3] = {1, 1, 1};    ///< cells along each axis
  double origin[3] = {};
  double inverse[3] = {};  ///< of the spacing
  bool periodic[3] = {};
  Array<Index, 2> lower;       ///< [N, 3]: cell of a point along each axis, not wrapped
  Array<Index> starts, items;  ///< points by cell, as in Buckets

  FILIGREE_FUNCTION Index wrapped(int axis, Index i) const {
    if (!periodic[axis]) return i;
    const Index n = extents[axis];
    const Index rest = i % n;
    return rest < 0 ? rest + n : rest;
  }
  /// Node at a corner of the cell of point p.
  FILIGREE_FUNCTION Index node(Index p, int corner) const {
    Index number = 0;
    for (int a = 0; a < dimensions; ++a) {
      number = number * extents[a] + wrapped(a, lower(p, a) + (corner >> a & 1));
    }
    return number;
  }
  /// Weight of a corner; along the axes of `mask` its slope in place of its value.
  template <class T>
  FILIGREE_FUNCTION T weight(const T* x, Index p, int corner, int mask) const {
    double product = 1;
    for (int a = 0; a < dimensions; ++a) {
      const bool is_upper = corner >> a & 1;
      if (mask >> a & 1) {
        product *= is_upper ? inverse[a] : -inverse[a];
      } else {
        const double t =
            (double(x[Offset(p) * dimensions + a]) - origin[a]) * inverse[a] - double(lower(p, a));
        product *= is_upper ? t : 1 - t;
      }
    }
    return static_cast<T>(product);
  }
  /// Number of the cell whose `corner` is the node; -1 if there is none.
  FILIGREE_FUNCTION Index cell_at(Index node, int corner) const {
    Index place[3] = {0, 0, 0};
    for (int a = dimensions - 1; a >= 0; --a) {
      place[a] = node % extents[a] - (corner >> a & 1);
      node /= extents[a];
    }
    Index number = 0;
    for (int a = 0; a < dimensions; ++a) {
      const Index i = wrapped(a, place[a]);
      if (i < 0 || i >= cells[a]) return -1;
      number = number * cells[a] + i;
    }
    return number;
  }
};

}  // namespace

struct LocatedPoints {
  RegularGrid grid;
  Cells cells;
  Index n_points;
};

namespace {

template <class T>
void find_cells(const Tensor& x, const Cells& cells, const Array<Index>& keys) {
  const T* from = x.data<T>();
  for_each(
      "grid/locate", x.rows(), FILIGREE_LAMBDA(Index p) {
        Index key = 0;
        for (int a = 0; a < cells.dimensions; ++a) {
          const double t =
              (double(from[Offset(p) * cells.dimensions + a]) - cells.origin[a]) * cells.inverse[a];
          double low = Kokkos::floor(t);
          if (!cells.periodic[a]) {
            const double last = double(cells.cells[a] - 1);
            low = low < 0 ? 0 : (low > last ? last : low);
          }
          cells.lower(p, a) = static_cast<Index>(low);
          key = key * cells.cells[a] + cells.wrapped(a, cells.lower(p, a));
        }
        keys(p) = key;
      });
}

template <class T>
void require_inside(const Tensor& x, const RegularGrid& grid, const Cells& cells) {
  const T* from = x.data<T>();
  const int dimensions = cells.dimensions;
  const Index bad = first_bad(
      "grid/outside", x.size(), FILIGREE_LAMBDA(Index i) {
        const int a = i % dimensions;
        const double t = (double(from[i]) - cells.origin[a]) * cells.inverse[a];
        const double slack = 1e-6;
        const double far = cells.periodic[a] ? 1e9 : double(cells.cells[a]) + slack;
        const double low = cells.periodic[a] ? -1e9 : -slack;
        return !(t >= low && t <= far);
      });
  if (bad == x.size()) return;
  const auto values = to_vector(x);
  const auto a = static_cast<std::size_t>(bad % dimensions);
  FILIGREE_REQUIRE(false, "point {} lies at {} on axis {}, not within the grid's [{}, {}]",
                   bad / dimensions, values[static_cast<std::size_t>(bad)], a, grid.origin[a],
                   grid.origin[a] + grid.spacing[a] * cells.cells[a]);
}

/// y_p = sum of weight v_corner.
template <class T>
void sample_values(const Cells& cells, const Tensor& nodes, const Tensor& x, int mask,
                   const Tensor& y) {
  const T* v = nodes.data<T>();
  const T* positions = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index channels = y.columns();
  const Index blocks = (channels + kWidth - 1) / kWidth;
  const int corners = 1 << cells.dimensions;
  for_items(
      "sample", y.rows() * blocks, Offset(y.size()) * corners, FILIGREE_LAMBDA(Index item) {
        const Index p = item / blocks;
        const Index first = item % blocks * kWidth;
        const Index n = channels - first < kWidth ? channels - first : kWidth;
        T totals[kWidth] = {};
        for (int corner = 0; corner < corners; ++corner) {
          const T weight = cells.weight(positions, p, corner, mask);
          const T* from = v + Offset(cells.node(p, corner)) * channels + first;
          for (Index c = 0; c < n; ++c) totals[c] += weight * from[c];
        }
        for (Index c = 0; c < n; ++c) to[Offset(p) * channels + first + c] = totals[c];
      });
}

/// v_n = sum of weight y_p over the points of the cells around n.
template <class T>
void splat_values(const Cells& cells, const Tensor& values, const Tensor& x, int mask,
                  const Tensor& nodes) {
  const T* y = values.data<T>();
  const T* positions = x.data<T>();
  T* to = TensorAccess::data<T>(nodes);
  const Index channels = nodes.columns();
  const Index blocks = (channels + kWidth - 1) / kWidth;
  const int corners = 1 << cells.dimensions;
  const Offset work = Offset(nodes.size()) + Offset(values.size()) * corners;
  for_items(
      "splat", nodes.rows() * blocks, work, FILIGREE_LAMBDA(Index item) {
        const Index node = item / blocks;
        const Index first = item % blocks * kWidth;
        const Index n = channels - first < kWidth ? channels - first : kWidth;
        T totals[kWidth] = {};
        for (int corner = 0; corner < corners; ++corner) {
          const Index cell = cells.cell_at(node, corner);
          if (cell < 0) continue;
          for (Index slot = cells.starts(cell); slot < cells.starts(cell + 1); ++slot) {
            const Index p = cells.items(slot);
            const T weight = cells.weight(positions, p, corner, mask);
            const T* from = y + Offset(p) * channels + first;
            for (Index c = 0; c < n; ++c) totals[c] += weight * from[c];
          }
        }
        for (Index c = 0; c < n; ++c) to[Offset(node) * channels + first + c] = totals[c];
      });
}

/// result_pa = sum over corners of (d weight / d x_a) (v_corner . y_p).
template <class T>
void slope_values(const Cells& cells, const Tensor& nodes, const Tensor& values, const Tensor& x,
                  int mask, const Tensor& result) {
  const T* v = nodes.data<T>();
  const T* y = values.data<T>();
  const T* positions = x.data<T>();
  T* to = TensorAccess::data<T>(result);
  const Index channels = values.columns();
  const int dimensions = cells.dimensions;
  for_items(
      "grid/slopes", values.rows(), Offset(values.size()) << dimensions, FILIGREE_LAMBDA(Index p) {
        T totals[3] = {};
        for (int corner = 0; corner < 1 << dimensions; ++corner) {
          const T* at = v + Offset(cells.node(p, corner)) * channels;
          T product = T(0);
          for (Index c = 0; c < channels; ++c) product += at[c] * y[Offset(p) * channels + c];
          for (int a = 0; a < dimensions; ++a) {
            if (mask >> a & 1) continue;  // linear along this axis
            totals[a] += cells.weight(positions, p, corner, mask | 1 << a) * product;
          }
        }
        for (int a = 0; a < dimensions; ++a) to[Offset(p) * dimensions + a] = totals[a];
      });
}

void require_fit(const char* what, const Tensor& values, Index n, const char* things,
                 const Tensor& x, const LocatedPoints& points) {
  FILIGREE_REQUIRE(
      x.rank() == 2 && x.rows() == points.n_points && x.columns() == points.cells.dimensions,
      "{}: positions {} for {} located points in {} dimensions", what, x.shape().text(),
      points.n_points, points.cells.dimensions);
  FILIGREE_REQUIRE(values.rank() == 2 && values.rows() == n,
                   "{}: values {} at {} {}: they must be [{}, channels]", what,
                   values.shape().text(), n, things, n);
  require_one_type(what, values, x);
}

// Both operations with the slope of the weights along the axes of `mask`: with these, the set is
// closed under differentiation.
Tensor sample(const Tensor& nodes, const Tensor& x, const GridPoints& points, int mask);
Tensor splat(const Tensor& values, const Tensor& x, const GridPoints& points, int mask);

/// The gradient with respect to positions, the same for both.
Tensor slopes(const Adjoint& a, const Tensor& nodes, const Tensor& values, const Tensor& x,
              const GridPoints& points, int mask) {
  const Cells& cells = points->cells;
  if (!a.create_graph()) {
    const Tensor result = TensorAccess::make(x.shape(), x.dtype());
    x.dtype() == DType::kF32 ? slope_values<float>(cells, nodes, values, x, mask, result)
                             : slope_values<double>(cells, nodes, values, x, mask, result);
    return result;
  }
  std::vector<Tensor> columns;
  for (int axis = 0; axis < cells.dimensions; ++axis) {
    const Shape shape{x.rows(), 1};
    columns.push_back(
        mask >> axis & 1
            ? zeros(shape, x.dtype())
            : reshape(sum(values * sample(nodes, x, points, mask | 1 << axis), 1), shape));
  }
  return concat(columns, 1);
}

Tensor sample(const Tensor& nodes, const Tensor& x, const GridPoints& points, int mask) {
  const Tensor y = TensorAccess::make({x.rows(), nodes.columns()}, x.dtype());
  x.dtype() == DType::kF32 ? sample_values<float>(points->cells, nodes, x, mask, y)
                           : sample_values<double>(points->cells, nodes, x, mask, y);
  return record("sample", {nodes, x}, y, [=](Adjoint& a) {
    if (a.wants(0)) a.give(0, splat(a.gradient(), x, points, mask));
    if (a.wants(1)) a.give(1, slopes(a, nodes, a.gradient(), x, points, mask));
  });
}

Tensor splat(const Tensor& values, const Tensor& x, const GridPoints& points, int mask) {
  const Tensor v = TensorAccess::make({points->grid.n_nodes(), values.columns()}, x.dtype());
  x.dtype() == DType::kF32 ? splat_values<float>(points->cells, values, x, mask, v)
                           : splat_values<double>(points->cells, values, x, mask, v);
  return record("splat", {values, x}, v, [=](Adjoint& a) {
    if (a.wants(0)) a.give(0, sample(a.gradient(), x, points, mask));
    if (a.wants(1)) a.give(1, slopes(a, a.gradient(), values, x, points, mask));
  });
}

}  // namespace

Index RegularGrid::n_nodes() const {
  Offset n = 1;
  for (int a = 0; a < dimensions; ++a) n *= extents[static_cast<std::size_t>(a)];
  FILIGREE_REQUIRE(n <= std::numeric_limits<Index>::max(), "a grid of {} nodes is too large", n);
  return static_cast<Index>(n);
}

GridPoints locate(const Tensor& x, const RegularGrid& grid) {
  FILIGREE_REQUIRE(grid.dimensions >= 1 && grid.dimensions <= 3,
                   "a grid of {} dimensions: it must have 1, 2 or 3", grid.dimensions);
  FILIGREE_REQUIRE(x.rank() == 2 && x.columns() == grid.dimensions,
                   "locate: positions {} in a grid of {} dimensions: they must be [N, {}]",
                   x.shape().text(), grid.dimensions, grid.dimensions);
  auto points = std::make_shared<LocatedPoints>();
  points->grid = grid;
  points->n_points = x.rows();
  Cells& cells = points->cells;
  cells.dimensions = grid.dimensions;
  Index n_cells = 1;
  static_cast<void>(grid.n_nodes());
  for (std::size_t a = 0; a < static_cast<std::size_t>(grid.dimensions); ++a) {
    const Index least = grid.periodic[a] ? 1 : 2;
    FILIGREE_REQUIRE(grid.extents[a] >= least && grid.spacing[a] > 0,
                     "axis {} of a grid has {} nodes {} apart: it needs {} or more, and a positive "
                     "distance",
                     a, grid.extents[a], grid.spacing[a], least);
    cells.extents[a] = grid.extents[a];
    cells.cells[a] = grid.periodic[a] ? grid.extents[a] : grid.extents[a] - 1;
    cells.origin[a] = grid.origin[a];
    cells.inverse[a] = 1 / grid.spacing[a];
    cells.periodic[a] = grid.periodic[a];
    n_cells *= cells.cells[a];
  }
  cells.lower = Array<Index, 2>("grid/lower", x.rows(), 3);
  const Array<Index> keys("grid/keys", x.rows());
  if (x.dtype() == DType::kF32) {
    require_inside<float>(x, grid, cells);
    find_cells<float>(x, cells, keys);
  } else {
    require_inside<double>(x, grid, cells);
    find_cells<double>(x, cells, keys);
  }
  const Buckets buckets = sort_into_buckets("grid/sort", keys, n_cells);
  cells.starts = buckets.starts;
  cells.items = buckets.items;
  return points;
}

Tensor sample(const Tensor& nodes, const Tensor& x, const GridPoints& points) {
  require_fit("sample", nodes, points->grid.n_nodes(), "nodes", x, *points);
  return sample(nodes, x, points, 0);
}

Tensor splat(const Tensor& values, const Tensor& x, const GridPoints& points) {
  require_fit("splat", values, points->n_points, "points", x, *points);
  return splat(values, x, points, 0);
}

}  // namespace filigree::learning
