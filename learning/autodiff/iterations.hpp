// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Iterative solvers for z = f(z) and A x = b, where f and A are functions of tensors. They compute;
// what is differentiated is in implicit.hpp.
//
// Nothing is recorded. Work vectors lie in the memory of the tape that is on; that of each call of
// the function is given back. Results are the same bits for any number of threads.
#pragma once

#include <functional>

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

using TensorMap = std::function<Tensor(const Tensor&)>;

/// How a solve went.
struct SolveReport {
  Index iterations = 0;  ///< calls of the function
  double residual = 0;   ///< |f(z) - z| / |f(z)|, or |b - A x| / |b|, of the result
  bool converged = false;
};
struct Solution {
  Tensor value;
  SolveReport report;
};

struct IterationOptions {
  enum class Method {
    kPicard,    ///< z <- z + mixing (f(z) - z)
    kAnderson,  ///< walker2011, type II
    kBroyden,   ///< broyden1965, the good update, from -1, kept as a sum of `window` products; then
                ///< anew
  };
  Method method = Method::kAnderson;
  /// Earlier iterates that are kept; 0 means 5 for Anderson and 20 for Broyden. At most 32.
  Index window = 0;
  double mixing = 1;     ///< share of the residual that a step adds; not used by Broyden
  double tolerance = 0;  ///< of the relative residual; 0 means 1e-6 for f32 and 1e-12 for f64
  Index max_iterations = 100;
  bool must_converge = true;  ///< else whoever asks reads the report
};

/// z = f(z), from z0. The result is the iterate of least residual. Throws NumericalError naming
/// `what`, iterations and residual if the tolerance is not reached and must be.
Solution iterate(const char* what, const TensorMap& f, const Tensor& z0,
                 const IterationOptions& options = {});

struct LinearOptions {
  enum class Method {
    kCg,        ///< for symmetric positive A
    kBiCgStab,  ///< vandervorst1992: little memory
    kGmres,     ///< saad1986: safest
  };
  Method method = Method::kGmres;
  Index restart = 30;  ///< of GMRES, at most 64
  double tolerance = 0;
  Index max_iterations = 500;
  bool must_converge = true;
};

/// x with A(x) = b, from 0; A is linear. Throws as above.
Solution solve_linear(const char* what, const TensorMap& a, const Tensor& b,
                      const LinearOptions& options = {});

}  // namespace filigree::learning
