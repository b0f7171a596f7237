// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Weights of contractions: made from logits or conductances, and measured.
#include <cmath>
#include <limits>

#include "core/reduce.hpp"
#include "learning/models/contraction_checks.hpp"
#include "learning/models/contraction_system.hpp"

namespace filigree::contraction {

namespace {

/// Calls body(i, h, begin, end) for the places [begin, end) of row i in head h.
template <class Body>
struct EachRowAndHead {
  RowPlaces places;
  Body body;
  Index heads;
  FILIGREE_FUNCTION void operator()(Index i) const {
    const Offset begin = places.begin(i);
    const Offset end = places.begin(i + 1);
    for (Index h = 0; h < heads; ++h) body(places, i, h, begin, end);
  }
};

template <class Body>
void for_each_row(const char* label, const Graph& graph, Orientation orientation, Index heads,
                  const Body& body) {
  for_each(label, graph.n_nodes(),
           EachRowAndHead<Body>{RowPlaces(graph, orientation), body, heads});
}

template <class T>
FILIGREE_FUNCTION T sigmoid(T a) {
  const T small = Kokkos::exp(-Kokkos::abs(a));
  return (a < 0 ? small : T(1)) / (T(1) + small);
}

/// a in [0, 1], NaN stays.
template <class T>
FILIGREE_FUNCTION T clipped(T a) {
  return a < 0 ? T(0) : (a > 1 ? T(1) : a);
}

template <class T>
struct Normalize {
  Normalizer normalizer;
  const T* logits;
  T* weights;
  std::ptrdiff_t heads;

  FILIGREE_FUNCTION void operator()(const RowPlaces& places, Index, Index h, Offset begin,
                                    Offset end) const {
    if (normalizer == Normalizer::kSoftmax) return softmax(places, h, begin, end);
    const T degree = static_cast<T>(end - begin);
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      const T a = logits[at];
      weights[at] = normalizer == Normalizer::kClip      ? clipped(a) / degree
                    : normalizer == Normalizer::kSigmoid ? sigmoid(a) / degree
                                                         : a;
    }
  }

  FILIGREE_FUNCTION void softmax(const RowPlaces& places, Index h, Offset begin, Offset end) const {
    T largest = -std::numeric_limits<T>::infinity();
    for (Offset p = begin; p < end; ++p) {
      const T a = logits[places.edge(p) * heads + h];
      largest = a > largest || a != a ? a : largest;
    }
    T total = 0;
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      weights[at] = Kokkos::exp(logits[at] - largest);
      total += weights[at];
    }
    for (Offset p = begin; p < end; ++p) weights[places.edge(p) * heads + h] /= total;
  }
};

/// dL/da_e = w_e (dL/dw_e - sum over the row of w dL/dw).
template <class T>
struct SoftmaxGradient {
  const T* weights;
  const T* weight_gradients;
  T* result;
  std::ptrdiff_t heads;
  FILIGREE_FUNCTION void operator()(const RowPlaces& places, Index, Index h, Offset begin,
                                    Offset end) const {
    T mean = 0;
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      mean += weights[at] * weight_gradients[at];
    }
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      result[at] = weights[at] * (weight_gradients[at] - mean);
    }
  }
};

/// dL/da_e = s'(a_e) dL/dw_e/degree with s the clip or the sigmoid.
template <class T>
struct DegreeGradient {
  bool is_clip;
  const T* logits;
  const T* weight_gradients;
  T* result;
  std::ptrdiff_t heads;
  FILIGREE_FUNCTION void operator()(const RowPlaces& places, Index, Index h, Offset begin,
                                    Offset end) const {
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      const T a = logits[at];
      const T s = sigmoid(a);
      const T slope = is_clip ? T(a > 0 && a < 1) : s * (T(1) - s);
      result[at] = slope * weight_gradients[at] / static_cast<T>(end - begin);
    }
  }
};

