// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "tests/contracts/op_table.hpp"

namespace filigree::learning::op_table {

namespace {

// The edges of the graph of `given()`, in their order.
constexpr Index kNodes = 4, kEdges = 4;
constexpr std::array<Index, 4> kSenders{0, 0, 1, 1};
constexpr std::array<Index, 4> kReceivers{1, 2, 2, 2};

Index sender(Index edge) {
  return kSenders[static_cast<std::size_t>(edge)];
}
Index receiver(Index edge) {
  return kReceivers[static_cast<std::size_t>(edge)];
}

/// Sum of value(e) over the edges e into node i.
template <class F>
double sum_into(Index i, const F& value) {
  return total(kEdges, [&](Index e) { return receiver(e) == i ? value(e) : 0.0; });
}
/// Sum of value(e) over the edges e out of node j.
template <class F>
double sum_out_of(Index j, const F& value) {
  return total(kEdges, [&](Index e) { return sender(e) == j ? value(e) : 0.0; });
}
double degree(Index i) {
  return sum_into(i, [](Index) { return 1.0; });
}
/// Mean of value(e) over the edges into node i, 0 where there is none.
template <class F>
double mean_into(Index i, const F& value) {
  return degree(i) == 0 ? 0.0 : sum_into(i, value) / degree(i);
}

std::vector<Row> rows_of_edges() {
  return {
      {"gather_senders",
       [](List x, const GraphPtr& g) { return exp(gather_senders(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kEdges, 2}, [&](Index e, Index c) { return std::exp(x[0](sender(e), c)); });
       }},
      {"gather_receivers",
       [](List x, const GraphPtr& g) { return exp(gather_receivers(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kEdges, 2},
                       [&](Index e, Index c) { return std::exp(x[0](receiver(e), c)); });
       }},
      {"segment_sum",
       [](List x, const GraphPtr& g) { return exp(segment_sum(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kNodes, 2}, [&](Index i, Index c) {
           return std::exp(sum_into(i, [&](Index e) { return x[0](e, c); }));
         });
       }},
      {"segment_sum_by_sender",
       [](List x, const GraphPtr& g) { return exp(segment_sum_by_sender(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kNodes, 2}, [&](Index j, Index c) {
           return std::exp(sum_out_of(j, [&](Index e) { return x[0](e, c); }));
         });
       }},
      {"segment_mean",
       [](List x, const GraphPtr& g) { return exp(segment_mean(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kNodes, 2}, [&](Index i, Index c) {
           return std::exp(mean_into(i, [&](Index e) { return x[0](e, c); }));
         });
       }},
      {"segment_max",
       [](List x, const GraphPtr& g) { return exp(segment_max(x[0], g)); },
       {{4, 2}},
       [](In x) {
         return filled({kNodes, 2}, [&](Index i, Index c) {
           double largest = degree(i) == 0 ? 0.0 : -INFINITY;
           for (Index e = 0; e < kEdges; ++e) {
             if (receiver(e) == i) largest = std::max(largest, x[0](e, c));
           }
           return std::exp(largest);
         });
       }},
      {"segment_softmax",
       [](List x, const GraphPtr& g) { return segment_softmax(x[0], g); },
       {{4, 2}},
       [](In x) {
         return filled({kEdges, 2}, [&](Index e, Index c) {
           return std::exp(x[0](e, c)) /
                  sum_into(receiver(e), [&](Index other) { return std::exp(x[0](other, c)); });
         });
       }},
      {"segment_sum_planes",
       [](List x, const GraphPtr& g) { return exp(segment_sum(x[0], g)); },
       {{4, 2, 3}},
       [](In x) {
         return filled({kNodes, 2, 3}, [&](Index i, Index c, Index d) {
           return std::exp(sum_into(i, [&](Index e) { return x[0](e, c, d); }));
         });
       }},
      {"segment_mean_line",
       [](List x, const GraphPtr& g) { return exp(segment_mean(x[0], g)); },
       {{4}},
       [](In x) {
         return filled({kNodes}, [&](Index i) {
           return std::exp(mean_into(i, [&](Index e) { return x[0](e); }));
         });
       }},
      {"selection",
       [](List x, const Given& g) { return exp(gather_senders(x[0], g.selection)); },
       {{3, 2}},
       [](In x) {
         return filled({3, 2}, [&](Index k, Index c) { return std::exp(x[0](k == 1 ? 0 : 2, c)); });
       }},
      {"grouping",
       [](List x, const Given& g) { return segment_softmax(x[0], g.grouping); },
       {{5, 2}},
       [](In x) {
         return filled({5, 2}, [&](Index k, Index c) {
           const bool is_first = k < 2;
           return std::exp(x[0](k, c)) / total(5, [&](Index other) {
                    return (other < 2) == is_first ? std::exp(x[0](other, c)) : 0.0;
                  });
         });
       }},
  };
}

std::vector<Row> rows_of_sparse_products() {
  return {
      {"spmm",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{4, 1}, {4, 3}},
       [](In x) {
         return filled({kNodes, 3}, [&](Index i, Index c) {
           return sum_into(i, [&](Index e) { return x[0](e, 0) * x[1](sender(e), c); });
         });
       }},
      {"spmm_channels",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{4, 3}, {4, 3}},
       [](In x) {
         return filled({kNodes, 3}, [&](Index i, Index c) {
           return sum_into(i, [&](Index e) { return x[0](e, c) * x[1](sender(e), c); });
         });
       }},
      {"spmm_by_sender",
       [](List x, const GraphPtr& g) { return spmm_by_sender(x[0], x[1], g); },
       {{4, 1}, {4, 3}},
       [](In x) {
         return filled({kNodes, 3}, [&](Index j, Index c) {
           return sum_out_of(j, [&](Index e) { return x[0](e, 0) * x[1](receiver(e), c); });
         });
       }},
  };
}

/// Bilinear weight of node (i, j), i in [0, 3) and j in [0, 2), for point p at the positions x. The
/// points of `given()` lie in the cells from (0, 0), (2, 0) and (2, 0) on; beyond them the weights
/// go on as they are within. Node 3 along the first axis is node 0.
double weight_of_node(const Numbers& x, Index p, Index i, Index j) {
  const Index cell = p == 0 ? 0 : 2;
  const double s = x(p, 0) - cell;
  const double t = x(p, 1);
  const double along_first = i == cell ? 1 - s : i == (cell + 1) % 3 ? s : 0.0;
  return along_first * (j == 0 ? 1 - t : t);
}

std::vector<Row> rows_of_grids() {
  return {
      {"sample",
       [](List x, const Given& g) { return sample(x[0], x[1], g.points); },
       {{6, 2}, {3, 2}},
       [](In x) {
         return filled({3, 2}, [&](Index p, Index c) {
           return total(
               6, [&](Index n) { return weight_of_node(x[1], p, n / 2, n % 2) * x[0](n, c); });
         });
       }},
      {"splat",
       [](List x, const Given& g) { return splat(x[0], x[1], g.points); },
       {{3, 2}, {3, 2}},
       [](In x) {
         return filled({6, 2}, [&](Index n, Index c) {
           return total(
               3, [&](Index p) { return weight_of_node(x[1], p, n / 2, n % 2) * x[0](p, c); });
         });
       }},
  };
}

}  // namespace

std::vector<Row> graph_rows() {
  std::vector<Row> rows = rows_of_edges();
  for (const auto& part : {rows_of_sparse_products(), rows_of_grids()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace filigree::learning::op_table
