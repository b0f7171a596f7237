// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_model.hpp"

#include <algorithm>
#include <cmath>

#include "core/parallel.hpp"
#include "core/to_real.hpp"
#include "physics/rods/rod_assembly.hpp"

namespace filigree::rods {

namespace {

using Vec3d = Vec<3, double>;

/// Edges that meet at an angle whose cosine is below this fold back on each other.
constexpr double kFolded = -0.999;

Vec3d edge_vector(const RodTopology& topology, const RodShape& shape, Index e) {
  const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
  return shape.positions[static_cast<std::size_t>(head)] -
         shape.positions[static_cast<std::size_t>(tail)];
}

Vec3d unit(const Vec3d& v) {
  return v * (1 / norm(v));
}

/// Any unit vector perpendicular to t.
Vec3d perpendicular(const Vec3d& t) {
  int axis = 0;
  for (int a = 1; a < 3; ++a) {
    if (std::abs(t[a]) < std::abs(t[axis])) axis = a;
  }
  Vec3d e = Vec3d::zero();
  e[axis] = 1;
  return unit(cross(cross(t, e), t));
}

void check_shape(const RodTopology& topology, const RodShape& shape) {
  FILIGREE_REQUIRE(static_cast<Index>(shape.positions.size()) == topology.n_vertices,
                   "the shape has {} positions for {} vertices", shape.positions.size(),
                   topology.n_vertices);
  FILIGREE_REQUIRE(
      shape.directors.empty() || static_cast<Index>(shape.directors.size()) == topology.n_edges(),
      "the shape has {} directors for {} edges", shape.directors.size(), topology.n_edges());
  for (Index v = 0; v < topology.n_vertices; ++v) {
    const Vec3d& x = shape.positions[static_cast<std::size_t>(v)];
    FILIGREE_REQUIRE(std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(x[2]),
                     "the position of vertex {} is not finite", v);
  }
  double longest = 0;
  for (Index e = 0; e < topology.n_edges(); ++e) {
    longest = std::max(longest, norm(edge_vector(topology, shape, e)));
  }
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const double length = norm(edge_vector(topology, shape, e));
    FILIGREE_REQUIRE(length > 1e-9 * longest,
                     "edge {} between vertices {} and {} has no length ({} m)", e,
                     topology.edges[static_cast<std::size_t>(e)][0],
                     topology.edges[static_cast<std::size_t>(e)][1], length);
  }
  for (const Joint& joint : topology.joints) {
    const Vec3d a = unit(edge_vector(topology, shape, joint.a)) * (joint.a_reversed ? -1.0 : 1.0);
    const Vec3d b = unit(edge_vector(topology, shape, joint.b)) * (joint.b_reversed ? -1.0 : 1.0);
    FILIGREE_REQUIRE(dot(a, b) > kFolded,
                     "edges {} and {} fold back on each other at vertex {}; a joint bends by less "
                     "than 177 degrees",
                     joint.a, joint.b, joint.vertex);
  }
}

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

/// kappa at rest with the frames turned towards each other, and half the twist that turned them.
struct RestJoint {
  Vec3d kappa;
  double half_turn;
};
RestJoint rest_joint(const RodTopology& topology, const RodShape& shape,
                     const std::vector<Vec3d>& directors, const Joint& joint) {
  const auto edge = [&](Index e, bool reverse, double turn) {
    const Vec3d vector = edge_vector(topology, shape, e) * (reverse ? -1.0 : 1.0);
    const Vec3d& d = directors[static_cast<std::size_t>(e)];
    return FramedEdge<double>{vector, std::cos(turn) * d + std::sin(turn) * cross(unit(vector), d)};
  };
  const auto kappa = [&](double half) {
    return bend_twist(edge(joint.a, joint.a_reversed, half), edge(joint.b, joint.b_reversed, -half),
                      Real(0));
  };
  const double half = kappa(0)[2] / 2;
  Vec3d turned = kappa(half);
  turned[2] = 0;  // but for round-off
  return {turned, half};
}

/// k_a k_b / (sum of k over the edges at the vertex), for bending about both directors and twist.
Vec3d star_mesh(const RodTopology& topology, const RodShape& shape,
                const std::vector<EdgeProperties>& edges, double compliance, const Joint& joint) {
  const auto springs = [&](Index e) {
    const EdgeProperties& p = edges[static_cast<std::size_t>(e)];
    Vec3d k{p.bending_stiffness[0], p.bending_stiffness[1], p.twist_stiffness};
    k *= 2 / norm(edge_vector(topology, shape, e));
    for (int n = 0; n < 3; ++n) k[n] = k[n] / (1 + compliance * k[n]);
    return k;
  };
  Vec3d sum{};
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
    if (tail == joint.vertex || head == joint.vertex) sum += springs(e);
  }
  Vec3d K = cwise_product(springs(joint.a), springs(joint.b));
  for (int n = 0; n < 3; ++n) K[n] = sum[n] > 0 ? K[n] / sum[n] : 0;
  return K;
}

