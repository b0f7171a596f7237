// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_options.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "scenarios/types/clamp_trajectory.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

std::string names_of(const std::vector<BranchOptions>& branches, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(branches[i].name);
  return names.empty() ? "none" : join(names);
}

/// Vertices of a branch, its root's included.
std::int64_t vertices_of(const BranchOptions& branch) {
  return branch.edges + 1;
}

std::string check_vertex(std::int64_t vertex, const BranchOptions& branch) {
  const std::int64_t n = vertices_of(branch);
  if (vertex >= -n && vertex < n) return "";
  return format("branch '{}' has the vertices 0 to {}, or -1 to -{} from its end", branch.name,
                n - 1, n);
}

const BranchOptions* find_branch(const std::vector<BranchOptions>& branches,
                                 const std::string& name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (branches[i].name == name) return &branches[i];
  }
  return nullptr;
}

/// A vertex as branch and number; the first of a branch with a root is a vertex of the root.
using VertexName = std::pair<std::string, std::int64_t>;
VertexName vertex_name(const std::vector<BranchOptions>& branches, const std::string& name,
                       std::int64_t vertex) {
  const BranchOptions* branch = find_branch(branches, name, branches.size());
  const std::int64_t number = vertex < 0 ? vertex + vertices_of(*branch) : vertex;
  if (number > 0 || branch->root.empty()) return {name, number};
  return vertex_name(branches, branch->root, branch->root_vertex);
}

std::vector<VertexName> held_vertices(const RodsOptions& options, const ClampOptions& clamp) {
  const BranchOptions* branch =
      find_branch(options.branches, clamp.branch, options.branches.size());
  const std::int64_t v = clamp.vertex < 0 ? clamp.vertex + vertices_of(*branch) : clamp.vertex;
  std::vector<VertexName> held{vertex_name(options.branches, clamp.branch, v)};
  if (clamp.edge != HeldEdge::kNone) {
    const std::int64_t other = clamp.edge == HeldEdge::kNext ? v + 1 : v - 1;
    held.push_back(vertex_name(options.branches, clamp.branch, other));
  }
  return held;
}

/// {key below the obstacle, what is wrong there}
std::pair<std::string, std::string> check_obstacle(const RodObstacleOptions& obstacle) {
  const auto three = [](const std::string& key, const std::vector<double>& values) {
    return values.empty() || values.size() == 3
               ? std::pair<std::string, std::string>{}
               : std::pair(key,
                           format("the vector has {} components, three are needed", values.size()));
  };
  const std::vector<double>* lengths[2] = {};
  if (const auto* box = std::get_if<BoxShape>(&obstacle.shape)) {
    lengths[0] = &box->min;
    lengths[1] = &box->max;
  } else if (const auto* ball = std::get_if<SphereShape>(&obstacle.shape)) {
    lengths[0] = &ball->center;
  } else if (const auto* cylinder = std::get_if<CylinderShape>(&obstacle.shape)) {
    lengths[0] = &cylinder->center;
  }
  for (const auto* values : lengths) {
    if (values != nullptr && values->size() != 3) {
      return {".shape", format("its points have {} coordinates, three are needed", values->size())};
    }
  }
  if (!obstacle.rotation.empty() && (std::holds_alternative<PlaneShape>(obstacle.shape) ||
                                     std::holds_alternative<CapsuleShape>(obstacle.shape))) {
    return {".rotation", "a plane or capsule is turned by its own points; leave it out"};
  }
  if (auto wrong = three(".rotation", obstacle.rotation); !wrong.second.empty()) return wrong;
  if (!obstacle.motion) return {};
  if (auto wrong = three(".motion.velocity", obstacle.motion->velocity); !wrong.second.empty()) {
    return wrong;
  }
  return three(".motion.angular_velocity", obstacle.motion->angular_velocity);
}

