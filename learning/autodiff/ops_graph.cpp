// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_graph.hpp"

#include "graph/segment.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_reduce.hpp"
#include "learning/autodiff/ops_shape.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

void require_rows(const char* what, const Tensor& x, Offset n, const char* things) {
  FILIGREE_REQUIRE(x.rank() >= 1 && x.rows() == n,
                   "{}: values {} for a graph with {} {}: their first extents must agree", what,
                   x.shape().text(), n, things);
}

/// Calls f<T>(graph, x, y) on matrices; y has as many rows as `n_rows`.
template <class Float, class Double>
Tensor on_rows(const Graph& graph, const Tensor& x, Offset n_rows, const Float& in_float,
               const Double& in_double) {
  const Tensor y = TensorAccess::make(x.shape().with(0, static_cast<Index>(n_rows)), x.dtype());
  if (y.size() == 0) return y;
  if (x.dtype() == DType::kF32) {
    in_float(graph, x.matrix<float>(), y.matrix<float>());
  } else {
    in_double(graph, x.matrix<double>(), y.matrix<double>());
  }
  return y;
}

/// mask_e = 1 where e holds the (first) largest value of its row, else 0.
template <class T>
void mark_largest(const Graph& graph, const Tensor& edges, const Tensor& mask) {
  const GraphView rows = graph.view();
  const Index n_edges = edges.rows();
  const Index channels = n_edges == 0 ? 0 : edges.size() / n_edges;
  const T* values = edges.data<T>();
  T* marks = TensorAccess::data<T>(mask);
  for_items(
      "segment_max/mask", graph.n_receivers(), edges.size(), FILIGREE_LAMBDA(Index i) {
        for (Index c = 0; c < channels; ++c) {
          Offset best = rows.row_begin(i);
          for (Offset e = best; e < rows.row_end(i); ++e) {
            const T value = values[e * channels + c];
            const T held = values[best * channels + c];
            if (value > held || (value != value && held == held)) best = e;
            marks[e * channels + c] = T(0);
          }
          if (rows.row_begin(i) < rows.row_end(i)) marks[best * channels + c] = T(1);
        }
      });
}

struct BySender {
  TransposeView rows;
  FILIGREE_FUNCTION Index n_rows() const { return rows.n_senders(); }
  FILIGREE_FUNCTION Offset begin(Index i) const { return rows.row_begin(i); }
  FILIGREE_FUNCTION Offset end(Index i) const { return rows.row_end(i); }
  FILIGREE_FUNCTION Index edge(Offset p) const { return rows.edge(p); }
  FILIGREE_FUNCTION Index node(Offset p) const { return rows.receiver(p); }
};
struct ByReceiver {
  GraphView rows;
  FILIGREE_FUNCTION Index n_rows() const { return rows.n_receivers(); }
  FILIGREE_FUNCTION Offset begin(Index i) const { return rows.row_begin(i); }
  FILIGREE_FUNCTION Offset end(Index i) const { return rows.row_end(i); }
  FILIGREE_FUNCTION Index edge(Offset p) const { return static_cast<Index>(p); }
  FILIGREE_FUNCTION Index node(Offset p) const { return rows.sender(p); }
};

/// y_i = sum over places p of row i of w_{edge(p)} x_{node(p)}.
template <class T, class Rows>
void multiply(const Rows& rows, Index n_rows, const Tensor& weights, const Tensor& nodes,
              const Tensor& y) {
  const T* w = weights.data<T>();
  const T* x = nodes.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index channels = n_rows == 0 ? 0 : y.size() / n_rows;
  const bool one_weight = weights.columns() == 1 && channels != 1;
  constexpr Index kWidth = kKernelsRunOnHost ? 32 : 1;
  const Index blocks = (channels + kWidth - 1) / kWidth;
  for_items(
      "spmm", n_rows * blocks, 2 * Offset(weights.rows()) * channels, FILIGREE_LAMBDA(Index item) {
        const Index i = item / blocks;
        const Index first = item % blocks * kWidth;
        const Index n = channels - first < kWidth ? channels - first : kWidth;
        T totals[kWidth] = {};
        for (Offset p = rows.begin(i); p < rows.end(i); ++p) {
          const T* from = x + Offset(rows.node(p)) * channels + first;
          if (one_weight) {
            const T weight = w[rows.edge(p)];
            for (Index c = 0; c < n; ++c) totals[c] += weight * from[c];
          } else {
            const T* weight = w + Offset(rows.edge(p)) * channels + first;
            for (Index c = 0; c < n; ++c) totals[c] += weight[c] * from[c];
          }
        }
        for (Index c = 0; c < n; ++c) to[Offset(i) * channels + first + c] = totals[c];
      });
}

