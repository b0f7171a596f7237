// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/deft_parity.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace filigree::rods::deft {

namespace {

using Vec2 = Vec<2, double>;

constexpr double kStiffnessFloor = 1e-10;  ///< N m^2; negative values were learned (D2)
constexpr double kLargestBinormal = 500;
constexpr double kCopyBelow = 1e-6;   ///< 1 - cos(phi/2): frames are copied, not turned (D8)
constexpr int kTwistIterations = 10;  ///< D3
constexpr double kTwistDamping = 1e-3;
constexpr double kTwistStep = 0.5;
constexpr double kTwistChange = 1e-10;         ///< of E^2/2: a branch is done
constexpr double kTwistRelativeChange = 1e-5;  ///< of E^2/2: a branch is done
constexpr double kGraspWeight = 1e20;
constexpr double kSmallestPlane = 5e-4;  ///< m^2; two edges below this span no plane
constexpr double kPlaneGuard = 1e-10;    ///< m^2, added to the denominator of the ratio kept
constexpr int kFadeSteps = 20;           ///< the out-of-plane ratio fades over these
constexpr double kPlaneLimit = 0.02;     ///< of the edge, where two children share a vertex
constexpr Vec3 kFirstDirection{0, 0.6, 0.8};

Vec3 normalized(const Vec3& a) {
  return a / norm(a);
}

// --- Quaternions, always with w >= 0 after a product -------------------------------------------

Quaternion with_positive_w(const Quaternion& q) {
  return q[0] < 0 ? -q : q;
}

Quaternion multiply(const Quaternion& a, const Quaternion& b) {
  return with_positive_w({a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
                          a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
                          a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
                          a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]});
}

Quaternion inverse_turn(const Quaternion& q) {
  return {q[0], -q[1], -q[2], -q[3]};
}

/// The shortest rotation from the direction of a to that of b.
Quaternion rotation_between(const Vec3& a, const Vec3& b) {
  const Vec3 axis = cross(a, b);
  const Quaternion q{norm(a) * norm(b) + dot(a, b), axis[0], axis[1], axis[2]};
  const double size = norm(q);
  return size > 0 ? q / size : Quaternion{1, 0, 0, 0};
}

/// Axis times angle.
Vec3 rotation_vector(const Quaternion& q) {
  const Vec3 v{q[1], q[2], q[3]};
  const double sine = norm(v);
  if (sine == 0) return Vec3::zero();
  return v * (2 * std::atan2(sine, q[0]) / sine);
}

Quaternion rotation_of(const Vec3& r) {
  const double angle = norm(r);
  const double factor = angle < 1e-6 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
  return {std::cos(angle / 2), factor * r[0], factor * r[1], factor * r[2]};
}

