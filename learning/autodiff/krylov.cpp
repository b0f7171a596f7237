// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Krylov methods for A x = b. Each runs from the true residual until its own estimate says that it
// is done; the true residual then decides, and the method starts again from there if need be.
#include <algorithm>
#include <cmath>

#include "learning/autodiff/iterations.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/autodiff/vectors.hpp"

namespace filigree::learning {

namespace {

using Method = LinearOptions::Method;

const char* name_of(Method method) {
  return method == Method::kCg ? "CG" : method == Method::kBiCgStab ? "BiCGStab" : "GMRES";
}

Index rows_of(const LinearOptions& options) {
  return options.method == Method::kGmres ? options.restart + 1 : 6;
}

class LinearSolve {
 public:
  LinearSolve(const TensorMap& a, const Tensor& b, const LinearOptions& options)
      : a_(a),
        options_(options),
        tolerance_(options.tolerance > 0 ? options.tolerance
                                         : (b.dtype() == DType::kF32 ? 1e-6 : 1e-12)),
        rows_(kFirst + rows_of(options), b),
        round_off_(b.dtype() == DType::kF32 ? 2e-7 : 4e-16) {
    rows_.set(kB, b);
    rows_.combine(kX, {{0, kB}});
    size_ = rows_.norm(kB);
    report_.residual = size_ == 0 ? 0 : 1;
  }

  Solution run() {
    rows_.combine(kR, {{1, kB}});
    rows_.combine(kBest, {{1, kX}});
    report_.converged = size_ == 0;
    int idle = 0;
    while (!report_.converged && report_.iterations < options_.max_iterations && idle < 2) {
      if (options_.method == Method::kCg) run_cg();
      if (options_.method == Method::kBiCgStab) run_bicgstab();
      if (options_.method == Method::kGmres) run_gmres();
      apply(kX, kR);
      rows_.combine(kR, {{1, kB}, {-1, kR}});
      const double residual = rows_.norm(kR) / size_;
      idle = residual < 0.5 * report_.residual ? 0 : idle + 1;
      if (!std::isfinite(residual)) break;
      if (residual < report_.residual) {
        report_.residual = residual;
        rows_.combine(kBest, {{1, kX}});
      }
      report_.converged = report_.residual <= tolerance_;
    }
    return {rows_.row(kBest), report_};
  }

  double tolerance() const { return tolerance_; }

 private:
  enum : Index { kX, kR, kB, kBest, kFirst };

  void apply(Index from, Index to) {
    const NestedScope nested;
    const Unrecorded unrecorded;
    rows_.set(to, a_(rows_.row(from)));
    ++report_.iterations;
  }
  bool is_within(double residual) const { return residual <= 0.5 * tolerance_ * size_; }
  bool may_go_on() const { return report_.iterations < options_.max_iterations; }

  void run_cg() {
    constexpr Index kP = kFirst, kQ = kFirst + 1;
    rows_.combine(kP, {{1, kR}});
    double square = rows_.dot(kR, kR);
    while (may_go_on() && !is_within(std::sqrt(square))) {
      apply(kP, kQ);
      const double curvature = rows_.dot(kP, kQ);
      if (!(curvature > 0)) return;  // not positive, or not finite
      rows_.combine(kX, {{1, kX}, {square / curvature, kP}});
      rows_.combine(kR, {{1, kR}, {-square / curvature, kQ}});
      const double next = rows_.dot(kR, kR);
      rows_.combine(kP, {{1, kR}, {next / square, kP}});
      square = next;
    }
  }

  void run_bicgstab() {
    constexpr Index kShadow = kFirst, kP = kFirst + 1, kV = kFirst + 2, kT = kFirst + 3;
    rows_.combine(kShadow, {{1, kR}});
    rows_.combine(kP, {{1, kR}});
    double rho = rows_.dot(kShadow, kR);
    while (may_go_on()) {
      apply(kP, kV);
      const double along = rows_.dot(kShadow, kV);
      if (!(std::abs(along) > 0)) return;
      const double alpha = rho / along;
      rows_.combine(kX, {{1, kX}, {alpha, kP}});
      rows_.combine(kR, {{1, kR}, {-alpha, kV}});
      if (is_within(rows_.norm(kR)) || !may_go_on()) return;
      apply(kR, kT);
      const double square = rows_.dot(kT, kT);
      if (!(square > 0)) return;
      const double omega = rows_.dot(kT, kR) / square;
      rows_.combine(kX, {{1, kX}, {omega, kR}});
      rows_.combine(kR, {{1, kR}, {-omega, kT}});
      if (is_within(rows_.norm(kR))) return;
      const double next = rows_.dot(kShadow, kR);
      const double beta = next / rho * (alpha / omega);
      if (!std::isfinite(beta) || next == 0) return;
      rows_.combine(kP, {{1, kR}, {beta, kP}, {-beta * omega, kV}});
      rho = next;
    }
  }

