// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Constants of the published branched-rod model.
#include <utility>

#include "core/error.hpp"
#include "physics/rods/deft_parts.hpp"

namespace filigree::rods::deft {

namespace {

Sharing sharing_of(const Cable& cable) {
  const auto& junctions = cable.junctions;
  for (std::size_t c = 0; c < junctions.size(); ++c) {
    const bool nested = junctions[c].host != 0;
    FILIGREE_REQUIRE(!nested || (c == 1 && junctions.size() == 2 && junctions[c].host == 1 &&
                                 junctions[c].vertex == 1),
                     "child {} hangs on vertex {} of branch {}: the published program knows only "
                     "a second and last child on vertex 1 of the first",
                     c + 1, junctions[c].vertex, junctions[c].host);
    if (nested) return Sharing::kNested;
  }
  for (std::size_t c = 1; c < junctions.size(); ++c) {
    for (std::size_t d = 0; d < c; ++d) {
      if (junctions[c].vertex == junctions[d].vertex) return Sharing::kOneByOne;
    }
  }
  return Sharing::kTogether;
}

void check_sizes(const Cable& cable, const Parameters& parameters) {
  const std::size_t branches = cable.counts.size();
  FILIGREE_REQUIRE(branches >= 1 && cable.slots == cable.counts[0],
                   "the cable has {} slots but {} branches, of which the first must fill the slots",
                   cable.slots, branches);
  for (const int count : cable.counts) {
    FILIGREE_REQUIRE(count >= 2 && count <= cable.slots,
                     "a branch of {} vertices does not fit {} slots", count, cable.slots);
  }
  FILIGREE_REQUIRE(cable.junctions.size() + 1 == branches, "{} children need {} junctions, not {}",
                   branches - 1, branches - 1, cable.junctions.size());
  for (const Junction& junction : cable.junctions) {
    const bool exists = junction.host >= 0 && junction.host < static_cast<int>(branches);
    FILIGREE_REQUIRE(
        exists && junction.vertex >= 1 &&
            junction.vertex + 1 < cable.counts[static_cast<std::size_t>(junction.host)],
        "a junction at vertex {} of branch {} does not lie between two edges", junction.vertex,
        junction.host);
  }
  FILIGREE_REQUIRE(!cable.grasped.empty(), "no vertex of the cable is grasped");
  for (const int vertex : cable.grasped) {
    FILIGREE_REQUIRE(vertex >= 0 && vertex < cable.slots,
                     "grasped vertex {} is none of the parent's {}", vertex, cable.slots);
  }
  const std::size_t size = branches * static_cast<std::size_t>(cable.slots);
  const auto check = [](const char* name, std::size_t given, std::size_t needed) {
    FILIGREE_REQUIRE(given == needed, "'{}' has {} entries, the cable needs {}", name, given,
                     needed);
  };
  check("rest shape", cable.rest.size(), size);
  check("bending stiffness", cable.bending.size(), branches);
  check("learned rest shape", parameters.rest.size(), size);
  check("learned mass", parameters.damping_mass.size(), size);
  check("damping", parameters.damping.size(), branches);
  check("learned twist stiffness", parameters.solver_twist.size(), size);
}

void set_lengths_and_masses(Model& model) {
  const Cable& cable = model.cable;
  model.length.assign(model.size(), 0.0);
  model.region.assign(model.size(), 0.0);
  model.mass.assign(model.size(), 0.0);
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double scale = b == 0 ? cable.parent_mass_scale : cable.child_mass_scale;
    for (int k = 0; k < rod.edges(); ++k) {
      const double length = norm(edge_of(cable.rest, rod[k]));
      FILIGREE_REQUIRE(length > 0, "edge {} of branch {} has no length at rest", k, b);
      model.length[rod[k]] = length;
      model.mass[rod[k]] += scale * (length / 2);
      model.mass[rod[k + 1]] += scale * (length / 2);
    }
    for (int k = 1; k < rod.edges(); ++k) {
      model.region[rod[k]] = model.length[rod[k - 1]] + model.length[rod[k]];
    }
  }
}

/// Inertia per mass of a round cylinder along z.
Vec3 cylinder_inertia(double length, double radius) {
  const double across = length * length / 12 + radius * radius / 4;
  return {across, across, radius * radius / 2};
}

/// The weights with which orientations blend. An edge counts like a cylinder along the z axis of
/// the world (D13).
void set_inertias(Model& model) {
  const Cable& cable = model.cable;
  const auto length = [&](int branch, int edge) { return model.length[model.at(branch, edge)]; };
  const auto inertia = [&](double l) { return cylinder_inertia(l, cable.radius_over_length * l); };
  for (int c = 0; c < model.children(); ++c) {
    const Junction& junction = junction_of(model, c);
    // D17: the edge after the junction is that of the first junction for every child.
    Vec3 in = inertia(length(0, junction.vertex - 1));
    const Vec3 out = inertia(length(0, junction_of(model, 0).vertex));
    if (is_nested(model, c)) {
      in = cylinder_inertia(length(junction.host, 0), cable.radius_over_length * length(0, 0));
    }
    // D17: the first component of a child is its host's.
    Vec3 child = inertia(length(c + 1, 0));
    child[0] = (model.sharing == Sharing::kOneByOne ? in : out)[0];
    model.host_inertia_in.push_back(cable.parent_inertia_scale * in);
    model.host_inertia_out.push_back(cable.parent_inertia_scale * out);
    model.child_inertia.push_back(cable.child_inertia_scale * child);
  }
}

/// Natural curvature: of the learned rest shape after one sweep over its lengths, without twist.
void set_rest_curvature(Model& model) {
  std::vector<Vec3> shape = model.parameters.rest;
  restore_lengths(model, shape);
  std::vector<Vec3> first_frame(model.cable.counts.size());
  Frames frames;
  set_first_frames(model, true, shape, first_frame);
  bishop_frames(model, shape, first_frame, frames);
  material_frames(model, std::vector<double>(model.size(), 0.0), frames);
  model.rest_in.assign(model.size(), Vec2::zero());
  model.rest_out.assign(model.size(), Vec2::zero());
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 1; k < rod.edges(); ++k) {
      model.rest_in[rod[k]] = material_curvature(frames, rod[k], rod[k - 1]);
      model.rest_out[rod[k]] = material_curvature(frames, rod[k], rod[k]);
    }
  }
}

