// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `pore_network`: pressures in pore networks, learned.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "scenarios/types/graph_task.hpp"

namespace filigree {

enum class PoreStructure { kDelaunay, kVoronoi };
template <>
struct EnumNames<PoreStructure> {
  static constexpr std::array names{"delaunay", "voronoi"};
};

enum class LearnedPhysics { kStokes, kDiffusion };
template <>
struct EnumNames<LearnedPhysics> {
  static constexpr std::array names{"stokes", "diffusion"};
};

enum class PoreFeatures { kPublished, kNormalized };
template <>
struct EnumNames<PoreFeatures> {
  static constexpr std::array names{"published", "normalized"};
};

/// Networks to test on, which training never sees.
struct PoreTest {
  std::string name;
  std::array<std::int64_t, 2> points{13, 86};
  std::int64_t networks = 32;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "of its scores: lower_snake", .required = true});
    v("points", points,
      About{.doc = "fewest and most base points of a network", .min = 4, .max = 1000000});
    v("networks", networks, About{.doc = "how many", .min = 1});
  }
  std::string validate() const;
};

struct PoreTrainingOptions : GraphTrainingOptions {
  PoreStructure structure = PoreStructure::kDelaunay;
  LearnedPhysics physics = LearnedPhysics::kStokes;
  PoreFeatures features = PoreFeatures::kNormalized;
  std::array<std::int64_t, 2> points{13, 86};
  double size = 1e-3;
  std::int64_t batch = 32;
  std::vector<PoreTest> tests{{"train_sizes", {13, 86}, 32}};

  template <class V>
  void reflect(V& v) {
    v("structure", structure, About{.doc = "how pores and throats follow from random points"});
    v("physics", physics, About{.doc = "what flows through the throats"});
    v("features", features,
      About{.doc = "`published`: coordinates, diameters, lengths and conductances in SI units; "
                   "`normalized`: over the size of the box and over their means in the network"});
    v("points", points,
      About{.doc = "fewest and most base points of a network", .min = 4, .max = 1000000});
    v("size", size, About{.doc = "of the cubic box", .unit = "m", .above = 0});
    v("batch", batch, About{.doc = "networks in a batch", .min = 1});
    v("tests", tests, About{.doc = "sets of networks that scores are taken on; the first judges"});
    GraphTrainingOptions::reflect(v);
  }
  std::string validate() const;
};

}  // namespace filigree
