// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_parameters.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/to_real.hpp"

namespace filigree::rods {

namespace {

using Vec3d = Vec<3, double>;
using Mat3d = Mat<3, 3, double>;

void check_edges(const std::vector<EdgeProperties>& edges, Index n_edges) {
  FILIGREE_REQUIRE(static_cast<Index>(edges.size()) == n_edges,
                   "{} sets of properties are given for {} edges", edges.size(), n_edges);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const EdgeProperties& p = edges[e];
    const auto check = [&](double value, bool may_be_zero, const char* what,
                           const char* unit_text) {
      FILIGREE_REQUIRE(std::isfinite(value) && (may_be_zero ? value >= 0 : value > 0),
                       "edge {}: the {} is {} {}; it must be {}", e, what, value, unit_text,
                       may_be_zero ? "zero or positive" : "positive");
    };
    check(p.stretch_stiffness, false, "stretch stiffness EA", "N");
    for (const double EI : p.bending_stiffness) check(EI, true, "bending stiffness EI", "N m^2");
    check(p.twist_stiffness, true, "twist stiffness GJ", "N m^2");
    check(p.line_density, false, "line density", "kg/m");
  }
}

std::vector<double> vertex_masses(const RodTopology& topology, const RodParameters& parameters) {
  std::vector<double> masses = parameters.added_mass;
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const auto i = static_cast<std::size_t>(e);
    for (const Index v : topology.edges[i]) {
      masses[static_cast<std::size_t>(v)] +=
          parameters.edges[i].line_density * parameters.rest_length[i] / 2;
    }
  }
  return masses;
}

template <class T>
void check_size(const std::vector<T>& values, Index count, const char* what, const char* per) {
  FILIGREE_REQUIRE(static_cast<Index>(values.size()) == count, "{} {} are given for {} {}",
                   values.size(), what, count, per);
}

void check_parameters(const RodTopology& topology, const RodParameters& parameters) {
  const Index n_edges = topology.n_edges();
  const auto n_joints = static_cast<Index>(topology.joints.size());
  check_edges(parameters.edges, n_edges);
  check_size(parameters.rest_length, n_edges, "rest lengths", "edges");
  check_size(parameters.joint_rest, n_joints, "rest curvatures", "joints");
  check_size(parameters.joint_half_turn, n_joints, "rest twists", "joints");
  check_size(parameters.junction_compliance, topology.n_vertices, "junction compliances",
             "vertices");
  check_size(parameters.added_mass, topology.n_vertices, "added masses", "vertices");
  for (std::size_t e = 0; e < parameters.rest_length.size(); ++e) {
    const double L = parameters.rest_length[e];
    FILIGREE_REQUIRE(std::isfinite(L) && L > 0,
                     "edge {}: the rest length is {} m; it must be positive", e, L);
  }
  for (const double c : parameters.junction_compliance) {
    FILIGREE_REQUIRE(c >= 0, "a junction compliance is {} rad/(N m); it must not be negative", c);
  }
  for (std::size_t j = 0; j < parameters.joint_rest.size(); ++j) {
    const Vec3d& rest = parameters.joint_rest[j];
    FILIGREE_REQUIRE(std::isfinite(squared_norm(rest) + parameters.joint_half_turn[j]),
                     "joint {}: the curvature at rest is not finite", j);
  }
  const std::vector<double> masses = vertex_masses(topology, parameters);
  for (std::size_t v = 0; v < masses.size(); ++v) {
    FILIGREE_REQUIRE(std::isfinite(masses[v]) && masses[v] > 0,
                     "vertex {}: the mass is {} kg; it must be positive", v, masses[v]);
  }
}

/// Half an edge as a spring against bending about both directors and twist, N m, at each end.
struct Springs {
  std::vector<std::array<Vec3d, 2>> of_edge;          ///< [n_edges] at its tail, at its head
  std::vector<std::vector<std::array<Index, 2>>> at;  ///< [n_vertices] (edge, end) that meet there

  const Vec3d& of(const std::array<Index, 2>& edge_end) const {
    return of_edge[static_cast<std::size_t>(edge_end[0])][static_cast<std::size_t>(edge_end[1])];
  }
  Vec3d sum(Index vertex) const {
    Vec3d total{};
    for (const auto& edge_end : at[static_cast<std::size_t>(vertex)]) total += of(edge_end);
    return total;
  }
};

