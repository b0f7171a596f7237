// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/pore_network.hpp"

#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "core/reduce.hpp"
#include "graph/first_bad.hpp"
#include "graph/generators.hpp"
#include "physics/network/voronoi.hpp"

namespace filigree::network {

namespace {

/// The part of a centre distance that two radii may take.
constexpr double kLargestPart = 0.9;

FILIGREE_FUNCTION double distance(const Vec<3, double>& a, const Vec<3, double>& b) {
  const Vec<3, double> d = a - b;
  return Kokkos::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/// Length of the shortest throat of each pore, from centre to centre; infinite without throats.
Array<double> shortest_distances(const PoreNetwork& network) {
  const GraphView rows = network.graph->view();
  const Array<Vec<3, double>> positions = network.positions;
  const Array<double> shortest("network/shortest", network.n_pores());
  for_each(
      "network/shortest", network.n_pores(), FILIGREE_LAMBDA(Index i) {
        double least = Kokkos::Experimental::infinity_v<double>;
        for (Offset e = rows.row_begin(i); e < rows.row_end(i); ++e) {
          const double d = distance(positions(i), positions(rows.sender(e)));
          least = d < least ? d : least;
        }
        shortest(i) = least;
      });
  return shortest;
}

void draw_diameters(const PoreDiameters& options, std::uint64_t seed, std::uint32_t number,
                    PoreNetwork& network) {
  FILIGREE_REQUIRE(options.median > 0 && options.spread >= 0,
                   "pore diameters with a median of {} m and a spread of {} cannot be drawn: the "
                   "median must be positive and the spread not negative",
                   options.median, options.spread);
  const Index n = network.n_pores();
  const RandomStream stream(seed, "network/pore_diameters");
  const Array<double> shortest = shortest_distances(network);
  const double least = -max(
      "network/shortest_throat", n, -Kokkos::Experimental::infinity_v<double>,
      FILIGREE_LAMBDA(Index i) { return -shortest(i); });
  const bool is_global = options.limit == DiameterLimit::kGlobal;
  const double median = options.median;
  const double spread = options.spread;
  network.pore_diameters = Array<double>("network/pore_diameters", n);
  const Array<double> diameters = network.pore_diameters;
  for_each(
      "network/pore_diameters", n, FILIGREE_LAMBDA(Index i) {
        const std::uint64_t index = std::uint64_t(number) << 32 | std::uint64_t(i);
        const double drawn = median * Kokkos::exp(spread * stream.normal<double>(index));
        const double limit = kLargestPart * (is_global ? least : shortest(i));
        diameters(i) = drawn < limit ? drawn : limit;
      });
}

/// Diameters and lengths of throats from the pores.
void fill_throats(PoreNetwork& network) {
  const auto n_edges = static_cast<Index>(network.graph->edge_count());
  network.throat_diameters = Array<double>("network/throat_diameters", n_edges);
  network.throat_lengths = Array<double>("network/throat_lengths", n_edges);
  const GraphView rows = network.graph->view();
  const Array<Vec<3, double>> positions = network.positions;
  const Array<double> pores = network.pore_diameters;
  const Array<double> diameters = network.throat_diameters;
  const Array<double> lengths = network.throat_lengths;
  for_each(
      "network/throats", network.n_pores(), FILIGREE_LAMBDA(Index i) {
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          const Index j = rows.senders(e);
          diameters(e) = pores(i) < pores(j) ? pores(i) : pores(j);
          lengths(e) = distance(positions(i), positions(j)) - (pores(i) + pores(j)) / 2;
        }
      });
}

PoreNetwork with_geometry(PoreNetwork network, const PoreDiameters& diameters, std::uint64_t seed,
                          std::uint32_t number) {
  draw_diameters(diameters, seed, number, network);
  fill_throats(network);
  validate(network);
  return network;
}

/// The graph of the cells with one more node for each facet on a face, joined to its cell.
std::shared_ptr<const Graph> with_boundary_nodes(const VoronoiFacets& facets) {
  const Index n_cells = facets.graph->n_nodes();
  const Index n_facets = facets.face_cells.size();
  const Index n = n_cells + n_facets;
  const GraphView cells = facets.graph->view();
  // Facets of each cell as numbers of nodes, at most six of them, rising.
  const Array<Index> more("network/boundary_degrees", n_cells);
  const Array<Index, 2> nodes("network/boundary_nodes", n_cells, 6);
  fill(more, Index(0));
  for (int f = 0; f < 6; ++f) {  // a cell has one facet on a face at most
    const Index first = facets.face_starts[f];
    const Array<Index> face_cells = facets.face_cells;
    for_each(
        "network/boundary_nodes", facets.face_starts[f + 1] - first, FILIGREE_LAMBDA(Index k) {
          const Index cell = face_cells(first + k);
          nodes(cell, more(cell)++) = n_cells + first + k;
        });
  }
  const Array<Index> degrees("network/degrees", n);
  for_each(
      "network/degrees", n,
      FILIGREE_LAMBDA(Index i) { degrees(i) = i < n_cells ? cells.degree(i) + more(i) : 1; });
  GraphRows rows{n, Array<Offset>("network/row_offsets", n + 1), {}, false};
  const Offset n_edges = offsets_from_counts("network/row_offsets", degrees, rows.row_offsets);
  require_edge_capacity("pore network", n_edges, kMaxEdges);
  rows.senders = Array<Index>("network/senders", static_cast<Index>(n_edges));
  const Array<Offset> offsets = rows.row_offsets;
  const Array<Index> senders = rows.senders;
  const Array<Index> face_cells = facets.face_cells;
  for_each(
      "network/join", n, FILIGREE_LAMBDA(Index i) {
        auto place = static_cast<Index>(offsets(i));
        if (i >= n_cells) {
          senders(place) = face_cells(i - n_cells);
          return;
        }
        for (Offset e = cells.row_begin(i); e < cells.row_end(i); ++e) {
          senders(place++) = cells.sender(e);
        }
        for (Index k = 0; k < more(i); ++k) senders(place++) = nodes(i, k);
      });
  return std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
}

struct BadPore {
  Array<double> diameters;
  FILIGREE_FUNCTION bool operator()(Index i) const {
    return !(diameters(i) > 0) || !Kokkos::isfinite(diameters(i));
  }
};

struct BadThroat {
  Array<double> diameters;
  Array<double> lengths;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    return !(diameters(e) > 0) || !(lengths(e) > 0) || !Kokkos::isfinite(lengths(e));
  }
};

/// The number that each throat's conductance is scaled by, and the power of its radius.
Array<double> conductances(const PoreNetwork& network, double scale, bool is_flow) {
  validate(network);
  const Array<double> diameters = network.throat_diameters;
  const Array<double> lengths = network.throat_lengths;
  const Array<double> result("network/conductances", diameters.size());
  for_each(
      "network/conductances", result.size(), FILIGREE_LAMBDA(Index e) {
        const double r2 = diameters(e) * diameters(e) / 4;
        result(e) = scale * (is_flow ? r2 * r2 : r2) / lengths(e);
      });
  return result;
}

}  // namespace

