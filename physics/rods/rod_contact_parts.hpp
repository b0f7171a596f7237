// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inner workings of contact: the potential of contact and friction, with its derivatives.
#pragma once

#include "physics/rods/rod_contact.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods::detail {

/// A step without contact.
struct NoTouch {
  static constexpr bool kActive = false;
};

/// A step of one rod of the batch with contact.
struct Touch {
  static constexpr bool kActive = true;
  const RodModel& model;
  const RodContactModel& contact;
  const RodContactScratch& scratch;
  const StepStart& start;
  Index row;
  Index b;
  Real slip;  ///< v dt: below it friction is smoothed, m
  Real dt;    ///< for which obstacles move, s
};

/// Places in RodContactScratch::counts and measures.
enum : Index { kPairs, kSlips, kOverflow, kContacts };
enum : Index { kGap, kEnergy, kWork };

/// b(g), and its derivatives.
struct Barrier {
  Real value, slope, second;
};
FILIGREE_FUNCTION Barrier barrier(Real gap, Real activation, Real stiffness) {
  constexpr Real kLeast = Real(0.01);  // below it the polynomial
  const Real u = gap / activation;
  if (!(u < 1)) return {0, 0, 0};
  const Real w = Kokkos::fmax(u, kLeast);
  const Real log = Kokkos::log(w);
  const Real left = 1 - w;
  Real value = -left * left * log;
  Real slope = 2 * left * log - left * left / w;
  const Real second = -2 * log + 4 * left / w + left * left / (w * w);
  if (u < kLeast) {
    const Real d = u - kLeast;
    value += d * (slope + d * second / 2);
    slope += d * second;
  }
  return {stiffness * activation * value, stiffness * slope, stiffness / activation * second};
}

/// Shares s and t of the nearest points of two segments, and the vector from the second to the
/// first. Source: ericson2005, section 5.1.9.
struct NearestOnEdges {
  Real s, t;
  Vec<3> apart;
};
FILIGREE_FUNCTION NearestOnEdges nearest_on_edges(const Vec<3>& p0, const Vec<3>& p1,
                                                  const Vec<3>& q0, const Vec<3>& q1) {
  const auto within = [](Real v) { return Kokkos::fmin(Kokkos::fmax(v, Real(0)), Real(1)); };
  const Vec<3> p = p1 - p0;
  const Vec<3> q = q1 - q0;
  const Vec<3> r = p0 - q0;
  const Real pp = dot(p, p);
  const Real qq = dot(q, q);
  const Real pq = dot(p, q);
  const Real pr = dot(p, r);
  const Real qr = dot(q, r);
  const Real det = pp * qq - pq * pq;
  Real s = det > tol<Real>(16) * pp * qq ? within((pq * qr - pr * qq) / det) : Real(0.5);
  const Real t = (pq * s + qr) / qq;
  const Real t_within = within(t);
  if (t != t_within) s = within((pq * t_within - pr) / pp);
  return {s, t_within, r + s * p - t_within * q};
}

FILIGREE_FUNCTION Vec<3> along(const Vec<3>* x, Index tail, Index head, Real s) {
  return (1 - s) * x[tail] + s * x[head];
}

FILIGREE_FUNCTION bool is_position_held(const Touch& t, Index v) {
  return (t.start.held[v] & kPositionHeld) != 0;
}
/// Both ends of the edge are held: it cannot give way.
FILIGREE_FUNCTION bool is_fixed(const Touch& t, Index e) {
  return is_position_held(t, t.model.tail(e)) && is_position_held(t, t.model.head(e));
}

/// Where energy and derivatives of contact are added up; order 0: energy, 1: gradient as well, 2:
/// second derivatives too, without those parts that may not be positive when `exact` is not set.
struct ContactSum {
  int order = 0;
  bool exact = true;
  Vec<4>* gradient = nullptr;
  TreeMatrix matrix{};
  Real energy = 0;    ///< of contact
  Real friction = 0;  ///< the potential D
  Real gap = 0;
  Index contacts = 0;
  bool is_coupled = false;  ///< edges of rods touch each other
};

