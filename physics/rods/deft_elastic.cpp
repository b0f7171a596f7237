// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Frames, twist and forces of the published branched-rod model.
#include <algorithm>

#include "physics/rods/deft_parts.hpp"

namespace filigree::rods::deft {

namespace {

constexpr double kStiffnessFloor = 1e-10;  ///< N m^2; negative values were learned (D2)
constexpr double kLargestBinormal = 500;
constexpr double kCopyBelow = 1e-6;   ///< 1 - cos(phi/2): frames are copied, not turned (D8)
constexpr int kTwistIterations = 10;  ///< D3
constexpr double kTwistDamping = 1e-3;
constexpr double kTwistStep = 0.5;
constexpr double kTwistChange = 1e-10;         ///< of E^2/2: a branch is done
constexpr double kTwistRelativeChange = 1e-5;  ///< of E^2/2: a branch is done
constexpr Vec3 kFirstDirection{0, 0.6, 0.8};

void resize(const Model& model, Frames& frames) {
  for (auto* field : {&frames.binormal, &frames.u, &frames.v, &frames.m1, &frames.m2}) {
    field->resize(model.size(), Vec3::zero());
  }
}

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

}  // namespace

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

}  // namespace filigree::rods::deft
