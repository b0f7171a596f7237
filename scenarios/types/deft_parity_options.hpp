// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `deft_parity`: a published branched-rod program on recorded cables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/reflect.hpp"

namespace filigree {

struct DeftParityData {
  std::string folder;
  std::string file = "eval.npz";
  std::vector<std::int64_t> recordings;
  std::vector<std::string> parameters{"params_wo_residual.npz", "params_full_model.npz"};

  template <class V>
  void reflect(V& v) {
    v("folder", folder,
      About{.doc = "of a set: absolute, below $FILIGREE_DEFT_DATA, or below the scene's own folder",
            .required = true});
    v("file", file, About{.doc = "of recordings in that folder"});
    v("recordings", recordings, About{.doc = "numbers from 0; empty: all of the file", .min = 0});
    v("parameters", parameters,
      About{.doc = "published parameters in that folder, without or with a network; those that are "
                   "not there are passed over"});
  }
};

struct DeftParityOptions {
  DeftParityData data;

  template <class V>
  void reflect(V& v) {
    v("data", data, About{.doc = "recorded cables", .required = true});
  }
  std::string validate() const;
};

}  // namespace filigree
