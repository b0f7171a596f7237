// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The branched-rod model of a published program, as that program computes it, defects included.
//
// Source: Chen et al. 2025, "DEFT: Differentiable Branched Discrete Elastic Rods for Modeling
// Furcated DLOs in Real-Time", arXiv 2502.15037, and the behaviour of the program released with it.
// It exists to compare like for like: our own model of rods is rod_model.hpp. Plain host code in
// double precision for one cable at a time; nothing here is meant for kernels.
//
// A cable is cut at its junctions into a parent rod (branch 0) and children. Branch b, slot s is
// entry b * slots + s of every per-vertex array; there are as many slots as the parent has
// vertices, those that a child does not need stay zero. Slot 0 of a child is its root, a particle
// of its own beside the junction vertex. Edge k joins slots k and k + 1; per-edge arrays have slots
// too, the last of a branch is unused.
//
// Tags D1 ... D17 mark where the program departs from the theory of discrete elastic rods:
//   D1   the two edges are exchanged in the gradient of the curvature
//   D2   stiffness, mass and inertia that were learned do not reach the forces
//   D3   the twist is not solved for, it makes ten damped steps at most
//   D4   the twist energy has two different factors
//   D5   the end moment lacks a division by length
//   D6   the first frame comes from a fixed direction of the world
//   D7   frames are not transported in time, only made orthogonal again
//   D8   frames are copied along small bends
//   D9   the twist at a child's root is a sum of rotation vectors
//   D10  some parents weigh a million times too much
//   D11  gravity is about half of what it should be
//   D12  orientation sharing moves far vertices only, momentum is lost
//   D13  inertia is taken along the axes of the world
//   D14  the length sweep is skipped only when every branch is within the tolerance
//   D16  the network's graph has an entry in the wrong slot
//   D17  two inertias take a wrong edge or axis
// D15 and D18 need more than one cable at a time, D19 is about planning, D20 about the data.
#pragma once

#include <array>
#include <vector>

#include "core/vec.hpp"
#include "physics/rods/deft_network.hpp"

namespace filigree::rods::deft {

using Vec3 = Vec<3, double>;
using Quaternion = Vec<4, double>;  ///< w, x, y, z

/// Where a child hangs: the branch and the vertex of that branch.
struct Junction {
  int host = 0;
  int vertex = 0;
};

/// What does not depend on learning. [branch] means one value per branch, parent first.
struct Cable {
  int slots = 0;                    ///< vertices of the parent
  std::vector<int> counts;          ///< [branch] vertices, a child's with its root
  std::vector<Junction> junctions;  ///< per child
  std::vector<int> grasped;         ///< vertices of the parent, rising
  std::vector<Vec3> rest;           ///< [branch, slot] m; gives lengths, masses and inertias
  std::vector<double> bending;      ///< [branch] N m^2
  double twist = 0;                 ///< N m^2
  double parent_mass_scale = 1;     ///< of the line density 1 kg/m (D10)
  double child_mass_scale = 1;
  double parent_inertia_scale = 1;
  double child_inertia_scale = 1;
  double radius_over_length = 0.1;  ///< of the cylinders whose inertia blends orientations
  double dt = 0.01;                 ///< s
  int sweeps = 20;                  ///< of the constraints, per step
  double stretch_tolerance = 0.005;
};

/// What was learned, as far as it reaches the motion (D2).
struct Parameters {
  std::vector<Vec3> rest;             ///< [branch, slot] m; gives the natural curvature only
  std::vector<double> damping_mass;   ///< [branch, slot] kg; in the damping force only
  std::vector<double> damping;        ///< [branch] 1/s
  std::vector<double> solver_twist;   ///< [branch, slot] N m^2; in the twist iterations only
  Vec3 gravity{};                     ///< m/s^2 (D11)
  double integration_ratio = 1;       ///< scales the move of a step
  double network_weight = 0;          ///< 1/s; scales the network's displacement
  std::vector<GraphConvolution> net;  ///< empty: physics only
};

/// How children and hosts share orientations; follows from the junctions.
enum class Sharing {
  kTogether,  ///< all children on the parent, each on a vertex of its own
  kNested,    ///< the second child hangs on the first
  kOneByOne,  ///< two children on one vertex
};

/// Constants of a run.
struct Model {
  Cable cable;
  Parameters parameters;
  Sharing sharing = Sharing::kTogether;
  std::array<int, 2> held_edges{};      ///< of the parent, whose twist is not solved for
  std::vector<double> length;           ///< [branch, slot] m, of edges
  std::vector<double> region;           ///< [branch, slot] m, R_k = L_{k-1} + L_k at inner vertices
  std::vector<double> mass;             ///< [branch, slot] kg
  std::vector<char> is_grasped;         ///< [slot] of the parent
  std::vector<Vec3> host_inertia_in;    ///< per child: host's edge before the junction
  std::vector<Vec3> host_inertia_out;   ///< per child: host's edge after it
  std::vector<Vec3> child_inertia;      ///< per child: its first edge
  std::vector<Vec<2, double>> rest_in;  ///< [branch, slot] W_k^{k-1}
  std::vector<Vec<2, double>> rest_out;  ///< [branch, slot] W_k^k
  NormalizedAdjacency graph;             ///< over [branch, slot]

