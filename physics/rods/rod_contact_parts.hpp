// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inner workings of contact: which edges are near, energy and derivatives, how far a move may go,
// and the solution of systems in which far edges are coupled.
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

FILIGREE_FUNCTION bool is_excluded(const RodContactModel& c, Index e, Index f) {
  for (Index k = c.excluded_begin(e); k < c.excluded_begin(e + 1); ++k) {
    if (c.excluded(k) == f) return true;
  }
  return false;
}

/// Lists the pairs of edges that may come within the activation distance on the way from x along
/// `share` times the direction: boxes about the ways of the edges are sorted along the longest axis
/// and swept. Without a direction (share 0): those that are near at x.
FILIGREE_FUNCTION void find_pairs(const Touch& t, const Vec<3>* x, const Vec<4>* direction,
                                  Real share) {
  const RodModel& model = t.model;
  const RodContactModel& c = t.contact;
  if (!c.between_rods) return;
  Index* order = row_of(t.scratch.order, t.b);
  Vec<3>* lower = row_of(t.scratch.lower, t.b);
  Vec<3>* upper = row_of(t.scratch.upper, t.b);
  RodPair* pairs = row_of(t.scratch.pairs, t.b);
  Vec<3> least = x[0];
  Vec<3> most = x[0];
  for (Index v = 0; v < model.n_vertices; ++v) {
    for (int a = 0; a < 3; ++a) {
      least[a] = Kokkos::fmin(least[a], x[v][a]);
      most[a] = Kokkos::fmax(most[a], x[v][a]);
    }
  }
  int axis = 0;
  for (int a = 1; a < 3; ++a) {
    if (most[a] - least[a] > most[axis] - least[axis]) axis = a;
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Real pad = c.radius(e) + c.activation / 2;
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    for (int a = 0; a < 3; ++a) {
      const Real p = x[tail][a];
      const Real q = x[head][a];
      const Real to_p = share > 0 ? p + share * direction[tail][a] : p;
      const Real to_q = share > 0 ? q + share * direction[head][a] : q;
      lower[e][a] = Kokkos::fmin(Kokkos::fmin(p, q), Kokkos::fmin(to_p, to_q)) - pad;
      upper[e][a] = Kokkos::fmax(Kokkos::fmax(p, q), Kokkos::fmax(to_p, to_q)) + pad;
    }
  }
  for (Index i = 1; i < model.n_edges; ++i) {  // by insertion: nearly sorted since last time
    const Index e = order[i];
    Index k = i;
    for (; k > 0; --k) {
      const Real before = lower[order[k - 1]][axis];
      if (before < lower[e][axis] || (before == lower[e][axis] && order[k - 1] < e)) break;
      order[k] = order[k - 1];
    }
    order[k] = e;
  }
  Index n = 0;
  Index missed = 0;
  for (Index i = 0; i < model.n_edges; ++i) {
    for (Index k = i + 1; k < model.n_edges; ++k) {
      if (lower[order[k]][axis] > upper[order[i]][axis]) break;
      const Index e = order[i] < order[k] ? order[i] : order[k];
      const Index f = order[i] < order[k] ? order[k] : order[i];
      bool is_near = true;
      for (int a = 0; a < 3; ++a) {
        is_near = is_near && lower[e][a] <= upper[f][a] && lower[f][a] <= upper[e][a];
      }
      if (!is_near || is_excluded(c, e, f) || (is_fixed(t, e) && is_fixed(t, f))) continue;
      if (n < c.max_pairs) {
        pairs[n++] = {e, f};
      } else {
        ++missed;
      }
    }
  }
  t.scratch.counts(t.b, kPairs) = n;
  if (missed > 0) t.scratch.counts(t.b, kOverflow) = n + missed;
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
  const Real weight = touch.model.rest_length(touch.row, e) / static_cast<Real>(n);
  Mat<3> k00{}, k01{}, k11{};
  for (Index q = 0; q < n; ++q) {
    const Real s = (static_cast<Real>(q) + Real(0.5)) / static_cast<Real>(n);
    const RodSurface surface = surface_at(o, c.samples, along(x, tail, head, s) + shift);
    const Real gap = surface.distance - c.radius(e);
    sum.gap = Kokkos::fmin(sum.gap, gap);
    if (!(gap < c.activation)) continue;
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
      if (!is_fixed(touch, e)) add_obstacle(touch, e, obstacle, x, Vec<3>::zero(), sum);
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
      if (is_fixed(touch, e)) continue;
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

/// The part of a distance that a move must leave: half of what there is, at most half of `thick`.
FILIGREE_FUNCTION Real kept_distance(Real distance, Real thick) {
  return Real(0.5) * Kokkos::fmin(distance, thick);
}

/// Share of the moves p, q of the ends of two edges that keeps them apart. Source: li2021codim,
/// additive conservative advancement.
FILIGREE_FUNCTION Real safe_share_of_pair(const Touch& touch, const RodPair& pair, const Vec<3>* x,
                                          const Vec<4>* direction) {
  const RodModel& model = touch.model;
  const Index v[4] = {model.tail(pair.e), model.head(pair.e), model.tail(pair.f),
                      model.head(pair.f)};
  Vec<3> at[4], move[4];
  Vec<3> mean{};
  for (int i = 0; i < 4; ++i) {
    at[i] = x[v[i]];
    move[i] = {direction[v[i]][0], direction[v[i]][1], direction[v[i]][2]};
    mean += Real(0.25) * move[i];
  }
  for (int i = 0; i < 4; ++i) move[i] -= mean;
  const Real speed =
      Kokkos::fmax(norm(move[0]), norm(move[1])) + Kokkos::fmax(norm(move[2]), norm(move[3]));
  const Real thick = touch.contact.radius(pair.e) + touch.contact.radius(pair.f);
  Real left = norm(nearest_on_edges(at[0], at[1], at[2], at[3]).apart);
  const Real kept = kept_distance(left, thick);
  left -= kept;
  if (left >= speed) return 1;
  const Real least = Real(0.1) * left;
  Real share = 0;
  for (int i = 0; i < 100; ++i) {
    share += Real(0.9) * left / speed;
    if (share >= 1) return 1;
    left = norm(nearest_on_edges(at[0] + share * move[0], at[1] + share * move[1],
                                 at[2] + share * move[2], at[3] + share * move[3])
                    .apart) -
           kept;
    if (left <= least) break;
  }
  return share;
}

/// The same of a point and an obstacle. Distances to convex obstacles lie above their tangents.
FILIGREE_FUNCTION Real safe_share_of_point(const RodObstacle& o, const Array<Real>& samples,
                                           Real thick, const Vec<3>& x, const Vec<3>& move) {
  const bool is_convex = o.is_plane || o.body.form != mpm::ObstacleForm::kSampled;
  const Real speed = Real(1.1) * norm(move);  // sampled distances may grow a little faster
  RodSurface surface = surface_at(o, samples, x);
  if (!(surface.distance > 0)) return 1;
  const Real kept = kept_distance(surface.distance, thick);
  const Real least = Real(0.1) * (surface.distance - kept);
  Real share = 0;
  for (int i = 0; i < 100; ++i) {
    const Real left = surface.distance - kept;
    if (left <= least) break;
    const Real closing = is_convex ? -dot(surface.normal, move) : speed;
    if (!(closing > 0)) return 1;
    share += Real(0.9) * left / closing;
    if (share >= 1) return 1;
    surface = surface_at(o, samples, x + share * move);
  }
  return share;
}

/// Share of a direction that may be gone along without anything passing through anything. Lists
/// the pairs of edges that may touch on the way.
FILIGREE_FUNCTION Real safe_share(const Touch& touch, const Vec<3>* x, const Vec<4>* direction) {
  const RodModel& model = touch.model;
  const RodContactModel& c = touch.contact;
  const auto move_of = [&](Index v) {
    return Vec<3>{direction[v][0], direction[v][1], direction[v][2]};
  };
  constexpr Real kFarthest = 10;  // edges that a vertex may go: else all pairs would be near
  Real farthest = 0;
  for (Index v = 0; v < model.n_vertices; ++v) {
    farthest = Kokkos::fmax(farthest, norm(move_of(v)));
  }
  Real share = 1;
  const Real most = kFarthest * model.mean_edge(touch.row);
  if (farthest > most) share = most / farthest;
  find_pairs(touch, x, direction, share);
  for (Index p = 0; p < touch.scratch.counts(touch.b, kPairs); ++p) {
    const RodPair pair = row_of(touch.scratch.pairs, touch.b)[p];
    share = Kokkos::fmin(share, safe_share_of_pair(touch, pair, x, direction));
  }
  for (Index o = 0; o < c.n_obstacles; ++o) {
    const RodObstacle& obstacle = c.obstacles(o);
    for (Index e = 0; e < model.n_edges; ++e) {
      if (is_fixed(touch, e)) continue;
      const Index tail = model.tail(e);
      const Index head = model.head(e);
      const Vec<3> p = move_of(tail);
      const Vec<3> q = move_of(head);
      const Real away = surface_at(obstacle, c.samples, along(x, tail, head, Real(0.5))).distance -
                        Real(0.55) * norm(x[head] - x[tail]) -
                        Real(1.1) * Kokkos::fmax(norm(p), norm(q));
      if (away > c.radius(e)) continue;
      const Index n = c.points(e);
      for (Index i = 0; i < n; ++i) {
        const Real s = (static_cast<Real>(i) + Real(0.5)) / static_cast<Real>(n);
        share =
            Kokkos::fmin(share, safe_share_of_point(obstacle, c.samples, c.radius(e),
                                                    along(x, tail, head, s), (1 - s) * p + s * q));
      }
    }
  }
  return share;
}

/// y += A x for the blocks between far edges.
FILIGREE_FUNCTION void add_cross_product(const Touch& touch, const Vec<4>* x, Vec<4>* y) {
  const RodModel& model = touch.model;
  const auto multiply = [&](Index i, Index j, const Mat<3>& k) {
    add_to(y[i], 1, k * Vec<3>{x[j][0], x[j][1], x[j][2]});
    add_to(y[j], 1, transpose(k) * Vec<3>{x[i][0], x[i][1], x[i][2]});
  };
  for (Index p = 0; p < touch.scratch.counts(touch.b, kPairs); ++p) {
    const RodPair pair = row_of(touch.scratch.pairs, touch.b)[p];
    const RodPairBlocks& blocks = row_of(touch.scratch.pair_blocks, touch.b)[p];
    const Index e[2] = {model.tail(pair.e), model.head(pair.e)};
    const Index f[2] = {model.tail(pair.f), model.head(pair.f)};
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) multiply(e[i], f[j], blocks.m[i][j]);
    }
  }
  for (Index k = 0; k < touch.scratch.counts(touch.b, kSlips); ++k) {
    const RodSlip& slip = row_of(touch.scratch.slips, touch.b)[k];
    if (slip.f < 0) continue;
    const Mat<3>& block = row_of(touch.scratch.slip_blocks, touch.b)[k];
    const Index e[2] = {model.tail(slip.e), model.head(slip.e)};
    const Index f[2] = {model.tail(slip.f), model.head(slip.f)};
    const Real a[2] = {1 - slip.s, slip.s};
    const Real b[2] = {slip.t - 1, -slip.t};
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) multiply(e[i], f[j], (a[i] * b[j]) * block);
    }
  }
}

