// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Networks of spheres (pores) joined by cylinders (throats), and how well their throats conduct.
//
// Everything is in device arrays in double; to_host() and to_vector() copy. A throat is two edges
// of the graph, one each way, and values of throats are stored with every edge, in its order.
#pragma once

#include <cstdint>
#include <memory>

#include "core/vec.hpp"
#include "graph/graph.hpp"

namespace filigree::network {

/// Faces of the box, as bits of `faces`: bit 2 axis for the lower, 2 axis + 1 for the upper face.
enum Face : Index {
  kFront = 1,  ///< x = 0
  kBack = 2,   ///< x = size of the box
  kLeft = 4,   ///< y = 0
  kRight = 8,
  kBottom = 16,  ///< z = 0
  kTop = 32,
};

struct PoreNetwork {
  std::shared_ptr<const Graph> graph;  ///< no self loops, no parallel edges, both directions
  Array<Vec<3, double>> positions;     ///< [n_pores], m
  Array<Index> faces;                  ///< [n_pores]: faces of the box a pore lies on, Face bits
  Array<double> pore_diameters;        ///< [n_pores], m
  Array<double> throat_diameters;      ///< [n_edges], m: of the smaller of the two pores
  Array<double> throat_lengths;        ///< [n_edges], m: between the two spheres
  Vec<3, double> size = {};            ///< m, of the box

  Index n_pores() const { return positions.size(); }
};

/// How diameters that make spheres overlap are cut.
enum class DiameterLimit {
  kGlobal,  ///< all at 0.9 of the shortest throat's centre distance, as published
  kLocal,   ///< each at 0.9 of the pore's own shortest throat: diameters stay different
};

/// Diameters of pores: lognormal.
struct PoreDiameters {
  double median = 1e-5;  ///< m
  double spread = 0.1;   ///< standard deviation of the logarithm
  DiameterLimit limit = DiameterLimit::kGlobal;
};

/// Random networks: `number` tells those of one seed apart.
struct RandomNetwork {
  Index n_points = 50;                       ///< base points
  Vec<3, double> size = {1e-3, 1e-3, 1e-3};  ///< m, of the box
  PoreDiameters diameters;
  std::uint64_t seed = 0;
  std::uint32_t number = 0;
};

/// Pores at random points, throats between those whose Voronoi cells share a facet, and one
/// boundary pore for every facet of a cell on a face of the box: at the mean of the facet's
/// vertices, with one throat, to the pore of the cell. Pores are numbered in the order of bins in
/// space, boundary pores after them by face. Source of the construction: the pore networks of
/// "Convergent Graph Solvers" (ICLR 2022), made there with OpenPNM.
PoreNetwork delaunay_network(const RandomNetwork& options);

/// Pores at the vertices and throats along the edges of the Voronoi cells of random points.
PoreNetwork voronoi_network(const RandomNetwork& options);

/// A cubic lattice, the last axis running fastest. The box of an axis with n > 1 pores is n - 1
/// spacings long in x, where pressures are prescribed, and n spacings in y and z.
struct LatticeNetwork {
  Vec<3, Index> pores = {10, 10, 10};  ///< along each axis
  double spacing = 1e-4;               ///< m
  PoreDiameters diameters = {1e-5, 0.0, DiameterLimit::kLocal};
  std::uint64_t seed = 0;
  std::uint32_t number = 0;
};
PoreNetwork lattice_network(const LatticeNetwork& options);

/// Conductance of each edge [n_edges] for the slow flow of a viscous fluid (Hagen-Poiseuille):
/// k = pi r^4 / (8 mu l), m^3/(s Pa), r radius and l length of the throat, mu viscosity, Pa s.
Array<double> stokes_conductances(const PoreNetwork& network, double viscosity);

/// Conductance of each edge [n_edges] for a solute that diffuses: k = D pi r^2 / l, m^3/s, D
/// diffusivity, m^2/s. "Pressure" is then concentration.
Array<double> diffusion_conductances(const PoreNetwork& network, double diffusivity);

/// Throws InputError naming the first pore or throat that no network can have: unequal lengths of
/// arrays, diameters or lengths that are not positive.
void validate(const PoreNetwork& network);

}  // namespace filigree::network
