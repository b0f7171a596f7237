// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The list of all constitutive laws: adding a law is adding its name here.
#pragma once

#include <variant>

#include "physics/laws/drucker_prager.hpp"
#include "physics/laws/fixed_corotated.hpp"
#include "physics/laws/hencky.hpp"
#include "physics/laws/herschel_bulkley.hpp"
#include "physics/laws/neo_hookean.hpp"
#include "physics/laws/von_mises.hpp"
#include "physics/laws/weakly_compressible_fluid.hpp"

namespace filigree {

using Law = std::variant<laws::WeaklyCompressibleFluid, laws::FixedCorotated, laws::NeoHookean,
                         laws::Hencky, laws::VonMises, laws::HerschelBulkley, laws::DruckerPrager>;

inline double density(const Law& law) {
  return std::visit([](const auto& l) { return l.density; }, law);
}
/// Speed of sound sqrt(M / density), m/s.
inline double wave_speed(const Law& law) {
  return std::visit(
      [](const auto& l) { return Kokkos::sqrt(static_cast<double>(l.wave_modulus()) / l.density); },
      law);
}

}  // namespace filigree
