// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// BiCGStab. Source: van der Vorst, "Bi-CGSTAB", SIAM Journal on Scientific and Statistical
// Computing 13, 1992.
#include "learning/models/contraction_krylov.hpp"

namespace filigree::contraction {

template <class T>
KrylovSolve<T>::KrylovSolve(const System<T>& system_in, const Plan& plan_in, Workspace& workspace,
                            Scratch& scratch)
    : system(system_in), plan(plan_in), progress(system, plan, workspace, scratch) {
  size = take_sums(*system.batch, 1, system.heads(), scratch);
  square = take_sums(*system.batch, 1, system.heads(), scratch);
  residual = take(scratch);
  each("contraction/start", StartBody<T, IdentityPhi<T>>{system.b.data(),
                                                         system.z.data(),
                                                         progress.norms(),
                                                         size,
                                                         {},
                                                         system.use_sum,
                                                         plan.start_from_z});
}

template <class T>
bool KrylovSolve<T>::begin_cycle() {
  if (!progress.is_active()) return false;
  each("contraction/residual", ResidualBody<T>{system.rows, system.b.data(), system.z.data(),
                                               residual, size, square, system.use_sum});
  progress.count();
  progress.note(size, 1);
  join_slices(progress.view(), square);
  constexpr double kLowered = 0.999;
  constexpr int kMaxStalled = 3;
  const double error = progress.worst(size, 1);
  n_stalled = error < kLowered * last_error ? 0 : n_stalled + 1;
  last_error = error;
  return progress.is_active() && n_stalled < kMaxStalled;
}

template <class T>
bool KrylovSolve<T>::may_end(const Sums& expected) {
  const double error = progress.worst(expected, 1);
  // Half the tolerance: the recursions and the residual differ by rounding.
  return !(error > plan.tolerance / 2) || progress.iterations() >= plan.max_iterations;
}

template struct KrylovSolve<float>;
template struct KrylovSolve<double>;

namespace {

/// The numbers of each graph and head.
enum Scalar : Index { kRho, kAlpha, kOmega, kBeta, kRestarts, kScalars };

/// v = p - M p is known: alpha.
struct NextAlpha {
  SliceView view;
  Sums dots, scalars;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    const double shadowed = dots.of(graph, 0, head);
    scalars.of(graph, kAlpha, head) =
        shadowed != 0 ? scalars.of(graph, kRho, head) / shadowed : 0.0;
  }
};

/// t = s - M s is known: omega.
struct NextOmega {
  SliceView view;
  Sums dots, scalars;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    const double square = dots.of(graph, 1, head);
    scalars.of(graph, kOmega, head) = square > 0 ? dots.of(graph, 0, head) / square : 0.0;
  }
};

/// The new residual is known: beta, or a new beginning where the recursion breaks down.
struct NextBeta {
  SliceView view;
  Sums dots;  ///< <r, shadow>, <r, r>, <shadow, shadow>
  Sums scalars;
  bool is_start;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    const double shadowed = dots.of(graph, 0, head);
    const double square = dots.of(graph, 1, head);
    double& rho = scalars.of(graph, kRho, head);
    const double omega = scalars.of(graph, kOmega, head);
    constexpr double kOrthogonal = 1e-20;  // squared cosine of r and shadow
    const bool breaks = is_start || rho == 0 || omega == 0 ||
                        shadowed * shadowed <= kOrthogonal * square * dots.of(graph, 2, head);
    scalars.of(graph, kRestarts, head) = breaks;
    scalars.of(graph, kBeta, head) =
        breaks ? 0 : shadowed / rho * (scalars.of(graph, kAlpha, head) / omega);
    rho = breaks ? square : shadowed;
  }
};

template <class T>
struct Vectors {
  T* z;
  T* r;
  T* shadow;
  T* p;
  T* v;
  T* t;
};

/// s = r - alpha v, in the place of r.
template <class T>
struct HalfStep {
  Vectors<T> x;
  Sums scalars;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    const Block alpha = scalars.get<N, T>(slice.graph, kAlpha, head);
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * scalars.heads + head;
      (Block::load(x.r + at) - alpha * Block::load(x.v + at)).store(x.r + at);
    }
  }
};

