// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Bending and twist between two edges of a rod that meet at a vertex, with first and second
// derivatives.
//
// Edge a points into the vertex, edge b out of it. Each carries a material frame (t, d1, d2), t the
// unit tangent, d1 a unit director across it, d2 = t x d1. With c = 1 + ta . tb,
//
//   kb = 2 ta x tb / c                 curvature binormal, |kb| = 2 tan(angle / 2), along the axis
//   kappa_n = kb . (dn_a + dn_b) / 2   bending about director n = 1, 2
//   kappa_3                            twist: angle from d1_a, carried to b along the shortest
//                                      rotation of ta into tb, to d1_b; plus 2 pi x windings
//
// Derivatives are with respect to (ea, eb, theta_a, theta_b): edge vectors in m, and rotations of
// the frames about their tangents. When an edge vector changes, its frame follows by the shortest
// rotation (time-parallel transport), so no twist comes in by itself.
// Source: bergou2008, section 4; bergou2010, sections 4 and 7; second derivatives after
// panetta2019, supplement. kappa_1, kappa_2 are rotations about the directors here; bergou2010
// counts (kappa_2, -kappa_1).
#pragma once

#include "core/dual.hpp"

namespace filigree::rods {

/// The shortest rotation that takes unit vector `from` into unit vector `to`, applied to u. Exact
/// for every angle below 180 degrees: u + b x u + b x (b x u)/(1 + from . to), b = from x to.
template <class T>
FILIGREE_FUNCTION Vec<3, T> transported(const Vec<3, T>& from, const Vec<3, T>& to,
                                        const Vec<3, T>& u) {
  const Vec<3, T> b = cross(from, to);
  const Vec<3, T> bu = cross(b, u);
  return u + bu + cross(b, bu) * (T(1) / (T(1) + dot(from, to)));
}

/// An edge vector with its first director.
template <class T>
struct FramedEdge {
  Vec<3, T> e;
  Vec<3, T> d1;
};

/// (kappa_1, kappa_2, kappa_3); `near` picks the winding: the twist returned is the one closest to
/// it.
template <class T>
FILIGREE_FUNCTION Vec<3, T> bend_twist(const FramedEdge<T>& a, const FramedEdge<T>& b, Real near) {
  using Kokkos::atan2;
  constexpr double kTwoPi = 6.283185307179586;
  const Vec<3, T> ta = a.e * (T(1) / norm(a.e));
  const Vec<3, T> tb = b.e * (T(1) / norm(b.e));
  const Vec<3, T> kb = cross(ta, tb) * (T(2) / (T(1) + dot(ta, tb)));
  const Vec<3, T> carried = transported(ta, tb, a.d1);
  T twist = atan2(dot(tb, cross(carried, b.d1)), dot(carried, b.d1));
  const Real turns = Kokkos::round((near - scalar_value(twist)) / static_cast<Real>(kTwoPi));
  twist += T(static_cast<Real>(kTwoPi) * turns);
  const T half = T(0.5);
  return {half * dot(kb, a.d1 + b.d1), half * dot(kb, cross(ta, a.d1) + cross(tb, b.d1)), twist};
}

/// Values and first derivatives; places of the variables: ea 0 to 2, eb 3 to 5, theta_a 6,
/// theta_b 7.
struct BendTwist {
  Vec<3> kappa;
  Vec<8> gradient[3];

  // Kept for the second derivatives.
  Real la, lb, c;
  Vec<3> ta, tb, kb, sum;  ///< sum = (ta + tb)/c
  Vec<3> da[2], db[2];     ///< directors of a and b

  /// Adds factor * (second derivatives of kappa[n]) to the upper triangle of H.
  FILIGREE_FUNCTION void add_hessian(int n, Real factor, Mat<8>& H) const;
};

namespace detail {

FILIGREE_FUNCTION void put(Vec<8>& g, int at, const Vec<3>& v) {
  for (int i = 0; i < 3; ++i) g[at + i] = v[i];
}
FILIGREE_FUNCTION void add_block(Mat<8>& H, int row, int column, const Mat<3>& block) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) H(row + i, column + j) += block(i, j);
  }
}
FILIGREE_FUNCTION void add_column(Mat<8>& H, int row, int column, const Vec<3>& v) {
  for (int i = 0; i < 3; ++i) H(row + i, column) += v[i];
}
/// u v^T + v u^T
FILIGREE_FUNCTION Mat<3> symmetric_outer(const Vec<3>& u, const Vec<3>& v) {
  return outer(u, v) + outer(v, u);
}
/// The matrix of v x .
FILIGREE_FUNCTION Mat<3> cross_matrix(const Vec<3>& v) {
  return {0, -v[2], v[1], v[2], 0, -v[0], -v[1], v[0], 0};
}

}  // namespace detail