Vec3 rotate(const Quaternion& q, const Vec3& a) {
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

Span span_of(const Model& model, int branch) {
  return {model.at(branch, 0), model.cable.counts[static_cast<std::size_t>(branch)]};
}

Vec3 edge_of(const std::vector<Vec3>& x, std::size_t tail) {
  return x[tail + 1] - x[tail];
}

const Junction& junction_of(const Model& model, int child) {
  return model.cable.junctions[static_cast<std::size_t>(child)];
}

bool is_nested(const Model& model, int child) {
  return junction_of(model, child).host != 0;
}

/// w_k^j = (kb.m2, -kb.m1) from the angle of edge j and (kb.u, kb.v).
Vec2 material_curvature(const Vec2& bishop, double cosine, double sine) {
  return {cosine * bishop[1] - sine * bishop[0], -cosine * bishop[0] - sine * bishop[1]};
}

Vec2 material_curvature(const Frames& frames, std::size_t vertex, std::size_t edge) {
  const Vec3& kb = frames.binormal[vertex];
  return {dot(kb, frames.m2[edge]), -dot(kb, frames.m1[edge])};
}

void resize(const Model& model, Frames& frames) {
  for (auto* field : {&frames.binormal, &frames.u, &frames.v, &frames.m1, &frames.m2}) {
    field->resize(model.size(), Vec3::zero());
  }
}

// --- Construction -------------------------------------------------------------------------------

Sharing sharing_of(const Cable& cable) {
  const auto& junctions = cable.junctions;
  for (std::size_t c = 0; c < junctions.size(); ++c) {
    const bool nested = junctions[c].host != 0;
    FILIGREE_REQUIRE(!nested || (c == 1 && junctions.size() == 2 && junctions[c].host == 1 &&
                                 junctions[c].vertex == 1),
                     "child {} hangs on vertex {} of branch {}: the published program knows only "
                     "a second and last child on vertex 1 of the first",
                     c + 1, junctions[c].vertex, junctions[c].host);
    if (nested) return Sharing::kNested;
  }
  for (std::size_t c = 1; c < junctions.size(); ++c) {
    for (std::size_t d = 0; d < c; ++d) {
      if (junctions[c].vertex == junctions[d].vertex) return Sharing::kOneByOne;
    }
  }
  return Sharing::kTogether;
}

void check_sizes(const Cable& cable, const Parameters& parameters) {
  const std::size_t branches = cable.counts.size();
  FILIGREE_REQUIRE(branches >= 1 && cable.slots == cable.counts[0],
                   "the cable has {} slots but {} branches, of which the first must fill the slots",
                   cable.slots, branches);
  for (const int count : cable.counts) {
    FILIGREE_REQUIRE(count >= 2 && count <= cable.slots,
                     "a branch of {} vertices does not fit {} slots", count, cable.slots);
  }
  FILIGREE_REQUIRE(cable.junctions.size() + 1 == branches, "{} children need {} junctions, not {}",
                   branches - 1, branches - 1, cable.junctions.size());
  for (const Junction& junction : cable.junctions) {
    const bool exists = junction.host >= 0 && junction.host < static_cast<int>(branches);
    FILIGREE_REQUIRE(
        exists && junction.vertex >= 1 &&
            junction.vertex + 1 < cable.counts[static_cast<std::size_t>(junction.host)],
        "a junction at vertex {} of branch {} does not lie between two edges", junction.vertex,
        junction.host);
  }
  FILIGREE_REQUIRE(!cable.grasped.empty(), "no vertex of the cable is grasped");
  for (const int vertex : cable.grasped) {
    FILIGREE_REQUIRE(vertex >= 0 && vertex < cable.slots,
                     "grasped vertex {} is none of the parent's {}", vertex, cable.slots);
  }
  const std::size_t size = branches * static_cast<std::size_t>(cable.slots);
  const auto check = [](const char* name, std::size_t given, std::size_t needed) {
    FILIGREE_REQUIRE(given == needed, "'{}' has {} entries, the cable needs {}", name, given,
                     needed);
  };
  check("rest shape", cable.rest.size(), size);
  check("bending stiffness", cable.bending.size(), branches);
  check("learned rest shape", parameters.rest.size(), size);
  check("learned mass", parameters.damping_mass.size(), size);
  check("damping", parameters.damping.size(), branches);
  check("learned twist stiffness", parameters.solver_twist.size(), size);
}

void set_lengths_and_masses(Model& model) {
  const Cable& cable = model.cable;
  model.length.assign(model.size(), 0.0);
  model.region.assign(model.size(), 0.0);
  model.mass.assign(model.size(), 0.0);
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double scale = b == 0 ? cable.parent_mass_scale : cable.child_mass_scale;
    for (int k = 0; k < rod.edges(); ++k) {
      const double length = norm(edge_of(cable.rest, rod[k]));
      FILIGREE_REQUIRE(length > 0, "edge {} of branch {} has no length at rest", k, b);
      model.length[rod[k]] = length;
      model.mass[rod[k]] += scale * (length / 2);
      model.mass[rod[k + 1]] += scale * (length / 2);
    }
    for (int k = 1; k < rod.edges(); ++k) {
      model.region[rod[k]] = model.length[rod[k - 1]] + model.length[rod[k]];
    }
  }
}

/// Inertia per mass of a round cylinder along z.
Vec3 cylinder_inertia(double length, double radius) {
  const double across = length * length / 12 + radius * radius / 4;
  return {across, across, radius * radius / 2};
}