FILIGREE_FUNCTION void add_to(Vec<4>& node, Real factor, const Vec<3>& v) {
  for (int i = 0; i < 3; ++i) node[i] += factor * v[i];
}

/// Adds second derivatives between tail (0) and head (1) of an edge.
FILIGREE_FUNCTION void add_own_blocks(const RodModel& model, Index e, const Mat<3>& k00,
                                      const Mat<3>& k01, const Mat<3>& k11,
                                      const TreeMatrix& matrix) {
  add_positions(matrix.diagonal[model.tail(e)], k00);
  add_positions(matrix.diagonal[model.head(e)], k11);
  // The rows of the block are those of the vertex that is farther from the root.
  add_positions(matrix.coupling[model.edge_block(e)],
                model.edge_node(e) == model.tail(e) ? k01 : transpose(k01));
}

/// The part of an edge that can give way: without the halves next to held vertices.
FILIGREE_FUNCTION Vec<2> free_part(const Touch& t, Index e) {
  return {is_position_held(t, t.model.tail(e)) ? Real(0.5) : Real(0),
          is_position_held(t, t.model.head(e)) ? Real(0.5) : Real(1)};
}

/// Contact of one edge with one obstacle. The sums of shares, normals and forces are for friction.
struct PlaceSum {
  Real force = 0, s = 0, t = 0;
  Vec<3> normal{};
};
FILIGREE_FUNCTION PlaceSum add_obstacle(const Touch& touch, Index e, const RodObstacle& o,
                                        const Vec<3>* x, const Vec<3>& shift, ContactSum& sum) {
  const RodContactModel& c = touch.contact;
  const Index tail = touch.model.tail(e);
  const Index head = touch.model.head(e);
  const Real reach = c.radius(e) + c.activation;
  PlaceSum place{};
  const Real middle = surface_at(o, c.samples, along(x, tail, head, Real(0.5)) + shift).distance;
  if (middle - Real(0.55) * norm(x[head] - x[tail]) > reach) return place;
  const Index n = c.points(e);
  const Vec<2> part = free_part(touch, e);
  const Real weight = touch.model.rest_length(touch.row, e) / static_cast<Real>(n);
  Mat<3> k00{}, k01{}, k11{};
  for (Index q = 0; q < n; ++q) {
    const Real s = (static_cast<Real>(q) + Real(0.5)) / static_cast<Real>(n);
    const RodSurface surface = surface_at(o, c.samples, along(x, tail, head, s) + shift);
    const Real gap = surface.distance - c.radius(e);
    sum.gap = Kokkos::fmin(sum.gap, gap);
    if (!(gap < c.activation) || s < part[0] || s > part[1]) continue;
    const Barrier b = barrier(gap, c.activation, weight * c.stiffness);
    sum.energy += b.value;
    place.force -= b.slope;
    place.s -= b.slope * s;
    place.normal -= b.slope * surface.normal;
    if (sum.order < 1) continue;
    add_to(sum.gradient[tail], (1 - s) * b.slope, surface.normal);
    add_to(sum.gradient[head], s * b.slope, surface.normal);
    if (sum.order < 2) continue;
    Mat<3> k = b.second * outer(surface.normal, surface.normal);
    if (sum.exact) k += b.slope * surface.curvature;
    k00 += ((1 - s) * (1 - s)) * k;
    k01 += ((1 - s) * s) * k;
    k11 += (s * s) * k;
  }
  if (place.force > 0) {
    ++sum.contacts;
    if (sum.order > 1) add_own_blocks(touch.model, e, k00, k01, k11, sum.matrix);
  }
  return place;
}

/// Blocks of second derivatives between the ends of e (0, 1) and of f (2, 3).
struct PairMatrix {
  Mat<3> k[4][4];  ///< upper triangle
};

