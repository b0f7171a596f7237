// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Trained networks in files: weights with the options of the model that they belong to.
//
//   const learning::Cgs model = load_cgs("runs/value_iteration-1/model.safetensors");
//   const learning::Tensor values = model(input).y;
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "learning/models/cgs.hpp"

namespace filigree {

/// What is stored beside the parameters, as `cgs` in the metadata of the file.
struct StoredCgs {
  learning::CgsOptions model;
  std::array<std::int64_t, 3> widths{};

  template <class V>
  void reflect(V& v) {
    v("model", model, About{});
    v("widths", widths, About{.doc = "features of nodes and edges, and answers", .min = 1});
  }
};

/// A safetensors file with the parameters and a StoredCgs, so that load_cgs needs nothing else.
void save_cgs(const std::filesystem::path& file, learning::Cgs& model);

/// Throws InputError naming what is missing or does not fit: files of other programs have no
/// options in their metadata.
learning::Cgs load_cgs(const std::filesystem::path& file);

/// The parameters alone, into a model that exists: all or none. Gives the options in which the
/// model differs from that of the file, "gamma is 0.5 but was 0.9", but for how it is solved; none
/// when the file does not say.
std::vector<std::string> load_parameters(learning::Cgs& model, const std::filesystem::path& file);

}  // namespace filigree