/// The weights with which orientations blend. An edge counts like a cylinder along the z axis of
/// the world (D13).
void set_inertias(Model& model) {
  const Cable& cable = model.cable;
  const auto length = [&](int branch, int edge) { return model.length[model.at(branch, edge)]; };
  const auto inertia = [&](double l) { return cylinder_inertia(l, cable.radius_over_length * l); };
  for (int c = 0; c < model.children(); ++c) {
    const Junction& junction = junction_of(model, c);
    // D17: the edge after the junction is that of the first junction for every child.
    Vec3 in = inertia(length(0, junction.vertex - 1));
    const Vec3 out = inertia(length(0, junction_of(model, 0).vertex));
    if (is_nested(model, c)) {
      in = cylinder_inertia(length(junction.host, 0), cable.radius_over_length * length(0, 0));
    }
    // D17: the first component of a child is its host's.
    Vec3 child = inertia(length(c + 1, 0));
    child[0] = (model.sharing == Sharing::kOneByOne ? in : out)[0];
    model.host_inertia_in.push_back(cable.parent_inertia_scale * in);
    model.host_inertia_out.push_back(cable.parent_inertia_scale * out);
    model.child_inertia.push_back(cable.child_inertia_scale * child);
  }
}

/// Natural curvature: of the learned rest shape after one sweep over its lengths, without twist.
void set_rest_curvature(Model& model) {
  std::vector<Vec3> shape = model.parameters.rest;
  restore_lengths(model, shape);
  std::vector<Vec3> first_frame(model.cable.counts.size());
  Frames frames;
  set_first_frames(model, true, shape, first_frame);
  bishop_frames(model, shape, first_frame, frames);
  material_frames(model, std::vector<double>(model.size(), 0.0), frames);
  model.rest_in.assign(model.size(), Vec2::zero());
  model.rest_out.assign(model.size(), Vec2::zero());
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 1; k < rod.edges(); ++k) {
      model.rest_in[rod[k]] = material_curvature(frames, rod[k], rod[k - 1]);
      model.rest_out[rod[k]] = material_curvature(frames, rod[k], rod[k]);
    }
  }
}

/// The network's graph: neighbours along branches, every vertex with itself, and the junctions.
void set_graph(Model& model) {
  const auto nodes = static_cast<int>(model.size());
  std::vector<double> dense(model.size() * model.size(), 0.0);
  const auto join = [&](std::size_t row, std::size_t column) {
    dense[row * model.size() + column] = 1;
  };
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      join(rod[k], rod[k]);
      if (k > 0) join(rod[k], rod[k - 1]);
      if (k < rod.edges()) join(rod[k], rod[k + 1]);
    }
  }
  for (int c = 0; c < model.children(); ++c) {
    const Junction& junction = junction_of(model, c);
    const std::size_t host = model.at(junction.host, junction.vertex);
    const std::size_t root = model.at(c + 1, 0);
    for (const std::size_t column : {host - 1, host, host + 1}) join(root, column);
    std::size_t entry = root;
    // D16: the second child's entry lands behind the vertices of the first, where nothing is; it
    // only adds to the degree.
    if (model.sharing == Sharing::kTogether && c == 1) {
      entry = model.at(1, 0) + static_cast<std::size_t>(model.cable.counts[1]);
    }
    join(host, entry);
    join(host, entry + 1);
  }
  model.graph = normalize_adjacency(dense, nodes);
}

// --- Twist --------------------------------------------------------------------------------------

/// What the twist iterations of one branch look at.
struct TwistProblem {
  Span rod;
  std::vector<Vec2> in, out;  ///< (kb.u, kb.v) at vertices, of the edges before and after
  std::vector<char> held;     ///< edges
  std::vector<double> gradient;
};

