// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Pore networks in frames: pores are points, throats lines between them. The field `radius` of both
// is what pictures draw spheres and tubes with.
#pragma once

#include <string>
#include <vector>

#include "core/frame.hpp"
#include "physics/network/pore_network.hpp"

namespace filigree {

/// What the pores of a network hold.
struct PorePotential {
  const char* name;  ///< "pressure"
  const char* unit;
  const std::vector<double>& values;  ///< [n_pores]
};

/// A point for each pore, moved along x by `shift`, with the potential, which comes first, and the
/// radius.
Block pore_points(const std::string& name, const network::PoreNetwork& network,
                  const PorePotential& potential, double shift = 0);

struct ThroatLines {
  Block block;
  std::vector<std::size_t> edges;  ///< of the graph: one of the two of each line's throat

  /// What the lines have of values of edges.
  template <class T>
  std::vector<T> picked(const std::vector<T>& of_edges) const {
    std::vector<T> values;
    for (const std::size_t e : edges) values.push_back(of_edges[e]);
    return values;
  }
};

/// A line for each throat, with the potential at its ends and the radius.
ThroatLines throat_lines(const std::string& name, const network::PoreNetwork& network,
                         const PorePotential& potential, double shift = 0);

}  // namespace filigree