/// Whether both hold a vertex at the same time.
bool hold_the_same(const RodsOptions& options, const ClampOptions& a, const ClampOptions& b) {
  const auto is_before = [](const ClampOptions& first, const ClampOptions& second) {
    return first.until && second.from && *first.until <= *second.from;
  };
  if (is_before(a, b) || is_before(b, a)) return false;
  const auto held_by_a = held_vertices(options, a);
  const auto held_by_b = held_vertices(options, b);
  return std::find_first_of(held_by_a.begin(), held_by_a.end(), held_by_b.begin(),
                            held_by_b.end()) != held_by_a.end();
}

}  // namespace

std::string BranchOptions::validate() const {
  const std::string bad_name = check_name(name, "trunk");
  if (!bad_name.empty()) return bad_name;
  const std::size_t least = root.empty() ? 2 : 1;
  if (points.size() < least) {
    return format("points: a branch {} needs at least {}",
                  root.empty() ? "of its own" : "with a root",
                  least == 2 ? "two points" : "one point");
  }
  return "";
}

std::string ClampOptions::validate() const {
  const std::string bad_name = check_name(name, "left_gripper");
  if (!bad_name.empty()) return bad_name;
  if (from && until && !(*until > *from)) {
    return format("until: {} s is not after {} s, when it takes hold", number_text(*until),
                  number_text(*from));
  }
  if (trajectory && !motion.empty()) return "trajectory: give way-points in one place, not in both";
  if (from && !motion.empty() && motion[0].time < *from) {
    return format("motion.0.time: {} s is before {} s, when it takes hold",
                  number_text(motion[0].time), number_text(*from));
  }
  for (std::size_t i = 1; i < motion.size(); ++i) {
    if (!(motion[i].time > motion[i - 1].time)) {
      return format("motion.{}.time: {} s is not after {} s of the way-point before", i,
                    number_text(motion[i].time), number_text(motion[i - 1].time));
    }
  }
  return "";
}

std::string PlaneShape::validate() const {
  const bool is_zero = normal[0] == 0 && normal[1] == 0 && normal[2] == 0;
  return is_zero ? "normal: the vector is zero; it must point out of the obstacle" : "";
}

std::string RodObstacleOptions::validate() const {
  return check_name(name, "peg");
}

std::string RodsOptions::load_files(const std::filesystem::path& folder) {
  std::string text;
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    auto* surface = std::get_if<SurfaceShape>(&obstacles[i].shape);
    if (surface == nullptr) continue;
    const std::string wrong = load_surface(*surface, folder);
    if (!wrong.empty()) text += format("obstacles.{}.shape.file: {}\n", i, wrong);
  }
  for (std::size_t i = 0; i < clamps.size(); ++i) {
    ClampOptions& clamp = clamps[i];
    if (!clamp.trajectory) continue;
    try {
      clamp.waypoints = read_trajectory(folder / clamp.trajectory->path);
    } catch (const Error& error) {
      text += format("clamps.{}.trajectory: {}\n", i, error.what());
      continue;
    }
    if (clamp.from && clamp.waypoints[0].time < *clamp.from) {
      text += format("clamps.{}.trajectory: begins at {} s, before the clamp takes hold at {} s\n",
                     i, number_text(clamp.waypoints[0].time), number_text(*clamp.from));
    }
  }
  return text;
}