void require_product(const char* what, const Tensor& weights, const Tensor& nodes,
                     const Graph& graph, Index n_nodes) {
  require_rows(what, weights, graph.edge_count(), "edges");
  require_rows(what, nodes, n_nodes, "nodes");
  const bool fits = weights.rank() == 2 && nodes.rank() == 2 &&
                    (weights.columns() == 1 || weights.columns() == nodes.columns());
  FILIGREE_REQUIRE(fits && weights.dtype() == nodes.dtype(),
                   "{}: weights {} {} and nodes {} {} do not fit: [edges, 1 or channels] and "
                   "[nodes, channels] of one type",
                   what, weights.shape().text(), name_of(weights.dtype()), nodes.shape().text(),
                   name_of(nodes.dtype()));
}

/// sum over channels of g x where the weight is shared by all of them.
Tensor to_weights(const Tensor& products, const Tensor& weights) {
  return sum_to(products, weights.shape());
}

}  // namespace

Tensor gather_senders(const Tensor& nodes, const GraphPtr& graph) {
  require_rows("gather_senders", nodes, graph->n_senders(), "senders");
  const Tensor y = on_rows(*graph, nodes, graph->edge_count(), filigree::gather_senders<float>,
                           filigree::gather_senders<double>);
  return record("gather_senders", {nodes}, y,
                [=](Adjoint& a) { a.give(0, segment_sum_by_sender(a.gradient(), graph)); });
}

Tensor gather_receivers(const Tensor& nodes, const GraphPtr& graph) {
  require_rows("gather_receivers", nodes, graph->n_receivers(), "receivers");
  const Tensor y = on_rows(*graph, nodes, graph->edge_count(), filigree::gather_receivers<float>,
                           filigree::gather_receivers<double>);
  return record("gather_receivers", {nodes}, y,
                [=](Adjoint& a) { a.give(0, segment_sum(a.gradient(), graph)); });
}

Tensor segment_sum(const Tensor& edges, const GraphPtr& graph) {
  require_rows("segment_sum", edges, graph->edge_count(), "edges");
  const Tensor y = on_rows(*graph, edges, graph->n_receivers(), filigree::segment_sum<float>,
                           filigree::segment_sum<double>);
  return record("segment_sum", {edges}, y,
                [=](Adjoint& a) { a.give(0, gather_receivers(a.gradient(), graph)); });
}

Tensor segment_sum_by_sender(const Tensor& edges, const GraphPtr& graph) {
  require_rows("segment_sum_by_sender", edges, graph->edge_count(), "edges");
  const Tensor y =
      on_rows(*graph, edges, graph->n_senders(), filigree::segment_sum_by_sender<float>,
              filigree::segment_sum_by_sender<double>);
  return record("segment_sum_by_sender", {edges}, y,
                [=](Adjoint& a) { a.give(0, gather_senders(a.gradient(), graph)); });
}

Tensor segment_mean(const Tensor& edges, const GraphPtr& graph) {
  require_rows("segment_mean", edges, graph->edge_count(), "edges");
  // The share of each edge in the mean of its row: 1 / degree.
  const auto n_edges = static_cast<Index>(graph->edge_count());
  const Tensor share = segment_softmax(zeros({n_edges, 1}, edges.dtype()), graph);
  const Index channels = n_edges == 0 ? 1 : edges.size() / n_edges;
  const Tensor weighted = reshape(edges, {n_edges, channels}) * share;
  return segment_sum(reshape(weighted, edges.shape()), graph);
}

Tensor segment_max(const Tensor& edges, const GraphPtr& graph) {
  require_rows("segment_max", edges, graph->edge_count(), "edges");
  const Tensor mask = TensorAccess::make(edges.shape(), edges.dtype());
  edges.dtype() == DType::kF32 ? mark_largest<float>(*graph, edges, mask)
                               : mark_largest<double>(*graph, edges, mask);
  return segment_sum(where(mask, edges, zeros(edges.shape(), edges.dtype())), graph);
}

