// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What an identification found, for files and people.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "physics/rods/rod_identification.hpp"
#include "scenarios/types/cable_data.hpp"

namespace filigree {

/// Means over the edges of a region (parent, child1, ...): geometric for what is positive.
struct RegionMeans {
  double bending = 0;       ///< sqrt(EI_1 EI_2), N m^2
  double twist = 0;         ///< GJ, N m^2
  double line_density = 0;  ///< kg/m
  double rest_length = 0;   ///< sum, m
};
RegionMeans region_means(const CableSet& set, const rods::CableFit& fit, std::size_t region);

struct CableReport {
  const CableSet& set;
  const std::vector<rods::CableUnknown>& unknowns;
  const rods::CableFit& start;
  const rods::CableFit& fit;
  const rods::ReplayErrors& train;
  const rods::ReplayErrors& validation;  ///< without recordings: empty
  const std::optional<rods::CableFit>& truth;
  double cost = 0;  ///< m
  std::int64_t iterations = 0, evaluations = 0;
};

/// Errors and counts, for the file of parameters.
nlohmann::ordered_json fit_json(const CableReport& report);

/// Tables: regions, errors per recording and vertex, a plot of the error over time.
std::string fit_markdown(const CableReport& report);

}  // namespace filigree
