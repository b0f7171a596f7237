// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `cable_replay`: recorded motions of a cable, predicted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/reflect.hpp"

namespace filigree {

struct CableReplayData {
  std::string folder;
  std::string file = "eval.npz";
  std::vector<std::int64_t> recordings;
  std::string parameters;
  bool published = true;

  template <class V>
  void reflect(V& v) {
    v("folder", folder,
      About{.doc = "of a set: a path, or a name below $FILIGREE_DEFT_DATA", .required = true});
    v("file", file, About{.doc = "of recordings in that folder"});
    v("recordings", recordings, About{.doc = "numbers from 0; empty: all of the file", .min = 0});
    v("parameters", parameters,
      About{.doc = "file of identified parameters; empty: the one that comes with the program for "
                   "the set of this name"});
    v("published", published,
      About{.doc = "replay the published models too, where their parameters are in the folder"});
  }
};

struct CableReplayOptions {
  CableReplayData data;
  std::int64_t show = 0;
  std::int64_t substeps = 1;
  double tolerance = 1e-8;

  template <class V>
  void reflect(V& v) {
    v("data", data, About{.doc = "recorded cables", .required = true});
    v("show", show, About{.doc = "the recording that is drawn, as a number of its file", .min = 0});
    v("substeps", substeps, About{.doc = "steps between two frames", .min = 1, .max = 1000});
    v("tolerance", tolerance,
      About{.doc = "of Newton's method: last move over the mean edge", .max = 1e-2, .above = 0});
  }
  std::string validate() const;
};

}  // namespace filigree