/// Energy of one branch, and dE/dtheta of the edges that are not held.
double twist_energy(const Model& model, const std::vector<double>& theta, TwistProblem& problem) {
  const Span& rod = problem.rod;
  const double bending = std::max(
      model.cable.bending[rod.first / static_cast<std::size_t>(model.slots())], kStiffnessFloor);
  auto& gradient = problem.gradient;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  double energy = 0;
  double cosine = std::cos(theta[rod[0]]);
  double sine = std::sin(theta[rod[0]]);
  for (int k = 1; k < rod.edges(); ++k) {
    const auto n = static_cast<std::size_t>(k);
    const double region = model.region[rod[k]];
    const auto add = [&](const Vec2& bishop, const Vec2& rest, double c, double s, double& slope) {
      const Vec2 w = material_curvature(bishop, c, s);
      const Vec2 r = w - rest;
      energy += bending * squared_norm(r) / (2 * region);
      slope += bending * (r[0] * w[1] - r[1] * w[0]) / region;
    };
    add(problem.in[n], model.rest_in[rod[k]], cosine, sine, gradient[n - 1]);
    cosine = std::cos(theta[rod[k]]);
    sine = std::sin(theta[rod[k]]);
    add(problem.out[n], model.rest_out[rod[k]], cosine, sine, gradient[n]);
    const double twist = std::max(model.parameters.solver_twist[rod[k]], kStiffnessFloor);
    const double turn = theta[rod[k]] - theta[rod[k - 1]];
    energy += twist * turn * turn / (2 * region);
    gradient[n] += twist * turn / region;
    gradient[n - 1] -= twist * turn / region;
  }
  for (std::size_t j = 0; j < gradient.size(); ++j) {
    if (problem.held[j]) gradient[j] = 0;
  }
  return energy;
}

// --- Orientation sharing ------------------------------------------------------------------------

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

Model make_model(Cable cable, Parameters parameters) {
  check_sizes(cable, parameters);
  Model model;
  model.sharing = sharing_of(cable);
  model.cable = std::move(cable);
  model.parameters = std::move(parameters);
  model.held_edges = {model.cable.grasped.front(), model.cable.grasped.back() - 1};
  model.is_grasped.assign(static_cast<std::size_t>(model.slots()), 0);
  for (const int vertex : model.cable.grasped) {
    model.is_grasped[static_cast<std::size_t>(vertex)] = 1;
  }
  set_lengths_and_masses(model);
  set_inertias(model);
  set_rest_curvature(model);
  if (!model.parameters.net.empty()) set_graph(model);
  return model;
}

State make_state(const Model& model, const std::vector<Vec3>& frame0,
                 const std::vector<Vec3>& frame1) {
  FILIGREE_REQUIRE(frame0.size() == model.size() && frame1.size() == model.size(),
                   "the first two frames have {} and {} positions, the cable needs {}",
                   frame0.size(), frame1.size(), model.size());
  State state;
  const auto children = static_cast<std::size_t>(model.children());
  const auto slots = static_cast<std::size_t>(model.slots());
  const Quaternion none{1, 0, 0, 0};
  state.position = frame1;
  state.measured = frame0;
  state.velocity.resize(model.size());
  for (std::size_t i = 0; i < model.size(); ++i) {
    state.velocity[i] = (frame1[i] - frame0[i]) / model.cable.dt;
  }
  state.theta.assign(model.size(), 0.0);
  state.first_frame.assign(model.cable.counts.size(), Vec3::zero());
  state.host_turn.assign(slots, none);
  state.child_turn.assign(children, none);
  state.anchor_in.assign(slots, Vec3::zero());
  state.anchor_out.assign(slots, Vec3::zero());
  state.anchor_child.assign(model.size(), Vec3::zero());
  state.out_of_plane.assign(children, 0.0);
  for (int c = 0; c < model.children(); ++c) {
    const Vec3 normal = plane_normal(model, frame1, c);
    const Vec3 e = edge_of(frame1, model.at(c + 1, 0));
    if (norm(normal) > 0) {
      state.out_of_plane[static_cast<std::size_t>(c)] =
          dot(e, normal) / (norm(e) * (norm(normal) + kPlaneGuard));
    }
  }
  return state;
}

void set_first_frames(const Model& model, bool start, const std::vector<Vec3>& position,
                      std::vector<Vec3>& first_frame) {
  for (int b = 0; b < model.branches(); ++b) {
    const Vec3 e = edge_of(position, model.at(b, 0));
    Vec3& u = first_frame[static_cast<std::size_t>(b)];
    u = normalized(cross(cross(e, start ? kFirstDirection : u), e));
  }
}

