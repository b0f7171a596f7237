// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The residual network of the published branched-rod program: five graph convolutions.
//
// y = A_n (x W^T + b) with A_n = D^-1/2 A D^-1/2, leaky rectifiers (slope 0.2) after all but the
// last. Rows of A whose degree is zero stay zero. For comparison only; see deft_parity.hpp.
#pragma once

#include <cstddef>
#include <vector>

namespace filigree::rods::deft {

/// W is [outputs, inputs] row by row, b is [outputs].
struct GraphConvolution {
  int inputs = 0;
  int outputs = 0;
  std::vector<double> weight;
  std::vector<double> bias;
};

/// The rows of A_n that are not empty, each with its entries in rising order of columns.
struct NormalizedAdjacency {
  struct Entry {
    int row;
    int column;
    double value;
  };
  int nodes = 0;
  std::vector<int> rows;       ///< nodes with a degree, rising
  std::vector<Entry> entries;  ///< by row, then by column; only columns with a degree
};

/// From a dense A [nodes, nodes], row by row; the degree of a node is the sum of its row. Throws
/// InputError when A is not square or a degree is negative.
NormalizedAdjacency normalize_adjacency(const std::vector<double>& dense, int nodes);

/// Values of the nodes between layers, kept between calls.
struct NetworkScratch {
  std::vector<double> values;
  std::vector<double> product;
};

/// Output [nodes, outputs of the last layer] from features [nodes, inputs of the first layer].
/// Throws InputError when the sizes of layers, features and graph do not go together.
void apply_network(const std::vector<GraphConvolution>& layers, const NormalizedAdjacency& graph,
                   const std::vector<double>& features, NetworkScratch& scratch,
                   std::vector<double>& output);

}  // namespace filigree::rods::deft