PoreNetwork delaunay_network(const RandomNetwork& options) {
  const BoxPoints points =
      random_box_points(options.n_points, options.size, options.seed, options.number);
  const VoronoiFacets facets = voronoi_facets(points);
  PoreNetwork network;
  network.graph = with_boundary_nodes(facets);
  network.size = options.size;
  const Index n_cells = points.positions.size();
  const Index n = network.graph->n_nodes();
  network.positions = Array<Vec<3, double>>("network/positions", n);
  network.faces = Array<Index>("network/faces", n);
  const Array<Vec<3, double>> positions = network.positions;
  const Array<Index> faces = network.faces;
  const Array<Vec<3, double>> base = points.positions;
  const Array<Vec<3, double>> centres = facets.face_centres;
  const Vec<7, Index> starts = facets.face_starts;
  for_each(
      "network/pores", n, FILIGREE_LAMBDA(Index i) {
        Index face = 0;
        for (int f = 0; f < 6; ++f) {
          if (i - n_cells >= starts[f] && i - n_cells < starts[f + 1]) face = Index(1) << f;
        }
        faces(i) = face;
        positions(i) = i < n_cells ? base(i) : centres(i - n_cells);
      });
  return with_geometry(std::move(network), options.diameters, options.seed, options.number);
}

PoreNetwork voronoi_network(const RandomNetwork& options) {
  const VoronoiSkeleton skeleton = voronoi_skeleton(
      random_box_points(options.n_points, options.size, options.seed, options.number));
  PoreNetwork network;
  network.graph = skeleton.graph;
  network.positions = skeleton.positions;
  network.faces = skeleton.faces;
  network.size = options.size;
  return with_geometry(std::move(network), options.diameters, options.seed, options.number);
}