void bishop_frames(const Model& model, const std::vector<Vec3>& position,
                   const std::vector<Vec3>& first_frame, Frames& frames) {
  resize(model, frames);
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    Vec3 e = edge_of(position, rod[0]);
    frames.u[rod[0]] = first_frame[static_cast<std::size_t>(b)];
    frames.v[rod[0]] = normalized(cross(e, frames.u[rod[0]]));
    for (int k = 1; k < rod.edges(); ++k) {
      const Vec3 next = edge_of(position, rod[k]);
      const double D = model.length[rod[k - 1]] * model.length[rod[k]] + dot(e, next);
      Vec3 kb = 2.0 * cross(e, next) / D;
      for (int a = 0; a < 3; ++a) kb[a] = std::clamp(kb[a], -kLargestBinormal, kLargestBinormal);
      frames.binormal[rod[k]] = kb;
      const double square = squared_norm(kb);
      const double cosine = std::sqrt(4 / (4 + square));
      Vec3 u = frames.u[rod[k - 1]];
      if (1 - cosine > kCopyBelow) {  // D8
        const double sine = std::sqrt(std::max(square / (4 + square), 1e-10));
        const Vec3 axis = kb * (sine / std::sqrt(square));
        u = normalized(rotate({cosine, axis[0], axis[1], axis[2]}, u));
      }
      frames.u[rod[k]] = u;
      frames.v[rod[k]] = normalized(cross(next, u));
      e = next;
    }
  }
}

void set_root_twist(const Model& model, State& state) {
  for (int c = 0; c < model.children(); ++c) {
    const std::size_t root = model.at(c + 1, 0);
    if (is_nested(model, c)) {
      state.theta[root] = 0;
      continue;
    }
    const auto vertex = static_cast<std::size_t>(junction_of(model, c).vertex);
    const Vec3 sum =
        rotation_vector(state.host_turn[vertex - 1]) + rotation_vector(state.host_turn[vertex]);
    state.theta[root] = dot(normalized(edge_of(state.position, root)), sum);
  }
}

void iterate_twist(const Model& model, const Frames& frames, std::vector<double>& theta) {
  const auto branches = static_cast<std::size_t>(model.branches());
  std::vector<TwistProblem> problems(branches);
  std::vector<double> energy(branches);
  std::vector<char> done(branches, 0);
  for (std::size_t b = 0; b < branches; ++b) {
    TwistProblem& problem = problems[b];
    problem.rod = span_of(model, static_cast<int>(b));
    const auto edges = static_cast<std::size_t>(problem.rod.edges());
    problem.held.assign(edges, 0);
    problem.gradient.assign(edges, 0.0);
    if (b > 0) {
      problem.held[0] = 1;
    } else {
      for (const int edge : model.held_edges) problem.held[static_cast<std::size_t>(edge)] = 1;
    }
    problem.in.assign(edges, Vec2::zero());
    problem.out.assign(edges, Vec2::zero());
    for (int k = 1; k < problem.rod.edges(); ++k) {
      const std::size_t i = problem.rod[k];
      const Vec3& kb = frames.binormal[i];
      const auto n = static_cast<std::size_t>(k);
      problem.in[n] = {dot(kb, frames.u[i - 1]), dot(kb, frames.v[i - 1])};
      problem.out[n] = {dot(kb, frames.u[i]), dot(kb, frames.v[i])};
    }
    energy[b] = twist_energy(model, theta, problem);
  }
  for (int iteration = 0; iteration < kTwistIterations; ++iteration) {
    double sum = 0;
    for (std::size_t b = 0; b < branches; ++b) {
      TwistProblem& problem = problems[b];
      const double last = energy[b] * energy[b] / 2;
      double now = last;
      if (!done[b]) {
        const auto& gradient = problem.gradient;
        double square = 0;
        for (const double g : gradient) square += g * g;
        const double factor = kTwistStep * energy[b] / (kTwistDamping + square);
        for (std::size_t j = 0; j < gradient.size(); ++j) {
          theta[problem.rod[static_cast<int>(j)]] -= factor * gradient[j];
        }
        energy[b] = twist_energy(model, theta, problem);
        now = energy[b] * energy[b] / 2;
      }
      const double change = std::fabs(now - last);
      done[b] = change < kTwistChange || change < kTwistRelativeChange * last;
      sum += now;
    }
    if (sum / static_cast<double>(branches) < kTwistChange) break;
    if (std::all_of(done.begin(), done.end(), [](char d) { return d != 0; })) break;
  }
}

