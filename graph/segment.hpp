// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reductions over the rows of a graph, and their adjoints: values on edges to values on nodes and
// back.
//
// Every result is a pull: row i is reduced in stored order by one thread, so that the bits do not
// depend on the number of threads. T is float or double; sums are in T. Arrays are row-major:
// edge values [n_edges, channels], node values [n_receivers or n_senders, channels]. The caller
// owns the results, which come last and must not be among the inputs. Wrong shapes throw
// InputError.
#pragma once

#include "graph/graph.hpp"

namespace filigree {

/// result_i = sum of the values on the edges into i; 0 for an empty row. [n_receivers, channels]
template <class T>
void segment_sum(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result);

/// result_j = sum of the values on the edges out of j; 0 for an empty row. [n_senders, channels]
/// This is the adjoint of gather_senders.
template <class T>
void segment_sum_by_sender(const Graph& graph, const Array<T, 2>& values,
                           const Array<T, 2>& result);

/// The sum divided by the number of edges; 0 for an empty row. [n_receivers, channels]
template <class T>
void segment_mean(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result);

/// The largest value, `empty` for an empty row; a NaN in a row gives NaN. [n_receivers, channels]
template <class T>
void segment_max(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result,
                 T empty = T(0));

/// The edge of the largest value (the first of equals, the first NaN), -1 for an empty row.
/// [n_receivers, channels]
template <class T>
void segment_argmax(const Graph& graph, const Array<T, 2>& values, const Array<Index, 2>& result);

/// result_e = exp(v_e - m) / sum over the row of exp(v - m), with m the largest value of the row:
/// in each row and channel the results sum to 1. Values of -infinity get 0, also when the whole row
/// is -infinity. [n_edges, channels]
template <class T>
void segment_softmax(const Graph& graph, const Array<T, 2>& values, const Array<T, 2>& result);

/// result_e = nodes(sender of e). [n_edges, channels]
template <class T>
void gather_senders(const Graph& graph, const Array<T, 2>& nodes, const Array<T, 2>& result);

/// result_e = nodes(receiver of e). [n_edges, channels]
template <class T>
void gather_receivers(const Graph& graph, const Array<T, 2>& nodes, const Array<T, 2>& result);

}  // namespace filigree