template <class T>
struct DirichletWeights {
  const T* conductances;
  Array<Index> is_fixed;
  T* weights;
  std::ptrdiff_t heads;
  FILIGREE_FUNCTION void operator()(const RowPlaces& places, Index i, Index h, Offset begin,
                                    Offset end) const {
    T total = 0;
    for (Offset p = begin; p < end; ++p) total += conductances[places.edge(p) * heads + h];
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      weights[at] = is_fixed(i) != 0 ? T(0) : conductances[at] / total;
    }
  }
};

/// dL/dk_e = (dL/dw_e - sum over the row of w dL/dw)/(sum over the row of k).
template <class T>
struct DirichletGradient {
  const T* conductances;
  const T* weights;
  const T* weight_gradients;
  T* result;
  std::ptrdiff_t heads;
  FILIGREE_FUNCTION void operator()(const RowPlaces& places, Index, Index h, Offset begin,
                                    Offset end) const {
    T total = 0;
    T mean = 0;
    T sum_of_weights = 0;  // 0 on rows of fixed nodes
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      total += conductances[at];
      mean += weights[at] * weight_gradients[at];
      sum_of_weights += weights[at];
    }
    for (Offset p = begin; p < end; ++p) {
      const std::ptrdiff_t at = places.edge(p) * heads + h;
      result[at] = sum_of_weights > 0 ? (weight_gradients[at] - mean) / total : T(0);
    }
  }
};

template <class T>
struct RowNotPositive {
  const T* values;
  Index columns;
  FILIGREE_FUNCTION bool operator()(Index i) const {
    bool is_bad = false;
    for (Index c = 0; c < columns; ++c) {
      const T value = values[std::ptrdiff_t(i) * columns + c];
      is_bad = is_bad || !(value > 0 && value <= std::numeric_limits<T>::max());
    }
    return is_bad;
  }
};

/// The largest of (gamma A v)_i/v_i over the heads; infinity for a weight or v that is not allowed.
template <class T>
struct RowFactor {
  RowPlaces places;
  const T* weights;
  const T* v;  ///< null: 1
  Index heads;
  double gamma;
  FILIGREE_FUNCTION double operator()(Index i) const {
    double worst = 0;
    bool is_bad = v != nullptr && !(v[i] > 0);
    for (Index h = 0; h < heads; ++h) {
      double total = 0;
      for (Offset p = places.begin(i); p < places.begin(i + 1); ++p) {
        const T w = weights[places.edge(p) * heads + h];
        is_bad = is_bad || !(w >= 0);
        total += double(w) * (v == nullptr ? 1.0 : double(v[places.neighbours()[p]]));
      }
      total *= gamma / (v == nullptr ? 1.0 : double(v[i]));
      worst = total > worst ? total : worst;
    }
    return is_bad ? std::numeric_limits<double>::infinity() : worst;
  }
};

/// Walks from the rows that sum to less than 1 against the positive weights, in one graph and head;
/// closed(graph, head) becomes the first node that is not met, -1 when all are.
template <class T>
struct WalkFromDeficits {
  RowPlaces rows, columns;
  Array<Index> first_nodes;
  const T* weights;
  std::ptrdiff_t heads;
  Index* queue;    ///< [n_nodes, heads], the part of each graph and head in one piece
  Index* reached;  ///< the same
  Array<Index> closed;

  FILIGREE_FUNCTION bool has_deficit(Index i, Index h) const {
    double total = 0;
    for (Offset p = rows.begin(i); p < rows.begin(i + 1); ++p) {
      total += double(weights[rows.edge(p) * heads + h]);
    }
    // Weights of a full row are rounded one by one.
    const double degree = static_cast<double>(rows.begin(i + 1) - rows.begin(i));
    return total < 1 - (degree + 4) * double(std::numeric_limits<T>::epsilon());
  }

