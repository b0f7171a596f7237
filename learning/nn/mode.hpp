// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// How a module is called whose training differs from its use: dropout, batch normalisation.
#pragma once

#include <cstdint>

namespace filigree::learning {

struct Mode {
  bool is_training = false;
  std::uint64_t seed = 0;  ///< of the random numbers of this training
  std::uint32_t step = 0;  ///< of the optimizer: each has random numbers of its own
};

inline constexpr Mode kInference{};

}  // namespace filigree::learning
