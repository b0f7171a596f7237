// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inner workings of contact: which edges are near, how far a move may go, the solution of systems
// in which far edges are coupled, and what is kept of a step.
#pragma once

#include "physics/rods/rod_contact_parts.hpp"

namespace filigree::rods::detail {

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
      const Vec<2> part = free_part(touch, e);
      for (Index i = 0; i < n; ++i) {
        const Real s = (static_cast<Real>(i) + Real(0.5)) / static_cast<Real>(n);
        if (s < part[0] || s > part[1]) continue;
        share =
            Kokkos::fmin(share, safe_share_of_point(obstacle, c.samples, c.radius(e),
                                                    along(x, tail, head, s), (1 - s) * p + s * q));
      }
    }
  }
  return share;
}

/// True when nothing passes through anything on the way from the start to the pose in `work`.
FILIGREE_FUNCTION bool is_reached(const Touch& touch, const Workspace& work) {
  for (Index v = 0; v < touch.model.n_vertices; ++v) {
    const Vec<3> moved = work.position[v] - touch.start.position[v];
    work.direction[v] = {moved[0], moved[1], moved[2], 0};
  }
  return !(safe_share(touch, touch.start.position, work.direction) < 1);
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

/// Adds the forces of contact to the balance, and notes them.
FILIGREE_FUNCTION void note_contact(const Touch& touch, const Workspace& work) {
  for (Index v = 0; v < touch.model.n_vertices; ++v) work.direction[v] = Vec<4>::zero();
  ContactSum sum{1, false, work.direction};
  sum.gap = touch.contact.activation;
  add_contact(touch, work.position, sum);
  for (Index v = 0; v < touch.model.n_vertices; ++v) {
    const Vec<4>& g = work.direction[v];
    work.gradient[v] += g;
    touch.scratch.force(touch.b, v) = {-g[0], -g[1], -g[2]};
  }
  touch.scratch.counts(touch.b, kContacts) = sum.contacts;
  touch.scratch.measures(touch.b, kGap) = sum.gap;
  touch.scratch.measures(touch.b, kEnergy) = sum.energy;
  touch.scratch.measures(touch.b, kWork) = friction_work(touch, work.position);
}

/// Checks the rule and makes the scratch large enough.
void prepare_contact(const RodModel& model, const RodContactModel& contact,
                     const RodStepOptions& options, Index batch, RodContactScratch& scratch);
/// Copies what became of the contacts to the host, and checks that none was left out.
void note_contacts(const RodContactModel& contact, Index batch, RodContactScratch& scratch);

}  // namespace filigree::rods::detail