/// The network's graph: neighbours along branches, every vertex with itself, and the junctions.
void set_graph(Model& model) {
  const auto nodes = static_cast<int>(model.size());
  std::vector<double> dense(model.size() * model.size(), 0.0);
  const auto join = [&](std::size_t row, std::size_t column) {
    dense[row * model.size() + column] = 1;
  };
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      join(rod[k], rod[k]);
      if (k > 0) join(rod[k], rod[k - 1]);
      if (k < rod.edges()) join(rod[k], rod[k + 1]);
    }
  }
  for (int c = 0; c < model.children(); ++c) {
    const Junction& junction = junction_of(model, c);
    const std::size_t host = model.at(junction.host, junction.vertex);
    const std::size_t root = model.at(c + 1, 0);
    for (const std::size_t column : {host - 1, host, host + 1}) join(root, column);
    std::size_t entry = root;
    // D16: the second child's entry lands behind the vertices of the first, where nothing is; it
    // only adds to the degree.
    if (model.sharing == Sharing::kTogether && c == 1) {
      entry = model.at(1, 0) + static_cast<std::size_t>(model.cable.counts[1]);
    }
    join(host, entry);
    join(host, entry + 1);
  }
  model.graph = normalize_adjacency(dense, nodes);
}

}  // namespace

Model make_model(Cable cable, Parameters parameters) {
  check_sizes(cable, parameters);
  Model model;
  model.sharing = sharing_of(cable);
  model.cable = std::move(cable);
  model.parameters = std::move(parameters);
  model.held_edges = {model.cable.grasped.front(), model.cable.grasped.back() - 1};
  model.is_grasped.assign(static_cast<std::size_t>(model.slots()), 0);
  for (const int vertex : model.cable.grasped) {
    model.is_grasped[static_cast<std::size_t>(vertex)] = 1;
  }
  set_lengths_and_masses(model);
  set_inertias(model);
  set_rest_curvature(model);
  if (!model.parameters.net.empty()) set_graph(model);
  return model;
}

}  // namespace filigree::rods::deft