std::string RodsOptions::validate() const {
  if (branches.empty()) return "branches: the list is empty, so there is no rod; add one";
  std::string text;
  const auto add = [&](const std::string& key, const std::string& wrong) {
    if (!wrong.empty()) text += format("{}: {}\n", key, wrong);
  };
  if (!gravity.empty() && gravity.size() != 3) {
    add("gravity", format("the vector has {} components, three are needed", gravity.size()));
  }
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const BranchOptions& branch = branches[i];
    const std::string key = format("branches.{}", i);
    if (find_branch(branches, branch.name, i) != nullptr) {
      add(key + ".name", format("two branches are called '{}'", branch.name));
    }
    if (branch.start && !std::holds_alternative<StartPoints>(*branch.start) &&
        !branch.root.empty()) {
      add(key + ".start", "only a branch of its own can be knotted or a ring; give its points");
    }
    if (branch.start && std::holds_alternative<StartRing>(*branch.start) && branch.edges < 4) {
      add(key + ".edges", "a ring needs four edges or more");
    }
    if (branch.root.empty()) {
      if (branch.root_vertex != -1) add(key + ".root_vertex", "it has no meaning without `root`");
      continue;
    }
    const BranchOptions* root = find_branch(branches, branch.root, i);
    if (root == nullptr) {
      add(key + ".root", format("there is no branch '{}' before this one; there are: {}",
                                branch.root, names_of(branches, i)));
    } else {
      add(key + ".root_vertex", check_vertex(branch.root_vertex, *root));
    }
  }
  for (std::size_t i = 0; i < clamps.size(); ++i) {
    const ClampOptions& clamp = clamps[i];
    const std::string key = format("clamps.{}", i);
    const BranchOptions* branch = find_branch(branches, clamp.branch, branches.size());
    if (branch == nullptr) {
      add(key + ".branch", format("there is no branch '{}'; there are: {}", clamp.branch,
                                  names_of(branches, branches.size())));
      continue;
    }
    add(key + ".vertex", check_vertex(clamp.vertex, *branch));
    const std::int64_t n = vertices_of(*branch);
    const std::int64_t vertex = clamp.vertex < 0 ? clamp.vertex + n : clamp.vertex;
    if (clamp.edge == HeldEdge::kNext && vertex == n - 1) {
      add(key + ".edge", "there is no edge after the last vertex; say previous");
    }
    if (clamp.edge == HeldEdge::kPrevious && vertex == 0) {
      add(key + ".edge", "there is no edge before the first vertex; say next");
    }
    for (std::size_t k = 0; k < clamp.motion.size(); ++k) {
      const std::array<double, 3>& rotate = clamp.motion[k].rotate;
      if (clamp.edge == HeldEdge::kNone && rotate != std::array<double, 3>{}) {
        add(format("{}.motion.{}.rotate", key, k), "only a held edge can be rotated; set `edge`");
      }
      if (clamp.edge == HeldEdge::kNone && clamp.motion[k].turn != 0) {
        add(format("{}.motion.{}.turn", key, k), "only a held edge can be turned; set `edge`");
      }
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (clamps[j].name == clamp.name) {
        add(key + ".name", format("two clamps are called '{}'", clamp.name));
      } else if (text.empty() && hold_the_same(*this, clamp, clamps[j])) {
        add(key + ".vertex",
            format("clamp '{}' holds the same vertex as clamp '{}'", clamp.name, clamps[j].name));
      }
    }
  }
  std::vector<std::string> names;
  for (const BranchOptions& branch : branches) {
    names.push_back(branch.name);
    names.push_back(branch.name + "_tube");
  }
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    const std::string key = format("obstacles.{}", i);
    const auto [where, wrong] = check_obstacle(obstacles[i]);
    add(key + where, wrong);
    if (std::find(names.begin(), names.end(), obstacles[i].name) != names.end()) {
      add(key + ".name",
          format("another part is called '{}'; give each its own name", obstacles[i].name));
    }
    names.push_back(obstacles[i].name);
  }
  for (std::size_t i = 0; i < clamps.size(); ++i) {
    if (std::find(names.begin(), names.end(), clamps[i].name) != names.end()) {
      add(format("clamps.{}.name", i),
          format("another part is called '{}'; give each its own name", clamps[i].name));
    }
  }
  if ((contact || !obstacles.empty()) && solver.rule != rods::RodRule::kEuler) {
    add("solver.rule", "contact needs euler: the other rules go past surfaces");
  }
  return text;
}

}  // namespace filigree
