// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The table of operations on tensors that op_table_test.cpp goes through: one row is one operation,
// with inputs, and with the same function as loops over plain doubles.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <type_traits>
#include <vector>

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/ops_grid.hpp"

namespace filigree::learning::op_table {

/// What operations may need besides tensors, made once per test.
struct Given {
  GraphPtr graph;      ///< 0 -> 1, 0 -> 2, 1 -> 2 twice, 3 alone: parallel edges, a lone node
  GraphPtr selection;  ///< entries 2, 0 and 2 of three
  GraphPtr grouping;   ///< two items, none, three
  GridPoints points;   ///< three in the cells of 3 x 2 nodes, periodic along the first axis

  operator const GraphPtr&() const { return graph; }
};

inline Given given() {
  return {
      .graph = std::make_shared<const Graph>(
          GraphRows{.n_senders = 4,
                    .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 1, 4, 4}),
                    .senders = to_device("senders", std::vector<Index>{0, 0, 1, 1})}),
      .selection = selection({2, 0, 2}, 3),
      .grouping = grouping({0, 2, 2, 5}),
      .points = locate(tensor({3, 2}, {0.3, 0.4, 2.6, 0.9, 2.5, 0.1}),
                       {.dimensions = 2, .extents = {3, 2, 1}, .periodic = {true, false, false}})};
}

using List = const std::vector<Tensor>&;
using None = const GraphPtr&;  // operations that need no graph

/// Row-major doubles on the host, indexed with as many indices as there are axes.
struct Numbers {
  Shape shape;
  std::vector<double> values;

  template <class... I>
  double operator()(I... index) const {
    Offset at = 0;
    [[maybe_unused]] int axis = 0;
    ((at = at * shape[axis++] + index), ...);
    return values.at(static_cast<std::size_t>(at));
  }
};
using In = const std::vector<Numbers>&;

/// value(i, j, ...) for all indices, as many as the shape has axes.
template <class F>
Numbers filled(const Shape& shape, const F& value) {
  Numbers y{shape, {}};
  const auto n = [&](int axis) { return axis < shape.rank() ? shape[axis] : 1; };
  for (Index i = 0; i < n(0); ++i) {
    for (Index j = 0; j < n(1); ++j) {
      for (Index k = 0; k < n(2); ++k) {
        for (Index l = 0; l < n(3); ++l) {
          if constexpr (std::is_invocable_v<F, Index, Index, Index, Index>) {
            y.values.push_back(value(i, j, k, l));
          } else if constexpr (std::is_invocable_v<F, Index, Index, Index>) {
            y.values.push_back(value(i, j, k));
          } else if constexpr (std::is_invocable_v<F, Index, Index>) {
            y.values.push_back(value(i, j));
          } else if constexpr (std::is_invocable_v<F, Index>) {
            y.values.push_back(value(i));
          } else {
            y.values.push_back(value());
          }
        }
      }
    }
  }
  return y;
}

/// value(0) + ... + value(n - 1).
template <class F>
double total(Index n, const F& value) {
  double sum = 0;
  for (Index k = 0; k < n; ++k) sum += value(k);
  return sum;
}

/// A row's operation, computed without tensors. It has no default: a row that leaves it out does
/// not compile.
class Reference {
 public:
  template <class F>
  requires std::is_invocable_r_v<Numbers, F, In> Reference(const F& compute) : compute_(compute) {}

  Numbers operator()(In x) const { return compute_(x); }

 private:
  std::function<Numbers(In)> compute_;
};

/// value(x) for each value of the first input.
template <class F>
Reference each(const F& value) {
  return Reference([value](In x) {
    Numbers y = x[0];
    for (double& v : y.values) v = value(v);
    return y;
  });
}

/// An operation on inputs of given shapes, whose values lie in [low, high].
struct Row {
  const char* name;
  std::function<Tensor(const std::vector<Tensor>&, const Given&)> call;
  std::vector<Shape> shapes;
  Reference expected;
  double low = -2, high = 2;
  bool second_order = true;
};

std::vector<Row> elementwise_rows();  ///< op_rows_elementwise.cpp
std::vector<Row> array_rows();        ///< op_rows_arrays.cpp: reductions, products, shapes
std::vector<Row> graph_rows();        ///< op_rows_graph.cpp: graphs and grids
std::vector<Row> layer_rows();        ///< op_rows_layers.cpp: fused operations of networks

inline std::vector<Row> table() {
  std::vector<Row> rows;
  for (const auto& part : {elementwise_rows(), array_rows(), graph_rows(), layer_rows()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace filigree::learning::op_table