  FILIGREE_FUNCTION void operator()(Index item) const {
    const auto h = static_cast<Index>(item % heads);
    const auto graph = static_cast<Index>(item / heads);
    const Index first = first_nodes(graph);
    const Index n = first_nodes(graph + 1) - first;
    Index* mine = queue + first * heads + std::ptrdiff_t(h) * n;
    Index* met = reached + first * heads + std::ptrdiff_t(h) * n;
    Index n_met = 0;
    for (Index i = 0; i < n; ++i) {
      met[i] = has_deficit(first + i, h);
      if (met[i] != 0) mine[n_met++] = i;
    }
    for (Index next = 0; next < n_met; ++next) {
      const Index j = first + mine[next];
      for (Offset p = columns.begin(j); p < columns.begin(j + 1); ++p) {
        const Index i = columns.neighbours()[p] - first;
        if (met[i] != 0 || !(weights[columns.edge(p) * heads + h] > 0)) continue;
        met[i] = 1;
        mine[n_met++] = i;
      }
    }
    Index missing = 0;
    while (missing < n && met[missing] != 0) ++missing;
    closed(item) = missing < n ? first + missing : -1;
  }
};

}  // namespace

template <class T>
void normalize(const Graph& graph, Orientation orientation, Normalizer normalizer,
               const Array<T, 2>& logits, const Array<T, 2>& weights) {
  const Index heads = logits.extent(1);
  require_shape("the logits", logits, graph.edge_count(), heads);
  require_shape("the weights", weights, graph.edge_count(), heads);
  for_each_row("contraction/normalize", graph, orientation, heads,
               Normalize<T>{normalizer, logits.data(), weights.data(), heads});
}

template <class T>
void normalize_gradient(const Graph& graph, Orientation orientation, Normalizer normalizer,
                        const Array<T, 2>& logits, const Array<T, 2>& weights,
                        const Array<T, 2>& weight_gradients, const Array<T, 2>& result) {
  const Index heads = logits.extent(1);
  require_shape("the logits", logits, graph.edge_count(), heads);
  require_shape("the weights", weights, graph.edge_count(), heads);
  require_shape("the gradient of the weights", weight_gradients, graph.edge_count(), heads);
  require_shape("the gradient of the logits", result, graph.edge_count(), heads);
  if (normalizer == Normalizer::kNone) return copy(result, weight_gradients);
  if (normalizer == Normalizer::kSoftmax) {
    return for_each_row(
        "contraction/softmax_gradient", graph, orientation, heads,
        SoftmaxGradient<T>{weights.data(), weight_gradients.data(), result.data(), heads});
  }
  for_each_row("contraction/degree_gradient", graph, orientation, heads,
               DegreeGradient<T>{normalizer == Normalizer::kClip, logits.data(),
                                 weight_gradients.data(), result.data(), heads});
}

template <class T>
double measured_factor(const Map<T>& map, const Array<T>& v) {
  FILIGREE_REQUIRE(map.batch != nullptr, "the contraction has no graph");
  require_shape("the weights", map.weights, map.batch->n_edges(), map.heads());
  FILIGREE_REQUIRE(v.size() == 0 || v.size() == map.batch->n_nodes(),
                   "v has {} values but the graph has {} nodes", v.size(), map.batch->n_nodes());
  const double factor =
      max("contraction/factor", map.batch->n_nodes(), 0.0,
          RowFactor<T>{RowPlaces(map.batch->graph(), map.orientation), map.weights.data(),
                       v.size() == 0 ? nullptr : v.data(), map.heads(), map.gamma});
  FILIGREE_REQUIRE(std::isfinite(factor),
                   "the factor of a contraction needs weights that are finite and not negative, "
                   "and v above 0");
  return factor;
}