/// A diag(K) A of rod_model.hpp.
Mat<3> against_angles(const Vec3d& K, const Vec3d& rest) {
  const Vec3d bend{rest[0], rest[1], 0};
  const double square = squared_norm(bend);
  const double G = 1 + square / 4;
  const double across = 1 / std::sqrt(G);
  Mat<3, 3, double> A = across * Mat<3, 3, double>::identity();
  if (square > 0) A += ((1 / G - across) / square) * outer(bend, bend);
  const Mat<3, 3, double> product = A * diagonal(K) * A;
  Mat<3> result{};
  for (int i = 0; i < 9; ++i) result.data[i] = static_cast<Real>(product.data[i]);
  return result;
}

FILIGREE_FUNCTION RodPose pose_of(const RodModel& model, const RodState& state, Index b) {
  return {state.position.data() + Offset(b) * model.n_vertices,
          state.director.data() + Offset(b) * model.n_edges,
          state.twist.data() + Offset(b) * model.n_joints};
}

}  // namespace

std::vector<Vec<3, double>> natural_directors(const RodTopology& topology, const RodShape& shape) {
  check_shape(topology, shape);
  std::vector<Vec3d> directors(static_cast<std::size_t>(topology.n_edges()));
  if (!shape.directors.empty()) {
    for (Index e = 0; e < topology.n_edges(); ++e) {
      const Vec3d t = unit(edge_vector(topology, shape, e));
      const Vec3d& given = shape.directors[static_cast<std::size_t>(e)];
      const Vec3d across = given - dot(given, t) * t;
      FILIGREE_REQUIRE(norm(across) > 1e-6 * norm(given) && norm(given) > 0,
                       "the director of edge {} lies along the edge or has no length", e);
      directors[static_cast<std::size_t>(e)] = unit(across);
    }
    return directors;
  }
  std::vector<Index> first_at_root(static_cast<std::size_t>(topology.n_vertices), -1);
  for (const Index v : topology.order) {
    const Index e = topology.parent_edge[static_cast<std::size_t>(v)];
    if (e < 0) continue;
    const Index p = topology.parent[static_cast<std::size_t>(v)];
    Index reference = topology.parent_edge[static_cast<std::size_t>(p)];
    Index& first = first_at_root[static_cast<std::size_t>(p)];
    if (reference < 0) reference = first;
    if (first < 0) first = e;
    const auto walked = [&](Index edge, int end) {  // with vertex p at that end
      const Vec3d t = unit(edge_vector(topology, shape, edge));
      return topology.edges[static_cast<std::size_t>(edge)][static_cast<std::size_t>(end)] == p
                 ? t
                 : -t;
    };
    directors[static_cast<std::size_t>(e)] =
        reference < 0 ? perpendicular(walked(e, 0))
                      : transported(walked(reference, 1), walked(e, 0),
                                    directors[static_cast<std::size_t>(reference)]);
  }
  return directors;
}

RodModel make_rod_model(const RodTopology& topology, const RodShape& rest,
                        const std::vector<EdgeProperties>& edges,
                        const std::vector<double>& junction_compliance) {
  check_shape(topology, rest);
  check_edges(edges, topology.n_edges());
  FILIGREE_REQUIRE(junction_compliance.empty() ||
                       static_cast<Index>(junction_compliance.size()) == topology.n_vertices,
                   "{} junction compliances are given for {} vertices", junction_compliance.size(),
                   topology.n_vertices);
  for (const double c : junction_compliance) {
    FILIGREE_REQUIRE(c >= 0, "a junction compliance is {} rad/(N m); it must not be negative", c);
  }
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
  Kokkos::deep_copy(mass.view(), Real(0));
  for (Index e = 0; e < model.n_edges; ++e) {
    const auto [t, h] = topology.edges[static_cast<std::size_t>(e)];
    const EdgeProperties& p = edges[static_cast<std::size_t>(e)];
    const double L = norm(edge_vector(topology, rest, e));
    tail(e) = t;
    head(e) = h;
    edge_node(e) = topology.parent_edge[static_cast<std::size_t>(h)] == e ? h : t;
    edge_block(e) = layout.find(t, h) / 2;
    whole_length += L;
    length(0, e) = static_cast<Real>(L);
    stretch(0, e) = static_cast<Real>(p.stretch_stiffness / L);
    for (const Index v : {t, h}) mass(0, v) += static_cast<Real>(p.line_density * L / 2);
  }
  const std::vector<Vec3d> directors = natural_directors(topology, rest);
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
    const RestJoint at_rest = rest_joint(topology, rest, directors, joint);
    const double compliance =
        junction_compliance.empty() ? 0 : junction_compliance[static_cast<std::size_t>(v)];
    const Vec3d K = star_mesh(topology, rest, edges, compliance, joint);
    whole_stiffness += K[0] + K[1] + K[2];
    joint_rest(0, j) = to_real(at_rest.kappa);
    joint_half_turn(0, j) = {static_cast<Real>(std::cos(at_rest.half_turn)),
                             static_cast<Real>(std::sin(at_rest.half_turn))};
    joint_stiffness(0, j) = against_angles(K, at_rest.kappa);
  }
  HostArray<Real> damping("rods/damping", 1), mean_edge("rods/mean_edge", 1);
  HostArray<Real> angle_scale("rods/angle_scale", 1);
  damping(0) = 0;
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
  return model;
}

