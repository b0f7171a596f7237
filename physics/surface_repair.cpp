// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/surface_repair.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "physics/surface_edges.hpp"
#include "physics/surface_tree.hpp"

namespace filigree {

namespace {

constexpr double kWeld = 1e-6;     // of the diagonal
constexpr double kHole = 1e-6;     // of the squared diagonal
constexpr double kHeight = 1e-12;  // of the diagonal
constexpr double kVolume = 1e-12;  // of the cubed diagonal

std::string point_text(const Point3& x) {
  return format("({:.6g}, {:.6g}, {:.6g}) m", x[0], x[1], x[2]);
}

void check_input(const TriangleMesh& mesh) {
  FILIGREE_REQUIRE(!mesh.triangles.empty(), "the surface has no triangles");
  for (const Point3& x : mesh.points) {
    FILIGREE_REQUIRE(std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(x[2]),
                     "the surface has a point whose coordinates are not finite");
  }
  const auto n_points = static_cast<Index>(mesh.points.size());
  for (const Triangle& t : mesh.triangles) {
    for (const Index i : t) {
      FILIGREE_REQUIRE(i >= 0 && i < n_points, "a triangle names point {}, but there are {} points",
                       i, n_points);
    }
  }
}

Triangle reversed(const Triangle& t) {
  return {t[0], t[2], t[1]};
}

/// Points seen so far, in cubes of four tolerances: a box of two tolerances about a point touches
/// eight of them at most, and mostly one.
class Welder {
 public:
  Welder(const Point3& lower, double tolerance)
      : lower_(lower), tolerance_(tolerance), cube_(4 * tolerance) {}

  /// The earlier point within the tolerance, or the number of this one, which is kept.
  Index weld(const Point3& x) {
    const auto first = cube_of(x - Point3::filled(tolerance_));
    const auto last = cube_of(x + Point3::filled(tolerance_));
    for (std::int64_t i = first[0]; i <= last[0]; ++i) {
      for (std::int64_t j = first[1]; j <= last[1]; ++j) {
        for (std::int64_t k = first[2]; k <= last[2]; ++k) {
          const auto found = cubes_.find(key({i, j, k}));
          if (found == cubes_.end()) continue;
          for (const Index p : found->second) {
            if (norm(points[p] - x) <= tolerance_) return p;
          }
        }
      }
    }
    const auto number = static_cast<Index>(points.size());
    cubes_[key(cube_of(x))].push_back(number);
    points.push_back(x);
    return number;
  }

  std::vector<Point3> points;

 private:
  using Cube = std::array<std::int64_t, 3>;
  Cube cube_of(const Point3& x) const {
    Cube cube{};
    for (int a = 0; a < 3; ++a) {
      cube[a] = static_cast<std::int64_t>(std::floor((x[a] - lower_[a]) / cube_)) + 1;
    }
    return cube;
  }
  /// At most 250 thousand cubes per axis: 21 bits each.
  static std::int64_t key(const Cube& c) { return (c[0] << 42) | (c[1] << 21) | c[2]; }

