// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Branched discrete elastic rods: what they are made of, and their state.
//
// Energy of one rod, over its edges e and joints j (bergou2010; joints at branch points are ours):
//
//   E = sum_e EA_e/(2 L_e) (|e| - L_e)^2
//     + sum_j 1/2 s_j . K_j s_j,  s_j = kappa_j - rest_j      kappa of bend_twist.hpp
//
// Half an edge is a rotational spring with stiffness k = 2 B/L (B = EI_1, EI_2 or GJ), or
// 1/(1/k + compliance) where a junction gives way. The springs of the m edges at a vertex hang
// together in its middle, which is the same as springs between each two of them (star-mesh
// transform):
//
//   K_ab = k_a k_b / (k_1 + ... + k_m)        for m = 2 the usual EI/L of a uniform rod
//
// So a branch that continues a rod is that rod, a branch without stiffness does not change the rod
// it hangs on, and which edges count as the parent does not matter. Since the energy does not
// change when the rod moves as a whole, junctions conserve linear and angular momentum.
//
// At a joint that is bent by phi at rest, kappa grows faster than angles do: with
// G = 1/cos^2(phi/2) = 1 + rest^2/4, rest^2 = rest_1^2 + rest_2^2, by the factor G in the plane of
// the bend and by sqrt(G) across it and in twist. K undoes this, so that stiffness is against
// angles at sharp corners too:
//   K_j = A diag(K_1, K_2, K_3) A,  A = 1/sqrt(G) + (1/G - 1/sqrt(G)) r r^T,  r = rest/|rest| of
// its bending part. Then the star of three arms at 120 degrees is that of springs, exactly.
#pragma once

#include <vector>

#include "core/array.hpp"
#include "core/vec.hpp"
#include "physics/rods/rod_topology.hpp"
#include "physics/rods/tree_matrix.hpp"

namespace filigree::rods {

/// One edge of a rod at rest.
struct EdgeProperties {
  double stretch_stiffness = 1e3;                       ///< EA, N
  std::array<double, 2> bending_stiffness{1e-3, 1e-3};  ///< EI about director 1 and 2, N m^2
  double twist_stiffness = 1e-3;                        ///< GJ, N m^2
  double line_density = 0.1;                            ///< kg/m
};

/// A rod at rest. Directors are made perpendicular to their edges; where they are left empty, the
/// first edge of each tree gets one and the others follow without twist.
struct RodShape {
  std::vector<Vec<3, double>> positions;  ///< [n_vertices], m
  std::vector<Vec<3, double>> directors;  ///< [n_edges] first directors, or empty
};

/// A first director for every edge: the given ones, made perpendicular, or one for each tree that
/// is carried along its edges without twist.
std::vector<Vec<3, double>> natural_directors(const RodTopology& topology, const RodShape& shape);

/// Two edges that meet, ready for kernels.
struct DeviceJoint {
  Index edge_a, edge_b;
  Index far_a, vertex, far_b;  ///< the vertices of both edges: far_a -> vertex -> far_b
  Real sign_a, sign_b;         ///< -1 where the edge is walked against its direction
  Index theta_a, theta_b;      ///< 1 where the angle belongs to `vertex`, else to the far vertex
  Index block_va, block_vb, block_ab;  ///< TreeLayout::find(vertex, far_a), ...
};

/// What all rods of a batch share, and their parameters: row 0 for all of them, or a row for each.
struct RodModel {
  TreePattern pattern;
  Index n_vertices = 0, n_edges = 0, n_joints = 0;
  Index rows = 0;  ///< of the parameters: 1, or the number of rods

  Array<Index> tail, head;           ///< [n_edges]
  Array<Index> edge_node;            ///< [n_edges] the vertex that owns the edge's angle
  Array<Index> is_root;              ///< [n_vertices] 1 where there is no edge to a parent
  Array<Index> edge_block;           ///< [n_edges] coupling block of its two vertices
  Array<DeviceJoint> joints;         ///< [n_joints]
  Array<Real, 2> rest_length;        ///< [rows, n_edges], m
  Array<Real, 2> stretch;            ///< [rows, n_edges] EA/L, N/m
  Array<Vec<3>, 2> joint_rest;       ///< [rows, n_joints] kappa at rest
  Array<Vec<2>, 2> joint_half_turn;  ///< [rows, n_joints] cosine and sine of half the rest twist
  Array<Mat<3>, 2> joint_stiffness;  ///< [rows, n_joints] K, N m
  Array<Real, 2> mass;               ///< [rows, n_vertices], kg
  Array<Real> mean_edge;             ///< [rows], m
  Array<Real> angle_scale;           ///< [rows] mean stiffness against twist and bending, N m
  Array<Real> damping;               ///< [rows] 1/s: force -damping m v
  Vec<3> gravity{};                  ///< m/s^2
};

/// One rod, or several alike. Throws InputError when an edge has no length, edges that meet fold
/// back on each other, or a stiffness or density is negative; the message names the edge.
/// `junction_compliance` (rad/(N m)) per vertex gives way between edges; empty: none.
RodModel make_rod_model(const RodTopology& topology, const RodShape& rest,
                        const std::vector<EdgeProperties>& edges,
                        const std::vector<double>& junction_compliance = {});

/// Positions, velocities and frames of a batch of rods.
struct RodState {
  Index batch = 0;
  double time = 0;
  Array<Vec<3>, 2> position;  ///< [batch, n_vertices], m
  Array<Vec<3>, 2> velocity;  ///< [batch, n_vertices], m/s
  Array<Vec<3>, 2> director;  ///< [batch, n_edges] first material directors
  Array<Real, 2> twist;       ///< [batch, n_joints] kappa_3 - rest_3, to keep count of full turns
};

/// `batch` copies of one shape, at rest. Directors as in RodShape.
RodState make_rod_state(const RodTopology& topology, const RodModel& model, const RodShape& shape,
                        Index batch = 1);

/// Energies of each rod, J: stretch, bending and twist, kinetic, and in the field of gravity.
struct RodEnergy {
  double stretch = 0, bend_twist = 0, kinetic = 0, gravity = 0;
  double total() const { return stretch + bend_twist + kinetic + gravity; }
};
std::vector<RodEnergy> rod_energies(const RodModel& model, const RodState& state);

/// Elastic forces -dE/dx (N) and moments -dE/dtheta (N m) of every rod: [batch, n_vertices] and
/// [batch, n_edges].
struct RodForces {
  Array<Vec<3>, 2> force;
  Array<Real, 2> moment;
};
RodForces rod_forces(const RodModel& model, const RodState& state);

}  // namespace filigree::rods
