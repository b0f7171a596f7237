// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Energy, gradient and second derivatives of one rod, as functions for kernels.
//
// The gradient has four entries per vertex: those of its position, and that of the angle of the
// edge to its parent. A rod's vertices move with their frames carried along (see bend_twist.hpp).
#pragma once

#include "physics/rods/bend_twist.hpp"
#include "physics/rods/rod_model.hpp"

namespace filigree::rods {

/// The configuration of one rod: rows of a RodState or of scratch memory.
struct RodPose {
  const Vec<3>* position;
  const Vec<3>* director;
  const Real* twist;
};

/// The two edges of a joint as they are walked, their frames turned towards each other by half the
/// twist they have at rest.
struct JointEdges {
  FramedEdge<Real> a, b;
};
FILIGREE_FUNCTION JointEdges edges_of(const RodModel& model, Index row, const RodPose& pose,
                                      Index j) {
  const DeviceJoint joint = model.joints(j);
  const Vec<2> turn = model.joint_half_turn(row, j);
  const auto turned = [&](Index e, Real sign, Real sine) {
    const Vec<3> edge = sign * (pose.position[model.head(e)] - pose.position[model.tail(e)]);
    const Vec<3> d = pose.director[e];
    return FramedEdge<Real>{edge, turn[0] * d + (sine / norm(edge)) * cross(edge, d)};
  };
  return {turned(joint.edge_a, joint.sign_a, turn[1]),
          turned(joint.edge_b, joint.sign_b, -turn[1])};
}

/// kappa of a joint; its twist is the one closest to that of the pose.
FILIGREE_FUNCTION Vec<3> joint_kappa(const RodModel& model, Index row, const RodPose& pose,
                                     Index j) {
  const JointEdges edges = edges_of(model, row, pose, j);
  return bend_twist(edges.a, edges.b, pose.twist[j]);
}

FILIGREE_FUNCTION Real stretch_energy(const RodModel& model, Index row, const RodPose& pose) {
  Real energy = 0;
  for (Index e = 0; e < model.n_edges; ++e) {
    const Vec<3> edge = pose.position[model.head(e)] - pose.position[model.tail(e)];
    const Real longer = norm(edge) - model.rest_length(row, e);
    energy += Real(0.5) * model.stretch(row, e) * longer * longer;
  }
  return energy;
}

FILIGREE_FUNCTION Real bend_twist_energy(const RodModel& model, Index row, const RodPose& pose) {
  Real energy = 0;
  for (Index j = 0; j < model.n_joints; ++j) {
    const Vec<3> strain = joint_kappa(model, row, pose, j) - model.joint_rest(row, j);
    energy += Real(0.5) * dot(strain, model.joint_stiffness(row, j) * strain);
  }
  return energy;
}

namespace detail {

FILIGREE_FUNCTION void add_to_node(Vec<4>& node, Real sign, const Vec<8>& g, int from) {
  for (int i = 0; i < 3; ++i) node[i] += sign * g[from + i];
}
/// Adds what acts on the variables of a joint (see BendTwist) to the nodes.
FILIGREE_FUNCTION void add_to_nodes(const DeviceJoint& joint, const Vec<8>& g, Vec<4>* nodes) {
  add_to_node(nodes[joint.far_a], -1, g, 0);
  add_to_node(nodes[joint.vertex], 1, g, 0);
  add_to_node(nodes[joint.vertex], -1, g, 3);
  add_to_node(nodes[joint.far_b], 1, g, 3);
  nodes[joint.theta_a == 1 ? joint.vertex : joint.far_a][3] += joint.sign_a * g[6];
  nodes[joint.theta_b == 1 ? joint.vertex : joint.far_b][3] += joint.sign_b * g[7];
}
/// How the variables of a joint change with the nodes: the transpose of add_to_nodes.
FILIGREE_FUNCTION Vec<8> change_of_joint(const DeviceJoint& joint, const Vec<4>* nodes) {
  Vec<8> change{};
  for (int i = 0; i < 3; ++i) {
    change[i] = nodes[joint.vertex][i] - nodes[joint.far_a][i];
    change[3 + i] = nodes[joint.far_b][i] - nodes[joint.vertex][i];
  }
  change[6] = joint.sign_a * nodes[joint.theta_a == 1 ? joint.vertex : joint.far_a][3];
  change[7] = joint.sign_b * nodes[joint.theta_b == 1 ? joint.vertex : joint.far_b][3];
  return change;
}

/// Adds the 3x3 block to rows and columns 0 to 2.
FILIGREE_FUNCTION void add_positions(Mat<4>& to, const Mat<3>& block) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) to(i, j) += block(i, j);
  }
}
FILIGREE_FUNCTION Mat<3> block_of(const Mat<8>& H, int row, int column) {
  Mat<3> block{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) block(i, j) = H(row + i, column + j);
  }
  return block;
}

/// Adds a 4x4 block whose rows belong to one node and columns to another; `place` is 2 block, or
/// 2 block + 1 when the block is stored the other way round.
FILIGREE_FUNCTION void add_coupling(const TreeMatrix& matrix, Index place, const Mat<4>& block) {
  matrix.coupling[place / 2] += place % 2 == 0 ? block : transpose(block);
}

