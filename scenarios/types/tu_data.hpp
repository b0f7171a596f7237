// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Graph sets of the TU collection (MUTAG, PROTEINS, ...) as .npz files of plain numbers:
//
//   graph_ptr    [G + 1]  nodes graph_ptr(g) .. graph_ptr(g + 1) - 1 belong to graph g
//   edge_ptr     [G + 1]  the same for rows of `edges`
//   edges        [E, 2]   u < v, undirected, nodes numbered through the whole file, none twice
//   node_label   [N]      any whole numbers
//   graph_label  [G]      classes 0 ... C - 1
//   fold_test_1, fold_test_2, ...   optional: the graphs that each fold tests, from 0
//
// Other arrays (node_attr, edge_label) are passed over. The sets are not part of the program.
// Errors: EnvironmentError for files that cannot be read, InputError for content.
// Source: Morris et al., "TUDataset: a collection of benchmark datasets for learning with graphs",
// ICML workshop 2020, arXiv:2007.08663.
#pragma once

#include <filesystem>
#include <string>

#include "core/named_arrays.hpp"
#include "scenarios/types/data_folder.hpp"
#include "scenarios/types/labelled_graphs.hpp"

namespace filigree {

/// The file of a set ("tu_MUTAG_gin", or a path that ends in .npz), as find_data() looks for it;
/// the environment variable is FILIGREE_GRAPH_DATA.
FoundData find_tu_data(const std::string& name, const std::filesystem::path& scenario_folder);

/// Labels are renumbered 0 ... n_labels - 1 in their order, so that those which do not occur take
/// no room; edges come both ways.
LabelledGraphSet read_tu_data(const std::filesystem::path& file);

/// The same from arrays in memory; `name` is used in messages.
LabelledGraphSet tu_set_of_arrays(const NamedArrays& arrays, const std::string& name);

/// The arrays of a set, the inverse of tu_set_of_arrays().
NamedArrays tu_arrays(const LabelledGraphSet& set);

}  // namespace filigree
