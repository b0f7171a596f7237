// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Files of identified cable parameters: JSON, SI units named beside every list. For example
//
//   {
//     "format": "filigree cable parameters", "version": 1, "cable": "bdlo1_ends",
//     "vertices": 20, "edges": [[0, 1], ...],
//     "joints": [[1, 0, 1], ...],
//     "rest_length": { "of": "edges", "unit": "m", "values": [...] },
//     ...
//     "fit": {...}
//   }
//
// joints: a vertex and the two edges that meet there. bending_stiffness has two values per edge
// (EI_1, EI_2), rest_kappa three per joint (rod_model.hpp), against the directors that the shape at
// rest has without twist. gravity is a vector, damping one value, gripper_roll one per edge between
// two grasped vertices. fit tells how they were found.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "physics/rods/rod_identification.hpp"

namespace filigree {

nlohmann::ordered_json to_json(const std::string& cable, const rods::RodTopology& topology,
                               const rods::CableFit& fit);

/// Throws InputError naming the file and the key that is wrong, missing, or does not fit the cable.
rods::CableFit read_cable_fit(const std::filesystem::path& file, const rods::RodTopology& topology);

}  // namespace filigree
