// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Labelled graphs with classes that follow from their structure alone, so that demonstrations and
// tests need no data from elsewhere:
//
//   class 0  a random tree
//   class 1  one ring of at least half of the nodes with random trees on it
//   class 2  a random tree in which every sixth node, and at least two, close a triangle
//
// Node labels are random and say nothing about the class. Classes 0 and 1 differ in one edge whose
// cycle is longer than any neighbourhood of fixed size sees; class 2 can be told from degrees and
// triangles.
#pragma once

#include <cstdint>

#include "scenarios/types/labelled_graphs.hpp"

namespace filigree {

struct GeneratedGraphsOptions {
  Index graphs = 150;
  Index min_nodes = 12;  ///< at least 8
  Index max_nodes = 30;
  Index labels = 3;   ///< at least 1
  Index classes = 3;  ///< the first 2 or all 3 of the above; graph g has the class g % classes
};

/// A graph depends on the seed and its number alone. InputError where options are out of range.
LabelledGraphSet generate_graph_set(const GeneratedGraphsOptions& options, std::uint64_t seed);

}  // namespace filigree