PoreNetwork lattice_network(const LatticeNetwork& options) {
  FILIGREE_REQUIRE(options.spacing > 0 && std::isfinite(options.spacing),
                   "the spacing of the lattice is {} m: it must be positive and finite",
                   options.spacing);
  for (int k = 0; k < 3; ++k) {
    FILIGREE_REQUIRE(options.pores[k] >= (k == 0 ? 2 : 1),
                     "axis {} of the pore lattice has {} pores: at least {} are needed", k,
                     options.pores[k], k == 0 ? 2 : 1);
  }
  LatticeOptions<3> lattice;
  lattice.extents = options.pores;
  PoreNetwork network;
  network.graph = lattice_graph(lattice).graph;
  const Index n = network.graph->n_nodes();
  network.positions = Array<Vec<3, double>>("network/positions", n);
  network.faces = Array<Index>("network/faces", n);
  const Array<Vec<3, double>> positions = network.positions;
  const Array<Index> faces = network.faces;
  const Vec<3, Index> pores = options.pores;
  const double spacing = options.spacing;
  for (int k = 0; k < 3; ++k) network.size[k] = spacing * (k == 0 ? pores[k] - 1 : pores[k]);
  for_each(
      "network/lattice", n, FILIGREE_LAMBDA(Index i) {
        const Vec<3, Index> node = {i / (pores[1] * pores[2]), i / pores[2] % pores[1],
                                    i % pores[2]};
        Index face = 0;
        for (int k = 0; k < 3; ++k) {
          // Pores of the other axes lie in the middle of their share of the box.
          positions(i)[k] = spacing * (double(node[k]) + (k == 0 ? 0.0 : 0.5));
          if (node[k] == 0) face |= Index(1) << (2 * k);
          if (node[k] == pores[k] - 1) face |= Index(2) << (2 * k);
        }
        faces(i) = face;
      });
  return with_geometry(std::move(network), options.diameters, options.seed, options.number);
}

Array<double> stokes_conductances(const PoreNetwork& network, double viscosity) {
  FILIGREE_REQUIRE(viscosity > 0 && std::isfinite(viscosity),
                   "a viscosity of {} Pa s is outside its range: it must be positive", viscosity);
  return conductances(network, std::numbers::pi / (8 * viscosity), true);
}

Array<double> diffusion_conductances(const PoreNetwork& network, double diffusivity) {
  FILIGREE_REQUIRE(diffusivity > 0 && std::isfinite(diffusivity),
                   "a diffusivity of {} m^2/s is outside its range: it must be positive",
                   diffusivity);
  return conductances(network, std::numbers::pi * diffusivity, false);
}

void validate(const PoreNetwork& network) {
  FILIGREE_REQUIRE(network.graph != nullptr, "a pore network needs a graph");
  const Index n = network.graph->n_nodes();
  const Offset n_edges = network.graph->edge_count();
  FILIGREE_REQUIRE(network.positions.size() == n && network.faces.size() == n &&
                       network.pore_diameters.size() == n,
                   "a network of {} pores needs as many positions, faces and diameters, but there "
                   "are {}, {} and {}",
                   n, network.positions.size(), network.faces.size(),
                   network.pore_diameters.size());
  FILIGREE_REQUIRE(
      network.throat_diameters.size() == n_edges && network.throat_lengths.size() == n_edges,
      "a network with {} edges needs as many diameters and lengths of throats, but there are {} "
      "and {}",
      n_edges, network.throat_diameters.size(), network.throat_lengths.size());
  const Index pore = first_bad("network/check_pores", n, BadPore{network.pore_diameters});
  FILIGREE_REQUIRE(pore == n, "pore {} has a diameter of {} m: it must be positive and finite",
                   pore, value_at(network.pore_diameters, pore));
  const auto edges = static_cast<Index>(n_edges);
  const Index throat = first_bad("network/check_throats", edges,
                                 BadThroat{network.throat_diameters, network.throat_lengths});
  if (throat == edges) return;
  throw InputError(format(
      "the throat into pore {} from pore {} has a diameter of {} m and a length of {} m: both must "
      "be positive, or the two spheres overlap",
      value_at(network.graph->receivers(), throat), value_at(network.graph->senders(), throat),
      value_at(network.throat_diameters, throat), value_at(network.throat_lengths, throat)));
}

}  // namespace filigree::network
