// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/cgs_baselines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::random_tensor;

using Vector = std::vector<double>;

constexpr Index kNodes = 4, kWidth = 2;

/// 1 -> 0, 2 -> 0, 0 -> 1, 0 -> 1, 1 -> 2; no edges into node 3.
const std::vector<std::vector<Index>> kSenders{{1, 2}, {0, 0}, {1}, {}};
GraphPtr small_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = kNodes,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 2, 4, 5, 5}),
                .senders = to_device("senders", std::vector<Index>{1, 2, 0, 0, 1})});
}

/// What a sweep depends on, row-major: inner [2, 4] and [2], outer [2, 2] and [2], bias [4, 2].
struct SweepInputs {
  Vector inner_weight, inner_bias, outer_weight, outer_bias, bias;
};

std::size_t at(Index row, Index column, Index columns) {
  return static_cast<std::size_t>(row * columns + column);
}

/// 0.9 z + 0.1 outer(relu(inner([b | mean z]))), node by node.
Vector swept(const SweepInputs& p, const Vector& z) {
  Vector result;
  for (Index i = 0; i < kNodes; ++i) {
    double seen[2 * kWidth] = {}, hidden[kWidth];
    const auto& senders = kSenders[static_cast<std::size_t>(i)];
    for (Index c = 0; c < kWidth; ++c) {
      seen[c] = p.bias[at(i, c, kWidth)];
      for (const Index j : senders) {
        seen[kWidth + c] += z[at(j, c, kWidth)] / static_cast<double>(senders.size());
      }
    }
    for (Index u = 0; u < kWidth; ++u) {
      hidden[u] = p.inner_bias[at(0, u, kWidth)];
      for (Index c = 0; c < 2 * kWidth; ++c) {
        hidden[u] += p.inner_weight[at(u, c, 2 * kWidth)] * seen[c];
      }
      hidden[u] = std::max(hidden[u], 0.0);
    }
    for (Index u = 0; u < kWidth; ++u) {
      double y = p.outer_bias[at(0, u, kWidth)];
      for (Index c = 0; c < kWidth; ++c) y += p.outer_weight[at(u, c, kWidth)] * hidden[c];
      result.push_back(0.9 * z[at(i, u, kWidth)] + 0.1 * y);
    }
  }
  return result;
}

struct SteadyStateCase {
  SteadyStateLayer layer{kWidth, DType::kF64};
  Tensor bias = random_tensor({kNodes, kWidth}, "bias", DType::kF64, 0.2, 1);

  explicit SteadyStateCase(int sweeps) {
    for (const NamedParameter& named : parameters(layer)) {
      assign(*named.parameter, random_tensor(named.parameter->value.shape(), named.name.c_str()));
    }
    layer.sweeps = sweeps;
  }
  SweepInputs inputs() const {
    return {to_vector(layer.inner.weight.value), to_vector(layer.inner.bias.value),
            to_vector(layer.outer.weight.value), to_vector(layer.outer.bias.value),
            to_vector(bias)};
  }
};

TEST(SteadyStateLayer, MakesDampedSteps) {
  Vector z(kNodes * kWidth, 0.0);
  for (int sweeps = 1; sweeps <= 20; ++sweeps) {
    const SteadyStateCase given(sweeps);
    z = swept(given.inputs(), z);
    const Vector found = to_vector(given.layer(given.bias, small_graph()));
    ASSERT_EQ(found.size(), z.size());
    for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(found[i], z[i], 1e-14) << sweeps;
  }
}

