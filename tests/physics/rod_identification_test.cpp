// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Parameters of cables: their derivatives, and finding them again from motions that they made.
#include "physics/rods/rod_identification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "learning/optim/lbfgs.hpp"

namespace filigree::rods {
namespace {

struct Draws {
  RandomStream stream{5, "test/identification"};
  std::uint64_t next = 0;
  double operator()(double low, double high) { return stream.between(low, high, next++); }
};

/// Five arms at two junctions, curved and twisted at rest, every number different.
struct Cable {
  RodTopology topology = make_topology({{-1, 6}, {2, 2}, {2, 1}, {3, 2}});
  RodShape rest;
  RodParameters parameters;
};
Cable random_cable() {
  Draws draw;
  Cable cable;
  cable.rest.positions = {{0, 0, 0},      {0.1, 0, 0.01},   {0.2, 0.02, 0}, {0.3, 0.02, 0},
                          {0.4, 0, 0.02}, {0.5, 0, 0},      {0.2, 0.1, 0},  {0.22, 0.2, 0},
                          {0.2, 0, 0.1},  {0.3, 0.1, 0.02}, {0.32, 0.2, 0}};
  std::vector<EdgeProperties> edges(static_cast<std::size_t>(cable.topology.n_edges()));
  for (EdgeProperties& edge : edges) {
    edge = {draw(100, 200), {draw(0.01, 0.03), draw(0.02, 0.04)}, draw(0.01, 0.03), draw(0.5, 1)};
  }
  std::vector<double> compliance(cable.rest.positions.size(), 0);
  compliance[2] = 0.3;
  compliance[3] = 0.7;
  compliance[4] = 0.1;
  cable.parameters = make_rod_parameters(cable.topology, cable.rest, edges, compliance);
  for (double& L : cable.parameters.rest_length) L *= draw(0.97, 1.03);
  for (auto& kappa : cable.parameters.joint_rest) {
    for (int n = 0; n < 3; ++n) kappa[n] += draw(-0.1, 0.1);
  }
  for (double& m : cable.parameters.added_mass) m = draw(0, 0.02);
  cable.parameters.damping = 0.8;
  cable.parameters.gravity = {0, 0.1, -9.81};
  return cable;
}

template <class T>
double size(const T& x) {
  double sum = 0;
  for (std::size_t i = 0; i < sizeof(T) / sizeof(Real); ++i) {
    const auto value = static_cast<double>(reinterpret_cast<const Real*>(&x)[i]);
    sum += (1 + 0.1 * static_cast<double>(i)) * value;
  }
  return sum;
}
/// A weighted sum of everything in a model, and its derivatives.
template <class T>
double weighted(const Array<T, 2>& of_model, Array<T, 2>& bar, double factor) {
  const auto host = to_host(of_model);
  auto host_bar = to_host(bar);
  double sum = 0;
  for (Index i = 0; i < host.extent(1); ++i) {
    const double weight = factor * (1 + 0.3 * std::sin(3.0 * i));
    sum += weight * size(host(0, i));
    for (std::size_t k = 0; k < sizeof(T) / sizeof(Real); ++k) {
      reinterpret_cast<Real*>(&host_bar(0, i))[k] =
          static_cast<Real>(weight * (1 + 0.1 * static_cast<double>(k)));
    }
  }
  Kokkos::deep_copy(bar.view(), host_bar.view());
  return sum;
}
double sum_of(const RodModel& model, RodModelBar& bar) {
  return weighted(model.rest_length, bar.rest_length, 3) +
         weighted(model.stretch, bar.stretch, 1e-3) +
         weighted(model.joint_rest, bar.joint_rest, 2) +
         weighted(model.joint_stiffness, bar.joint_stiffness, 5) +
         weighted(model.mass, bar.mass, 4);
}

// Central differences with 1e-5 of each number: truncation 1e-10, round-off 1e-11 of the sum.
TEST(RodParameters, DerivativesOfModelsAgreeWithDifferences) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
  Cable cable = random_cable();
  RodModelBar model_bar = make_model_bar(make_rod_model(cable.topology, cable.parameters), 1);
  RodModelBar unused = make_model_bar(make_rod_model(cable.topology, cable.parameters), 1);
  sum_of(make_rod_model(cable.topology, cable.parameters), model_bar);
  const RodParameters bar = pull_back(cable.topology, cable.parameters, model_bar);
  RodParameters& p = cable.parameters;
  const auto check = [&](double& value, double derivative, const std::string& what) {
    const double kept = value;
    const double h = 1e-5 * std::max(std::abs(value), 0.1);
    const auto at = [&](double x) {
      value = x;
      return sum_of(make_rod_model(cable.topology, p), unused);
    };
    const double difference = (at(kept + h) - at(kept - h)) / (2 * h);
    value = kept;
    EXPECT_NEAR(derivative, difference, 1e-7 * std::abs(difference) + 1e-7) << what;
  };
  for (std::size_t e = 0; e < p.edges.size(); ++e) {
    check(p.rest_length[e], bar.rest_length[e], format("rest length {}", e));
    check(p.edges[e].stretch_stiffness, bar.edges[e].stretch_stiffness, format("EA {}", e));
    check(p.edges[e].bending_stiffness[0], bar.edges[e].bending_stiffness[0], format("EI1 {}", e));
    check(p.edges[e].bending_stiffness[1], bar.edges[e].bending_stiffness[1], format("EI2 {}", e));
    check(p.edges[e].twist_stiffness, bar.edges[e].twist_stiffness, format("GJ {}", e));
    check(p.edges[e].line_density, bar.edges[e].line_density, format("density {}", e));
  }
  for (std::size_t j = 0; j < p.joint_rest.size(); ++j) {
    for (int n = 0; n < 3; ++n) {
      check(p.joint_rest[j][n], bar.joint_rest[j][n], format("rest {} {}", j, n));
    }
  }
  for (std::size_t v = 0; v < p.added_mass.size(); ++v) {
    check(p.added_mass[v], bar.added_mass[v], format("mass {}", v));
    if (p.junction_compliance[v] > 0) {
      check(p.junction_compliance[v], bar.junction_compliance[v], format("compliance {}", v));
    }
  }
}

TEST(RodParameters, RefuseNumbersThatNoRodHas) {
  const auto refused = [](const std::function<void(RodParameters&)>& spoil) -> std::string {
    Cable cable = random_cable();
    spoil(cable.parameters);
    try {
      make_rod_model(cable.topology, cable.parameters);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refused([](RodParameters&) {}), "");
  EXPECT_NE(refused([](RodParameters& p) { p.rest_length[3] = 0; }).find("edge 3: the rest length"),
            std::string::npos);
  EXPECT_NE(refused([](RodParameters& p) { p.added_mass[0] = -1; }).find("vertex 0: the mass"),
            std::string::npos);
  EXPECT_NE(refused([](RodParameters& p) { p.joint_rest[2][1] = NAN; }).find("joint 2"),
            std::string::npos);
  EXPECT_NE(refused([](RodParameters& p) { p.joint_rest.pop_back(); }).find("rest curvatures"),
            std::string::npos);
}

/// Two recordings of a cable whose ends are moved and swung, made by the model itself.
CableExperiment recorded(const Cable& cable, const GripperRoll& roll, Index frames) {
  CableExperiment experiment;
  experiment.topology = cable.topology;
  experiment.rest = cable.rest;
  experiment.grasped = {0, 1, 4, 5};
  CableRecordings& r = experiment.recordings;
  r.count = 2;
  r.frames = frames;
  r.vertices = cable.topology.n_vertices;
  r.positions.resize(static_cast<std::size_t>(2 * frames * r.vertices) * 3);
  for (Index b = 0; b < 2; ++b) {
    for (Index f = 0; f < frames; ++f) {
      const double t = 0.01 * std::max(0, f - 1);
      for (Index v = 0; v < r.vertices; ++v) {
        Vec<3, double> x = cable.rest.positions[static_cast<std::size_t>(v)];
        const double side = v < 2 ? -1 : 1;
        if (experiment.is_grasped(v)) {
          x += Vec<3, double>{-0.02 * side * std::sin(3 * t), (0.06 + 0.05 * b) * std::sin(6 * t),
                              side * 0.05 * (1 - std::cos(5 * t))};
        }
        for (int a = 0; a < 3; ++a)
          r.positions[r.place(b, f, v) + static_cast<std::size_t>(a)] = x[a];
      }
    }
  }
  experiment.recordings = replay(experiment, cable.parameters, roll, 1e-10);
  return experiment;
}

std::vector<Index> all(std::size_t count) {
  std::vector<Index> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(static_cast<Index>(i));
  return places;
}
std::vector<CableUnknown> every_kind(const Cable& cable) {
  const std::size_t n = cable.parameters.edges.size();
  return {{"rest length", CableQuantity::kRestLength, {3}, 0.01},
          {"EA", CableQuantity::kStretch, all(n), 1},
          {"EI", CableQuantity::kBending, all(n), 1},
          {"EI ratio", CableQuantity::kBendingRatio, {2, 3, 4}, 1},
          {"GJ", CableQuantity::kTwist, all(n), 1},
          {"density", CableQuantity::kLineDensity, {5, 6}, 1},
          {"rest bend 1", CableQuantity::kRestBend1, {2}, 0.1},
          {"rest bend 2", CableQuantity::kRestBend2, {3, 4}, 0.1},
          {"rest twist", CableQuantity::kRestTwist, {1}, 0.1},
          {"compliance", CableQuantity::kCompliance, {2, 3}, 1},
          {"mass", CableQuantity::kAddedMass, {8}, 1},
          {"damping", CableQuantity::kDamping, {0}, 1},
          {"roll", CableQuantity::kRoll, {1}, 0.3}};
}

TEST(RodIdentification, MisfitVanishesAtTheTruthOnly) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "the check is of round-off in double precision";
  const Cable cable = random_cable();
  const GripperRoll roll{0.1, -0.2};
  const CableExperiment experiment = recorded(cable, roll, 30);
  RodParameters bar;
  GripperRoll roll_bar;
  EXPECT_LT(replay_misfit(experiment, cable.parameters, roll, 1e-3, 1e-10, bar, roll_bar), 1e-12);
  EXPECT_LT(replay_errors(experiment, replay(experiment, cable.parameters, roll, 1e-10)).mean,
            1e-9);
  EXPECT_GT(replay_misfit(experiment, cable.parameters, {}, 1e-3, 1e-10, bar, roll_bar), 1e-5);
}

// Richardson's differences of fourth order; Newton's method to 1e-12.
TEST(RodIdentification, DerivativesOfTheCostAgreeWithDifferences) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
  const Cable cable = random_cable();
  CableExperiment experiment = recorded(cable, {0.1, -0.2}, 25);
  experiment.substeps = 2;
  const std::vector<CableUnknown> unknowns = every_kind(cable);
  const CableFit start{cable.parameters, {0.05, 0.1}};
  IdentificationOptions options;
  options.tolerance = 1e-12;
  options.prior_weight = 1e-3;
  std::vector<double> u(unknowns.size(), 0.2), gradient, unused;
  u[2] = -0.4;
  identification_cost(experiment, start, unknowns, options, u, gradient);
  for (std::size_t k = 0; k < u.size(); ++k) {
    const auto difference = [&](double h) {
      std::vector<double> a = u, b = u;
      a[k] -= h;
      b[k] += h;
      return (identification_cost(experiment, start, unknowns, options, b, unused) -
              identification_cost(experiment, start, unknowns, options, a, unused)) /
             (2 * h);
    };
    const double expected = (4 * difference(5e-4) - difference(1e-3)) / 3;
    EXPECT_NEAR(gradient[k], expected, 1e-6 * std::abs(expected) + 1e-10) << unknowns[k].name;
  }
}

