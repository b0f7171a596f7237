// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/fourier_layer.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

/// Angle 2 pi k i / n, reduced so that large products lose nothing.
double angle(Index k, Index i, Index n) {
  const Offset turn = Offset(k) * i % n;
  return 2 * std::numbers::pi * static_cast<double>(turn) / n;
}

std::size_t at(Index row, Index column, Index columns) {
  return static_cast<std::size_t>(Offset(row) * columns + column);
}

Tensor kept_tensor(const Shape& shape, const std::vector<double>& values, DType dtype) {
  return keep(tensor(shape, values, dtype));
}

/// Real values [n] to coefficients [m, 2]: sum of v_i e^(-2 pi sqrt(-1) k i / n).
Tensor real_forward(Index n, Index m, DType dtype) {
  std::vector<double> matrix(static_cast<std::size_t>(Offset(n) * 2 * m));
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < m; ++k) {
      matrix[at(i, 2 * k, 2 * m)] = std::cos(angle(k, i, n));
      matrix[at(i, 2 * k + 1, 2 * m)] = -std::sin(angle(k, i, n));
    }
  }
  return kept_tensor({n, 2 * m}, matrix, dtype);
}

/// Coefficients [m, 2] to real values [n]; frequencies above 0 stand for their conjugates too.
Tensor real_inverse(Index n, Index m, DType dtype) {
  std::vector<double> matrix(static_cast<std::size_t>(Offset(n) * 2 * m));
  for (Index k = 0; k < m; ++k) {
    const double share = (k == 0 ? 1.0 : 2.0) / n;
    for (Index i = 0; i < n; ++i) {
      matrix[at(2 * k, i, n)] = share * std::cos(angle(k, i, n));
      matrix[at(2 * k + 1, i, n)] = -share * std::sin(angle(k, i, n));
    }
  }
  return kept_tensor({2 * m, n}, matrix, dtype);
}

/// Complex values [2, n] to coefficients [2 m, 2] of the frequencies 0 .. m - 1, -m .. -1.
Tensor complex_forward(Index n, Index m, DType dtype) {
  std::vector<double> matrix(static_cast<std::size_t>(Offset(2 * n) * 4 * m));
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < 2 * m; ++f) {
      const Index k = f < m ? f : n + f - 2 * m;
      const double c = std::cos(angle(k, i, n)), s = std::sin(angle(k, i, n));
      matrix[at(i, 2 * f, 4 * m)] = c;
      matrix[at(i, 2 * f + 1, 4 * m)] = -s;
      matrix[at(n + i, 2 * f, 4 * m)] = s;
      matrix[at(n + i, 2 * f + 1, 4 * m)] = c;
    }
  }
  return kept_tensor({2 * n, 4 * m}, matrix, dtype);
}

/// Coefficients [2 m, 2] to complex values [2, n].
Tensor complex_inverse(Index n, Index m, DType dtype) {
  std::vector<double> matrix(static_cast<std::size_t>(Offset(2 * n) * 4 * m));
  for (Index f = 0; f < 2 * m; ++f) {
    const Index k = f < m ? f : n + f - 2 * m;
    for (Index i = 0; i < n; ++i) {
      const double c = std::cos(angle(k, i, n)) / n, s = std::sin(angle(k, i, n)) / n;
      matrix[at(2 * f, i, 2 * n)] = c;
      matrix[at(2 * f, n + i, 2 * n)] = s;
      matrix[at(2 * f + 1, i, 2 * n)] = -s;
      matrix[at(2 * f + 1, n + i, 2 * n)] = c;
    }
  }
  return kept_tensor({4 * m, 2 * n}, matrix, dtype);
}

/// x [.., n] m: rows of any number of leading axes.
Tensor times(const Tensor& x, const Tensor& matrix) {
  return matmul(reshape(x, {x.size() / matrix.rows(), matrix.rows()}), matrix);
}

}  // namespace

SpectralPlan::SpectralPlan(const SpectralOptions& options, DType dtype) : options_(options) {
  const int d = options.dimensions;
  FILIGREE_REQUIRE(d >= 1 && d <= 3, "a spectral plan of {} dimensions: it must have 1, 2 or 3", d);
  for (std::size_t a = 0; a < static_cast<std::size_t>(d); ++a) {
    const bool is_last = static_cast<int>(a) == d - 1;
    const Index n = options.extents[a], m = options.modes[a];
    const Index needed = is_last ? 2 * m - 1 : 2 * m;
    FILIGREE_REQUIRE(m >= 1 && n >= needed,
                     "{} modes along axis {} of a grid need {} points there; it has {}", m, a,
                     needed, n);
    forward_[a] = is_last ? real_forward(n, m, dtype) : complex_forward(n, m, dtype);
    inverse_[a] = is_last ? real_inverse(n, m, dtype) : complex_inverse(n, m, dtype);
  }
}