Springs springs_of(const RodTopology& topology, const RodParameters& parameters) {
  Springs springs;
  springs.at.resize(static_cast<std::size_t>(topology.n_vertices));
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const EdgeProperties& p = parameters.edges[static_cast<std::size_t>(e)];
    const Vec3d B{p.bending_stiffness[0], p.bending_stiffness[1], p.twist_stiffness};
    const Vec3d s = B * (2 / parameters.rest_length[static_cast<std::size_t>(e)]);
    std::array<Vec3d, 2> ends;
    for (Index end = 0; end < 2; ++end) {
      const auto v = static_cast<std::size_t>(
          topology.edges[static_cast<std::size_t>(e)][static_cast<std::size_t>(end)]);
      const double c = parameters.junction_compliance[v];
      for (int n = 0; n < 3; ++n) ends[static_cast<std::size_t>(end)][n] = s[n] / (1 + c * s[n]);
      springs.at[v].push_back({e, end});
    }
    springs.of_edge.push_back(ends);
  }
  return springs;
}

/// The ends of both edges of a joint that meet.
std::array<std::array<Index, 2>, 2> ends_of(const Joint& joint) {
  return {{{joint.a, joint.a_reversed ? 0 : 1}, {joint.b, joint.b_reversed ? 1 : 0}}};
}

/// k_a k_b / (sum of k over the edges at the vertex).
Vec3d star_mesh(const Springs& springs, const Joint& joint) {
  const auto [a, b] = ends_of(joint);
  const Vec3d sum = springs.sum(joint.vertex);
  Vec3d K = cwise_product(springs.of(a), springs.of(b));
  for (int n = 0; n < 3; ++n) K[n] = sum[n] > 0 ? K[n] / sum[n] : 0;
  return K;
}

/// A = one I + two r r^T of rod_model.hpp, r the bending part of the curvature at rest, and
/// derivatives of both factors by |r|^2.
struct AngleFactors {
  double one, two, one_rate, two_rate;
};
AngleFactors angle_factors(const Vec3d& r) {
  const double q = squared_norm(r);
  const double G = 1 + q / 4;
  const double across = 1 / std::sqrt(G);
  const double across_rate = -across / (8 * G);
  if (q < 1e-4) {  // (1/G - across)/q cancels; its series: next terms are of order q^3 and q^2
    return {across, -1.0 / 8 + q * (5.0 / 128 - q * 11 / 1024), across_rate,
            5.0 / 128 - q * 22 / 1024};
  }
  const double two = (1 / G - across) / q;
  return {across, two, across_rate, (-1 / (4 * G * G) - across_rate - two) / q};
}
Vec3d bending_part(const Vec3d& kappa) {
  return {kappa[0], kappa[1], 0};
}
Mat3d angle_matrix(const Vec3d& r) {
  const AngleFactors f = angle_factors(r);
  return f.one * Mat3d::identity() + f.two * outer(r, r);
}

/// A diag(K) A of rod_model.hpp.
Mat3d against_angles(const Vec3d& K, const Vec3d& rest) {
  const Mat3d A = angle_matrix(bending_part(rest));
  return A * diagonal(K) * A;
}

Mat<3> to_real(const Mat3d& m) {
  Mat<3> result{};
  for (int i = 0; i < 9; ++i) result.data[i] = static_cast<Real>(m.data[i]);
  return result;
}
using filigree::to_real;

double add_real(double sum, Real value) {
  return sum + static_cast<double>(value);
}
Vec3d add_real(const Vec3d& sum, const Vec<3>& value) {
  return {sum[0] + value[0], sum[1] + value[1], sum[2] + value[2]};
}
Mat3d add_real(const Mat3d& sum, const Mat<3>& value) {
  Mat3d result = sum;
  for (int i = 0; i < 9; ++i) result.data[i] += value.data[i];
  return result;
}

/// Sums over the rods of a batch.
template <class T>
auto column_sums(const Array<T, 2>& array) {
  const auto host = to_host(array);
  using Sum = decltype(add_real({}, host(0, 0)));
  std::vector<Sum> sums(static_cast<std::size_t>(array.extent(1)), Sum{});
  for (Index b = 0; b < array.extent(0); ++b) {
    for (Index i = 0; i < array.extent(1); ++i) {
      Sum& sum = sums[static_cast<std::size_t>(i)];
      sum = add_real(sum, host(b, i));
    }
  }
  return sums;
}

}  // namespace

