// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/deft_network.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace filigree::rods::deft {

namespace {

constexpr double kSlope = 0.2;  ///< of the leaky rectifier below zero

std::size_t at(int row, int columns, int column) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
         static_cast<std::size_t>(column);
}

/// product = x W^T + b on the rows of the graph. The weight is walked along its inputs for one
/// output at a time, in four sums that the compiler can keep in registers.
void affine(const GraphConvolution& layer, const NormalizedAdjacency& graph,
            const std::vector<double>& x, std::vector<double>& product) {
  for (const int node : graph.rows) {
    const double* in = &x[at(node, layer.inputs, 0)];
    for (int o = 0; o < layer.outputs; ++o) {
      const double* w = &layer.weight[at(o, layer.inputs, 0)];
      double sums[4] = {0, 0, 0, 0};
      int k = 0;
      for (; k + 4 <= layer.inputs; k += 4) {
        for (int lane = 0; lane < 4; ++lane) sums[lane] += in[k + lane] * w[k + lane];
      }
      double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      for (; k < layer.inputs; ++k) sum += in[k] * w[k];
      product[at(node, layer.outputs, o)] = sum + layer.bias[static_cast<std::size_t>(o)];
    }
  }
}

}  // namespace

NormalizedAdjacency normalize_adjacency(const std::vector<double>& dense, int nodes) {
  FILIGREE_REQUIRE(nodes >= 0 && dense.size() == at(nodes, nodes, 0),
                   "an adjacency of {} nodes needs {} entries, {} were given", nodes,
                   at(nodes, nodes, 0), dense.size());
  NormalizedAdjacency graph;
  graph.nodes = nodes;
  std::vector<double> scale(static_cast<std::size_t>(nodes), 0.0);
  for (int i = 0; i < nodes; ++i) {
    double degree = 0;
    for (int j = 0; j < nodes; ++j) degree += dense[at(i, nodes, j)];
    FILIGREE_REQUIRE(degree >= 0, "node {} of the network's graph has the negative degree {}", i,
                     degree);
    if (degree == 0) continue;
    scale[static_cast<std::size_t>(i)] = 1 / std::sqrt(degree);
    graph.rows.push_back(i);
  }
  for (const int i : graph.rows) {
    for (int j = 0; j < nodes; ++j) {
      const double value = scale[static_cast<std::size_t>(i)] * dense[at(i, nodes, j)] *
                           scale[static_cast<std::size_t>(j)];
      if (value != 0) graph.entries.push_back({i, j, value});
    }
  }
  return graph;
}

void apply_network(const std::vector<GraphConvolution>& layers, const NormalizedAdjacency& graph,
                   const std::vector<double>& features, NetworkScratch& scratch,
                   std::vector<double>& output) {
  FILIGREE_REQUIRE(!layers.empty(), "the network has no layers");
  FILIGREE_REQUIRE(features.size() == at(graph.nodes, layers.front().inputs, 0),
                   "the network needs {} features for each of {} nodes, {} numbers were given",
                   layers.front().inputs, graph.nodes, features.size());
  scratch.values = features;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const GraphConvolution& layer = layers[l];
    FILIGREE_REQUIRE((l == 0 || layer.inputs == layers[l - 1].outputs) &&
                         layer.weight.size() == at(layer.outputs, layer.inputs, 0) &&
                         layer.bias.size() == static_cast<std::size_t>(layer.outputs),
                     "layer {} of the network does not fit the one before it or its own weights",
                     l + 1);
    scratch.product.assign(at(graph.nodes, layer.outputs, 0), 0.0);
    affine(layer, graph, scratch.values, scratch.product);
    scratch.values.assign(at(graph.nodes, layer.outputs, 0), 0.0);
    for (const auto& entry : graph.entries) {
      double* to = &scratch.values[at(entry.row, layer.outputs, 0)];
      const double* from = &scratch.product[at(entry.column, layer.outputs, 0)];
      for (int o = 0; o < layer.outputs; ++o) to[o] += entry.value * from[o];
    }
    if (l + 1 == layers.size()) break;
    for (double& value : scratch.values) value = value >= 0 ? value : kSlope * value;
  }
  output = scratch.values;
}

}  // namespace filigree::rods::deft