void count_twists(const RodModel& rods, const RodState& rod_state) {
  const RodModel model = rods;
  const RodState state = rod_state;
  for_each(
      "rods/count_twists", state.batch, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        for (Index j = 0; j < model.n_joints; ++j) {
          state.twist(b, j) = 0;
          state.twist(b, j) = joint_kappa(model, row, pose_of(model, state, b), j)[2];
        }
      });
}

RodState make_rod_state(const RodTopology& topology, const RodModel& model, const RodShape& shape,
                        Index batch) {
  check_shape(topology, shape);
  const std::vector<Vec3d> directors = natural_directors(topology, shape);
  HostArray<Vec<3>, 2> position("rods/position", batch, model.n_vertices);
  HostArray<Vec<3>, 2> velocity("rods/velocity", batch, model.n_vertices);
  HostArray<Vec<3>, 2> director("rods/director", batch, model.n_edges);
  for (Index b = 0; b < batch; ++b) {
    for (Index v = 0; v < model.n_vertices; ++v) {
      position(b, v) = to_real(shape.positions[static_cast<std::size_t>(v)]);
      velocity(b, v) = Vec<3>::zero();
    }
    for (Index e = 0; e < model.n_edges; ++e) {
      director(b, e) = to_real(directors[static_cast<std::size_t>(e)]);
    }
  }
  RodState state;
  state.batch = batch;
  state.position = to_device(position);
  state.velocity = to_device(velocity);
  state.director = to_device(director);
  state.twist = Array<Real, 2>("rods/twist", batch, model.n_joints);
  count_twists(model, state);
  return state;
}

std::vector<RodEnergy> rod_energies(const RodModel& rod_model, const RodState& rod_state) {
  const RodModel model = rod_model;
  const RodState state = rod_state;
  const Array<double, 2> energies("rods/energies", state.batch, 4);
  for_each(
      "rods/energies", state.batch, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        const RodPose pose = pose_of(model, state, b);
        double kinetic = 0, gravity = 0;
        for (Index v = 0; v < model.n_vertices; ++v) {
          const double m = model.mass(row, v);
          kinetic += 0.5 * m * squared_norm(state.velocity(b, v));
          gravity -= m * dot(model.gravity, state.position(b, v));
        }
        energies(b, 0) = stretch_energy(model, row, pose);
        energies(b, 1) = bend_twist_energy(model, row, pose);
        energies(b, 2) = kinetic;
        energies(b, 3) = gravity;
      });
  const auto host = to_host(energies);
  std::vector<RodEnergy> result;
  for (Index b = 0; b < state.batch; ++b) {
    result.push_back({host(b, 0), host(b, 1), host(b, 2), host(b, 3)});
  }
  return result;
}

RodForces rod_forces(const RodModel& rod_model, const RodState& rod_state) {
  const RodModel model = rod_model;
  const RodState state = rod_state;
  const RodForces forces{Array<Vec<3>, 2>("rods/force", state.batch, model.n_vertices),
                         Array<Real, 2>("rods/moment", state.batch, model.n_edges)};
  const Array<Vec<4>, 2> gradients("rods/gradient", state.batch, model.n_vertices);
  for_each(
      "rods/forces", state.batch, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        const RodPose pose = pose_of(model, state, b);
        for (Index v = 0; v < model.n_vertices; ++v) gradients(b, v) = Vec<4>::zero();
        add_elasticity(model, row, pose, &gradients(b, 0), false, {});
        for (Index v = 0; v < model.n_vertices; ++v) {
          for (int i = 0; i < 3; ++i) forces.force(b, v)[i] = -gradients(b, v)[i];
        }
        for (Index e = 0; e < model.n_edges; ++e) {
          forces.moment(b, e) = -gradients(b, model.edge_node(e))[3];
        }
      });
  return forces;
}

}  // namespace filigree::rods
