// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_contact.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/error.hpp"
#include "core/to_real.hpp"
#include "physics/rods/rod_contact_moves.hpp"

namespace filigree::rods {

namespace {

using Vec3d = Vec<3, double>;

/// Edges closer than this many sums of their radii along a rod do not touch: a rod that is bent to
/// a circle of the radius of its section touches itself after one.
constexpr double kNeighbours = 2;

struct RestEdges {
  const RodTopology& topology;
  const RodShape& rest;
  const std::vector<double>& radius;

  Vec3d end(Index e, int k) const {
    const auto& edge = topology.edges[static_cast<std::size_t>(e)];
    return rest.positions[static_cast<std::size_t>(edge[static_cast<std::size_t>(k)])];
  }
  double thick(Index e, Index f) const {
    return radius[static_cast<std::size_t>(e)] + radius[static_cast<std::size_t>(f)];
  }
};

/// Adds the edges that lie near edge e along the rod.
void add_neighbours(const RestEdges& edges, const std::vector<std::vector<Index>>& at_vertex,
                    Index e, std::set<std::array<Index, 2>>& pairs) {
  struct Reached {
    Index vertex, from;
    double way;
  };
  std::vector<Reached> waiting;
  for (const Index v : edges.topology.edges[static_cast<std::size_t>(e)]) {
    waiting.push_back({v, e, 0});
  }
  while (!waiting.empty()) {
    const Reached here = waiting.back();
    waiting.pop_back();
    for (const Index f : at_vertex[static_cast<std::size_t>(here.vertex)]) {
      if (f == here.from || here.way > kNeighbours * edges.thick(e, f)) continue;
      if (f > e) pairs.insert({e, f});
      const auto [tail, head] = edges.topology.edges[static_cast<std::size_t>(f)];
      waiting.push_back({here.vertex == tail ? head : tail, f,
                         here.way + norm(edges.end(f, 1) - edges.end(f, 0))});
    }
  }
}

/// Adds the edges of one rod that touch at rest.
void add_overlaps(const RestEdges& edges, double activation,
                  std::set<std::array<Index, 2>>& pairs) {
  const RodTopology& topology = edges.topology;
  std::vector<Index> rod(static_cast<std::size_t>(topology.n_vertices));
  for (const Index v : topology.order) {
    const Index p = topology.parent[static_cast<std::size_t>(v)];
    rod[static_cast<std::size_t>(v)] = p < 0 ? v : rod[static_cast<std::size_t>(p)];
  }
  const auto lower = [&](Index e) {
    return std::min(edges.end(e, 0)[0], edges.end(e, 1)[0]) -
           edges.radius[static_cast<std::size_t>(e)];
  };
  std::vector<Index> order(static_cast<std::size_t>(topology.n_edges()));
  std::iota(order.begin(), order.end(), Index(0));
  std::sort(order.begin(), order.end(),
            [&](Index e, Index f) { return std::pair(lower(e), e) < std::pair(lower(f), f); });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Index e = order[i];
    const double upper = std::max(edges.end(e, 0)[0], edges.end(e, 1)[0]) +
                         edges.radius[static_cast<std::size_t>(e)] + activation;
    const auto rod_of = [&](Index edge) {
      return rod[static_cast<std::size_t>(topology.edges[static_cast<std::size_t>(edge)][0])];
    };
    for (std::size_t k = i + 1; k < order.size() && lower(order[k]) <= upper; ++k) {
      const Index f = order[k];
      if (rod_of(e) != rod_of(f)) continue;
      const auto real = [&](Index edge, int end) { return to_real(edges.end(edge, end)); };
      const double distance =
          norm(detail::nearest_on_edges(real(e, 0), real(e, 1), real(f, 0), real(f, 1)).apart);
      if (distance < edges.thick(e, f) + activation) pairs.insert({std::min(e, f), std::max(e, f)});
    }
  }
}

void check(const RodTopology& topology, const RodShape& rest, const std::vector<double>& radius,
           const RodContactOptions& o) {
  const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
  FILIGREE_REQUIRE(rest.positions.size() == static_cast<std::size_t>(topology.n_vertices),
                   "contact: the shape has {} vertices, the rods have {}", rest.positions.size(),
                   topology.n_vertices);
  FILIGREE_REQUIRE(radius.size() == static_cast<std::size_t>(topology.n_edges()),
                   "contact: there are {} radii for {} edges; give one for each", radius.size(),
                   topology.n_edges());
  for (std::size_t e = 0; e < radius.size(); ++e) {
    FILIGREE_REQUIRE(positive(radius[e]),
                     "contact: the radius of edge {} is {}; it must be above 0", e, radius[e]);
  }
  FILIGREE_REQUIRE(positive(o.activation),
                   "contact: the activation distance is {}; it must be "
                   "above 0",
                   o.activation);
  FILIGREE_REQUIRE(positive(o.stiffness), "contact: the stiffness is {}; it must be above 0",
                   o.stiffness);
  FILIGREE_REQUIRE(positive(o.slip_speed), "contact: the slip speed is {}; it must be above 0",
                   o.slip_speed);
  FILIGREE_REQUIRE(std::isfinite(o.friction) && o.friction >= 0,
                   "contact: the friction is {}; it must not be negative", o.friction);
}

}  // namespace

