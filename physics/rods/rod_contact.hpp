// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Contact of rods with obstacles, with each other and with themselves, inside an implicit step.
//
// An edge is a tube of radius r about its line. Where the gap g between a point of a tube and an
// obstacle or another edge is below the activation distance d, both repel each other:
//
//   E = sum_e int b(g(s)) ds + 1/2 sum_(e, f) [ int b(g_f(s)) ds_e + int b(g_e(s)) ds_f ]
//   b(g) = -k d (1 - u)^2 ln u,  u = g/d        k: stiffness, N/m: force per length
//
// over the lengths of the edges; the integrals are sums over points at most half a radius apart,
// each of which touches the nearest point of the other edge. So b is the barrier of li2020ipc;
// below u = 1/100 it goes on as its Taylor polynomial of second order, so that a clamp that presses
// a rod into an obstacle gives a large force and a negative gap instead of no answer. A pair's
// forces are equal and opposite along the line between the two points: momentum and angular
// momentum are kept.
//
// Friction is Coulomb's, smoothed and lagged: with the normal force F_n, the normal n and the place
// of contact of the start of the step, and u the slip across n since then,
//
//   D = mu F_n f(|u|),  f' = 2 y - y^2 for y = |u|/(v dt) < 1, else 1         v: slip speed
//
// so what should stick creeps, by less than v. It acts on the lines of the rods and turns no edge
// about itself. The total of the friction of a pair is zero, its moment is not: it is that of the
// forces at the distance of the two lines.
//
// No Newton iteration moves two edges, or an edge and an obstacle, by more than what brings them
// within half of their thickness (conservative advancement), and clamps that would do so move in
// parts: nothing passes through, whatever its speed. Obstacles that move are where they are at the
// end of a step: they may go no further than their own thickness in one.
//
// Edges within a few radii of each other along a rod, and edges that overlap at rest, do not touch;
// nor do the halves of edges next to held vertices touch obstacles, they could not give way.
// Sources: li2020ipc (barrier, friction), li2021codim (thickness, advancement).
#pragma once

#include "physics/rods/rod_obstacle.hpp"
#include "physics/rods/rod_step.hpp"

namespace filigree::rods {

struct RodContactOptions {
  double activation = 1e-3;  ///< gap below which there are forces, m
  double stiffness = 100;    ///< k, N/m
  double friction = 0;       ///< between rods
  double slip_speed = 1e-3;  ///< v, m/s
  int friction_passes = 1;   ///< times that a step is solved with the friction of its last result
  bool between_rods = true;  ///< false: obstacles only
  /// Of edges near each other, per rod of the batch; 0: 32 per edge and 64 more.
  Index max_pairs = 0;
};

/// What kernels need.
struct RodContactModel {
  Real activation = 0, stiffness = 0, friction = 0, slip_speed = 0;
  int friction_passes = 1;
  bool between_rods = false;
  Index max_pairs = 0, max_slips = 0, n_obstacles = 0;
  Array<Real> radius;           ///< [n_edges], m
  Array<Index> points;          ///< [n_edges] of contact on each edge
  Array<Index> excluded_begin;  ///< [n_edges + 1]
  Array<Index> excluded;        ///< higher edges that an edge does not touch
  Array<RodObstacle> obstacles;
  Array<Real> samples;  ///< of obstacles
};

struct RodContact {
  RodContactModel model;
  std::vector<RodObstaclePath> paths;
  HostArray<RodObstacle> now;
};

/// `radius` (m) per edge. Throws InputError when a radius, the activation distance or a stiffness
/// is not positive, or friction is negative.
RodContact make_rod_contact(const RodTopology& topology, const RodShape& rest,
                            const std::vector<double>& radius, const RodContactOptions& options,
                            const std::vector<RodObstaclePath>& obstacles = {},
                            const std::vector<Real>& samples = {});
/// An obstacle that does not move.
RodObstaclePath at_rest(const RodObstacle& obstacle);
/// Puts the obstacles where they are at a time: that of the end of the next step.
void move_obstacles(RodContact& contact, double time);

struct RodPair {
  Index e, f;
};
/// Derivatives between the ends of e (rows) and those of f.
struct RodPairBlocks {
  Mat<3> m[2][2];
};
/// One place that rubs: at share s of edge e, on share t of edge f, or on an obstacle (f = -1).
struct RodSlip {
  Index e, f;
  Real s, t;
  Real limit;  ///< mu F_n, N
  Vec<3> normal;
  Vec<3> carried;  ///< what the obstacle there moves in the step, m
};

/// Scratch memory of contact and what became of the last step; grown when needed.
struct RodContactScratch {
  Array<Index, 2> order;
  Array<Vec<3>, 2> lower, upper;
  Array<RodPair, 2> pairs;
  Array<RodPairBlocks, 2> pair_blocks;
  Array<RodSlip, 2> slips;
  Array<Mat<3>, 2> slip_blocks;
  Array<Vec<4>, 2> residual, search, preconditioned, product;
  Array<Mat<4>, 2> diagonal, coupling;
  Array<Index, 2> counts;   ///< [batch, 4] pairs, slips, overflows, contacts
  Array<Real, 2> measures;  ///< [batch, 3] gap, energy, work of friction

  Array<Vec<3>, 2> force;  ///< [batch, n_vertices] of contact on the vertices after a step, N

  HostArray<Index, 2> host_counts;
  HostArray<Real, 2> host_measures;
};

/// A rod of the batch after a step.
struct RodContactReport {
  double gap = 0;       ///< smallest, m, at most the activation distance; negative: penetration
  Index contacts = 0;   ///< edges that touch an obstacle and pairs of edges that touch
  double energy = 0;    ///< E, J
  double friction = 0;  ///< work of friction during the step, J, never positive
};
RodContactReport contact_report(const RodContactScratch& scratch, Index rod = 0);

/// As implicit_step and settle of rod_step.hpp, with contact; by implicit Euler only. Friction
/// holds during settling too. Throws InputError when more edges come near each other than
/// max_pairs, or for the midpoint rule.
RodStepReport implicit_step(const RodModel& model, const RodControls& controls,
                            const RodContact& contact, double dt, const RodStepOptions& options,
                            RodState& state, RodScratch& scratch, RodContactScratch& touching);
RodStepReport settle(const RodModel& model, const RodControls& controls, const RodContact& contact,
                     const RodStepOptions& options, RodState& state, RodScratch& scratch,
                     RodContactScratch& touching);

}  // namespace filigree::rods
