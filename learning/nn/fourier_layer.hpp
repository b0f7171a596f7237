// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The layer of Fourier neural operators: a convolution over a whole periodic grid, given by the
// weights of its lowest frequencies (li2021fourier, eq. 5).
//
//   v_out(x) = f(K v(x) + W v(x) + b),   K v = inverse transform of (R_k (transform of v)_k)
//
// Only few frequencies are kept, so the transforms are products with two small matrices per axis:
// exact, differentiable by what there is, and the same on all devices (decision 023).
#pragma once

#include <array>
#include <memory>

#include "learning/nn/linear.hpp"

namespace filigree::learning {

struct SpectralOptions {
  int dimensions = 2;                     ///< 1, 2 or 3
  std::array<Index, 3> extents{1, 1, 1};  ///< points along each axis
  /// Frequencies kept: 0 to modes - 1 along the last axis, where 2 (modes - 1) < extent, and
  /// -modes to modes - 1 along the others, where 2 modes <= extent.
  std::array<Index, 3> modes{1, 1, 1};
};

/// The matrices of the transforms on one grid, made once per grid and type.
class SpectralPlan {
 public:
  explicit SpectralPlan(const SpectralOptions& options, DType dtype = DType::kF32);

  const SpectralOptions& options() const { return options_; }
  Index n_points() const;
  Index n_modes() const;  ///< frequencies kept in all

  /// Values [B, points, C] to the coefficients of the kept frequencies [B C, modes, 2], real and
  /// imaginary parts, with the last axis' frequency slowest.
  Tensor forward(const Tensor& values) const;
  /// Coefficients back to values, `channels` in a row: the real field with these coefficients.
  Tensor inverse(const Tensor& coefficients, Index channels) const;

 private:
  SpectralOptions options_;
  std::array<Tensor, 3> forward_, inverse_;
};
using SpectralPlanPtr = std::shared_ptr<const SpectralPlan>;

/// K v for values [B, points, in] and weights R with real and imaginary parts [modes, in, out].
Tensor spectral_convolution(const Tensor& values, const Tensor& real, const Tensor& imaginary,
                            const SpectralPlan& plan);

struct FourierLayer {
  FourierLayer() = default;
  /// R begins uniform in +-1 / (in out), both parts.
  FourierLayer(Index in, Index out, Index n_modes, Activation activation,
               DType dtype = DType::kF32);

  Parameter real, imaginary;
  Linear pointwise;
  Activation activation = Activation::kGelu;

  template <class V>
  void reflect(V& v) {
    v("real", real);
    v("imaginary", imaginary);
    v("pointwise", pointwise);
  }

  /// x: [B, points, in] on the grid of the plan, whose number of modes is the layer's.
  Tensor operator()(const Tensor& x, const SpectralPlan& plan) const;
};

}  // namespace filigree::learning