void material_frames(const Model& model, const std::vector<double>& theta, Frames& frames) {
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.edges(); ++k) {
      const double c = std::cos(theta[rod[k]]);
      const double s = std::sin(theta[rod[k]]);
      frames.m1[rod[k]] = c * frames.u[rod[k]] + s * frames.v[rod[k]];
      frames.m2[rod[k]] = c * frames.v[rod[k]] - s * frames.u[rod[k]];
    }
  }
}

double bending_energy(const Model& model, const Frames& frames) {
  double energy = 0;
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double bending = model.cable.bending[static_cast<std::size_t>(b)];
    for (int k = 1; k < rod.edges(); ++k) {
      const std::size_t i = rod[k];
      const Vec2 in = material_curvature(frames, i, i - 1) - model.rest_in[i];
      const Vec2 out = material_curvature(frames, i, i) - model.rest_out[i];
      energy += bending * (squared_norm(in) + squared_norm(out)) / (2 * model.region[i]);
    }
  }
  return energy;
}

std::vector<double> moment_of_force_routine(const Model& model, const Frames& frames,
                                            const std::vector<double>& theta) {
  std::vector<double> moment(model.size(), 0.0);
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double bending = model.cable.bending[static_cast<std::size_t>(b)];
    for (int k = 1; k < rod.edges(); ++k) {
      const std::size_t i = rod[k];
      const auto slope = [&](std::size_t edge, const Vec2& rest) {
        const Vec2 w = material_curvature(frames, i, edge);
        const Vec2 r = w - rest;
        return bending * (r[0] * w[1] - r[1] * w[0]);  // D5: not divided by R
      };
      moment[i - 1] += slope(i - 1, model.rest_in[i]);
      moment[i] += slope(i, model.rest_out[i]);
      const double twist =
          2 * model.cable.twist * (theta[i] - theta[i - 1]) / model.region[i];  // D4
      moment[i] += twist;
      moment[i - 1] -= twist;
    }
  }
  return moment;
}

void elastic_force(const Model& model, const Frames& frames, const std::vector<double>& theta,
                   const std::vector<Vec3>& position, Gradient gradient, bool end_moment,
                   std::vector<Vec3>& force) {
  force.assign(model.size(), Vec3::zero());
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double bending = model.cable.bending[static_cast<std::size_t>(b)];
    // h of edge j gathers what the frame of that edge, and so every angle psi before it, does to
    // the energy; the sums over all later edges act on psi.
    std::vector<double> h(static_cast<std::size_t>(rod.edges()), 0.0);
    for (int k = 1; k < rod.edges(); ++k) {
      const std::size_t i = rod[k];
      const Vec3& kb = frames.binormal[i];
      const Vec3 before = edge_of(position, i - 1);
      const Vec3 after = edge_of(position, i);
      const double D = model.length[i - 1] * model.length[i] + dot(before, after);
      const double stiffness = bending / model.region[i];
      Vec3 load = Vec3::zero();  // dE/dkb
      const auto add = [&](std::size_t edge, const Vec2& rest, double& h_edge) {
        const Vec2 w = material_curvature(frames, i, edge);
        const Vec2 r = w - rest;
        load += stiffness * (r[0] * frames.m2[edge] - r[1] * frames.m1[edge]);
        h_edge += stiffness * (r[1] * w[0] - r[0] * w[1]);
      };
      add(i - 1, model.rest_in[i], h[static_cast<std::size_t>(k - 1)]);
      add(i, model.rest_out[i], h[static_cast<std::size_t>(k)]);
      // D1: the true gradient has `after` at the vertex before and `before` at the one after.
      const Vec3& a = gradient == Gradient::kPublished ? before : after;
      const Vec3& c = gradient == Gradient::kPublished ? after : before;
      const Vec3 on_previous = (dot(kb, load) * a - 2.0 * cross(a, load)) / D;
      const Vec3 on_next = (-dot(kb, load) * c - 2.0 * cross(c, load)) / D;
      force[i - 1] -= on_previous;
      force[i + 1] -= on_next;
      force[i] += on_previous + on_next;
    }
    double sum = 0;
    if (b == 0 && end_moment) {
      const std::size_t last = rod[rod.edges() - 1];
      sum = moment_of_force_routine(model, frames, theta)[last];
    }
    for (int k = rod.edges() - 1; k >= 1; --k) {
      const std::size_t i = rod[k];
      sum += h[static_cast<std::size_t>(k)];
      const Vec3 on_previous = frames.binormal[i] * (0.5 * sum / model.length[i - 1]);
      const Vec3 on_next = frames.binormal[i] * (-0.5 * sum / model.length[i]);
      force[i - 1] += on_previous;
      force[i + 1] += on_next;
      force[i] -= on_previous + on_next;
    }
  }
}