  Point3 lower_;
  double tolerance_;
  double cube_;
  std::unordered_map<std::int64_t, std::vector<Index>> cubes_;
};

bool has_equal_corners(const Triangle& t) {
  return t[0] == t[1] || t[1] == t[2] || t[2] == t[0];
}

/// Steps 1 and the first half of 2. Points keep the order of their first use.
void weld(TriangleMesh& mesh, SurfaceRepairs& repairs) {
  std::vector<Point3> used;
  for (const Triangle& t : mesh.triangles) {
    for (const Index i : t) used.push_back(mesh.points[i]);
  }
  const Bounds bounds = bounds_of(used);
  FILIGREE_REQUIRE(bounds.diagonal() > 0, "the surface is a single point");
  Welder welder(bounds.lower, kWeld * bounds.diagonal());
  std::vector<Index> number(mesh.points.size(), -1);
  Index n_used = 0;
  std::vector<Triangle> triangles;
  for (Triangle t : mesh.triangles) {
    for (Index& i : t) {
      if (number[i] < 0) {
        number[i] = welder.weld(mesh.points[i]);
        ++n_used;
      }
      i = number[i];
    }
    if (!has_equal_corners(t)) triangles.push_back(t);
  }
  repairs.welded_points = n_used - static_cast<Index>(welder.points.size());
  mesh.points = std::move(welder.points);
  mesh.triangles = std::move(triangles);
}

/// The second half of step 2.
void drop_repetitions(std::vector<Triangle>& triangles) {
  struct Use {
    Triangle sorted;
    Index number;
    bool even;  ///< runs like its sorted corners
  };
  std::vector<Use> uses;
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    Triangle t = triangles[i];
    std::rotate(t.begin(), std::min_element(t.begin(), t.end()), t.end());
    const bool even = t[1] < t[2];
    uses.push_back({even ? t : reversed(t), static_cast<Index>(i), even});
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const Use& a, const Use& b) { return a.sorted < b.sorted; });
  std::vector<bool> keep(triangles.size(), true);
  std::vector<Index> back_to_back;  // the first of each such pair
  for (std::size_t first = 0; first < uses.size();) {
    std::size_t last = first;
    int surplus = 0;
    for (; last < uses.size() && uses[last].sorted == uses[first].sorted; ++last) {
      surplus += uses[last].even ? 1 : -1;
      keep[uses[last].number] = false;
    }
    if (surplus == 0) back_to_back.push_back(uses[first].number);
    for (std::size_t i = first; i < last; ++i) {
      if (surplus == 0 || uses[i].even != (surplus > 0)) continue;
      keep[uses[i].number] = true;
      break;
    }
    first = last;
  }
  std::vector<Triangle> kept;
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    if (keep[i]) kept.push_back(triangles[i]);
  }
  // One of a pair closes a hole when each of its sides has an odd number of other triangles.
  const std::vector<EdgeUse> edges = edge_uses(kept);
  for (const Index pair : back_to_back) {
    const Triangle& t = triangles[pair];
    bool closes = true;
    for (int k = 0; k < 3; ++k) {
      const auto edge = std::minmax(t[k], t[(k + 1) % 3]);
      const auto [begin, end] =
          std::equal_range(edges.begin(), edges.end(), EdgeUse{edge.first, edge.second},
                           [](const EdgeUse& a, const EdgeUse& b) {
                             return std::pair(a.low, a.high) < std::pair(b.low, b.high);
                           });
      closes = closes && (end - begin) % 2 == 1;
    }
    if (closes) kept.push_back(t);
  }
  triangles = std::move(kept);
}

/// Step 3: goes from triangle to triangle over ordinary edges.
void turn_alike(TriangleMesh& mesh, SurfaceRepairs& repairs) {
  struct Neighbour {
    Index triangle;
    bool turned;  ///< it runs against this one
  };
  std::vector<std::vector<Neighbour>> neighbours(mesh.triangles.size());
  visit_edges(edge_uses(mesh.triangles), [&](std::span<const EdgeUse> uses) {
    if (uses.size() != 2) return;
    const bool turned = uses[0].forward == uses[1].forward;
    neighbours[uses[0].triangle].push_back({uses[1].triangle, turned});
    neighbours[uses[1].triangle].push_back({uses[0].triangle, turned});
  });
  std::vector<int> side(mesh.triangles.size(), 0);  // 1: as in the file, -1: reversed
  for (std::size_t start = 0; start < side.size(); ++start) {
    if (side[start] != 0) continue;
    std::vector<Index> part{static_cast<Index>(start)};
    side[start] = 1;
    double balance = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const Index t = part[i];
      balance += side[t] * norm(area_vector(mesh, mesh.triangles[t]));
      for (const Neighbour& next : neighbours[t]) {
        const int wanted = next.turned ? -side[t] : side[t];
        if (side[next.triangle] == 0) {
          side[next.triangle] = wanted;
          part.push_back(next.triangle);
        }
        FILIGREE_REQUIRE(side[next.triangle] == wanted,
                         "the surface has one side only, like a Moebius strip (seen near {}), so "
                         "that it has no inside; export it again as a solid",
                         point_text(mesh.points[mesh.triangles[t][0]]));
      }
    }
    for (const Index t : part) {
      if ((side[t] > 0) == (balance >= 0)) continue;
      mesh.triangles[t] = reversed(mesh.triangles[t]);
      ++repairs.turned_triangles;
    }
  }
}

/// Step 4.
void close_holes(TriangleMesh& mesh, SurfaceRepairs& repairs) {
  const double diagonal = bounds_of(mesh.points).diagonal();
  const std::vector<Hole> holes = find_holes(mesh);
  std::size_t n_large = 0;
  const Hole* largest = nullptr;
  for (const Hole& hole : holes) {
    n_large += hole.fan_area > kHole * diagonal * diagonal;
    if (largest == nullptr || hole.fan_area > largest->fan_area) largest = &hole;
  }
  FILIGREE_REQUIRE(
      n_large == 0,
      "the surface is open: it has {} hole{}; the largest is at {}, {:.3g} m across, bounded by {} "
      "edges; close {} in the program that made the surface (fill holes, make watertight, export "
      "as a solid) and remove inner walls",
      n_large, n_large == 1 ? "" : "s", point_text(largest->middle), largest->size,
      largest->rim.size(), n_large == 1 ? "it" : "them");
  for (const Hole& hole : holes) {
    const auto middle = static_cast<Index>(mesh.points.size());
    mesh.points.push_back(hole.middle);
    for (std::size_t i = 0; i < hole.rim.size(); ++i) {
      mesh.triangles.push_back({hole.rim[(i + 1) % hole.rim.size()], hole.rim[i], middle});
    }
    ++repairs.closed_holes;
  }
}

