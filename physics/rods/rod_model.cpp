// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_model.hpp"

#include <algorithm>
#include <cmath>

#include "core/parallel.hpp"
#include "core/to_real.hpp"
#include "physics/rods/rod_assembly.hpp"
#include "physics/rods/rod_parameters.hpp"

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

RodParameters make_rod_parameters(const RodTopology& topology, const RodShape& rest,
                                  const std::vector<EdgeProperties>& edges,
                                  const std::vector<double>& junction_compliance) {
  check_shape(topology, rest);
  const auto n_vertices = static_cast<std::size_t>(topology.n_vertices);
  RodParameters parameters;
  for (Index e = 0; e < topology.n_edges(); ++e) {
    parameters.rest_length.push_back(norm(edge_vector(topology, rest, e)));
  }
  parameters.edges = edges;
  const std::vector<Vec3d> directors = natural_directors(topology, rest);
  for (const Joint& joint : topology.joints) {
    const RestJoint at_rest = rest_joint(topology, rest, directors, joint);
    parameters.joint_rest.push_back(at_rest.kappa);
    parameters.joint_half_turn.push_back(at_rest.half_turn);
  }
  parameters.junction_compliance =
      junction_compliance.empty() ? std::vector<double>(n_vertices, 0.0) : junction_compliance;
  parameters.added_mass.assign(n_vertices, 0);
  return parameters;
}

RodModel make_rod_model(const RodTopology& topology, const RodShape& rest,
                        const std::vector<EdgeProperties>& edges,
                        const std::vector<double>& junction_compliance) {
  return make_rod_model(topology, make_rod_parameters(topology, rest, edges, junction_compliance));
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
