// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Pore networks in frames: pores are points, throats lines between them.
#pragma once

#include <string>
#include <vector>

#include "core/frame.hpp"
#include "physics/network/pore_network.hpp"

namespace filigree {

/// Points at the pores with their `diameter`, and a line for each throat with its `diameter`. Draw
/// spheres and tubes of these diameters.
Block pore_block(const std::string& name, const network::PoreNetwork& network);

}  // namespace filigree