RodModel make_rod_model(const RodTopology& topology, const RodParameters& parameters) {
  check_parameters(topology, parameters);
  RodModel model;
  const TreeLayout layout = make_tree_layout(topology);
  model.pattern = make_tree_pattern(layout);
  model.n_vertices = topology.n_vertices;
  model.n_edges = topology.n_edges();
  model.n_joints = static_cast<Index>(topology.joints.size());
  model.rows = 1;

  HostArray<Index> tail("rods/tail", model.n_edges), head("rods/head", model.n_edges);
  HostArray<Index> edge_node("rods/edge_node", model.n_edges);
  HostArray<Index> edge_block("rods/edge_block", model.n_edges);
  HostArray<Index> is_root("rods/is_root", model.n_vertices);
  for (Index v = 0; v < model.n_vertices; ++v) {
    is_root(v) = topology.parent[static_cast<std::size_t>(v)] < 0 ? 1 : 0;
  }
  double whole_length = 0;
  HostArray<Real, 2> length("rods/rest_length", 1, model.n_edges);
  HostArray<Real, 2> stretch("rods/stretch", 1, model.n_edges);
  HostArray<Real, 2> mass("rods/mass", 1, model.n_vertices);
  for (Index e = 0; e < model.n_edges; ++e) {
    const auto [t, h] = topology.edges[static_cast<std::size_t>(e)];
    const double L = parameters.rest_length[static_cast<std::size_t>(e)];
    tail(e) = t;
    head(e) = h;
    edge_node(e) = topology.angle_vertex(e);
    edge_block(e) = layout.find(t, h) / 2;
    whole_length += L;
    length(0, e) = static_cast<Real>(L);
    stretch(0, e) =
        static_cast<Real>(parameters.edges[static_cast<std::size_t>(e)].stretch_stiffness / L);
  }
  const std::vector<double> masses = vertex_masses(topology, parameters);
  for (Index v = 0; v < model.n_vertices; ++v) {
    mass(0, v) = static_cast<Real>(masses[static_cast<std::size_t>(v)]);
  }
  const Springs springs = springs_of(topology, parameters);
  double whole_stiffness = 0;
  HostArray<DeviceJoint> joints("rods/joints", model.n_joints);
  HostArray<Vec<3>, 2> joint_rest("rods/joint_rest", 1, model.n_joints);
  HostArray<Vec<2>, 2> joint_half_turn("rods/joint_half_turn", 1, model.n_joints);
  HostArray<Mat<3>, 2> joint_stiffness("rods/joint_stiffness", 1, model.n_joints);
  for (Index j = 0; j < model.n_joints; ++j) {
    const Joint& joint = topology.joints[static_cast<std::size_t>(j)];
    const Index v = joint.vertex;
    const auto far = [&](Index e) {
      const auto [t, h] = topology.edges[static_cast<std::size_t>(e)];
      return t == v ? h : t;
    };
    DeviceJoint& to = joints(j);
    to.edge_a = joint.a;
    to.edge_b = joint.b;
    to.far_a = far(joint.a);
    to.vertex = v;
    to.far_b = far(joint.b);
    to.sign_a = joint.a_reversed ? Real(-1) : Real(1);
    to.sign_b = joint.b_reversed ? Real(-1) : Real(1);
    to.theta_a = edge_node(joint.a) == v ? 1 : 0;
    to.theta_b = edge_node(joint.b) == v ? 1 : 0;
    to.block_va = layout.find(v, to.far_a);
    to.block_vb = layout.find(v, to.far_b);
    to.block_ab = layout.find(to.far_a, to.far_b);
    const Vec3d& rest = parameters.joint_rest[static_cast<std::size_t>(j)];
    const double half_turn = parameters.joint_half_turn[static_cast<std::size_t>(j)];
    const Vec3d K = star_mesh(springs, joint);
    whole_stiffness += K[0] + K[1] + K[2];
    joint_rest(0, j) = to_real(rest);
    joint_half_turn(0, j) = {static_cast<Real>(std::cos(half_turn)),
                             static_cast<Real>(std::sin(half_turn))};
    joint_stiffness(0, j) = to_real(against_angles(K, rest));
  }
  HostArray<Real> damping("rods/damping", 1), mean_edge("rods/mean_edge", 1);
  HostArray<Real> angle_scale("rods/angle_scale", 1);
  damping(0) = static_cast<Real>(parameters.damping);
  mean_edge(0) = static_cast<Real>(whole_length / std::max<Index>(1, model.n_edges));
  angle_scale(0) =
      static_cast<Real>(whole_stiffness > 0 ? whole_stiffness / (3 * model.n_joints) : 1);
  model.tail = to_device(tail);
  model.head = to_device(head);
  model.edge_node = to_device(edge_node);
  model.edge_block = to_device(edge_block);
  model.joints = to_device(joints);
  model.rest_length = to_device(length);
  model.stretch = to_device(stretch);
  model.joint_rest = to_device(joint_rest);
  model.joint_half_turn = to_device(joint_half_turn);
  model.joint_stiffness = to_device(joint_stiffness);
  model.mass = to_device(mass);
  model.damping = to_device(damping);
  model.is_root = to_device(is_root);
  model.mean_edge = to_device(mean_edge);
  model.angle_scale = to_device(angle_scale);
  model.gravity = to_real(parameters.gravity);
  return model;
}