FILIGREE_FUNCTION BendTwist bend_twist_gradients(const FramedEdge<Real>& a,
                                                 const FramedEdge<Real>& b, Real near) {
  BendTwist s{};
  s.kappa = bend_twist(a, b, near);
  s.la = norm(a.e);
  s.lb = norm(b.e);
  s.ta = a.e * (1 / s.la);
  s.tb = b.e * (1 / s.lb);
  s.c = 1 + dot(s.ta, s.tb);
  s.kb = cross(s.ta, s.tb) * (2 / s.c);
  s.sum = (s.ta + s.tb) * (1 / s.c);
  s.da[0] = a.d1;
  s.da[1] = cross(s.ta, a.d1);
  s.db[0] = b.d1;
  s.db[1] = cross(s.tb, b.d1);
  for (int n = 0; n < 2; ++n) {
    const Vec<3> mean = (s.da[n] + s.db[n]) * (1 / s.c);
    Vec<8>& g = s.gradient[n];
    detail::put(g, 0, (cross(s.tb, mean) - s.kappa[n] * s.sum) * (1 / s.la));
    detail::put(g, 3, (-cross(s.ta, mean) - s.kappa[n] * s.sum) * (1 / s.lb));
    const Real sign = n == 0 ? Real(0.5) : Real(-0.5);  // d(d1)/dtheta = d2, d(d2)/dtheta = -d1
    g[6] = sign * dot(s.kb, s.da[1 - n]);
    g[7] = sign * dot(s.kb, s.db[1 - n]);
  }
  Vec<8>& g = s.gradient[2];
  detail::put(g, 0, s.kb * (Real(0.5) / s.la));
  detail::put(g, 3, s.kb * (Real(0.5) / s.lb));
  g[6] = -1;
  g[7] = 1;
  return s;
}

FILIGREE_FUNCTION void BendTwist::add_hessian(int n, Real factor, Mat<8>& H) const {
  using detail::cross_matrix;
  using detail::symmetric_outer;
  const Real faa = factor / (la * la);
  const Real fbb = factor / (lb * lb);
  const Real fab = factor / (la * lb);
  const Mat<3> one = Mat<3>::identity();
  if (n == 2) {
    detail::add_block(H, 0, 0, (Real(-0.25) * faa) * symmetric_outer(kb, ta + sum));
    detail::add_block(H, 3, 3, (Real(-0.25) * fbb) * symmetric_outer(kb, tb + sum));
    detail::add_block(H, 0, 3, (Real(0.5) * fab) * ((2 / c) * cross_matrix(ta) - outer(kb, sum)));
    return;
  }
  const Real k = kappa[n];
  const Vec<3> mean = (da[n] + db[n]) * (1 / c);
  const Vec<3> ua = cross(tb, mean);
  const Vec<3> ub = -cross(ta, mean);
  const Mat<3> twice = (2 * k) * outer(sum, sum);
  detail::add_block(H, 0, 0,
                    faa * (twice - symmetric_outer(ua, sum) - (k / c) * (one - outer(ta, ta)) +
                           Real(0.25) * symmetric_outer(kb, da[n])));
  detail::add_block(H, 3, 3,
                    fbb * (twice - symmetric_outer(ub, sum) - (k / c) * (one - outer(tb, tb)) +
                           Real(0.25) * symmetric_outer(kb, db[n])));
  detail::add_block(H, 0, 3,
                    fab * (twice - outer(ua, sum) - outer(sum, ub) - cross_matrix(mean) -
                           (k / c) * (one + outer(ta, tb))));
  const Real sign = n == 0 ? Real(1) : Real(-1);
  const Vec<3> turned[2] = {sign * da[1 - n], sign * db[1 - n]};
  for (int side = 0; side < 2; ++side) {
    const Vec<3>& d = turned[side];
    const Real along = Real(0.5) * dot(kb, d);
    detail::add_column(H, 0, 6 + side, (factor / la) * (cross(tb, d) * (1 / c) - along * sum));
    detail::add_column(H, 3, 6 + side, (factor / lb) * (-cross(ta, d) * (1 / c) - along * sum));
  }
  H(6, 6) -= factor * Real(0.5) * dot(kb, da[n]);
  H(7, 7) -= factor * Real(0.5) * dot(kb, db[n]);
}

}  // namespace filigree::rods
