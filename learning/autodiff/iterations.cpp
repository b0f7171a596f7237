// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/iterations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learning/autodiff/small_solve.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/autodiff/vectors.hpp"

namespace filigree::learning {

namespace {

using Method = IterationOptions::Method;

const char* name_of(Method method) {
  return method == Method::kPicard     ? "Picard"
         : method == Method::kAnderson ? "Anderson"
                                       : "Broyden";
}

/// One solve of z = f(z). Rows: the iterate, its residual f(z) - z, the ones before, the best
/// iterate, f(z), and the window.
class Iteration {
 public:
  Iteration(const TensorMap& f, const Tensor& z0, const IterationOptions& options)
      : f_(f),
        options_(options),
        window_(options.window > 0 ? options.window
                                   : (options.method == Method::kBroyden ? 20 : 5)),
        tolerance_(options.tolerance > 0 ? options.tolerance
                                         : (z0.dtype() == DType::kF32 ? 1e-6 : 1e-12)),
        dependent_(z0.dtype() == DType::kF32 ? 1e-9 : 1e-15),
        rows_(kFirst + (options.method == Method::kPicard ? 0 : 2 * window_), z0),
        gram_(static_cast<std::size_t>(window_ * window_), 0.0) {
    rows_.set(kIterate, z0);
  }

  Solution run() {
    SolveReport report;
    report.residual = INFINITY;
    while (report.iterations < options_.max_iterations) {
      const double residual = evaluate();
      ++report.iterations;
      if (!std::isfinite(residual)) break;
      if (residual < report.residual) {
        report.residual = residual;
        rows_.combine(kBest, {{1, kIterate}});
      }
      report.converged = residual <= tolerance_;
      if (report.converged) break;
      advance(report.iterations == 1);
    }
    if (!std::isfinite(report.residual)) rows_.combine(kBest, {{1, kIterate}});
    return {rows_.row(kBest), report};
  }

  double tolerance() const { return tolerance_; }

 private:
  enum : Index { kIterate, kResidual, kIterateBefore, kResidualBefore, kBest, kValue, kFirst };

  /// The residual at the iterate: its relative size.
  double evaluate() {
    {
      const NestedScope nested;
      const Unrecorded unrecorded;
      rows_.set(kValue, f_(rows_.row(kIterate)));
    }
    rows_.combine(kResidual, {{1, kValue}, {-1, kIterate}});
    const double size = rows_.norm(kResidual);
    return size == 0 ? 0 : size / std::max(rows_.norm(kValue), std::numeric_limits<double>::min());
  }

  void advance(bool is_first) {
    if (options_.method == Method::kBroyden) return advance_broyden(is_first);
    if (options_.method == Method::kAnderson && !is_first) note_differences();
    std::vector<double> shares;
    if (n_kept_ > 0) {
      shares = solve_gram(gram_, static_cast<std::size_t>(window_),
                          rows_.dots(residual_change(0), n_kept_, kResidual), dependent_);
    }
    rows_.combine(kIterateBefore, {{1, kIterate}});
    rows_.combine(kResidualBefore, {{1, kResidual}});
    // z + mixing r - sum of shares (dz + mixing dr)
    std::vector<Term> terms{{1, kIterate}, {options_.mixing, kResidual}};
    for (Index j = 0; j < n_kept_; ++j) {
      const double share = shares[static_cast<std::size_t>(j)];
      terms.push_back({-share, iterate_change(j)});
      terms.push_back({-share * options_.mixing, residual_change(j)});
    }
    rows_.combine(kIterate, terms);
  }

  /// Takes the last step into the window, in place of the oldest one.
  void note_differences() {
    const Index j = next_++ % window_;
    n_kept_ = std::min(n_kept_ + 1, window_);
    rows_.combine(iterate_change(j), {{1, kIterate}, {-1, kIterateBefore}});
    rows_.combine(residual_change(j), {{1, kResidual}, {-1, kResidualBefore}});
    const auto products = rows_.dots(residual_change(0), n_kept_, residual_change(j));
    for (Index k = 0; k < n_kept_; ++k) {
      gram_[static_cast<std::size_t>(j * window_ + k)] =
          gram_[static_cast<std::size_t>(k * window_ + j)] = products[static_cast<std::size_t>(k)];
    }
  }

