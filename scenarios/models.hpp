// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Trained networks in files: weights with the options of the model that they belong to.
//
//   const learning::Cgs model = load_cgs("runs/value_iteration-1/model.safetensors");
//   const learning::Tensor values = model(input).y;
#pragma once

#include <filesystem>

#include "learning/models/cgs.hpp"

namespace filigree {

/// A safetensors file with the parameters; its metadata holds the options ("options") and what the
/// task decided ("widths"), so that load_cgs needs nothing else.
void save_cgs(const std::filesystem::path& file, learning::Cgs& model);

/// Throws InputError naming what is missing or does not fit: files of other programs have no
/// options in their metadata.
learning::Cgs load_cgs(const std::filesystem::path& file);

/// The parameters alone, into a model that exists: all or none.
void load_parameters(const learning::Parameters& parameters, const std::filesystem::path& file);

}  // namespace filigree