// Without noise the numbers that made the motion are found again; the prior is switched off. What
// the motion determines least (rest twist, added mass) is off by no more than a tenth of its scale.
TEST(RodIdentification, FindsTheNumbersThatMadeTheMotion) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "fits need double precision";
  const Cable cable = random_cable();
  const GripperRoll roll{0.1, -0.2};
  const CableExperiment experiment = recorded(cable, roll, 60);
  const std::vector<CableUnknown> unknowns = every_kind(cable);
  std::vector<double> away(unknowns.size());
  for (std::size_t k = 0; k < away.size(); ++k) away[k] = k % 2 == 0 ? 0.4 : -0.4;
  away[1] = 0;  // stretching of stiff cables is not seen
  const CableFit start = changed({cable.parameters, roll}, unknowns, away);
  std::vector<CableUnknown> sought = unknowns;
  sought.erase(sought.begin() + 1);
  IdentificationOptions options;
  options.prior_weight = 0;
  options.smooth = 0.002;
  const optim::LbfgsState report = optim::minimize(
      [&](const std::vector<double>& at, std::vector<double>& gradient) {
        return identification_cost(experiment, start, sought, options, at, gradient);
      },
      std::vector<double>(sought.size(), 0),
      {.max_iterations = 150,
       .gradient_tolerance = 1e-9,
       .value_tolerance = 1e-7,
       .first_step = 0.3});
  away.erase(away.begin() + 1);
  for (std::size_t k = 0; k < sought.size(); ++k) {
    EXPECT_NEAR(report.x[k], -away[k], 0.1) << sought[k].name;
  }
  EXPECT_LT(report.value, 1e-6);
}

}  // namespace
}  // namespace filigree::rods
