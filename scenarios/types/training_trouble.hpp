// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Why training cannot go on.
#pragma once

#include <optional>
#include <string>

#include "learning/train/trainer.hpp"
#include "scenarios/simulation.hpp"

namespace filigree {

/// A loss or gradient that is not finite. `where`: "in update 12".
std::optional<Trouble> trouble_of(const learning::Update& update, const std::string& where);

/// A parameter that is not finite. `where`: "after update 12".
std::optional<Trouble> trouble_of(const learning::Parameters& parameters, const std::string& where);

}  // namespace filigree