/// Points of edge e against the line of edge f; `first` is the place of e in the pair, 0 or 2.
FILIGREE_FUNCTION void add_points(const Touch& touch, Index e, Index f, int first, const Vec<3>* x,
                                  ContactSum& sum, PairMatrix& matrix, PlaceSum& place) {
  const RodContactModel& c = touch.contact;
  const RodModel& model = touch.model;
  const Vec<3>& f0 = x[model.tail(f)];
  const Vec<3> edge = x[model.head(f)] - f0;
  const Real squared = squared_norm(edge);
  const Real thick = c.radius(e) + c.radius(f);
  const Real reach = thick + c.activation;
  const Index n = c.points(e);
  const Real weight =
      Real(0.5) * model.rest_length(touch.row, e) / static_cast<Real>(n) * c.stiffness;
  const int second = 2 - first;
  for (Index q = 0; q < n; ++q) {
    const Real s = (static_cast<Real>(q) + Real(0.5)) / static_cast<Real>(n);
    const Vec<3> r = along(x, model.tail(e), model.head(e), s) - f0;
    const Real free = dot(r, edge) / squared;
    const Real t = Kokkos::fmin(Kokkos::fmax(free, Real(0)), Real(1));
    const Vec<3> apart = r - t * edge;
    const Real squared_distance = squared_norm(apart);
    if (!(squared_distance < reach * reach) || !(squared_distance > 0)) continue;
    const Real distance = Kokkos::sqrt(squared_distance);
    const Vec<3> normal = apart * (1 / distance);
    sum.gap = Kokkos::fmin(sum.gap, distance - thick);
    const Barrier b = barrier(distance - thick, c.activation, weight);
    sum.energy += b.value;
    place.force -= b.slope;
    place.s -= b.slope * (first == 0 ? s : t);
    place.t -= b.slope * (first == 0 ? t : s);
    place.normal -= (first == 0 ? b.slope : -b.slope) * normal;
    if (sum.order < 1) continue;
    Real a[4];  // d apart/dx of the four ends, t fixed
    a[first] = 1 - s;
    a[first + 1] = s;
    a[second] = t - 1;
    a[second + 1] = -t;
    const Index vertex[2][2] = {{model.tail(e), model.head(e)}, {model.tail(f), model.head(f)}};
    for (int i = 0; i < 2; ++i) {
      add_to(sum.gradient[vertex[0][i]], b.slope * a[first + i], normal);
      add_to(sum.gradient[vertex[1][i]], b.slope * a[second + i], normal);
    }
    if (sum.order < 2) continue;
    // The distance has the second derivatives a_i a_j (1 - n n^T)/distance - h_i h_j^T, the second
    // part, which is that of t, where t is between the ends:
    //   h_i = sqrt(distance)/|f| (a_i' n - a_i f/distance),  a' = da/dt
    const Mat<3> nn = outer(normal, normal);
    Mat<3> k = b.second * nn;
    if (sum.exact) k += (b.slope / distance) * (Mat<3>::identity() - nn);
    const bool is_inside = free > 0 && free < 1;
    Vec<3> h[4];
    if (is_inside) {
      const Real scale = Kokkos::sqrt(-b.slope * distance / squared);
      for (int i = 0; i < 4; ++i) h[i] = (-scale * a[i] / distance) * edge;
      h[second] += scale * normal;
      h[second + 1] -= scale * normal;
    }
    for (int i = 0; i < 4; ++i) {
      for (int j = i; j < 4; ++j) {
        matrix.k[i][j] += (a[i] * a[j]) * k;
        if (is_inside) matrix.k[i][j] += outer(h[i], h[j]);
      }
    }
  }
}