Tensor segment_softmax(const Tensor& edges, const GraphPtr& graph) {
  require_rows("segment_softmax", edges, graph->edge_count(), "edges");
  const Tensor y = on_rows(*graph, edges, graph->edge_count(), filigree::segment_softmax<float>,
                           filigree::segment_softmax<double>);
  return record("segment_softmax", {edges}, y, [=](Adjoint& a) {
    const Tensor shares = a.output();
    const Tensor products = shares * a.gradient();
    a.give(0, products - shares * gather_receivers(segment_sum(products, graph), graph));
  });
}

Tensor spmm(const Tensor& weights, const Tensor& nodes, const GraphPtr& graph) {
  require_product("spmm", weights, nodes, *graph, graph->n_senders());
  const Index n = graph->n_receivers();
  const Tensor y = TensorAccess::make({n, nodes.columns()}, nodes.dtype());
  const ByReceiver rows{graph->view()};
  nodes.dtype() == DType::kF32 ? multiply<float>(rows, n, weights, nodes, y)
                               : multiply<double>(rows, n, weights, nodes, y);
  return record("spmm", {weights, nodes}, y, [=](Adjoint& a) {
    const Tensor& g = a.gradient();
    if (a.wants(0)) {
      a.give(0, to_weights(gather_receivers(g, graph) * gather_senders(nodes, graph), weights));
    }
    if (a.wants(1)) a.give(1, spmm_by_sender(weights, g, graph));
  });
}

Tensor spmm_by_sender(const Tensor& weights, const Tensor& nodes, const GraphPtr& graph) {
  require_product("spmm_by_sender", weights, nodes, *graph, graph->n_receivers());
  const Index n = graph->n_senders();
  const Tensor y = TensorAccess::make({n, nodes.columns()}, nodes.dtype());
  const BySender rows{graph->transpose()};
  nodes.dtype() == DType::kF32 ? multiply<float>(rows, n, weights, nodes, y)
                               : multiply<double>(rows, n, weights, nodes, y);
  return record("spmm_by_sender", {weights, nodes}, y, [=](Adjoint& a) {
    const Tensor& g = a.gradient();
    if (a.wants(0)) {
      a.give(0, to_weights(gather_senders(g, graph) * gather_receivers(nodes, graph), weights));
    }
    if (a.wants(1)) a.give(1, spmm(weights, g, graph));
  });
}

GraphPtr selection(const std::vector<Index>& indices, Index n_sources) {
  std::vector<Offset> offsets(indices.size() + 1);
  for (std::size_t k = 0; k < indices.size(); ++k) {
    FILIGREE_REQUIRE(indices[k] >= 0 && indices[k] < n_sources,
                     "selection: index {} at place {} must lie in [0, {})", indices[k], k,
                     n_sources);
    offsets[k + 1] = static_cast<Offset>(k) + 1;
  }
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = n_sources,
                .row_offsets = to_device("selection/rows", offsets),
                .senders = to_device("selection/senders", indices),
                .is_bipartite = true},
      Validation::kDebugOnly);
}

GraphPtr grouping(const std::vector<Index>& offsets) {
  FILIGREE_REQUIRE(!offsets.empty() && offsets.front() == 0,
                   "grouping: the offsets must begin with 0");
  for (std::size_t g = 1; g < offsets.size(); ++g) {
    FILIGREE_REQUIRE(offsets[g] >= offsets[g - 1],
                     "grouping: offset {} is {}, less than the {} before it", g, offsets[g],
                     offsets[g - 1]);
  }
  std::vector<Offset> rows(offsets.begin(), offsets.end());
  std::vector<Index> items(static_cast<std::size_t>(offsets.back()));
  for (std::size_t k = 0; k < items.size(); ++k) items[k] = static_cast<Index>(k);
  return std::make_shared<const Graph>(GraphRows{.n_senders = offsets.back(),
                                                 .row_offsets = to_device("grouping/rows", rows),
                                                 .senders = to_device("grouping/items", items),
                                                 .is_bipartite = true});
}

}  // namespace filigree::learning
