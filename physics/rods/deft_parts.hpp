// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small parts that the stages of the published branched-rod model share; see deft_parity.hpp.
#pragma once

#include <cmath>

#include "physics/rods/deft_parity.hpp"

namespace filigree::rods::deft {

using Vec2 = Vec<2, double>;

inline Vec3 normalized(const Vec3& a) {
  return a / norm(a);
}

// --- Quaternions, always with w >= 0 after a product -------------------------------------------

inline Quaternion with_positive_w(const Quaternion& q) {
  return q[0] < 0 ? -q : q;
}

inline Quaternion multiply(const Quaternion& a, const Quaternion& b) {
  return with_positive_w({a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
                          a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
                          a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
                          a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]});
}

inline Quaternion inverse_turn(const Quaternion& q) {
  return {q[0], -q[1], -q[2], -q[3]};
}

/// The shortest rotation from the direction of a to that of b.
inline Quaternion rotation_between(const Vec3& a, const Vec3& b) {
  const Vec3 axis = cross(a, b);
  const Quaternion q{norm(a) * norm(b) + dot(a, b), axis[0], axis[1], axis[2]};
  const double size = norm(q);
  return size > 0 ? q / size : Quaternion{1, 0, 0, 0};
}

/// Axis times angle.
inline Vec3 rotation_vector(const Quaternion& q) {
  const Vec3 v{q[1], q[2], q[3]};
  const double sine = norm(v);
  if (sine == 0) return Vec3::zero();
  return v * (2 * std::atan2(sine, q[0]) / sine);
}

inline Quaternion rotation_of(const Vec3& r) {
  const double angle = norm(r);
  const double factor = angle < 1e-6 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
  return {std::cos(angle / 2), factor * r[0], factor * r[1], factor * r[2]};
}

inline Vec3 rotate(const Quaternion& q, const Vec3& a) {
  const Vec3 v{q[1], q[2], q[3]};
  const Vec3 t = 2.0 * cross(v, a);
  return a + q[0] * t + cross(v, t);
}

// --- Branches -----------------------------------------------------------------------------------

/// The entries of one branch.
struct Span {
  std::size_t first = 0;
  int vertices = 0;
  int edges() const { return vertices - 1; }
  std::size_t operator[](int slot) const { return first + static_cast<std::size_t>(slot); }
};

inline Span span_of(const Model& model, int branch) {
  return {model.at(branch, 0), model.cable.counts[static_cast<std::size_t>(branch)]};
}

inline Vec3 edge_of(const std::vector<Vec3>& x, std::size_t tail) {
  return x[tail + 1] - x[tail];
}

inline const Junction& junction_of(const Model& model, int child) {
  return model.cable.junctions[static_cast<std::size_t>(child)];
}

inline bool is_nested(const Model& model, int child) {
  return junction_of(model, child).host != 0;
}

/// w_k^j = (kb.m2, -kb.m1) from the angle of edge j and (kb.u, kb.v).
inline Vec2 material_curvature(const Vec2& bishop, double cosine, double sine) {
  return {cosine * bishop[1] - sine * bishop[0], -cosine * bishop[0] - sine * bishop[1]};
}

inline Vec2 material_curvature(const Frames& frames, std::size_t vertex, std::size_t edge) {
  const Vec3& kb = frames.binormal[vertex];
  return {dot(kb, frames.m2[edge]), -dot(kb, frames.m1[edge])};
}

/// Keeps the height of the first edges of children above the planes at their junctions, as a ratio
/// to their lengths.
void set_out_of_plane(const Model& model, const std::vector<Vec3>& position, State& state);

}  // namespace filigree::rods::deft