RodObstaclePath at_rest(const RodObstacle& obstacle) {
  RodObstaclePath path;
  path.start = obstacle;
  path.path.start = obstacle.body;
  return path;
}

RodContact make_rod_contact(const RodTopology& topology, const RodShape& rest,
                            const std::vector<double>& radius, const RodContactOptions& options,
                            const std::vector<RodObstaclePath>& obstacles,
                            const std::vector<Real>& samples) {
  check(topology, rest, radius, options);
  const RestEdges edges{topology, rest, radius};
  const Index n_edges = topology.n_edges();
  std::vector<Real> real_radius;
  std::vector<Index> points;
  for (Index e = 0; e < n_edges; ++e) {
    const double r = radius[static_cast<std::size_t>(e)];
    real_radius.push_back(static_cast<Real>(r));
    const double length = norm(edges.end(e, 1) - edges.end(e, 0));
    points.push_back(static_cast<Index>(std::ceil(2 * length / r)));
  }
  std::set<std::array<Index, 2>> pairs;
  if (options.between_rods) {
    std::vector<std::vector<Index>> at_vertex(static_cast<std::size_t>(topology.n_vertices));
    for (Index e = 0; e < n_edges; ++e) {
      for (const Index v : topology.edges[static_cast<std::size_t>(e)]) {
        at_vertex[static_cast<std::size_t>(v)].push_back(e);
      }
    }
    for (Index e = 0; e < n_edges; ++e) add_neighbours(edges, at_vertex, e, pairs);
    add_overlaps(edges, options.activation, pairs);
  }
  std::vector<Index> begin{0}, excluded;
  auto pair = pairs.begin();
  for (Index e = 0; e < n_edges; ++e) {
    for (; pair != pairs.end() && (*pair)[0] == e; ++pair) excluded.push_back((*pair)[1]);
    begin.push_back(static_cast<Index>(excluded.size()));
  }
  RodContact contact;
  RodContactModel& model = contact.model;
  model.activation = static_cast<Real>(options.activation);
  model.stiffness = static_cast<Real>(options.stiffness);
  model.friction = static_cast<Real>(options.friction);
  model.slip_speed = static_cast<Real>(options.slip_speed);
  model.friction_passes = options.friction_passes;
  model.between_rods = options.between_rods;
  model.n_obstacles = static_cast<Index>(obstacles.size());
  model.max_pairs = options.max_pairs > 0 ? options.max_pairs : 32 * n_edges + 64;
  if (!options.between_rods) model.max_pairs = 0;
  model.max_slips = model.max_pairs + n_edges * model.n_obstacles;
  model.radius = to_device<Real>("rods/radius", real_radius);
  model.points = to_device<Index>("rods/points", points);
  model.excluded_begin = to_device<Index>("rods/excluded_begin", begin);
  model.excluded = to_device<Index>("rods/excluded", excluded);
  model.samples = to_device<Real>("rods/samples", samples);
  model.obstacles = Array<RodObstacle>("rods/obstacles", model.n_obstacles);
  contact.paths = obstacles;
  contact.now = HostArray<RodObstacle>("rods/obstacles", model.n_obstacles);
  move_obstacles(contact, 0);
  return contact;
}

