// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A small scenario for tests of the program: a column that collapses, 64 particles, 20 frames,
// under a second.
#pragma once

#include <string>

namespace filigree::testing_support {

inline const std::string kDrop = R"(schema: 1
scenario: { type: mpm, title: a collapsing column }
time: { end: 0.1 }
domain: { min: [0, 0], max: [0.8, 0.8], cell_size: 0.1 }
gravity: [0, -9.81]
bodies:
  - name: drop
    shape: { type: box, min: [0.1, 0], max: [0.5, 0.4] }
    material: { type: weakly_compressible_fluid, density: 1000, bulk_modulus: 20000 }
output: { every: 0.005 }
checkpoint: { every: 0.02, every_wall: 0 }
expect:
  - { quantity: drop_center_y, at: end, within: [0.1, 0.2] }
)";

}  // namespace filigree::testing_support