/// Step 5.
void drop_flat(TriangleMesh& mesh) {
  const double least = kHeight * bounds_of(mesh.points).diagonal();
  std::erase_if(mesh.triangles, [&](const Triangle& t) {
    double longest = 0;
    for (int k = 0; k < 3; ++k) {
      longest = std::max(longest, norm(mesh.points[t[(k + 1) % 3]] - mesh.points[t[k]]));
    }
    return 2 * norm(area_vector(mesh, t)) <= least * longest;
  });
}

/// For each point the lowest point it is connected to by triangles.
std::vector<Index> lowest_connected(const TriangleMesh& mesh) {
  std::vector<Index> lowest(mesh.points.size());
  std::iota(lowest.begin(), lowest.end(), Index(0));
  const auto find = [&](Index i) {
    while (lowest[i] != i) i = lowest[i] = lowest[lowest[i]];
    return i;
  };
  for (const Triangle& t : mesh.triangles) {
    for (int k = 1; k < 3; ++k) {
      const auto [low, high] = std::minmax({find(t[0]), find(t[k])});
      lowest[high] = low;
    }
  }
  for (Index i = 0; i < static_cast<Index>(lowest.size()); ++i) lowest[i] = find(i);
  return lowest;
}

/// Winding number of the other parts at a point of part `name`.
double winding_of_others(const TriangleMesh& mesh, const std::vector<Index>& part, Index name) {
  TriangleMesh others{mesh.points, {}};
  for (const Triangle& t : mesh.triangles) {
    if (part[t[0]] != name) others.triangles.push_back(t);
  }
  if (others.triangles.empty()) return 0;
  return winding_number(make_surface_tree(others), mesh.points[name]);
}

/// Step 6.
void turn_outwards(TriangleMesh& mesh, SurfaceRepairs& repairs) {
  const std::vector<Index> part = lowest_connected(mesh);
  const auto turn = [&](const auto& is_chosen) {
    for (Triangle& t : mesh.triangles) {
      if (!is_chosen(t)) continue;
      t = reversed(t);
      ++repairs.turned_triangles;
    }
  };
  if (signed_volume(mesh) < 0) turn([](const Triangle&) { return true; });
  std::unordered_map<Index, TriangleMesh> parts;
  std::vector<Index> names;
  for (const Triangle& t : mesh.triangles) {
    const auto [entry, is_new] = parts.try_emplace(part[t[0]]);
    if (is_new) names.push_back(part[t[0]]);
    for (int k = 0; k < 3; ++k) entry->second.points.push_back(mesh.points[t[k]]);
    const auto n = static_cast<Index>(entry->second.points.size());
    entry->second.triangles.push_back({n - 3, n - 2, n - 1});
  }
  for (const Index name : names) {
    if (signed_volume(parts[name]) >= 0 || winding_of_others(mesh, part, name) > 0.5) continue;
    turn([&](const Triangle& t) { return part[t[0]] == name; });
  }
}

}  // namespace

SurfaceRepairs repair_surface(TriangleMesh& mesh) {
  SurfaceRepairs repairs;
  check_input(mesh);
  const std::size_t n_before = mesh.triangles.size();
  weld(mesh, repairs);
  drop_repetitions(mesh.triangles);
  repairs.dropped_triangles = static_cast<Index>(n_before - mesh.triangles.size());
  turn_alike(mesh, repairs);
  close_holes(mesh, repairs);
  const std::size_t n_closed = mesh.triangles.size();
  drop_flat(mesh);
  drop_unused_points(mesh);
  repairs.dropped_triangles += static_cast<Index>(n_closed - mesh.triangles.size());
  turn_outwards(mesh, repairs);
  const double diagonal = bounds_of(mesh.points).diagonal();
  FILIGREE_REQUIRE(
      !mesh.triangles.empty() && signed_volume(mesh) > kVolume * diagonal * diagonal * diagonal,
      "the surface encloses no volume; export it as a solid with a thickness");
  return repairs;
}

}  // namespace filigree