void move_obstacles(RodContact& contact, double time) {
  for (std::size_t o = 0; o < contact.paths.size(); ++o) {
    contact.now(static_cast<Index>(o)) = at_time(contact.paths[o], time);
  }
  Kokkos::deep_copy(contact.model.obstacles.view(), contact.now.view());
}

RodContactReport contact_report(const RodContactScratch& scratch, Index rod) {
  return {scratch.host_measures(rod, detail::kGap), scratch.host_counts(rod, detail::kContacts),
          scratch.host_measures(rod, detail::kEnergy), scratch.host_measures(rod, detail::kWork)};
}

namespace detail {

void prepare_contact(const RodModel& model, const RodContactModel& contact,
                     const RodStepOptions& options, Index batch, RodContactScratch& s) {
  FILIGREE_REQUIRE(options.rule == RodRule::kEuler,
                   "contact needs the rule euler: the midpoint rule goes past the surfaces that "
                   "it finds in the middle of a step");
  if (reserve(s.order, "rods/order", batch, model.n_edges)) {
    HostArray<Index, 2> order("rods/order", batch, model.n_edges);
    for (Index b = 0; b < batch; ++b) {
      for (Index e = 0; e < model.n_edges; ++e) order(b, e) = e;
    }
    Kokkos::deep_copy(s.order.view(), order.view());
  }
  reserve(s.lower, "rods/lower", batch, model.n_edges);
  reserve(s.upper, "rods/upper", batch, model.n_edges);
  reserve(s.pairs, "rods/pairs", batch, contact.max_pairs);
  reserve(s.pair_blocks, "rods/pair_blocks", batch, contact.max_pairs);
  reserve(s.slips, "rods/slips", batch, contact.max_slips);
  reserve(s.slip_blocks, "rods/slip_blocks", batch, contact.max_slips);
  reserve(s.residual, "rods/residual", batch, model.n_vertices);
  reserve(s.search, "rods/search", batch, model.n_vertices);
  reserve(s.preconditioned, "rods/preconditioned", batch, model.n_vertices);
  reserve(s.product, "rods/product", batch, model.n_vertices);
  reserve(s.diagonal, "rods/diagonal", batch, model.n_vertices);
  reserve(s.coupling, "rods/coupling", batch, model.pattern.n_blocks);
  reserve(s.force, "rods/contact_force", batch, model.n_vertices);
  if (reserve(s.counts, "rods/counts", batch, 4)) {
    s.measures = Array<Real, 2>("rods/measures", batch, 3);
    s.host_counts = HostArray<Index, 2>("rods/counts", batch, 4);
    s.host_measures = HostArray<Real, 2>("rods/measures", batch, 3);
  }
  Kokkos::deep_copy(s.counts.view(), Index(0));
}

void note_contacts(const RodContactModel& contact, Index batch, RodContactScratch& s) {
  Kokkos::deep_copy(s.host_counts.view(), s.counts.view());
  Kokkos::deep_copy(s.host_measures.view(), s.measures.view());
  for (Index b = 0; b < batch; ++b) {
    FILIGREE_REQUIRE(s.host_counts(b, kOverflow) == 0,
                     "contact: {} pairs of edges of rod {} are near each other, more than the {} "
                     "there is room for: raise max_pairs",
                     s.host_counts(b, kOverflow), b, contact.max_pairs);
  }
}

}  // namespace detail

}  // namespace filigree::rods
