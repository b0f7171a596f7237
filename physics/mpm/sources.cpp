// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/sources.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace filigree::mpm {

namespace {

/// Lines are looked at this many times per spacing for where they enter and leave a shape.
constexpr double kLooksPerSpacing = 8;

/// Right-handed axes with the first along v; axes of space where v is along one.
template <int D>
std::array<Vec<D, double>, D> axes_along(const Vec<D, double>& v) {
  std::array<Vec<D, double>, D> axes{};
  for (int a = 0; a < D; ++a) {
    if (std::abs(v[a]) < norm(v)) continue;
    axes[0][a] = v[a] < 0 ? -1 : 1;
    for (int i = 1; i < D; ++i) axes[static_cast<std::size_t>(i)][(a + i) % D] = 1;
    return axes;
  }
  axes[0] = v / norm(v);
  if constexpr (D == 2) {
    axes[1] = {-axes[0][1], axes[0][0]};
  } else {
    int least = 0;
    for (int a = 1; a < D; ++a) {
      if (std::abs(axes[0][a]) < std::abs(axes[0][least])) least = a;
    }
    Vec<D, double> other{};
    other[least] = 1;
    const Vec<D, double> across = cross(axes[0], other);
    axes[1] = across / norm(across);
    axes[2] = cross(axes[0], axes[1]);
  }
  return axes;
}

/// Smallest and largest coordinate of the shape along a direction: exact for balls and boxes, that
/// of the bounding box for others.
template <int D>
std::pair<double, double> extent_along(const Shape& shape, const Vec<D, double>& axis) {
  const std::vector<double> lower = lower_corner(shape);
  const std::vector<double> upper = upper_corner(shape);
  double middle = 0, half = 0;
  for (int a = 0; a < D; ++a) {
    const auto i = static_cast<std::size_t>(a);
    middle += axis[a] * (lower[i] + upper[i]) / 2;
    half += std::abs(axis[a]) * (upper[i] - lower[i]) / 2;
  }
  if (const auto* ball = std::get_if<SphereShape>(&shape)) half = ball->radius;
  return {middle - half, middle + half};
}

template <int D>
bool is_inside(const Shape& shape, const Vec<D, double>& x) {
  return contains(shape, std::vector<double>(x.data, x.data + D));
}

/// Where x + s axis passes the surface between s = in (inside the shape) and s = out (outside).
template <int D>
double surface_between(const Shape& shape, const Vec<D, double>& x, const Vec<D, double>& axis,
                       double in, double out) {
  for (int i = 0; i < 60; ++i) {
    const double middle = (in + out) / 2;
    (is_inside<D>(shape, x + middle * axis) ? in : out) = middle;
  }
  return in;
}

/// First and last s in [low, high] with x + s axis inside the shape; first > last when there is
/// none.
template <int D>
std::pair<double, double> span_inside(const Shape& shape, const Vec<D, double>& x,
                                      const Vec<D, double>& axis, double low, double high,
                                      double spacing) {
  const auto looks =
      static_cast<std::int64_t>(std::ceil((high - low) / spacing * kLooksPerSpacing));
  const double step = (high - low) / static_cast<double>(looks);
  double first = std::numeric_limits<double>::infinity();
  double last = -first;
  for (std::int64_t i = 0; i < looks; ++i) {  // between the ends, which are on the surface
    const double s = low + (static_cast<double>(i) + 0.5) * step;
    if (!is_inside<D>(shape, x + s * axis)) continue;
    first = std::min(first, s);
    last = std::max(last, s);
  }
  if (first > last) return {first, last};
  return {surface_between(shape, x, axis, first, first - step),
          surface_between(shape, x, axis, last, last + step)};
}

}  // namespace

template <int D>
Source<D> make_source(const Shape& shape, const Vec<D, double>& velocity, double spacing) {
  const auto axes = axes_along<D>(velocity);
  const auto [low, high] = extent_along<D>(shape, axes[0]);
  Source<D> source;
  source.velocity = velocity;
  source.spacing = spacing;
  source.volume = spacing;
  std::int64_t counts[D];
  double starts[D], steps[D];
  std::int64_t total = 1;
  for (int a = 1; a < D; ++a) {
    const auto [from, to] = extent_along<D>(shape, axes[static_cast<std::size_t>(a)]);
    const double count = std::max(1.0, std::round((to - from) / spacing));
    FILIGREE_REQUIRE(count * static_cast<double>(total) <= 1e7,
                     "the source has more than 1e7 particles in a layer: use larger cells");
    counts[a] = static_cast<std::int64_t>(count);
    starts[a] = from;
    steps[a] = (to - from) / count;
    source.volume *= steps[a];
    total *= counts[a];
  }
  double foremost = high;
  for (std::int64_t i = 0; i < total; ++i) {
    Vec<D, double> x{};
    std::int64_t rest = i;
    for (int a = D - 1; a > 0; --a) {
      const double place = starts[a] + (static_cast<double>(rest % counts[a]) + 0.5) * steps[a];
      x += place * axes[static_cast<std::size_t>(a)];
      rest /= counts[a];
    }
    const auto [first, last] = span_inside<D>(shape, x, axes[0], low, high, spacing);
    if (first > last) continue;
    source.lines.push_back({x + first * axes[0], first, last - first});
    foremost = std::min(foremost, first);
  }
  for (InflowLine<D>& line : source.lines) {
    const double behind = (line.offset - foremost) / spacing;
    line.offset = spacing * (behind - std::ceil(behind - 0.5));
  }
  return source;
}

template <int D>
std::int64_t made_until(const Source<D>& source, const InflowLine<D>& line, double time) {
  const double gone = norm(source.velocity) * (std::min(time, source.until) - source.from);
  const double layers = std::floor((gone - line.offset) / source.spacing + 0.5);
  return layers > 0 ? static_cast<std::int64_t>(std::min(layers, 1e15)) : 0;
}

template <int D>
std::int64_t made_until(const Source<D>& source, double time) {
  std::int64_t total = 0;
  for (const InflowLine<D>& line : source.lines) total += made_until(source, line, time);
  return total;
}

#define FILIGREE_INSTANTIATE(D)                                                        \
  template Source<D> make_source<D>(const Shape&, const Vec<D, double>&, double);      \
  template std::int64_t made_until<D>(const Source<D>&, const InflowLine<D>&, double); \
  template std::int64_t made_until<D>(const Source<D>&, double);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
