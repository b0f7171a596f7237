// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Constraint sweeps of the published branched-rod model.
#include <algorithm>

#include "physics/rods/deft_parts.hpp"

namespace filigree::rods::deft {

namespace {

constexpr double kGraspWeight = 1e20;
constexpr double kSmallestPlane = 5e-4;  ///< m^2; two edges below this span no plane
constexpr double kPlaneGuard = 1e-10;    ///< m^2, added to the denominator of the ratio kept
constexpr int kFadeSteps = 20;           ///< the out-of-plane ratio fades over these
constexpr double kPlaneLimit = 0.02;     ///< of the edge, where two children share a vertex

/// A directed edge whose orientation is followed.
struct Followed {
  Vec3* tail;
  Vec3* head;
  Quaternion* turn;
};

/// Takes up how the edge has turned since it lay along `anchor`.
void follow(const Vec3& anchor, const Followed& edge) {
  *edge.turn = multiply(rotation_between(anchor, *edge.head - *edge.tail), *edge.turn);
}

/// Turns an edge about its tail.
void turn_edge(const Followed& edge, const Vec3& by) {
  const Quaternion q = rotation_of(by);
  *edge.head = *edge.tail + rotate(q, *edge.head - *edge.tail);
  *edge.turn = multiply(q, *edge.turn);
}

/// Closes the difference of two orientations, each edge by its share.
void blend(const Followed& host, const Vec3& host_share, const Followed& child,
           const Vec3& child_share) {
  const Vec3 difference = rotation_vector(multiply(*host.turn, inverse_turn(*child.turn)));
  turn_edge(host, cwise_product(host_share, difference));
  turn_edge(child, cwise_product(child_share, difference));
}

/// Shares -I_c/(I_p + I_c) of the host and I_p/(I_p + I_c) of the child, by component.
struct Shares {
  Vec3 host, child;
};

Shares shares_of(const Vec3& host, const Vec3& child) {
  Shares shares{};
  for (int a = 0; a < 3; ++a) {
    shares.host[a] = -child[a] / (host[a] + child[a]);
    shares.child[a] = host[a] / (host[a] + child[a]);
  }
  return shares;
}

enum class Side { kIn, kOut };

Followed parent_edge(State& state, int edge) {
  const auto e = static_cast<std::size_t>(edge);
  return {&state.position[e], &state.position[e + 1], &state.host_turn[e]};
}

Followed child_edge(const Model& model, State& state, int child) {
  const std::size_t root = model.at(child + 1, 0);
  return {&state.position[root], &state.position[root + 1],
          &state.child_turn[static_cast<std::size_t>(child)]};
}

void anchor_parent(const Model& model, const State& state, std::vector<Vec3>& anchor) {
  std::copy_n(state.position.begin(), model.slots(), anchor.begin());
}

void anchor_child(const Model& model, State& state, int child) {
  const std::size_t root = model.at(child + 1, 0);
  for (int k = 0; k < model.slots(); ++k) {
    const std::size_t i = root + static_cast<std::size_t>(k);
    state.anchor_child[i] = state.position[i];
  }
}

/// The basic operation on a child of the parent and one of the two edges beside its junction.
void share_with_parent(const Model& model, State& state, int child, Side side) {
  const auto c = static_cast<std::size_t>(child);
  const int edge = junction_of(model, child).vertex - (side == Side::kIn ? 1 : 0);
  const auto& anchor = side == Side::kIn ? state.anchor_in : state.anchor_out;
  const Vec3& inertia = (side == Side::kIn ? model.host_inertia_in : model.host_inertia_out)[c];
  const Shares shares = shares_of(inertia, model.child_inertia[c]);
  const Followed host = parent_edge(state, edge);
  const Followed own = child_edge(model, state, child);
  follow(edge_of(anchor, static_cast<std::size_t>(edge)), host);
  follow(edge_of(state.anchor_child, model.at(child + 1, 0)), own);
  blend(host, shares.host, own, shares.child);
}

/// Normal of the plane at a child's junction, not normalised: parent edge before x after; for a
/// child on a child the parent edge after the first junction x the host's first edge.
Vec3 plane_normal(const Model& model, const std::vector<Vec3>& x, int child) {
  const Junction& junction = junction_of(model, child);
  if (is_nested(model, child)) {
    const std::size_t after = model.at(0, junction_of(model, 0).vertex);
    return cross(edge_of(x, after), edge_of(x, model.at(junction.host, 0)));
  }
  const std::size_t after = model.at(0, junction.vertex);
  return cross(edge_of(x, after - 1), edge_of(x, after));
}

/// Brings a child's first edge back to the height above the plane that it had at the start. Where
/// the edge was followed does not see this move.
void flatten(const Model& model, State& state, int child) {
  const Vec3 normal = plane_normal(model, state.position, child);
  const double plane = norm(normal);
  if (plane <= kSmallestPlane) return;
  const Vec3 n = normal / plane;
  double ratio = state.out_of_plane[static_cast<std::size_t>(child)];
  if (!is_nested(model, child)) {
    ratio *= std::max(0.0, 1 - static_cast<double>(state.step) / kFadeSteps);
  }
  const std::size_t root = model.at(child + 1, 0);
  const Vec3 e = edge_of(state.position, root);
  const double length = norm(e);
  double correction = ratio * length - dot(e, n);
  if (model.sharing == Sharing::kOneByOne) {
    correction = std::clamp(correction, -kPlaneLimit * length, kPlaneLimit * length);
  }
  const Vec3 moved = e + correction * n;
  state.position[root + 1] = state.position[root] + moved * (length / norm(moved));
  anchor_child(model, state, child);
}

void share_together(const Model& model, State& state) {
  for (const Side side : {Side::kIn, Side::kOut}) {
    for (int c = 0; c < model.children(); ++c) share_with_parent(model, state, c, side);
    anchor_parent(model, state, side == Side::kIn ? state.anchor_in : state.anchor_out);
    for (int c = 0; c < model.children(); ++c) anchor_child(model, state, c);
  }
}

void share_nested(const Model& model, State& state) {
  share_with_parent(model, state, 0, Side::kIn);
  anchor_parent(model, state, state.anchor_in);
  anchor_child(model, state, 0);
  share_with_parent(model, state, 0, Side::kOut);
  anchor_parent(model, state, state.anchor_out);
  anchor_child(model, state, 0);
  flatten(model, state, 0);

  // The first child leads, the second follows entirely. Both edges of the host begin with the
  // orientation of its first edge, which ends with that of the second.
  const Vec3 none = Vec3::zero();
  const Vec3 all = Vec3::filled(1);
  const std::size_t host_root = model.at(1, 0);
  Quaternion turns[2] = {state.child_turn[0], state.child_turn[0]};
  for (int edge = 0; edge < 2; ++edge) {
    const std::size_t tail = host_root + static_cast<std::size_t>(edge);
    const Followed host{&state.position[tail], &state.position[tail + 1], &turns[edge]};
    const Followed own = child_edge(model, state, 1);
    follow(edge_of(state.anchor_child, tail), host);
    follow(edge_of(state.anchor_child, model.at(2, 0)), own);
    blend(host, none, own, all);
    anchor_child(model, state, 1);
  }
  state.child_turn[0] = turns[1];
  flatten(model, state, 1);
}

void share_one_by_one(const Model& model, State& state) {
  // Every edge of the parent beside a junction is followed once, before any child.
  std::vector<char> followed(static_cast<std::size_t>(model.slots()), 0);
  for (const Side side : {Side::kIn, Side::kOut}) {
    const auto& anchor = side == Side::kIn ? state.anchor_in : state.anchor_out;
    for (int c = 0; c < model.children(); ++c) {
      const int edge = junction_of(model, c).vertex - (side == Side::kIn ? 1 : 0);
      const auto e = static_cast<std::size_t>(edge);
      if (followed[e]) continue;
      followed[e] = 1;
      follow(edge_of(anchor, e), parent_edge(state, edge));
    }
  }
  anchor_parent(model, state, state.anchor_in);
  anchor_parent(model, state, state.anchor_out);
  for (int c = 0; c < model.children(); ++c) {
    for (const Side side : {Side::kIn, Side::kOut}) {
      share_with_parent(model, state, c, side);
      anchor_parent(model, state, side == Side::kIn ? state.anchor_in : state.anchor_out);
      anchor_child(model, state, c);
    }
    if (c > 0) flatten(model, state, c);
  }
}

}  // namespace

void set_out_of_plane(const Model& model, const std::vector<Vec3>& position, State& state) {
  state.out_of_plane.assign(static_cast<std::size_t>(model.children()), 0.0);
  for (int c = 0; c < model.children(); ++c) {
    const Vec3 normal = plane_normal(model, position, c);
    const Vec3 e = edge_of(position, model.at(c + 1, 0));
    state.out_of_plane[static_cast<std::size_t>(c)] =
        dot(e, normal) / (norm(e) * (norm(normal) + kPlaneGuard));
  }
}

void share_orientations(const Model& model, State& state) {
  if (!state.anchored) {
    anchor_parent(model, state, state.anchor_in);
    anchor_parent(model, state, state.anchor_out);
    state.anchor_child = state.position;
    state.anchored = true;
  }
  switch (model.sharing) {
    case Sharing::kTogether:
      return share_together(model, state);
    case Sharing::kNested:
      return share_nested(model, state);
    case Sharing::kOneByOne:
      return share_one_by_one(model, state);
  }
}

void attach(const Model& model, std::vector<Vec3>& position) {
  for (int c = 0; c < model.children(); ++c) {
    const Junction& junction = junction_of(model, c);
    const std::size_t host = model.at(junction.host, junction.vertex);
    const std::size_t root = model.at(c + 1, 0);
    const Vec3 gap = position[root] - position[host];
    const double total = model.mass[host] + model.mass[root];
    const double host_share = is_nested(model, c) ? 0 : model.mass[root] / total;
    position[host] += host_share * gap;
    position[root] -= (1 - host_share) * gap;
  }
}

void restore_lengths(const Model& model, std::vector<Vec3>& position) {
  std::vector<double> excess(model.cable.counts.size());
  for (int k = 0; k + 1 < model.slots(); ++k) {
    bool skip = true;  // D14
    for (int b = 0; b < model.branches(); ++b) {
      const Span rod = span_of(model, b);
      if (k >= rod.edges()) continue;
      const double square = model.length[rod[k]] * model.length[rod[k]];
      const double l = 1 - 2 * square / (square + squared_norm(edge_of(position, rod[k])));
      excess[static_cast<std::size_t>(b)] = l;
      if (std::fabs(l) >= model.cable.stretch_tolerance) skip = false;
    }
    if (skip) continue;
    for (int b = 0; b < model.branches(); ++b) {
      const Span rod = span_of(model, b);
      if (k >= rod.edges()) continue;
      const std::size_t i = rod[k];
      const auto weight = [&](int slot) {
        return b == 0 && model.is_grasped[static_cast<std::size_t>(slot)] ? 1 + kGraspWeight : 1;
      };
      const Vec3 d = edge_of(position, i) * excess[static_cast<std::size_t>(b)];
      const double total = model.mass[i] + model.mass[i + 1];
      position[i] += d * (model.mass[i + 1] / total / weight(k));
      position[i + 1] -= d * (model.mass[i] / total / weight(k + 1));
    }
  }
}

}  // namespace filigree::rods::deft
