// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fixed points of max-plus maps: the values of deterministic decision processes.
//
//   z_i = max over the edges e of row i of (r_e + gamma z_col(e)),      0 where a row is empty
//
// for each head, with rows and columns as in contraction.hpp. The map contracts by gamma in the
// largest norm. r is [n_edges, heads], z [n_nodes, heads].
#pragma once

#include "learning/models/contraction.hpp"

namespace filigree::contraction {

/// Sweeps until gamma |z_k - z_{k-1}| <= tolerance max |r| in each graph and head; gamma in [0, 1).
/// Of the options tolerance and max_iterations are read. Throws InputError for wrong shapes and
/// rewards that are not finite.
template <class T>
const Report& solve_max_plus(const Batch& batch, Orientation orientation, double gamma,
                             const Array<T, 2>& rewards, const SolveOptions& options,
                             Workspace& workspace, const Array<T, 2>& z);

/// The edge that attains each maximum (the first of equals), -1 for an empty row. [n_nodes, heads]
template <class T>
void best_edges(const Batch& batch, Orientation orientation, double gamma,
                const Array<T, 2>& rewards, const Array<T, 2>& z, const Array<Index, 2>& result);

}  // namespace filigree::contraction