  // Broyden: the inverse of the derivative of the residual is -1 + sum of u_j v_j^T, with the u_j
  // in place of the changes of the iterate and the v_j in place of those of the residual. While a
  // step is taken, kIterateBefore is the step and kValue the change of the residual.
  void advance_broyden(bool is_first) {
    if (!is_first) update_inverse();
    rows_.combine(kResidualBefore, {{1, kResidual}});
    const auto along = rows_.dots(residual_change(0), n_kept_, kResidual);
    std::vector<Term> terms{{1, kResidual}};
    for (Index j = 0; j < n_kept_; ++j) {
      terms.push_back({-along[static_cast<std::size_t>(j)], iterate_change(j)});
    }
    rows_.combine(kIterateBefore, terms);
    rows_.combine(kIterate, {{1, kIterate}, {1, kIterateBefore}});
  }

  void update_inverse() {
    if (n_kept_ == window_) n_kept_ = 0;  // anew
    const Index j = n_kept_;
    rows_.combine(kValue, {{1, kResidual}, {-1, kResidualBefore}});
    // v = B^T dz, then u = (dz - B dr) / (v dr), with B the inverse so far.
    const auto along_step = rows_.dots(iterate_change(0), j, kIterateBefore);
    const auto along_change = rows_.dots(residual_change(0), j, kValue);
    std::vector<Term> v{{-1, kIterateBefore}}, u{{1, kIterateBefore}, {1, kValue}};
    for (Index k = 0; k < j; ++k) {
      v.push_back({along_step[static_cast<std::size_t>(k)], residual_change(k)});
      u.push_back({-along_change[static_cast<std::size_t>(k)], iterate_change(k)});
    }
    rows_.combine(residual_change(j), v);
    const double slope = rows_.dot(residual_change(j), kValue);
    const double scale = rows_.norm(residual_change(j)) * rows_.norm(kValue);
    if (!(std::abs(slope) > 1e-12 * scale)) {  // the step says nothing: start anew
      n_kept_ = 0;
      return;
    }
    for (Term& term : u) term.weight /= slope;
    rows_.combine(iterate_change(j), u);
    ++n_kept_;
  }

  Index iterate_change(Index j) const { return kFirst + j; }
  Index residual_change(Index j) const { return kFirst + window_ + j; }

  const TensorMap& f_;
  const IterationOptions& options_;
  Index window_;
  double tolerance_;
  double dependent_;  ///< of squares: what round-off leaves of a change that others explain
  Vectors rows_;
  std::vector<double> gram_;  ///< products of the changes of the residual [window, window]
  Index n_kept_ = 0;
  Index next_ = 0;
};

}  // namespace

Solution iterate(const char* what, const TensorMap& f, const Tensor& z0,
                 const IterationOptions& options) {
  FILIGREE_REQUIRE(options.window >= 0 && options.window <= 32,
                   "{}: a window of {} iterates; it must lie in [0, 32]", what, options.window);
  FILIGREE_REQUIRE(options.max_iterations >= 1, "{}: at most {} iterations; it takes one or more",
                   what, options.max_iterations);
  Iteration iteration(f, z0, options);
  const Solution solution = iteration.run();
  if (!solution.report.converged && options.must_converge) {
    throw NumericalError(format(
        "{}: after {} iterations of {} the relative residual is {}, above the tolerance {}: allow "
        "more iterations, choose another method or a smaller mixing, or make the map contract",
        what, solution.report.iterations, name_of(options.method), solution.report.residual,
        iteration.tolerance()));
  }
  return solution;
}

}  // namespace filigree::learning
