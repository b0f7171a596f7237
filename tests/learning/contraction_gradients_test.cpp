// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Adjoints of contractions against finite differences, tangents, and unrolled iterations.
#include <gtest/gtest.h>

#include <cmath>

#include "learning/models/contraction.hpp"
#include "tests/support/contractions.hpp"

namespace filigree::contraction {
namespace {

using namespace filigree::testing;

constexpr Index kNodes = 14;
constexpr Index kHeads = 3;
const SolveOptions kTight{.solver = Solver::kPicard, .tolerance = 1e-15};

/// L = <g, z*> for random g, and its gradients.
struct Loss {
  Map<double> map;
  Array<double, 2> b, g;
  mutable Workspace workspace;

  Loss(const Phi& phi, Orientation orientation, unsigned seed)
      : map(messy_map<double>(messy_batch(kNodes, 40, seed), kHeads, 0.6, phi, orientation, seed,
                              Normalizer::kSigmoid)),
        b(random_matrix<double>(kNodes, kHeads, -1, 1, seed + 1)),
        g(random_matrix<double>(kNodes, kHeads, -1, 1, seed + 2)) {}

  Array<double, 2> fixed_point(const Map<double>& of, const Array<double, 2>& bias) const {
    const Array<double, 2> z = like(bias);
    require_converged(solve(of, bias, kTight, workspace, z), "the solve of a test");
    return z;
  }
  double value(const Map<double>& of, const Array<double, 2>& bias) const {
    return dot(g, fixed_point(of, bias));
  }
};

struct Gradients {
  Array<double, 2> z, y, b, weights;
  double gamma;
};

Gradients gradients_of(const Loss& loss) {
  Gradients result;
  result.z = loss.fixed_point(loss.map, loss.b);
  result.y = like(loss.b);
  require_converged(solve_adjoint(loss.map, result.z, loss.g, kTight, loss.workspace, result.y),
                    "the adjoint of a test");
  result.b = like(loss.b);
  bias_gradient(loss.map, result.z, result.y, result.b);
  result.weights = like(loss.map.weights);
  weight_gradient(loss.map, result.z, result.b, result.weights);
  result.gamma = gamma_gradient(loss.map, result.z, result.b);
  return result;
}

/// x with `step` added to value k.
Array<double, 2> moved(const Array<double, 2>& x, std::ptrdiff_t k, double step) {
  const HostArray<double, 2> host = to_host(x);
  host.data()[k] += step;
  return to_device(host);
}

// Central differences with step 1e-5 have a truncation error of 1e-10 times the third derivative
// and a rounding error of 1e-16/1e-5: together below 1e-9 of the largest gradient, which is of
// order
// 1. The inputs are not near the kinks (the test of relu would show it).
constexpr double kStep = 1e-5;
constexpr double kAllowed = 1e-7;

void check_finite_differences(const Phi& phi, Orientation orientation) {
  const Loss loss(phi, orientation, 31);
  const Gradients gradients = gradients_of(loss);
  const std::vector<double> db = flat(gradients.b);
  for (std::size_t k = 0; k < db.size(); ++k) {
    const auto at = static_cast<std::ptrdiff_t>(k);
    const double slope = (loss.value(loss.map, moved(loss.b, at, kStep)) -
                          loss.value(loss.map, moved(loss.b, at, -kStep))) /
                         (2 * kStep);
    EXPECT_NEAR(db[k], slope, kAllowed) << "b " << k;
  }
  const std::vector<double> dw = flat(gradients.weights);
  Map<double> other = loss.map;
  const auto value_with = [&](const Array<double, 2>& weights, double gamma) {
    other.weights = weights;
    other.gamma = gamma;
    return loss.value(other, loss.b);
  };
  const double gamma = loss.map.gamma;
  for (std::size_t k = 0; k < dw.size(); ++k) {
    const auto at = static_cast<std::ptrdiff_t>(k);
    const double slope = (value_with(moved(loss.map.weights, at, kStep), gamma) -
                          value_with(moved(loss.map.weights, at, -kStep), gamma)) /
                         (2 * kStep);
    EXPECT_NEAR(dw[k], slope, kAllowed) << "weight " << k;
  }
  const double slope =
      (value_with(loss.map.weights, gamma + kStep) - value_with(loss.map.weights, gamma - kStep)) /
      (2 * kStep);
  EXPECT_NEAR(gradients.gamma, slope, kAllowed * std::max(1.0, std::abs(slope)));
}

TEST(ContractionGradients, AgreeWithFiniteDifferences) {
  for (const Phi& phi : kPhis) {
    for (const Orientation orientation : kOrientations) check_finite_differences(phi, orientation);
  }
}

// <g, J u> = <J^T g, u> with J = dz/db, for each orientation and phi.
TEST(ContractionGradients, TangentAndAdjointAreTransposes) {
  for (const Phi& phi : kPhis) {
    for (const Orientation orientation : kOrientations) {
      const Loss loss(phi, orientation, 57);
      const Gradients gradients = gradients_of(loss);
      const Array<double, 2> u = random_matrix<double>(kNodes, kHeads, -1, 1, 60);
      const Array<double, 2> t = like(u);
      require_converged(solve_tangent(loss.map, gradients.z, u, kTight, loss.workspace, t),
                        "the tangent of a test");
      const double forward = dot(loss.g, t);
      const double backward = dot(gradients.b, u);
      EXPECT_NEAR(forward, backward, 1e-13 * std::sqrt(dot(t, t) * dot(loss.g, loss.g)));
    }
  }
}

/// Reverse mode through 200 sweeps of one head, with dense matrices.
struct Unrolled {
  Eigen::VectorXd db;
  Eigen::MatrixXd da;
  double dgamma = 0;
};
Unrolled unrolled(const Map<double>& map, const Array<double, 2>& bias, const Array<double, 2>& g,
                  Index head) {
  constexpr int kSweeps = 200;
  const Eigen::MatrixXd a = dense_matrix(map, head);
  const Eigen::VectorXd b = head_of(bias, head);
  std::vector<Eigen::VectorXd> z{Eigen::VectorXd::Zero(b.size())};
  for (int k = 0; k < kSweeps; ++k) {
    const Eigen::VectorXd before = map.gamma * a * z.back() + b;
    z.push_back(before.unaryExpr([&](double x) { return phi_of(map.phi, x); }));
  }
  Unrolled result{Eigen::VectorXd::Zero(b.size()), Eigen::MatrixXd::Zero(b.size(), b.size())};
  Eigen::VectorXd adjoint = head_of(g, head);
  for (int k = kSweeps; k-- > 0;) {
    const Eigen::VectorXd before = map.gamma * a * z[std::size_t(k)] + b;
    adjoint = adjoint.cwiseProduct(
        before.unaryExpr([&](double x) { return slope_of(map.phi, x); }).eval());
    result.db += adjoint;
    result.da += map.gamma * adjoint * z[std::size_t(k)].transpose();
    result.dgamma += adjoint.dot(a * z[std::size_t(k)]);
    adjoint = map.gamma * a.transpose() * adjoint;
  }
  return result;
}

// 0.6^200 = 4e-45: the unrolled iteration has converged in values and in gradients.
TEST(ContractionGradients, EqualThoseOfUnrolledSweeps) {
  for (const Phi& phi : kPhis) {
    for (const Orientation orientation : kOrientations) {
      const Loss loss(phi, orientation, 83);
      const Gradients gradients = gradients_of(loss);
      const std::vector<Index> senders = to_vector(loss.map.batch->graph().senders());
      const std::vector<Index> receivers = to_vector(loss.map.batch->graph().receivers());
      double dgamma = 0;
      for (Index h = 0; h < kHeads; ++h) {
        const Unrolled expected = unrolled(loss.map, loss.b, loss.g, h);
        EXPECT_LT((head_of(gradients.b, h) - expected.db).cwiseAbs().maxCoeff(), 1e-12);
        const Eigen::VectorXd dw = head_of(gradients.weights, h);
        for (std::size_t e = 0; e < senders.size(); ++e) {
          const bool by_sender = orientation == Orientation::kSenderRow;
          const double da = by_sender ? expected.da(senders[e], receivers[e])
                                      : expected.da(receivers[e], senders[e]);
          EXPECT_NEAR(dw(static_cast<Index>(e)), da, 1e-12);
        }
        dgamma += expected.dgamma;
      }
      EXPECT_NEAR(gradients.gamma, dgamma, 1e-11);
    }
  }
}

// With phi = identity the adjoint is the solve of the map turned round, whose vjp is this one
// again: that makes second derivatives.
TEST(ContractionGradients, LinearAdjointsAreSolvesOfTheTurnedMap) {
  const Loss loss(kPhis[0], Orientation::kSenderRow, 91);
  Map<double> turned = loss.map;
  turned.orientation = Orientation::kReceiverRow;
  turned.bound = Bound::kDeclared;  // its rows need not sum to 1, but its columns do
  turned.factor = loss.map.gamma;
  const Gradients gradients = gradients_of(loss);
  EXPECT_LT(relative_difference(loss.fixed_point(turned, loss.g), gradients.y), 1e-13);
}

/// Gradient of L = <g, weights(logits)> against central differences.
void check_normalizer(Normalizer normalizer, Orientation orientation) {
  const auto graph = messy_graph(9, 25, 17);
  const auto n_edges = static_cast<Index>(graph->edge_count());
  const Array<double, 2> logits = random_matrix<double>(n_edges, 2, -0.6, 1.6, 18);
  const Array<double, 2> g = random_matrix<double>(n_edges, 2, -1, 1, 19);
  const Array<double, 2> weights = like(logits);
  const Array<double, 2> gradient = like(logits);
  normalize(*graph, orientation, normalizer, logits, weights);
  normalize_gradient(*graph, orientation, normalizer, logits, weights, g, gradient);
  const std::vector<double> slopes = flat(gradient);
  const Array<double, 2> other = like(logits);
  for (std::size_t k = 0; k < slopes.size(); ++k) {
    const auto at = static_cast<std::ptrdiff_t>(k);
    normalize(*graph, orientation, normalizer, moved(logits, at, kStep), other);
    const double above = dot(g, other);
    normalize(*graph, orientation, normalizer, moved(logits, at, -kStep), other);
    EXPECT_NEAR(slopes[k], (above - dot(g, other)) / (2 * kStep), 1e-9) << k;
  }
}

TEST(ContractionGradients, NormalizersAgreeWithFiniteDifferences) {
  for (const Orientation orientation : kOrientations) {
    for (const Normalizer normalizer :
         {Normalizer::kClip, Normalizer::kSigmoid, Normalizer::kSoftmax, Normalizer::kNone}) {
      check_normalizer(normalizer, orientation);
    }
  }
}

TEST(ContractionGradients, NormalizersDivideByTheRowsOfTheOrientation) {
  const auto graph = any_graph(3, {{0, 1}, {0, 1}, {0, 2}, {1, 2}});
  // In the order of the edges: 0 -> 1, 0 -> 1, 0 -> 2, 1 -> 2.
  const Array<double, 2> logits = column<double>({0.5, 2.0, -1.0, 0.25});
  const Array<double, 2> weights = like(logits);
  normalize(*graph, Orientation::kSenderRow, Normalizer::kClip, logits, weights);
  EXPECT_EQ(flat(weights), (std::vector<double>{0.5 / 3, 1.0 / 3, 0, 0.25}));
  normalize(*graph, Orientation::kReceiverRow, Normalizer::kClip, logits, weights);
  EXPECT_EQ(flat(weights), (std::vector<double>{0.25, 0.5, 0, 0.125}));
  normalize(*graph, Orientation::kReceiverRow, Normalizer::kSoftmax, logits, weights);
  EXPECT_NEAR(flat(weights)[0] + flat(weights)[1], 1, 1e-15);
  EXPECT_NEAR(flat(weights)[2], 1 / (1 + std::exp(1.25)), 1e-15);
}

}  // namespace
}  // namespace filigree::contraction