FILIGREE_FUNCTION Real dot_all(Index n, const Vec<4>* a, const Vec<4>* b) {
  Real sum = 0;
  for (Index v = 0; v < n; ++v) sum += dot(a[v], b[v]);
  return sum;
}

/// Solves A x = right side by conjugate gradients, A the kept tree matrix and the blocks between
/// far edges, with the factors of the tree matrix as preconditioner. x holds the right side before,
/// the solution after. False when A is not positive definite.
FILIGREE_FUNCTION bool solve_coupled(const Touch& touch, const TreeMatrix& factors, Vec<4>* x) {
  constexpr Real kTolerance = Real(1e-5);  // of the residual, measured by the preconditioner
  const RodModel& model = touch.model;
  const Index n = model.n_vertices;
  Vec<4>* residual = row_of(touch.scratch.residual, touch.b);
  Vec<4>* search = row_of(touch.scratch.search, touch.b);
  Vec<4>* conditioned = row_of(touch.scratch.preconditioned, touch.b);
  Vec<4>* product = row_of(touch.scratch.product, touch.b);
  const TreeMatrix matrix{row_of(touch.scratch.diagonal, touch.b),
                          row_of(touch.scratch.coupling, touch.b)};
  for (Index v = 0; v < n; ++v) {
    residual[v] = conditioned[v] = x[v];
    x[v] = Vec<4>::zero();
  }
  solve(model.pattern, factors, conditioned);
  for (Index v = 0; v < n; ++v) search[v] = conditioned[v];
  Real size = dot_all(n, residual, conditioned);
  const Real target = kTolerance * kTolerance * size;
  for (Index i = 0; i < 4 * n && size > target; ++i) {
    for (Index v = 0; v < n; ++v) product[v] = Vec<4>::zero();
    add_product(model.pattern, matrix, search, product);
    add_cross_product(touch, search, product);
    for (Index v = 0; v < n; ++v) {
      if (!is_position_held(touch, v)) continue;
      for (int a = 0; a < 3; ++a) product[v][a] = 0;
    }
    const Real curvature = dot_all(n, search, product);
    if (!(curvature > 0)) return false;
    const Real step = size / curvature;
    for (Index v = 0; v < n; ++v) {
      x[v] += step * search[v];
      residual[v] -= step * product[v];
      conditioned[v] = residual[v];
    }
    solve(model.pattern, factors, conditioned);
    const Real before = size;
    size = dot_all(n, residual, conditioned);
    for (Index v = 0; v < n; ++v) search[v] = conditioned[v] + (size / before) * search[v];
  }
  return true;
}

/// Sets a copy of the matrix aside before it is replaced by its factors.
FILIGREE_FUNCTION void keep_matrix(const Touch& touch, const TreeMatrix& matrix) {
  Mat<4>* diagonal = row_of(touch.scratch.diagonal, touch.b);
  Mat<4>* coupling = row_of(touch.scratch.coupling, touch.b);
  for (Index v = 0; v < touch.model.n_vertices; ++v) diagonal[v] = matrix.diagonal[v];
  for (Index k = 0; k < touch.model.pattern.n_blocks; ++k) coupling[k] = matrix.coupling[k];
}

/// Makes the scratch large enough.
void reserve(const RodModel& model, const RodContactModel& contact, Index batch,
             RodContactScratch& scratch);

}  // namespace filigree::rods::detail
