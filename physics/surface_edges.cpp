// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/surface_edges.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace filigree {

namespace {

Hole measured(const TriangleMesh& mesh, std::vector<Index> rim) {
  Hole hole;
  std::vector<Point3> points;
  for (const Index i : rim) {
    points.push_back(mesh.points[i]);
    hole.middle += mesh.points[i] / static_cast<double>(rim.size());
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    hole.fan_area += norm(area_vector(hole.middle, points[i], points[(i + 1) % points.size()]));
  }
  hole.size = bounds_of(points).diagonal();
  hole.rim = std::move(rim);
  return hole;
}

/// The unmatched directed edges, by their first point. Each point has as many going out as in, so
/// that every walk comes back to where it began.
class OpenEdges {
 public:
  explicit OpenEdges(const TriangleMesh& mesh) : mesh_(mesh) {
    visit_edges(edge_uses(mesh.triangles), [&](std::span<const EdgeUse> uses) {
      int surplus = 0;
      for (const EdgeUse& use : uses) surplus += use.forward ? 1 : -1;
      for (; surplus > 0; --surplus) next_[uses[0].low].push_back(uses[0].high);
      for (; surplus < 0; ++surplus) next_[uses[0].high].push_back(uses[0].low);
    });
  }

  std::vector<Hole> holes() {
    std::vector<Hole> holes;
    while (!next_.empty()) {
      std::vector<Index> walk{next_.begin()->first};
      while (!walk.empty()) {
        const Index point = take(walk);
        const auto seen = std::find(walk.begin(), walk.end(), point);
        if (seen == walk.end()) {
          walk.push_back(point);
          continue;
        }
        holes.push_back(measured(mesh_, {seen, walk.end()}));
        walk.erase(seen + (seen == walk.begin() ? 0 : 1), walk.end());
      }
    }
    return holes;
  }

 private:
  /// Removes the edge that continues the walk and gives its end: of several, the one that leads
  /// back most directly.
  Index take(const std::vector<Index>& walk) {
    const Index here = walk.back();
    const auto found = next_.find(here);
    std::vector<Index>& ends = found->second;
    std::size_t best = 0;
    if (walk.size() > 1) {
      const Point3 back = mesh_.points[walk[walk.size() - 2]] - mesh_.points[here];
      const auto backward = [&](Index end) {
        const Point3 on = mesh_.points[end] - mesh_.points[here];
        return dot(back, on) / norm(on);
      };
      for (std::size_t i = 1; i < ends.size(); ++i) {
        if (backward(ends[i]) > backward(ends[best])) best = i;
      }
    }
    const Index end = ends[best];
    ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(best));
    if (ends.empty()) next_.erase(found);
    return end;
  }

  const TriangleMesh& mesh_;
  std::map<Index, std::vector<Index>> next_;
};

}  // namespace

std::vector<EdgeUse> edge_uses(const std::vector<Triangle>& triangles) {
  std::vector<EdgeUse> uses;
  uses.reserve(3 * triangles.size());
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    for (int k = 0; k < 3; ++k) {
      const Index a = triangles[t][k];
      const Index b = triangles[t][(k + 1) % 3];
      uses.push_back({std::min(a, b), std::max(a, b), static_cast<Index>(t), a < b});
    }
  }
  std::sort(uses.begin(), uses.end(), [](const EdgeUse& a, const EdgeUse& b) {
    return std::tie(a.low, a.high, a.triangle) < std::tie(b.low, b.high, b.triangle);
  });
  return uses;
}

std::vector<Hole> find_holes(const TriangleMesh& mesh) {
  return OpenEdges(mesh).holes();
}

}  // namespace filigree
