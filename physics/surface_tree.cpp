// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/surface_tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace filigree {

namespace {

constexpr Index kLeafSize = 4;
constexpr int kDepth = 64;  // halving 2^31 triangles takes 31 levels

Point3 middle_of(const std::array<Point3, 3>& corners) {
  return (corners[0] + corners[1] + corners[2]) / 3.0;
}

class Builder {
 public:
  explicit Builder(const TriangleMesh& mesh) {
    for (const Triangle& t : mesh.triangles) {
      corners_.push_back({mesh.points[t[0]], mesh.points[t[1]], mesh.points[t[2]]});
      middles_.push_back(middle_of(corners_.back()));
    }
    tree_.numbers.resize(corners_.size());
    std::iota(tree_.numbers.begin(), tree_.numbers.end(), Index(0));
  }

  SurfaceTree run() {
    split(0, static_cast<Index>(corners_.size()));
    for (const Index t : tree_.numbers) tree_.corners.push_back(corners_[t]);
    return std::move(tree_);
  }

 private:
  /// Appends the node of a range of triangles and the nodes below it.
  void split(Index first, Index last) {
    const std::size_t self = tree_.nodes.size();
    tree_.nodes.push_back(measured(first, last));
    if (last - first <= kLeafSize) return;
    const Index half = first + (last - first) / 2;
    const int axis = widest_axis(first, last);
    const auto begin = tree_.numbers.begin();
    std::nth_element(begin + first, begin + half, begin + last, [&](Index s, Index t) {
      return std::pair(middles_[s][axis], s) < std::pair(middles_[t][axis], t);
    });
    split(first, half);
    tree_.nodes[self].second_child = static_cast<Index>(tree_.nodes.size());
    split(half, last);
  }

  int widest_axis(Index first, Index last) const {
    std::vector<Point3> range;
    for (Index i = first; i < last; ++i) range.push_back(middles_[tree_.numbers[i]]);
    const Bounds bounds = bounds_of(range);
    const Point3 size = bounds.upper - bounds.lower;
    return static_cast<int>(std::max_element(size.data, size.data + 3) - size.data);
  }

  SurfaceTree::Node measured(Index first, Index last) const {
    SurfaceTree::Node node;
    node.first = first;
    node.last = last;
    std::vector<Point3> points;
    double weight = 0;
    for (Index i = first; i < last; ++i) {
      const std::array<Point3, 3>& t = corners_[tree_.numbers[i]];
      points.insert(points.end(), t.begin(), t.end());
      const Point3 area = area_vector(t[0], t[1], t[2]);
      node.area += area;
      node.middle += norm(area) * middle_of(t);
      weight += norm(area);
    }
    node.middle *= 1 / weight;
    for (const Point3& x : points) node.radius = std::max(node.radius, norm(x - node.middle));
    const Bounds bounds = bounds_of(points);
    node.lower = bounds.lower;
    node.upper = bounds.upper;
    return node;
  }

  SurfaceTree tree_;
  std::vector<std::array<Point3, 3>> corners_;
  std::vector<Point3> middles_;
};

double squared_distance(const SurfaceTree::Node& node, const Point3& x) {
  double sum = 0;
  for (int a = 0; a < 3; ++a) {
    const double outside = std::max({node.lower[a] - x[a], x[a] - node.upper[a], 0.0});
    sum += outside * outside;
  }
  return sum;
}

}  // namespace

SurfaceTree make_surface_tree(const TriangleMesh& mesh) {
  return Builder(mesh).run();
}

double solid_angle(const std::array<Point3, 3>& corners, const Point3& x) {
  const Point3 a = corners[0] - x;
  const Point3 b = corners[1] - x;
  const Point3 c = corners[2] - x;
  const double la = norm(a);
  const double lb = norm(b);
  const double lc = norm(c);
  return 2 * std::atan2(dot(a, cross(b, c)),
                        la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb);
}

double winding_number(const SurfaceTree& tree, const Point3& x, double far) {
  double sum = 0;
  Index stack[kDepth];
  int n = 0;
  if (!tree.nodes.empty()) stack[n++] = 0;
  while (n > 0) {
    const Index i = stack[--n];
    const SurfaceTree::Node& node = tree.nodes[i];
    const Point3 r = node.middle - x;
    const double squared = squared_norm(r);
    if (std::sqrt(squared) > far * node.radius) {
      sum += dot(node.area, r) / (squared * std::sqrt(squared));
    } else if (node.second_child == 0) {
      for (Index t = node.first; t < node.last; ++t) sum += solid_angle(tree.corners[t], x);
    } else {
      stack[n++] = node.second_child;
      stack[n++] = i + 1;
    }
  }
  return sum / (4 * std::numbers::pi);
}

Point3 nearest_on_triangle(const std::array<Point3, 3>& corners, const Point3& x) {
  const Point3 normal = cross(corners[1] - corners[0], corners[2] - corners[0]);
  bool above = true;  // the foot of the perpendicular lies in the triangle
  Point3 best{};
  double least = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 3; ++k) {
    const Point3& p = corners[k];
    const Point3 edge = corners[(k + 1) % 3] - p;
    above = above && dot(cross(edge, x - p), normal) >= 0;
    const double length = squared_norm(edge);
    const double along = length > 0 ? std::clamp(dot(x - p, edge) / length, 0.0, 1.0) : 0;
    const Point3 point = p + along * edge;
    if (squared_norm(x - point) < least) {
      least = squared_norm(x - point);
      best = point;
    }
  }
  if (!above || squared_norm(normal) == 0) return best;
  return x - (dot(x - corners[0], normal) / squared_norm(normal)) * normal;
}

NearestOnSurface nearest_on_surface(const SurfaceTree& tree, const Point3& x) {
  NearestOnSurface best;
  best.squared_distance = std::numeric_limits<double>::infinity();
  std::pair<double, Index> stack[kDepth];  // squared distance of the box, node
  int n = 0;
  if (!tree.nodes.empty()) stack[n++] = {squared_distance(tree.nodes[0], x), 0};
  while (n > 0) {
    const auto [bound, i] = stack[--n];
    if (bound >= best.squared_distance) continue;
    const SurfaceTree::Node& node = tree.nodes[i];
    if (node.second_child != 0) {
      std::pair<double, Index> near{squared_distance(tree.nodes[i + 1], x), i + 1};
      std::pair<double, Index> other{squared_distance(tree.nodes[node.second_child], x),
                                     node.second_child};
      if (other < near) std::swap(near, other);
      stack[n++] = other;
      stack[n++] = near;
      continue;
    }
    for (Index t = node.first; t < node.last; ++t) {
      const Point3 point = nearest_on_triangle(tree.corners[t], x);
      const double squared = squared_norm(x - point);
      if (squared < best.squared_distance) best = {point, squared, tree.numbers[t]};
    }
  }
  return best;
}

}  // namespace filigree
