// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Tensors and graphs for tests of the learning layer.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "learning/autodiff/ops_graph.hpp"

namespace filigree::learning {

/// Fixed numbers in [low, high) that f32 holds exactly.
inline Tensor random_tensor(const Shape& shape, const std::string& stream,
                            DType dtype = DType::kF64, double low = -1, double high = 1) {
  const RandomStream random(5, stream);
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(random.between(low, high, i));
  }
  return tensor(shape, values, dtype);
}

/// 0 -> 1, 0 -> 2, 1 -> 2 twice, 3 alone: a node without edges and parallel edges.
inline GraphPtr small_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = 4,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 1, 4, 4}),
                .senders = to_device("senders", std::vector<Index>{0, 0, 1, 1})});
}

/// Receiver i has i % 4 edges, from senders spread over all of them.
inline GraphPtr uneven_graph(Index n_receivers, Index n_senders, bool is_bipartite) {
  std::vector<Offset> offsets{0};
  std::vector<Index> senders;
  for (Index i = 0; i < n_receivers; ++i) {
    for (Index k = 0; k < i % 4; ++k) senders.push_back((3 * i + 5 * k) % n_senders);
    std::sort(senders.begin() + offsets.back(), senders.end());
    offsets.push_back(static_cast<Offset>(senders.size()));
  }
  return std::make_shared<const Graph>(GraphRows{.n_senders = n_senders,
                                                 .row_offsets = to_device("rows", offsets),
                                                 .senders = to_device("senders", senders),
                                                 .is_bipartite = is_bipartite});
}

}  // namespace filigree::learning