  void run_gmres() {
    const auto m = static_cast<std::size_t>(options_.restart);
    std::vector<std::vector<double>> columns;  // of R, the triangle
    std::vector<double> cosines, sines, g{rows_.norm(kR)};
    rows_.combine(kFirst, {{1 / g[0], kR}});
    while (columns.size() < m && may_go_on() && !is_within(std::abs(g.back()))) {
      const auto j = static_cast<Index>(columns.size());
      apply(kFirst + j, kFirst + j + 1);
      const double negligible = round_off_ * rows_.norm(kFirst + j + 1);
      std::vector<double> h = orthogonalize(j + 1);
      const double norm = rows_.norm(kFirst + j + 1);
      const double length = norm > negligible ? norm : 0;  // 0: no new direction
      for (std::size_t k = 0; k < columns.size(); ++k) {
        const double above = h[k];
        h[k] = cosines[k] * above + sines[k] * h[k + 1];
        h[k + 1] = cosines[k] * h[k + 1] - sines[k] * above;
      }
      const double radius = std::hypot(h.back(), length);
      if (!(radius > negligible) || !std::isfinite(radius)) break;
      cosines.push_back(h.back() / radius);
      sines.push_back(length / radius);
      h.back() = radius;
      g.push_back(-sines.back() * g.back());
      g[g.size() - 2] *= cosines.back();
      columns.push_back(std::move(h));
      if (length == 0) break;
      rows_.combine(kFirst + j + 1, {{1 / length, kFirst + j + 1}});
    }
    add_combination(columns, g);
  }

  /// Takes the earlier vectors of the basis out of vector `n`; twice, for round-off.
  std::vector<double> orthogonalize(Index n) {
    std::vector<double> total(static_cast<std::size_t>(n), 0.0);
    for (int pass = 0; pass < 2; ++pass) {
      const auto along = rows_.dots(kFirst, n, kFirst + n);
      std::vector<Term> terms{{1, kFirst + n}};
      for (Index k = 0; k < n; ++k) {
        terms.push_back({-along[static_cast<std::size_t>(k)], kFirst + k});
        total[static_cast<std::size_t>(k)] += along[static_cast<std::size_t>(k)];
      }
      rows_.combine(kFirst + n, terms);
    }
    return total;
  }

  /// x += V y with R y = g.
  void add_combination(const std::vector<std::vector<double>>& columns,
                       const std::vector<double>& g) {
    std::vector<double> y(columns.size());
    std::vector<Term> terms{{1, kX}};
    for (std::size_t k = columns.size(); k-- > 0;) {
      y[k] = g[k];
      for (std::size_t j = k + 1; j < columns.size(); ++j) y[k] -= columns[j][k] * y[j];
      y[k] /= columns[k][k];
      terms.push_back({y[k], kFirst + static_cast<Index>(k)});
    }
    rows_.combine(kX, terms);
  }

  const TensorMap& a_;
  const LinearOptions& options_;
  double tolerance_;
  Vectors rows_;
  double round_off_;
  double size_ = 0;  ///< |b|
  SolveReport report_;
};

}  // namespace

Solution solve_linear(const char* what, const TensorMap& a, const Tensor& b,
                      const LinearOptions& options) {
  FILIGREE_REQUIRE(options.restart >= 1 && options.restart <= 64,
                   "{}: a restart after {} vectors; it must lie in [1, 64]", what, options.restart);
  LinearSolve solve(a, b, options);
  const Solution solution = solve.run();
  if (!solution.report.converged && options.must_converge) {
    throw NumericalError(
        format("{}: after {} products {} leaves the relative residual {}, above the tolerance {}: "
               "allow more iterations, choose another method, or precondition the system",
               what, solution.report.iterations, name_of(options.method), solution.report.residual,
               solve.tolerance()));
  }
  return solution;
}

}  // namespace filigree::learning
