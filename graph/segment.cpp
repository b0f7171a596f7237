// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/segment.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"

namespace filigree {

namespace {

/// Channels reduced together: enough to fill the vector registers of a processor; on a device one
/// thread per channel makes neighbouring threads read neighbouring values.
constexpr Index kBlock = kKernelsRunOnHost ? 16 : 1;

struct ReceiverRows {
  GraphView graph;
  FILIGREE_FUNCTION Offset begin(Index i) const { return graph.row_begin(i); }
  FILIGREE_FUNCTION Offset end(Index i) const { return graph.row_end(i); }
  FILIGREE_FUNCTION Offset edge(Offset place) const { return place; }
};

struct SenderRows {
  TransposeView graph;
  FILIGREE_FUNCTION Offset begin(Index j) const { return graph.row_begin(j); }
  FILIGREE_FUNCTION Offset end(Index j) const { return graph.row_end(j); }
  FILIGREE_FUNCTION Offset edge(Offset place) const { return graph.edge(place); }
};

template <class T>
struct Sum {
  static FILIGREE_FUNCTION T start() { return T(0); }
  static FILIGREE_FUNCTION T join(T a, T b) { return a + b; }
  FILIGREE_FUNCTION T finish(T total, Offset) const { return total; }
};

template <class T>
struct Mean : Sum<T> {
  FILIGREE_FUNCTION T finish(T total, Offset n) const { return n > 0 ? total / T(n) : T(0); }
};

template <class T>
struct Max {
  T empty;
  static FILIGREE_FUNCTION T start() { return -std::numeric_limits<T>::infinity(); }
  static FILIGREE_FUNCTION T join(T a, T b) { return b > a || b != b ? b : a; }
  FILIGREE_FUNCTION T finish(T largest, Offset n) const { return n > 0 ? largest : empty; }
};

/// Reduces `kWidth` channels of one row, beginning at the channel that the pointers point to.
template <int kWidth, class T, class Rows, class Op>
FILIGREE_FUNCTION void reduce_row(const Rows& rows, Index i, const T* values, std::ptrdiff_t stride,
                                  const Op& op, T* result) {
  T totals[kWidth];
  for (int c = 0; c < kWidth; ++c) totals[c] = Op::start();
  const Offset begin = rows.begin(i);
  const Offset end = rows.end(i);
  for (Offset place = begin; place < end; ++place) {
    const T* value = values + rows.edge(place) * stride;
    for (int c = 0; c < kWidth; ++c) totals[c] = Op::join(totals[c], value[c]);
  }
  for (int c = 0; c < kWidth; ++c) result[c] = op.finish(totals[c], end - begin);
}

/// Calls body(row, first channel, number of channels) for all rows and blocks of channels. There
/// may be more of them than Index can count, so rows go in slices.
template <class Body>
void for_each_block(const char* label, Index n_rows, Index channels, const Body& body) {
  if (channels == 0) return;
  const Index blocks = (channels + kBlock - 1) / kBlock;
  const Index slice = std::numeric_limits<Index>::max() / blocks;
  for (Offset first = 0; first < n_rows; first += slice) {
    const auto begin = static_cast<Index>(first);
    const Index n = std::min(slice, n_rows - begin);
    for_each(
        label, n * blocks, FILIGREE_LAMBDA(Index item) {
          const Index channel = item % blocks * kBlock;
          const Index width = channels - channel < kBlock ? channels - channel : kBlock;
          body(begin + item / blocks, channel, width);
        });
  }
}

template <class T, class Rows, class Op>
void reduce_rows(const char* label, const Rows& rows, Index n_rows, const Array<T, 2>& values,
                 const Op& op, const Array<T, 2>& result) {
  const Index channels = values.extent(1);
  const std::ptrdiff_t stride = channels;
  for_each_block(
      label, n_rows, channels, FILIGREE_LAMBDA(Index i, Index channel, Index width) {
        const T* from = values.data() + channel;
        T* to = result.data() + i * stride + channel;
        if (width == kBlock) {
          reduce_row<kBlock>(rows, i, from, stride, op, to);
          return;
        }
        Index c = 0;
        for (; c + 4 <= width; c += 4) reduce_row<4>(rows, i, from + c, stride, op, to + c);
        for (; c < width; ++c) reduce_row<1>(rows, i, from + c, stride, op, to + c);
      });
}

template <class T>
void require_shape(const char* what, const Array<T, 2>& array, Offset n_rows, Index channels) {
  FILIGREE_REQUIRE(array.extent(0) == n_rows && array.extent(1) == channels,
                   "{} are [{}, {}] but must be [{}, {}]", what, array.extent(0), array.extent(1),
                   n_rows, channels);
}

template <class T, class Result>
void require_shapes(const Graph& graph, const Array<T, 2>& values, const Array<Result, 2>& result,
                    Offset n_results) {
  require_shape("the edge values", values, graph.edge_count(), values.extent(1));
  require_shape("the results", result, n_results, values.extent(1));
}

template <class T>
void gather(const char* label, const Array<Index>& from, const Array<T, 2>& nodes, Index n_nodes,
            const Array<T, 2>& result) {
  require_shape("the node values", nodes, n_nodes, nodes.extent(1));
  require_shape("the results", result, from.size(), nodes.extent(1));
  const std::ptrdiff_t stride = nodes.extent(1);
  for_each_block(
      label, from.size(), nodes.extent(1), FILIGREE_LAMBDA(Index e, Index channel, Index width) {
        const T* source = nodes.data() + from(e) * stride + channel;
        T* to = result.data() + e * stride + channel;
        for (Index c = 0; c < width; ++c) to[c] = source[c];
      });
}

}  // namespace

template <class T>
void segment_sum(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result) {
  require_shapes(graph, values, result, graph.n_receivers());
  reduce_rows("graph/segment_sum", ReceiverRows{graph.view()}, graph.n_receivers(), values,
              Sum<T>{}, result);
}

template <class T>
void segment_sum_by_sender(const Graph& graph, const Array<T, 2>& values,
                           const Array<T, 2>& result) {
  require_shapes(graph, values, result, graph.n_senders());
  reduce_rows("graph/segment_sum_by_sender", SenderRows{graph.transpose()}, graph.n_senders(),
              values, Sum<T>{}, result);
}

template <class T>
void segment_mean(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result) {
  require_shapes(graph, values, result, graph.n_receivers());
  reduce_rows("graph/segment_mean", ReceiverRows{graph.view()}, graph.n_receivers(), values,
              Mean<T>{}, result);
}

template <class T>
void segment_max(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result,
                 T empty) {
  require_shapes(graph, values, result, graph.n_receivers());
  reduce_rows("graph/segment_max", ReceiverRows{graph.view()}, graph.n_receivers(), values,
              Max<T>{empty}, result);
}

template <class T>
void segment_argmax(const Graph& graph, const Array<T, 2>& values, const Array<Index, 2>& result) {
  require_shapes(graph, values, result, graph.n_receivers());
  const GraphView rows = graph.view();
  const std::ptrdiff_t stride = values.extent(1);
  for_each_block(
      "graph/segment_argmax", graph.n_receivers(), values.extent(1),
      FILIGREE_LAMBDA(Index i, Index channel, Index width) {
        for (Index c = channel; c < channel + width; ++c) {
          const T* v = values.data() + c;
          Offset best = -1;
          for (Offset e = rows.row_begin(i); e < rows.row_end(i); ++e) {
            const T value = v[e * stride];
            const T largest = best < 0 ? value : v[best * stride];
            const bool is_larger = value > largest || (value != value && largest == largest);
            if (best < 0 || is_larger) best = e;
          }
          result.data()[i * stride + c] = static_cast<Index>(best);
        }
      });
}

template <class T>
void segment_softmax(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result) {
  require_shapes(graph, values, result, graph.edge_count());
  const GraphView rows = graph.view();
  const std::ptrdiff_t stride = values.extent(1);
  for_each_block(
      "graph/segment_softmax", graph.n_receivers(), values.extent(1),
      FILIGREE_LAMBDA(Index i, Index channel, Index width) {
        const Offset begin = rows.row_begin(i);
        const Offset end = rows.row_end(i);
        for (Index c = channel; c < channel + width; ++c) {
          const T* v = values.data() + c;
          T* weight = result.data() + c;
          T largest = Max<T>::start();
          for (Offset e = begin; e < end; ++e) largest = Max<T>::join(largest, v[e * stride]);
          // Nothing to compare with in a row of -infinity; 0 makes every weight 0.
          const bool is_void = largest == Max<T>::start();
          T total = 0;
          for (Offset e = begin; e < end; ++e) {
            weight[e * stride] = is_void ? T(0) : Kokkos::exp(v[e * stride] - largest);
            total += weight[e * stride];
          }
          const T scale = is_void ? T(0) : T(1) / total;
          for (Offset e = begin; e < end; ++e) weight[e * stride] *= scale;
        }
      });
}

template <class T>
void gather_senders(const Graph& graph, const Array<T, 2>& nodes, const Array<T, 2>& result) {
  gather("graph/gather_senders", graph.senders(), nodes, graph.n_senders(), result);
}

template <class T>
void gather_receivers(const Graph& graph, const Array<T, 2>& nodes, const Array<T, 2>& result) {
  gather("graph/gather_receivers", graph.receivers(), nodes, graph.n_receivers(), result);
}

#define FILIGREE_INSTANTIATE(T)                                                              \
  template void segment_sum(const Graph&, const Array<T, 2>&, const Array<T, 2>&);           \
  template void segment_sum_by_sender(const Graph&, const Array<T, 2>&, const Array<T, 2>&); \
  template void segment_mean(const Graph&, const Array<T, 2>&, const Array<T, 2>&);          \
  template void segment_max(const Graph&, const Array<T, 2>&, const Array<T, 2>&, T);        \
  template void segment_argmax(const Graph&, const Array<T, 2>&, const Array<Index, 2>&);    \
  template void segment_softmax(const Graph&, const Array<T, 2>&, const Array<T, 2>&);       \
  template void gather_senders(const Graph&, const Array<T, 2>&, const Array<T, 2>&);        \
  template void gather_receivers(const Graph&, const Array<T, 2>&, const Array<T, 2>&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree
