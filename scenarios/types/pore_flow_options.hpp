// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `pore_flow`: flow or diffusion through a network of pores.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "core/reflect.hpp"
#include "physics/network/pore_flow.hpp"

namespace filigree {

template <>
struct EnumNames<network::DiameterLimit> {
  static constexpr std::array names{"global", "local"};
};

template <>
struct EnumNames<network::FlowMethod> {
  static constexpr std::array names{"automatic", "elimination", "conjugate_gradient"};
};

/// Lognormal diameters of pores.
struct PoreDiameterOptions {
  double median = 1e-5;
  double spread = 0.1;
  network::DiameterLimit limit = network::DiameterLimit::kGlobal;

  template <class V>
  void reflect(V& v) {
    v("median", median, About{.doc = "of the lognormal diameters", .unit = "m", .above = 0});
    v("spread", spread, About{.doc = "standard deviation of their logarithm", .min = 0, .max = 3});
    v("limit", limit,
      About{.doc =
                "diameters end at 0.9 of the shortest throat's centre distance: global takes the "
                "shortest of all, as published; local the pore's own, which keeps large networks "
                "from pores of one size"});
  }
};

/// Random points in a box; the two kinds differ in what is a pore.
struct RandomPores {
  std::int64_t points = 100;
  std::array<double, 3> size{1e-3, 1e-3, 1e-3};
  PoreDiameterOptions diameters;

  template <class V>
  void reflect(V& v) {
    v("points", points, About{.doc = "random points", .min = 1, .max = 50000000, .required = true});
    v("size", size, About{.doc = "of the box", .unit = "m", .above = 0});
    v("diameters", diameters, About{.doc = "of pores; a throat has that of its smaller pore"});
  }
};

struct DelaunayPores : RandomPores {
  static constexpr const char* kName = "delaunay";
  static constexpr const char* kDoc =
      "pores at the points, throats between neighbouring Voronoi cells, and a pore for each facet "
      "of a cell on a face of the box";
};

struct VoronoiPores : RandomPores {
  static constexpr const char* kName = "voronoi";
  static constexpr const char* kDoc = "pores at the vertices of Voronoi cells, throats along edges";
};

struct LatticePores {
  static constexpr const char* kName = "lattice";
  static constexpr const char* kDoc = "a cubic lattice";
  std::array<std::int64_t, 3> pores{10, 10, 10};
  double spacing = 1e-4;
  PoreDiameterOptions diameters{1e-5, 0, network::DiameterLimit::kLocal};

  template <class V>
  void reflect(V& v) {
    v("pores", pores, About{.doc = "along x, y and z", .min = 1, .max = 10000, .required = true});
    v("spacing", spacing, About{.doc = "from pore to pore", .unit = "m", .above = 0});
    v("diameters", diameters, About{.doc = "of pores; a throat has that of its smaller pore"});
  }
};

using PoreNetworkOptions = std::variant<DelaunayPores, VoronoiPores, LatticePores>;

struct StokesFlow {
  static constexpr const char* kName = "stokes";
  static constexpr const char* kDoc = "slow flow of a viscous fluid: conductance pi r^4 / (8 mu l)";
  double viscosity = 1e-5;
  double front = 101325;
  double back = 0;

  template <class V>
  void reflect(V& v) {
    v("viscosity", viscosity, About{.doc = "mu", .unit = "Pa s", .above = 0});
    v("front", front, About{.doc = "pressure at x = 0", .unit = "Pa"});
    v("back", back, About{.doc = "pressure at the far end of x", .unit = "Pa"});
  }
};

struct SoluteDiffusion {
  static constexpr const char* kName = "diffusion";
  static constexpr const char* kDoc = "diffusion of a solute: conductance D pi r^2 / l";
  double diffusivity = 1e-9;
  double front = 1;
  double back = 0;

  template <class V>
  void reflect(V& v) {
    v("diffusivity", diffusivity, About{.doc = "D", .unit = "m^2/s", .above = 0});
    v("front", front, About{.doc = "concentration at x = 0", .unit = "mol/m^3"});
    v("back", back, About{.doc = "concentration at the far end of x", .unit = "mol/m^3"});
  }
};

using PorePhysics = std::variant<StokesFlow, SoluteDiffusion>;

struct PoreSolverOptions {
  network::FlowMethod method = network::FlowMethod::kAutomatic;
  double tolerance = 1e-10;
  int max_iterations = 500;

  template <class V>
  void reflect(V& v) {
    v("method", method,
      About{.doc =
                "elimination is direct and for small networks, conjugate_gradient uses multigrid; "
                "automatic takes elimination up to 3000 pores"});
    v("tolerance", tolerance,
      About{
          .doc = "residual over right-hand side, of conjugate_gradient", .max = 1e-2, .above = 0});
    v("max_iterations", max_iterations,
      About{.doc = "of conjugate_gradient", .min = 1, .max = 100000});
  }
};

struct PoreFlowOptions {
  PoreNetworkOptions network;
  PorePhysics physics;
  PoreSolverOptions solver;
  bool show_throats = true;

  template <class V>
  void reflect(V& v) {
    v("network", network, About{.doc = "of pores and throats", .required = true});
    v("physics", physics, About{.doc = "what goes through the throats", .required = true});
    v("solver", solver, About{.doc = "of the linear equations"});
    v("show_throats", show_throats,
      About{.doc = "false: frames have the pores only, which large networks may want"});
  }
  std::string validate() const;
};

}  // namespace filigree
