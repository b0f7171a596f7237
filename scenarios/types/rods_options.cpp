// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_options.hpp"

#include <algorithm>

#include "core/text.hpp"
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

bool hold_the_same(const RodsOptions& options, const ClampOptions& a, const ClampOptions& b) {
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
  for (std::size_t i = 1; i < motion.size(); ++i) {
    if (!(motion[i].time > motion[i - 1].time)) {
      return format("motion.{}.time: {} s is not after {} s of the way-point before", i,
                    number_text(motion[i].time), number_text(motion[i - 1].time));
    }
  }
  return "";
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
  return text;
}

}  // namespace filigree
