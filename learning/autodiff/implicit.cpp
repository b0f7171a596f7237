// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/implicit.hpp"

#include "learning/autodiff/checkpointed.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

/// `f` applied to values while `tape` recorded: y = f(at).
struct Application {
  Tape* tape;
  Tensor at, y;

  /// (dy/dat)^T u. `create_graph` if the products are to be differentiated in turn.
  Tensor transposed(const Tensor& u, bool create_graph) const {
    return vjp(std::vector<Tensor>{y}, {u}, {at}, {.create_graph = create_graph, .tape = tape})[0];
  }
};

Application applied(const TensorMap& f, const Tensor& at) {
  return {Tape::current(), at, f(at)};
}

/// The tensors that f uses, other than its argument.
std::vector<Tensor> uses_of(const TensorMap& f, const Tensor& at) {
  NestedScope nested;
  f(at);
  std::vector<Tensor> uses;
  for (const Tensor& x : nested.tape().captured()) {
    if (x.id() != at.id()) uses.push_back(x);
  }
  return uses;
}

/// Gradients with respect to what y depends on besides its argument, recorded.
void give_recorded(Adjoint& a, const Application& application, const Tensor& u,
                   const std::vector<Tensor>& uses) {
  // The argument is asked for as well, so that nothing passes through it to what it came from.
  std::vector<Tensor> wrt = uses;
  wrt.push_back(application.at);
  const auto gradients =
      vjp(std::vector<Tensor>{application.y}, {u}, wrt, {.create_graph = true, .partial = true});
  for (std::size_t k = 0; k < uses.size(); ++k) {
    if (a.wants(k)) a.give(k, gradients[k]);
  }
}

using Solve = std::function<Solution()>;

/// The value of a solve in the memory of `outer`, and its report where one is asked for.
Tensor solved(Tape* outer, const Solve& solve, SolveReport* report) {
  const NestedScope nested;
  const Unrecorded unrecorded;
  const Solution solution = solve();
  if (report != nullptr) *report = solution.report;
  return copied_to(outer, solution.value);
}

void fixed_point_adjoint(Adjoint& a, const TensorMap& f, const FixedPointOptions& options,
                         const std::vector<Tensor>& uses) {
  constexpr const char* kWhat = "fixed_point, adjoint";
  const Tensor g = a.gradient();
  if (a.create_graph()) {
    const Application at_solution = applied(f, a.output());
    const auto step = [=](const Tensor& u) { return g + at_solution.transposed(u, true); };
    const auto inner = std::make_shared<ImplicitReport>();
    const Tensor u = fixed_point(
        step, g, {.forward = options.adjoint, .adjoint = options.adjoint, .report = inner});
    if (options.report != nullptr) options.report->adjoint = inner->forward;
    give_recorded(a, at_solution, u, uses);
    return;
  }
  Tape& outer = *Tape::current();
  const NestedScope nested;
  const Application at_solution = applied(f, stop_gradient(a.output()));
  Solution u;
  {
    const Unrecorded unrecorded;
    const auto step = [&](const Tensor& v) { return g + at_solution.transposed(v, false); };
    u = iterate(kWhat, step, g, options.adjoint);
  }
  if (options.report != nullptr) options.report->adjoint = u.report;
  pass_on(a, outer, at_solution.y, u.value, uses);
}

void linear_solve_adjoint(Adjoint& adjoint, const TensorMap& a, const LinearSolveOptions& options,
                          const std::vector<Tensor>& uses) {
  const Tensor g = adjoint.gradient();
  if (adjoint.create_graph()) {
    const Application at_solution = applied(a, adjoint.output());
    const auto product = [=](const Tensor& w) { return at_solution.transposed(w, true); };
    const auto inner = std::make_shared<ImplicitReport>();
    const Tensor w = linear_solve(
        product, g, {.forward = options.adjoint, .adjoint = options.forward, .report = inner});
    if (options.report != nullptr) options.report->adjoint = inner->forward;
    if (adjoint.wants(0)) adjoint.give(0, w);
    give_recorded(adjoint, at_solution, neg(w), uses);
    return;
  }
  Tape& outer = *Tape::current();
  const NestedScope nested;
  const Application at_solution = applied(a, stop_gradient(adjoint.output()));
  Solution w;
  {
    const Unrecorded unrecorded;
    const auto product = [&](const Tensor& v) { return at_solution.transposed(v, false); };
    w = solve_linear("linear_solve, adjoint", product, g, options.adjoint);
  }
  if (options.report != nullptr) options.report->adjoint = w.report;
  const Tensor negative = neg(w.value);
  if (adjoint.wants(0)) adjoint.give(0, copied_to(&outer, w.value));
  pass_on(adjoint, outer, at_solution.y, negative, uses);
}

}  // namespace

Tensor fixed_point(const TensorMap& f, const Tensor& z0, const FixedPointOptions& options) {
  Tape* outer = Tape::current();
  SolveReport* report = options.report == nullptr ? nullptr : &options.report->forward;
  const Tensor z = solved(
      outer, [&] { return iterate("fixed_point", f, z0, options.forward); }, report);
  if (!Tape::is_recording()) return z;
  const auto uses = uses_of(f, z);
  return record("fixed_point", uses, z,
                [=](Adjoint& a) { fixed_point_adjoint(a, f, options, uses); });
}

Tensor linear_solve(const TensorMap& a, const Tensor& b, const LinearSolveOptions& options) {
  Tape* outer = Tape::current();
  SolveReport* report = options.report == nullptr ? nullptr : &options.report->forward;
  const Tensor x = solved(
      outer, [&] { return solve_linear("linear_solve", a, b, options.forward); }, report);
  if (!Tape::is_recording()) return x;
  std::vector<Tensor> uses{b};
  for (const Tensor& used : uses_of(a, x)) {
    if (used.id() != b.id()) uses.push_back(used);
  }
  return record("linear_solve", uses, x,
                [=](Adjoint& adjoint) { linear_solve_adjoint(adjoint, a, options, uses); });
}

}  // namespace filigree::learning