void integrate(const Model& model, State& state) {
  const double dt = model.cable.dt;
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double damping = model.parameters.damping[static_cast<std::size_t>(b)];
    for (int k = 0; k < rod.vertices; ++k) {
      const std::size_t i = rod[k];
      Vec3 force = state.force[i] + model.mass[i] * model.parameters.gravity;
      if (b == 0 && model.is_grasped[i]) force = Vec3::zero();
      force -= state.velocity[i] * (damping * model.parameters.damping_mass[i]);  // D2
      state.velocity[i] += force * (dt / model.mass[i]);
      state.position[i] += state.velocity[i] * (dt * model.parameters.integration_ratio);
    }
  }
}

void add_residual(const Model& model, const std::vector<Vec3>& targets,
                  const std::vector<Vec3>& before, State& state) {
  constexpr std::size_t kFeatures = 16;
  auto& features = state.features;
  features.assign(model.size() * kFeatures, 0.0);
  const auto put = [&](std::size_t i, std::size_t first, const Vec3& value) {
    for (int a = 0; a < 3; ++a)
      features[i * kFeatures + first + static_cast<std::size_t>(a)] = value[a];
  };
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      const std::size_t i = rod[k];
      put(i, 0, state.position[i]);
      put(i, 3, before[i]);
      const double bending = model.cable.bending[static_cast<std::size_t>(b)];  // D2: not learned
      // Of the slots before and after, whether or not the branch has edges there.
      double* stiffness = &features[i * kFeatures + 9];
      stiffness[0] = k > 0 ? bending : 0;
      stiffness[1] = k + 1 < model.slots() ? bending : 0;
      stiffness[2] = k > 0 ? model.cable.twist : 0;
      stiffness[3] = k + 1 < model.slots() ? model.cable.twist : 0;
      put(i, 13, model.parameters.rest[i]);
    }
  }
  for (std::size_t g = 0; g < targets.size(); ++g) {
    put(static_cast<std::size_t>(model.cable.grasped[g]), 6, targets[g]);
  }
  apply_network(model.parameters.net, model.graph, features, state.network, state.displacement);
  const double scale = model.parameters.network_weight * model.cable.dt;
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      if (b == 0 && model.is_grasped[rod[k]]) continue;
      const double* move = &state.displacement[rod[k] * 3];
      state.position[rod[k]] += scale * Vec3{move[0], move[1], move[2]};
    }
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

void step(const Model& model, const std::vector<Vec3>& targets, State& state) {
  FILIGREE_REQUIRE(targets.size() == model.cable.grasped.size(),
                   "{} commanded positions were given for {} grasped vertices", targets.size(),
                   model.cable.grasped.size());
  const bool start = state.step == 0;
  set_first_frames(model, start, state.position, state.first_frame);
  bishop_frames(model, state.position, state.first_frame, state.frames);
  set_root_twist(model, state);
  iterate_twist(model, state.frames, state.theta);
  material_frames(model, state.theta, state.frames);
  elastic_force(model, state.frames, state.theta, state.position, Gradient::kPublished, true,
                state.force);
  state.start = state.position;
  integrate(model, state);
  for (std::size_t g = 0; g < targets.size(); ++g) {
    state.position[static_cast<std::size_t>(model.cable.grasped[g])] = targets[g];
  }
  if (!model.parameters.net.empty()) {
    add_residual(model, targets, start ? state.measured : state.start, state);
  }
  for (int sweep = 0; sweep < model.cable.sweeps; ++sweep) {
    share_orientations(model, state);
    attach(model, state.position);
    restore_lengths(model, state.position);
  }
  for (std::size_t i = 0; i < model.size(); ++i) {
    state.velocity[i] = (state.position[i] - state.start[i]) / model.cable.dt;
  }
  ++state.step;
}

}  // namespace filigree::rods::deft