  int branches() const { return static_cast<int>(cable.counts.size()); }
  int children() const { return branches() - 1; }
  int slots() const { return cable.slots; }
  std::size_t size() const { return static_cast<std::size_t>(branches() * cable.slots); }
  std::size_t at(int branch, int slot) const {
    return static_cast<std::size_t>(branch * cable.slots + slot);
  }
};

/// Throws InputError when the arrays do not fit the cable, or when the junctions are none of the
/// three kinds of Sharing.
Model make_model(Cable cable, Parameters parameters);

/// Curvature binormals, Bishop frames; sizes [branch, slot].
struct Frames {
  std::vector<Vec3> binormal;  ///< (kb)_k at inner vertices
  std::vector<Vec3> u, v;      ///< Bishop frame per edge
  std::vector<Vec3> m1, m2;    ///< material frame per edge
};

/// Everything that goes from one step to the next, and room for what happens in between.
struct State {
  int step = 0;
  std::vector<Vec3> position;          ///< [branch, slot] m
  std::vector<Vec3> velocity;          ///< [branch, slot] m/s
  std::vector<Vec3> start;             ///< [branch, slot] positions at the start of the step
  std::vector<Vec3> measured;          ///< [branch, slot] the frame before the first step
  std::vector<double> theta;           ///< [branch, slot] rad, twist of the material frame
  std::vector<Vec3> first_frame;       ///< [branch] u of the first edge
  std::vector<Quaternion> host_turn;   ///< [slot] orientation gathered by the parent's edges
  std::vector<Quaternion> child_turn;  ///< per child: of its first edge
  std::vector<Vec3> anchor_in;         ///< [slot] parent when edges before junctions were followed
  std::vector<Vec3> anchor_out;        ///< [slot] the same for edges after junctions
  std::vector<Vec3> anchor_child;      ///< [branch, slot] the same for children
  std::vector<double> out_of_plane;    ///< per child: of the first edge, ratio to its length
  bool anchored = false;               ///< anchors have been set

  Frames frames;
  std::vector<Vec3> force;
  std::vector<double> features;
  std::vector<double> displacement;
  NetworkScratch network;
};

/// The state after two measured frames, [branch, slot] each.
State make_state(const Model& model, const std::vector<Vec3>& frame0,
                 const std::vector<Vec3>& frame1);

/// One step. `targets` are the commanded positions of the grasped vertices at its end, m.
void step(const Model& model, const std::vector<Vec3>& targets, State& state);

// The stages of a step, in the order in which it takes them.

/// First Bishop vector per branch: from the direction (0, 0.6, 0.8) at the start (D6), later the
/// one of the step before made orthogonal to the first edge (D7).
void set_first_frames(const Model& model, bool start, const std::vector<Vec3>& position,
                      std::vector<Vec3>& first_frame);
/// Curvature and Bishop frames from positions.
void bishop_frames(const Model& model, const std::vector<Vec3>& position,
                   const std::vector<Vec3>& first_frame, Frames& frames);
/// Twist at the first edges of children, from how far the junctions have turned (D9).
void set_root_twist(const Model& model, State& state);
/// At most ten damped steps on half the squared energy of each branch (D3).
void iterate_twist(const Model& model, const Frames& frames, std::vector<double>& theta);
/// Material frames from the Bishop frames and theta.
void material_frames(const Model& model, const std::vector<double>& theta, Frames& frames);

/// The published force has the edges of the curvature's gradient exchanged (D1).
enum class Gradient { kPublished, kTrue };
/// Bending and twisting force without gravity, [branch, slot] N. With `end_moment` the moment that
/// holds the parent's last edge is included (D5).
void elastic_force(const Model& model, const Frames& frames, const std::vector<double>& theta,
                   const std::vector<Vec3>& position, Gradient gradient, bool end_moment,
                   std::vector<Vec3>& force);
/// dE/dtheta of the force routine, per edge [branch, slot]: without lengths, twice the twist of the
/// solver's energy (D4, D5).
std::vector<double> moment_of_force_routine(const Model& model, const Frames& frames,
                                            const std::vector<double>& theta);
/// Bending energy of all branches, J: the one whose negative gradient the force should be.
double bending_energy(const Model& model, const Frames& frames);

/// v += dt a, x += dt ratio v with gravity and damping; forces of grasped vertices do not count.
void integrate(const Model& model, State& state);
/// Adds the network's displacement to the free vertices.
void add_residual(const Model& model, const std::vector<Vec3>& targets,
                  const std::vector<Vec3>& before, State& state);
/// Host and first edge of child turn towards each other (D12, D13).
void share_orientations(const Model& model, State& state);
/// Brings the roots of children and their junctions together.
void attach(const Model& model, std::vector<Vec3>& position);
/// One sweep over the edges towards their rest lengths (D14).
void restore_lengths(const Model& model, std::vector<Vec3>& position);

}  // namespace filigree::rods::deft