/// Contact of pair number p.
FILIGREE_FUNCTION PlaceSum add_pair(const Touch& touch, Index p, const Vec<3>* x, ContactSum& sum) {
  const RodModel& model = touch.model;
  const RodPair pair = row_of(touch.scratch.pairs, touch.b)[p];
  PlaceSum place{};
  PairMatrix matrix{};
  const Real reach =
      touch.contact.radius(pair.e) + touch.contact.radius(pair.f) + touch.contact.activation;
  const Vec<3> apart = nearest_on_edges(x[model.tail(pair.e)], x[model.head(pair.e)],
                                        x[model.tail(pair.f)], x[model.head(pair.f)])
                           .apart;
  if (squared_norm(apart) < reach * reach) {
    add_points(touch, pair.e, pair.f, 0, x, sum, matrix, place);
    add_points(touch, pair.f, pair.e, 2, x, sum, matrix, place);
  }
  if (place.force > 0) {
    ++sum.contacts;
    sum.is_coupled = true;
  }
  if (sum.order < 2) return place;
  RodPairBlocks& cross = row_of(touch.scratch.pair_blocks, touch.b)[p];
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) cross.m[i][j] = matrix.k[i][2 + j];
  }
  if (place.force > 0) {
    add_own_blocks(model, pair.e, matrix.k[0][0], matrix.k[0][1], matrix.k[1][1], sum.matrix);
    add_own_blocks(model, pair.f, matrix.k[2][2], matrix.k[2][3], matrix.k[3][3], sum.matrix);
  }
  return place;
}

/// f(|u|) of the file comment of rod_contact.hpp times v dt, f'/|u|, (f'/|u|)'/|u|; per N of limit.
struct Rub {
  Real value, slope, second;
};
FILIGREE_FUNCTION Rub rub(Real slipped, Real slip) {
  const Real y = slipped / slip;
  if (y >= 1) {
    return {slipped - slip / 3, 1 / slipped, -1 / (slipped * slipped * slipped)};
  }
  const Real second = slipped > 0 ? -1 / (slip * slip * slipped) : Real(0);
  return {slip * y * y * (1 - y / 3), (2 - y) / slip, second};
}

/// Shares of the ends of both edges in the slip of a place.
struct SlipPlace {
  Vec<3> u;  ///< slip since the start of the step, across the normal
  Index vertex[4];
  Real a[4];
  int n;
};
FILIGREE_FUNCTION SlipPlace slip_place(const Touch& touch, const RodSlip& slip, const Vec<3>* x) {
  const RodModel& model = touch.model;
  SlipPlace p{};
  p.n = slip.f < 0 ? 2 : 4;
  p.vertex[0] = model.tail(slip.e);
  p.vertex[1] = model.head(slip.e);
  p.a[0] = 1 - slip.s;
  p.a[1] = slip.s;
  if (slip.f >= 0) {
    p.vertex[2] = model.tail(slip.f);
    p.vertex[3] = model.head(slip.f);
    p.a[2] = slip.t - 1;
    p.a[3] = -slip.t;
  }
  p.u = -slip.carried;
  for (int i = 0; i < p.n; ++i) {
    p.u += p.a[i] * (x[p.vertex[i]] - touch.start.position[p.vertex[i]]);
  }
  p.u -= dot(slip.normal, p.u) * slip.normal;
  return p;
}

/// Friction of place number k.
FILIGREE_FUNCTION void add_slip(const Touch& touch, Index k, const Vec<3>* x, ContactSum& sum) {
  const RodSlip& slip = row_of(touch.scratch.slips, touch.b)[k];
  const SlipPlace p = slip_place(touch, slip, x);
  const Rub r = rub(norm(p.u), touch.slip);
  sum.friction += slip.limit * r.value;
  if (sum.order < 1) return;
  for (int i = 0; i < p.n; ++i) {
    add_to(sum.gradient[p.vertex[i]], p.a[i] * slip.limit * r.slope, p.u);
  }
  if (sum.order < 2) return;
  const Mat<3> block =
      (slip.limit * r.slope) * (Mat<3>::identity() - outer(slip.normal, slip.normal)) +
      (slip.limit * r.second) * outer(p.u, p.u);
  const auto own = [&](Index e, Real a0, Real a1) {
    add_own_blocks(touch.model, e, (a0 * a0) * block, (a0 * a1) * block, (a1 * a1) * block,
                   sum.matrix);
  };
  own(slip.e, p.a[0], p.a[1]);
  if (slip.f >= 0) {
    own(slip.f, p.a[2], p.a[3]);
    sum.is_coupled = true;
  }
  row_of(touch.scratch.slip_blocks, touch.b)[k] = block;
}

