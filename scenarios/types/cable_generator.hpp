// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Recordings of a cable that does not exist: a branched cable with random properties is moved by
// two grippers and simulated, and noise is added to its positions. For demonstrations and tests of
// identification, where the truth is known.
#pragma once

#include <cstdint>

#include "core/reflect.hpp"
#include "scenarios/types/cable_unknowns.hpp"

namespace filigree {

struct GeneratedCableOptions {
  std::int64_t train = 6;
  std::int64_t eval = 2;
  double duration = 3;
  double noise = 0.0005;
  double reach = 0.12;

  template <class V>
  void reflect(V& v) {
    v("train", train, About{.doc = "recordings to identify from", .min = 1, .max = 1000});
    v("eval", eval, About{.doc = "recordings to check with", .min = 1, .max = 1000});
    v("duration", duration, About{.doc = "of a recording", .unit = "s", .min = 0.05, .max = 100});
    v("noise", noise, About{.doc = "deviation of every coordinate", .unit = "m", .min = 0});
    v("reach", reach, About{.doc = "of the grippers' motion", .unit = "m", .above = 0});
  }
};

struct GeneratedCable {
  CableSet set;
  rods::CableFit truth;
  CableRecordings train, eval;
};

/// A parent of 9 edges, one child of 3 and one of 2 edges, 100 frames per second. The truth is
/// `guess` with every unknown of cable_unknowns() drawn at random, half of its scale wide.
GeneratedCable generate_cable(const GeneratedCableOptions& options, const CableGuess& guess,
                              std::uint64_t seed);

}  // namespace filigree
