// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `cable_identification`: parameters of a cable from its recordings.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/reflect.hpp"
#include "scenarios/types/cable_generator.hpp"

namespace filigree {

struct CableTrainingData {
  std::string folder;
  std::string file = "train.npz";
  std::int64_t validate_every = 0;

  template <class V>
  void reflect(V& v) {
    v("folder", folder,
      About{.doc = "of a set: a path, or a name below $FILIGREE_DEFT_DATA; absent: `generate`"});
    v("file", file, About{.doc = "of recordings in that folder"});
    v("validate_every", validate_every,
      About{.doc = "every so many recordings one is kept out of the fit, to check with; 0: none",
            .min = 0});
  }
};

/// Numbers to begin with, the same for the whole cable.
struct CableStart {
  double bending = 0.04;
  double twist = 0.04;
  double stretch = 300;
  double line_density = 1;
  double damping = 1;
  double junction_compliance = 0.02;
  std::array<double, 3> gravity{0, 0, -9.81};

  template <class V>
  void reflect(V& v) {
    v("bending", bending, About{.doc = "EI", .unit = "N m^2", .above = 0});
    v("twist", twist, About{.doc = "GJ", .unit = "N m^2", .above = 0});
    v("stretch", stretch, About{.doc = "EA, kept", .unit = "N", .above = 0});
    v("line_density", line_density,
      About{.doc = "positions tell only stiffness over density: the parent's stays near this",
            .unit = "kg/m",
            .above = 0});
    v("damping", damping, About{.doc = "rate", .unit = "1/s", .above = 0});
    v("junction_compliance", junction_compliance,
      About{.doc = "give of a junction", .unit = "rad/(N m)", .above = 0});
    v("gravity", gravity, About{.doc = "acceleration, kept", .unit = "m/s^2"});
  }
  CableGuess guess() const {
    return {bending,
            twist,
            stretch,
            line_density,
            damping,
            junction_compliance,
            {gravity[0], gravity[1], gravity[2]}};
  }
};

struct CableWindows {
  double length = 1;
  double every = 1;
  std::int64_t iterations = 10;

  template <class V>
  void reflect(V& v) {
    v("length", length, About{.doc = "of a window", .unit = "s", .above = 0});
    v("every", every, About{.doc = "from the start of one to the next", .unit = "s", .above = 0});
    v("iterations", iterations, About{.doc = "on windows, before whole recordings", .min = 1});
  }
};

struct CableFitOptions {
  double smooth = 0.005;
  double prior_weight = 2e-5;
  double value_tolerance = 1e-4;
  double tolerance = 1e-6;
  std::int64_t memory = 20;

  template <class V>
  void reflect(V& v) {
    v("smooth", smooth,
      About{.doc = "distance below which errors count less", .unit = "m", .above = 0});
    v("prior_weight", prior_weight,
      About{.doc = "of (change/expected change)^2/2 of every unknown", .unit = "m", .min = 0});
    v("value_tolerance", value_tolerance,
      About{.doc = "ends when an iteration lowers the cost by less than this share", .min = 0});
    v("tolerance", tolerance,
      About{.doc = "of Newton's method in a step: last move over the mean edge",
            .max = 1e-3,
            .above = 0});
    v("memory", memory, About{.doc = "changes that L-BFGS keeps", .min = 1, .max = 1000});
  }
};

struct CableIdentificationOptions {
  CableTrainingData data;
  std::optional<GeneratedCableOptions> generate;
  CableStart start;
  std::optional<CableWindows> windows;
  CableFitOptions fit;
  std::int64_t substeps = 1;

  template <class V>
  void reflect(V& v) {
    v("data", data, About{.doc = "recordings"});
    v("generate", generate, About{.doc = "recordings of an invented cable instead"});
    v("start", start, About{.doc = "where the search begins"});
    v("windows", windows, About{.doc = "short pieces of the recordings first; absent: none"});
    v("fit", fit, About{.doc = "the search"});
    v("substeps", substeps, About{.doc = "steps between two frames", .min = 1, .max = 100});
  }
  std::string validate() const {
    if (data.folder.empty() != generate.has_value()) {
      return data.folder.empty() ? "data.folder: name a folder of recordings, or give `generate`"
                                 : "generate: leave it out, data.folder names recordings";
    }
    return "";
  }
};

}  // namespace filigree
