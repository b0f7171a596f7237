// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sets of small graphs with a label on each node and a class each: what networks that classify
// graphs learn from. Plain host data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/scalar.hpp"

namespace filigree {

struct LabelledGraph {
  Index n_nodes = 0;
  /// (sender, receiver), nodes from 0; every undirected edge is there both ways, none twice.
  std::vector<std::pair<Index, Index>> edges;
  std::vector<Index> labels;  ///< [n_nodes], each in [0, n_labels)
  Index graph_class = 0;      ///< in [0, n_classes)
};

/// For each fold the graphs it tests, ascending; no graph is in two.
using Folds = std::vector<std::vector<Index>>;

struct LabelledGraphSet {
  std::string name;
  Index n_labels = 0;  ///< width of a one-hot label
  Index n_classes = 0;
  std::vector<LabelledGraph> graphs;
  Folds folds;  ///< that came with the data; empty when none did
};

/// Splits graphs into `n_folds` test sets that hold, as nearly as whole numbers allow, equal shares
/// of every class: the graphs of a class are dealt out as sorted classes fill the folds in turn, in
/// random order within the class. Equal seeds give equal folds on every machine. InputError unless
/// 2 <= n_folds <= number of graphs. The shares are those of scikit-learn's StratifiedKFold with
/// shuffling; the order is not, because the random numbers are ours.
Folds stratified_folds(const std::vector<Index>& classes, Index n_folds, std::uint64_t seed);

/// The classes of all graphs.
std::vector<Index> classes_of(const LabelledGraphSet& set);

/// All graphs that fold `fold` does not test, ascending.
std::vector<Index> training_graphs(const Folds& folds, Index fold, Index n_graphs);

/// InputError, naming the set and the graph, where a set is not as described above.
void validate(const LabelledGraphSet& set);

}  // namespace filigree