// The states before the last sweep are constants, though they depend on parameters and bias too.
TEST(SteadyStateLayer, HasTheGradientOfTheLastSweep) {
  for (const int sweeps : {1, 2, 5}) {
    const SteadyStateCase given(sweeps);
    const Tensor g = random_tensor({kNodes, kWidth}, "g");
    Tape tape;
    const Tape::Scope on(tape);
    const auto gradients =
        grad(sum(given.layer(given.bias, small_graph()) * g),
             {given.layer.inner.weight.value, given.layer.inner.bias.value,
              given.layer.outer.weight.value, given.layer.outer.bias.value, given.bias});
    SweepInputs p = given.inputs();
    Vector before(kNodes * kWidth, 0.0);
    for (int k = 0; k + 1 < sweeps; ++k) before = swept(p, before);
    const Vector factors = to_vector(g);
    const auto loss = [&] {
      const Vector z = swept(p, before);
      double total = 0;
      for (std::size_t i = 0; i < z.size(); ++i) total += z[i] * factors[i];
      return total;
    };
    Vector* const inputs[] = {&p.inner_weight, &p.inner_bias, &p.outer_weight, &p.outer_bias,
                              &p.bias};
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      const Vector found = to_vector(gradients[k]);
      ASSERT_EQ(found.size(), inputs[k]->size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        // Piecewise quadratic: central differences are exact away from kinks, up to 1e-16 / 1e-5.
        constexpr double kStep = 1e-5;
        double& x = (*inputs[k])[i];
        const double start = x;
        x = start + kStep;
        const double above = loss();
        x = start - kStep;
        const double below = loss();
        x = start;
        EXPECT_NEAR(found[i], (above - below) / (2 * kStep), 1e-9) << sweeps << " " << k;
      }
    }
  }
}

/// Largest sum of the sizes of a row's entries.
double row_norm(const Tensor& weight) {
  const Vector w = to_vector(weight);
  double largest = 0;
  for (Index i = 0; i < weight.rows(); ++i) {
    double norm = 0;
    for (Index j = 0; j < weight.columns(); ++j) norm += std::abs(w[at(i, j, weight.columns())]);
    largest = std::max(largest, norm);
  }
  return largest;
}

TEST(ImplicitGraphLayer, StaysWithinItsBoundAfterProjection) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    for (const double size : {0.01, 1.0, 1e3}) {
      ImplicitGraphLayer layer(7, dtype);
      assign(layer.weight, random_tensor({7, 7}, "w", dtype, -size, size));
      const Vector before = to_vector(layer.weight.value);
      const bool was_within = row_norm(layer.weight.value) <= layer.kappa;
      layer.project();
      // A rounding for each of the seven entries.
      const double epsilon = dtype == DType::kF32 ? 0x1p-24 : 0x1p-53;
      EXPECT_LE(row_norm(layer.weight.value), layer.kappa * (1 + 8 * epsilon));
      if (was_within) {
        EXPECT_EQ(to_vector(layer.weight.value), before);
      }
      EXPECT_EQ(was_within, size == 0.01);
    }
  }
}

// The bound makes it a contraction: any bias has a fixed point that the layer finds.
TEST(ImplicitGraphLayer, FindsItsFixedPointForAnyBias) {
  ImplicitGraphLayer layer(kWidth, DType::kF64);
  layer.tolerance = 1e-12;
  assign(layer.weight, random_tensor({kWidth, kWidth}, "w", DType::kF64, -50, 50));
  layer.project();
  const Tensor bias = random_tensor({kNodes, kWidth}, "b", DType::kF64, -1e6, 1e6);
  const Vector z = to_vector(layer(bias, small_graph()));
  const Vector w = to_vector(layer.weight.value), b = to_vector(bias);
  for (Index i = 0; i < kNodes; ++i) {
    const auto& senders = kSenders[static_cast<std::size_t>(i)];
    for (Index u = 0; u < kWidth; ++u) {
      double value = b[at(i, u, kWidth)];
      for (const Index j : senders) {
        for (Index c = 0; c < kWidth; ++c) {
          value += w[at(u, c, kWidth)] * z[at(j, c, kWidth)] / static_cast<double>(senders.size());
        }
      }
      // Of values of 1e6, to 1e-12 of them.
      EXPECT_NEAR(z[at(i, u, kWidth)], std::max(value, 0.0), 1e-5);
    }
  }
}

}  // namespace
}  // namespace filigree::learning