Index SpectralPlan::n_points() const {
  Index n = 1;
  for (int a = 0; a < options_.dimensions; ++a) n *= options_.extents[static_cast<std::size_t>(a)];
  return n;
}

Index SpectralPlan::n_modes() const {
  Index n = 1;
  for (int a = 0; a < options_.dimensions; ++a) {
    n *= options_.modes[static_cast<std::size_t>(a)] * (a + 1 < options_.dimensions ? 2 : 1);
  }
  return n;
}

Tensor SpectralPlan::forward(const Tensor& values) const {
  FILIGREE_REQUIRE(values.rank() == 3 && values.extent(1) == n_points(),
                   "a spectral plan for {} points cannot transform {}: [batch, points, channels]",
                   n_points(), values.shape().text());
  const Index fields = values.extent(0) * values.extent(2);
  auto axis = static_cast<std::size_t>(options_.dimensions - 1);
  // [fields, earlier axes, n] -> [fields, earlier axes, modes so far, 2], axis by axis.
  Tensor x = times(transpose(values), forward_[axis]);
  Index modes = options_.modes[axis];
  while (axis-- > 0) {
    const Index n = options_.extents[axis];
    x = reshape(x, {x.size() / (n * modes * 2), n, modes, 2});
    x = times(permute(x, {0, 2, 3, 1}), forward_[axis]);
    modes *= 2 * options_.modes[axis];
  }
  return reshape(x, {fields, modes, 2});
}

Tensor SpectralPlan::inverse(const Tensor& coefficients, Index channels) const {
  FILIGREE_REQUIRE(coefficients.rank() == 3 && coefficients.extent(1) == n_modes() &&
                       coefficients.extent(2) == 2 && channels > 0 &&
                       coefficients.extent(0) % channels == 0,
                   "a spectral plan of {} modes cannot transform {} back to {} channels", n_modes(),
                   coefficients.shape().text(), channels);
  const Index fields = coefficients.extent(0);
  Tensor x = coefficients;
  Index modes = n_modes();
  for (std::size_t axis = 0; axis + 1 < static_cast<std::size_t>(options_.dimensions); ++axis) {
    const Index n = options_.extents[axis];
    modes /= 2 * options_.modes[axis];
    x = times(x, inverse_[axis]);
    x = permute(reshape(x, {x.size() / (modes * 2 * n), modes, 2, n}), {0, 3, 1, 2});
  }
  x = times(x, inverse_[static_cast<std::size_t>(options_.dimensions - 1)]);
  return transpose(reshape(x, {fields / channels, channels, n_points()}));
}

Tensor spectral_convolution(const Tensor& values, const Tensor& real, const Tensor& imaginary,
                            const SpectralPlan& plan) {
  const bool fits = values.rank() == 3 && real.rank() == 3 && real.shape() == imaginary.shape() &&
                    real.extent(0) == plan.n_modes() && real.extent(1) == values.extent(2);
  FILIGREE_REQUIRE(fits,
                   "spectral_convolution: values {} and weights {} and {} do not fit a plan of {} "
                   "modes: [batch, points, in] and [modes, in, out]",
                   values.shape().text(), real.shape().text(), imaginary.shape().text(),
                   plan.n_modes());
  const Index batch = values.extent(0), in = values.extent(2), out = real.extent(2);
  const Index modes = plan.n_modes();
  // Per frequency, (a + ib)(R + iS) as [a b] [[R, S], [-S, R]].
  const Tensor x = permute(reshape(plan.forward(values), {batch, in, modes, 2}), {2, 0, 3, 1});
  const Tensor weights =
      concat({concat({real, imaginary}, 2), concat({neg(imaginary), real}, 2)}, 1);
  const Tensor y = matmul(reshape(x, {modes, batch, 2 * in}), weights);
  const Tensor coefficients = permute(reshape(y, {modes, batch, 2, out}), {1, 3, 0, 2});
  return plan.inverse(reshape(coefficients, {batch * out, modes, 2}), out);
}

FourierLayer::FourierLayer(Index in, Index out, Index n_modes, Activation f, DType dtype)
    : real({n_modes, in, out}, Init::uniform(1.0 / (double(in) * out)), dtype),
      imaginary({n_modes, in, out}, Init::uniform(1.0 / (double(in) * out)), dtype),
      pointwise(in, out, dtype),
      activation(f) {}

Tensor FourierLayer::operator()(const Tensor& x, const SpectralPlan& plan) const {
  return apply(activation,
               spectral_convolution(x, real.value, imaginary.value, plan) + pointwise(x));
}

}  // namespace filigree::learning