/// Adds G_n^T (K G)_n of one joint to the upper triangle, G the derivatives of kappa.
FILIGREE_FUNCTION void add_stiffness(int n, const Mat<3>& K, const Vec<8>* G, Mat<8>& H) {
  Vec<8> scaled = K(n, 0) * G[0];
  for (int m = 1; m < 3; ++m) scaled += K(n, m) * G[m];
  for (int r = 0; r < 8; ++r) {
    for (int c = r; c < 8; ++c) H(r, c) += scaled[r] * G[n][c];
  }
}

/// Adds the second derivatives of one joint, given those in its own variables (upper triangle).
FILIGREE_FUNCTION void add_joint_matrix(const DeviceJoint& joint, Mat<8> H,
                                        const TreeMatrix& matrix) {
  for (int r = 0; r < 6; ++r) {  // diagonal blocks are used whole
    for (int c = 0; c < r; ++c) {
      if (r / 3 == c / 3) H(r, c) = H(c, r);
    }
  }
  const Mat<3> aa = block_of(H, 0, 0);
  const Mat<3> bb = block_of(H, 3, 3);
  const Mat<3> ab = block_of(H, 0, 3);
  // Rows far_a, vertex, far_b: x_far_a enters -ea, x_vertex enters ea and -eb, x_far_b enters eb.
  Mat<4> node[3]{};          // diagonal blocks
  Mat<4> va{}, vb{}, fab{};  // (vertex, far_a), (vertex, far_b), (far_a, far_b)
  add_positions(node[0], aa);
  add_positions(node[1], aa + bb - ab - transpose(ab));
  add_positions(node[2], bb);
  add_positions(va, transpose(ab) - aa);
  add_positions(vb, ab - bb);
  add_positions(fab, -ab);
  const int owner[2] = {joint.theta_a == 1 ? 1 : 0, joint.theta_b == 1 ? 1 : 2};
  const Real sign[2] = {joint.sign_a, joint.sign_b};
  for (int k = 0; k < 2; ++k) {
    for (int i = 0; i < 3; ++i) {
      const Real ea = sign[k] * H(i, 6 + k);
      const Real eb = sign[k] * H(3 + i, 6 + k);
      const Real by_node[3] = {-ea, ea - eb, eb};
      for (int n = 0; n < 3; ++n) {
        if (n == owner[k]) {
          node[n](i, 3) += by_node[n];
          node[n](3, i) += by_node[n];
        } else if (owner[k] == 1) {  // column of `vertex`, rows of a far vertex
          (n == 0 ? va : vb)(3, i) += by_node[n];
        } else if (n == 1) {  // rows of `vertex`, column of a far vertex
          (owner[k] == 0 ? va : vb)(i, 3) += by_node[n];
        } else if (n == 0) {  // rows of far_a, column of far_b
          fab(i, 3) += by_node[n];
        } else {  // rows of far_b, column of far_a
          fab(3, i) += by_node[n];
        }
      }
    }
    node[owner[k]](3, 3) += H(6 + k, 6 + k);
  }
  const Real between = sign[0] * sign[1] * H(6, 7);
  if (owner[0] == 1) {
    vb(3, 3) += between;
  } else if (owner[1] == 1) {
    va(3, 3) += between;
  } else {
    fab(3, 3) += between;
  }
  matrix.diagonal[joint.far_a] += node[0];
  matrix.diagonal[joint.vertex] += node[1];
  matrix.diagonal[joint.far_b] += node[2];
  add_coupling(matrix, joint.block_va, va);
  add_coupling(matrix, joint.block_vb, vb);
  add_coupling(matrix, joint.block_ab, fab);
}

}  // namespace detail

/// Adds dE/dx and dE/dtheta to `gradient` ([n_vertices]) and, if asked to, the second derivatives
/// to `matrix`.
FILIGREE_FUNCTION void add_elasticity(const RodModel& model, Index row, const RodPose& pose,
                                      Vec<4>* gradient, bool second, const TreeMatrix& matrix) {
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    const Vec<3> edge = pose.position[head] - pose.position[tail];
    const Real length = norm(edge);
    const Vec<3> t = edge * (1 / length);
    const Real k = model.stretch(row, e);
    const Real tension = k * (length - model.rest_length(row, e));
    for (int i = 0; i < 3; ++i) {
      gradient[head][i] += tension * t[i];
      gradient[tail][i] -= tension * t[i];
    }
    if (!second) continue;
    const Real across = tension / length;
    const Mat<3> H = across * Mat<3>::identity() + (k - across) * outer(t, t);
    detail::add_positions(matrix.diagonal[head], H);
    detail::add_positions(matrix.diagonal[tail], H);
    Mat<4> coupling{};
    detail::add_positions(coupling, -H);
    matrix.coupling[model.edge_block(e)] += coupling;  // symmetric: either way round
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    const JointEdges edges = edges_of(model, row, pose, j);
    const BendTwist s = bend_twist_gradients(edges.a, edges.b, pose.twist[j]);
    const Mat<3> K = model.joint_stiffness(row, j);
    const Vec<3> moment = K * (s.kappa - model.joint_rest(row, j));
    Vec<8> g{};
    for (int n = 0; n < 3; ++n) g += moment[n] * s.gradient[n];
    detail::add_to_nodes(joint, g, gradient);
    if (!second) continue;
    Mat<8> H{};
    for (int n = 0; n < 3; ++n) {
      detail::add_stiffness(n, K, s.gradient, H);
      s.add_hessian(n, moment[n], H);
    }
    detail::add_joint_matrix(joint, H, matrix);
  }
}

}  // namespace filigree::rods