RodParameters pull_back(const RodTopology& topology, const RodParameters& parameters,
                        const RodModelBar& model_bar) {
  const auto n_edges = static_cast<std::size_t>(topology.n_edges());
  const auto n_vertices = static_cast<std::size_t>(topology.n_vertices);
  RodParameters bar;
  bar.rest_length = column_sums(model_bar.rest_length);
  bar.edges.assign(n_edges, {0, {0, 0}, 0, 0});
  bar.joint_rest = column_sums(model_bar.joint_rest);
  bar.junction_compliance.assign(n_vertices, 0);
  bar.added_mass = column_sums(model_bar.mass);
  bar.damping = column_sums(model_bar.damping)[0];
  bar.gravity = column_sums(model_bar.gravity)[0];

  const Springs springs = springs_of(topology, parameters);
  std::vector<std::array<Vec3d, 2>> spring_bar(n_edges);
  const std::vector<Mat3d> K_bar = column_sums(model_bar.joint_stiffness);
  for (std::size_t j = 0; j < topology.joints.size(); ++j) {
    const Joint& joint = topology.joints[j];
    const Vec3d K = star_mesh(springs, joint);
    const Vec3d r = bending_part(parameters.joint_rest[j]);
    const Mat3d A = angle_matrix(r);
    const Mat3d S = 0.5 * (K_bar[j] + transpose(K_bar[j]));
    // K = A diag(K) A
    const Mat3d by_K = A * S * A;
    const Mat3d by_A = diagonal(K) * A * S + S * A * diagonal(K);
    const AngleFactors f = angle_factors(r);
    const Vec3d across = by_A * r;
    const Vec3d by_rest =
        2 * (f.one_rate * trace(by_A) + f.two_rate * dot(r, across)) * r + 2 * f.two * across;
    bar.joint_rest[j] += bending_part(by_rest);
    // K_n = k_a k_b / sum
    const Vec3d sum = springs.sum(joint.vertex);
    const auto add = [&](const std::array<Index, 2>& edge_end, int n, double value) {
      spring_bar[static_cast<std::size_t>(edge_end[0])][static_cast<std::size_t>(edge_end[1])][n] +=
          value;
    };
    const auto [a, b] = ends_of(joint);
    for (int n = 0; n < 3; ++n) {
      if (!(sum[n] > 0)) continue;
      const double share = by_K(n, n) / sum[n];
      add(a, n, share * springs.of(b)[n]);
      add(b, n, share * springs.of(a)[n]);
      for (const auto& edge_end : springs.at[static_cast<std::size_t>(joint.vertex)]) {
        add(edge_end, n, -share * K[n]);
      }
    }
  }
  const std::vector<double> stretch_bar = column_sums(model_bar.stretch);
  for (std::size_t e = 0; e < n_edges; ++e) {
    const EdgeProperties& p = parameters.edges[e];
    const double L = parameters.rest_length[e];
    EdgeProperties& to = bar.edges[e];
    to.stretch_stiffness = stretch_bar[e] / L;
    bar.rest_length[e] -= stretch_bar[e] * p.stretch_stiffness / (L * L);
    const double by_ends = bar.added_mass[static_cast<std::size_t>(topology.edges[e][0])] +
                           bar.added_mass[static_cast<std::size_t>(topology.edges[e][1])];
    to.line_density = by_ends * L / 2;
    bar.rest_length[e] += by_ends * p.line_density / 2;
    const Vec3d B{p.bending_stiffness[0], p.bending_stiffness[1], p.twist_stiffness};
    Vec3d by_B{};
    for (std::size_t end = 0; end < 2; ++end) {
      const auto v = static_cast<std::size_t>(topology.edges[e][end]);
      const double c = parameters.junction_compliance[v];
      for (int n = 0; n < 3; ++n) {
        const double s = 2 * B[n] / L;
        const double k = springs.of_edge[e][end][n];
        const double by_s = spring_bar[e][end][n] / ((1 + c * s) * (1 + c * s));
        by_B[n] += by_s * 2 / L;
        bar.rest_length[e] -= by_s * s / L;
        bar.junction_compliance[v] -= spring_bar[e][end][n] * k * k;
      }
    }
    to.bending_stiffness = {by_B[0], by_B[1]};
    to.twist_stiffness = by_B[2];
  }
  return bar;
}

}  // namespace filigree::rods