/// The potential of contact and friction at positions x.
FILIGREE_FUNCTION void add_contact(const Touch& touch, const Vec<3>* x, ContactSum& sum) {
  for (Index o = 0; o < touch.contact.n_obstacles; ++o) {
    const RodObstacle& obstacle = touch.contact.obstacles(o);
    for (Index e = 0; e < touch.model.n_edges; ++e) {
      add_obstacle(touch, e, obstacle, x, Vec<3>::zero(), sum);
    }
  }
  for (Index p = 0; p < touch.scratch.counts(touch.b, kPairs); ++p) add_pair(touch, p, x, sum);
  for (Index k = 0; k < touch.scratch.counts(touch.b, kSlips); ++k) add_slip(touch, k, x, sum);
}

/// Notes where friction acts, and how much, from the contacts at positions x; obstacles are where
/// they are `back` times the length of the step before its end.
FILIGREE_FUNCTION void note_slips(const Touch& touch, const Vec<3>* x, Real back) {
  RodSlip* slips = row_of(touch.scratch.slips, touch.b);
  Index n = 0;
  Index missed = 0;
  const auto note = [&](const PlaceSum& place, Index e, Index f, Real friction,
                        const Vec<3>& carried) {
    const Real length = norm(place.normal);
    if (!(place.force > 0) || !(length > 0) || !(friction > 0)) return;
    if (n >= touch.contact.max_slips) {
      ++missed;
      return;
    }
    slips[n++] = {e,
                  f,
                  place.s / place.force,
                  place.t / place.force,
                  friction * place.force,
                  place.normal * (1 / length),
                  carried};
  };
  ContactSum sum{};
  for (Index o = 0; o < touch.contact.n_obstacles; ++o) {
    const RodObstacle& obstacle = touch.contact.obstacles(o);
    for (Index e = 0; e < touch.model.n_edges; ++e) {
      const Vec<3> middle =
          along(x, touch.model.tail(e), touch.model.head(e), Real(0.5)) - obstacle.body.center;
      const Vec<3> carried =
          touch.dt * (obstacle.body.velocity + cross(obstacle.body.spin, middle));
      note(add_obstacle(touch, e, obstacle, x, back * carried, sum), e, -1, obstacle.friction,
           carried);
    }
  }
  if (touch.contact.friction > 0) {
    for (Index p = 0; p < touch.scratch.counts(touch.b, kPairs); ++p) {
      const RodPair pair = row_of(touch.scratch.pairs, touch.b)[p];
      note(add_pair(touch, p, x, sum), pair.e, pair.f, touch.contact.friction, Vec<3>::zero());
    }
  }
  touch.scratch.counts(touch.b, kSlips) = n;
  if (missed > 0) touch.scratch.counts(touch.b, kOverflow) = n + missed;
}

/// Work of friction on the way from the start of the step to x, J.
FILIGREE_FUNCTION Real friction_work(const Touch& touch, const Vec<3>* x) {
  Real work = 0;
  for (Index k = 0; k < touch.scratch.counts(touch.b, kSlips); ++k) {
    const RodSlip& slip = row_of(touch.scratch.slips, touch.b)[k];
    const Vec<3> u = slip_place(touch, slip, x).u;
    work -= slip.limit * rub(norm(u), touch.slip).slope * squared_norm(u);
  }
  return work;
}

}  // namespace filigree::rods::detail