template <class T>
void require_absorbing(const Map<T>& map, Workspace& workspace) {
  FILIGREE_REQUIRE(map.batch != nullptr, "the contraction has no graph");
  require_shape("the weights", map.weights, map.batch->n_edges(), map.heads());
  const Batch& batch = *map.batch;
  Scratch scratch(workspace.arena);
  const Array<Index> closed = scratch.take<Index>(batch.n_graphs() * map.heads());
  const Array<Index, 2> queue = scratch.take<Index>(batch.n_nodes(), map.heads());
  const Array<Index, 2> reached = scratch.take<Index>(batch.n_nodes(), map.heads());
  for_each(
      "contraction/absorbing", closed.size(),
      WalkFromDeficits<T>{RowPlaces(batch.graph(), map.orientation),
                          RowPlaces(batch.graph(), map.orientation, true), batch.first_nodes(),
                          map.weights.data(), map.heads(), queue.data(), reached.data(), closed});
  copy_to_host(workspace.host_counts, closed);
  for (Index item = 0; item < closed.size(); ++item) {
    const Index node = workspace.host_counts[static_cast<std::size_t>(item)];
    FILIGREE_REQUIRE(
        node < 0,
        "no path of positive weights leads from node {} (graph {}, head {}) to a fixed "
        "value: with gamma = 1 its value is not determined; fix the value of a node it "
        "reaches, or use gamma < 1",
        node, item / map.heads(), item % map.heads());
  }
}

template <class T>
void dirichlet_weights(const Graph& graph, Orientation orientation, const Array<T, 2>& conductances,
                       const Array<Index>& is_fixed, const Array<T, 2>& weights) {
  const Index heads = conductances.extent(1);
  require_shape("the conductances", conductances, graph.edge_count(), heads);
  require_shape("the weights", weights, graph.edge_count(), heads);
  FILIGREE_REQUIRE(is_fixed.size() == graph.n_nodes(),
                   "is_fixed has {} values but the graph has {} nodes", is_fixed.size(),
                   graph.n_nodes());
  const Index bad = first_bad("contraction/check_conductances", conductances.extent(0),
                              RowNotPositive<T>{conductances.data(), heads});
  FILIGREE_REQUIRE(bad == conductances.extent(0),
                   "conductances must be above 0 and finite, but edge {} has another", bad);
  for_each_row("contraction/dirichlet", graph, orientation, heads,
               DirichletWeights<T>{conductances.data(), is_fixed, weights.data(), heads});
}

template <class T>
void dirichlet_weights_gradient(const Graph& graph, Orientation orientation,
                                const Array<T, 2>& conductances, const Array<T, 2>& weights,
                                const Array<T, 2>& weight_gradients, const Array<T, 2>& result) {
  const Index heads = conductances.extent(1);
  require_shape("the conductances", conductances, graph.edge_count(), heads);
  require_shape("the weights", weights, graph.edge_count(), heads);
  require_shape("the gradient of the weights", weight_gradients, graph.edge_count(), heads);
  require_shape("the gradient of the conductances", result, graph.edge_count(), heads);
  for_each_row("contraction/dirichlet_gradient", graph, orientation, heads,
               DirichletGradient<T>{conductances.data(), weights.data(), weight_gradients.data(),
                                    result.data(), heads});
}

#define FILIGREE_INSTANTIATE(T)                                                                 \
  template void normalize(const Graph&, Orientation, Normalizer, const Array<T, 2>&,            \
                          const Array<T, 2>&);                                                  \
  template void normalize_gradient(const Graph&, Orientation, Normalizer, const Array<T, 2>&,   \
                                   const Array<T, 2>&, const Array<T, 2>&, const Array<T, 2>&); \
  template double measured_factor(const Map<T>&, const Array<T>&);                              \
  template void require_absorbing(const Map<T>&, Workspace&);                                   \
  template void dirichlet_weights(const Graph&, Orientation, const Array<T, 2>&,                \
                                  const Array<Index>&, const Array<T, 2>&);                     \
  template void dirichlet_weights_gradient(const Graph&, Orientation, const Array<T, 2>&,       \
                                           const Array<T, 2>&, const Array<T, 2>&,              \
                                           const Array<T, 2>&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::contraction
