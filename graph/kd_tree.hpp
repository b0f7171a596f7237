// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Nearest neighbours through a k-d tree on the host.
#pragma once

#include "core/array.hpp"
#include "core/vec.hpp"

namespace filigree {

/// The k nearest sources of each query, m, into rows [n_queries * k]: in each row the numbers of
/// the sources in rising order, ties of distance decided by the lower number. With `leave_out_self`
/// source i is no neighbour of query i. There must be k sources to choose from.
/// O(log n) per query for ordinary clouds; many coincident points cost up to O(n).
template <int D>
void nearest_by_tree(const HostArray<Vec<D>>& queries, const HostArray<Vec<D>>& sources, Index k,
                     bool leave_out_self, const HostArray<Index>& rows);

}  // namespace filigree