/// z += alpha p + omega s, r = s - omega t; notes |r| and the dots of NextBeta.
template <class T>
struct FullStep {
  Vectors<T> x;
  Sums scalars, size, dots;
  bool use_sum;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    const Block alpha = scalars.get<N, T>(slice.graph, kAlpha, head);
    const Block omega = scalars.get<N, T>(slice.graph, kOmega, head);
    Block norm = Block::zero();
    Block totals[3] = {Block::zero(), Block::zero(), Block::zero()};
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * scalars.heads + head;
      const Block s = Block::load(x.r + at);
      const Block step = alpha * Block::load(x.p + at) + omega * s;
      (Block::load(x.z + at) + step).store(x.z + at);
      const Block r = s - omega * Block::load(x.t + at);
      r.store(x.r + at);
      const Block shadow = Block::load(x.shadow + at);
      add_to_norm(norm, r, use_sum);
      totals[0] += r * shadow;
      totals[1] += r * r;
      totals[2] += shadow * shadow;
    }
    size.put(slice, 0, head, norm + T(0) * totals[1]);
    for (Index k = 0; k < 3; ++k) dots.put(slice, k, head, totals[k]);
  }
};

/// p = r + beta (p - omega v), or p = shadow = r where the recursion begins anew.
template <class T>
struct NextDirection {
  Vectors<T> x;
  Sums scalars;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    const Block beta = scalars.get<N, T>(slice.graph, kBeta, head);
    const Block omega = scalars.get<N, T>(slice.graph, kOmega, head);
    const Block restarts = scalars.get<N, T>(slice.graph, kRestarts, head);
    const Block goes_on = Block::filled(T(1)) - restarts;
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * scalars.heads + head;
      const Block r = Block::load(x.r + at);
      const Block p = Block::load(x.p + at) - omega * Block::load(x.v + at);
      (r + beta * p).store(x.p + at);
      (goes_on * Block::load(x.shadow + at) + restarts * r).store(x.shadow + at);
    }
  }
};

template <class T>
void run_cycle(KrylovSolve<T>& solve, const Vectors<T>& x, const Sums& dots, const Sums& scalars) {
  const SliceView& view = solve.progress.view();
  const Index n = solve.n_columns();
  const auto next_beta = [&](bool is_start) {
    join_slices(view, solve.size, solve.system.use_sum);
    join_slices(view, dots);
    for_each("contraction/beta", n, NextBeta{view, dots, scalars, is_start});
    solve.each("contraction/direction", NextDirection<T>{x, scalars});
  };
  fill(scalars.of_graphs, 0.0);
  for (T* vector : {x.shadow, x.p, x.v, x.t}) solve.clear(vector);
  solve.each("contraction/step", FullStep<T>{x, scalars, solve.size, dots, solve.system.use_sum});
  next_beta(true);
  do {
    solve.each("contraction/product", ProductBody<T>{solve.system.rows, x.p, x.v, x.shadow, dots});
    join_slices(view, dots, true, 2);
    for_each("contraction/alpha", n, NextAlpha{view, dots, scalars});
    solve.each("contraction/half_step", HalfStep<T>{x, scalars});
    solve.each("contraction/product", ProductBody<T>{solve.system.rows, x.r, x.t, x.r, dots});
    join_slices(view, dots, true, 2);
    for_each("contraction/omega", n, NextOmega{view, dots, scalars});
    solve.each("contraction/step", FullStep<T>{x, scalars, solve.size, dots, solve.system.use_sum});
    next_beta(false);
    solve.progress.count();
    solve.progress.count();
  } while (!solve.may_end(solve.size));
}

}  // namespace

template <class T>
void solve_by_bicgstab(const System<T>& system, const Plan& plan, Workspace& workspace) {
  Scratch scratch(workspace.arena);
  KrylovSolve<T> solve(system, plan, workspace, scratch);
  const Vectors<T> x{system.z.data(),     solve.residual,      solve.take(scratch),
                     solve.take(scratch), solve.take(scratch), solve.take(scratch)};
  const Sums dots = take_sums(*system.batch, 3, system.heads(), scratch);
  const Sums scalars = take_scalars(*system.batch, kScalars, system.heads(), scratch);
  while (solve.begin_cycle()) run_cycle(solve, x, dots, scalars);
}

template void solve_by_bicgstab(const System<float>&, const Plan&, Workspace&);
template void solve_by_bicgstab(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
