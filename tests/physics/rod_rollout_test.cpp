// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rollouts: frames that are taken again have the same bits, costs at all frames.
#include <cstring>

#include "tests/support/rod_rollouts.hpp"

namespace filigree::rods {
namespace {

template <class T, int R>
bool same_bits(const Array<T, R>& a, const Array<T, R>& b) {
  const auto x = to_host(a);
  const auto y = to_host(b);
  return x.size() == y.size() &&
         std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(T)) == 0;
}

TEST(RodRollout, DerivativesDoNotDependOnWhatIsKept) {
  for (const RodRule rule : {RodRule::kEuler, RodRule::kMidpoint}) {
    const TestRollout r = make_test_rollout(rule, 14);
    const Gradients all = gradients_of(r, 1);
    for (const Index every : {0, 3, 14, 20}) {
      const Gradients some = gradients_of(r, every);
      EXPECT_TRUE(same_bits(all.state.position, some.state.position)) << every;
      EXPECT_TRUE(same_bits(all.state.velocity, some.state.velocity)) << every;
      EXPECT_TRUE(same_bits(all.state.angle, some.state.angle)) << every;
      EXPECT_TRUE(same_bits(all.model.joint_rest, some.model.joint_rest)) << every;
      EXPECT_TRUE(same_bits(all.model.rest_length, some.model.rest_length)) << every;
      EXPECT_TRUE(same_bits(all.model.mass, some.model.mass)) << every;
      for (std::size_t k = 0; k < all.controls.size(); ++k) {
        EXPECT_TRUE(same_bits(all.controls[k].target, some.controls[k].target)) << every;
      }
    }
  }
}

/// Half the sum of squared positions of all frames, the use that least squares makes of it.
double sum_of_squares(const TestRollout& r, const RodProgram& program, RodRolloutMemory& memory) {
  RodRollout plan = r.plan();
  plan.set_controls = play(program);
  RodState state = copy_of(r.rod.state);
  double sum = 0;
  Index frames = 0;
  const RodRolloutReport report =
      run_rollout(r.rod.model, plan, state, memory, [&](Index frame, const RodState& at) {
        EXPECT_EQ(frame, frames++);
        const auto x = to_host(at.position);
        for (Index v = 0; v < r.rod.model.n_vertices; ++v) sum += 0.5 * squared_norm(x(0, v));
      });
  EXPECT_EQ(frames, plan.steps + 1);
  if (sizeof(Real) == 8) {  // the tolerance is beyond single precision
    EXPECT_EQ(report.failed_steps, 0);
  }
  return sum;
}

/// Its derivatives with respect to the positions of a frame.
void add_residuals(Index, const RodState& at, RodStateBar& bar) {
  const Array<Vec<3>, 2> x = at.position;
  const Array<Vec<3>, 2> to = bar.position;
  for_each(
      "test/residuals", x.extent(1), FILIGREE_LAMBDA(Index v) { to(0, v) += x(0, v); });
}

RodProgram program_of(const TestRollout& r) {
  const auto steps = static_cast<Index>(r.controls.size());
  RodProgram program = make_program(r.rod.model, r.rod.state, steps);
  program.held = r.controls[0].held;
  auto target = to_host(program.target);
  auto turn = to_host(program.turn);
  for (Index k = 0; k < steps; ++k) {
    const auto x = to_host(r.controls[static_cast<std::size_t>(k)].target);
    for (Index v = 0; v < r.rod.model.n_vertices; ++v) target(k, 0, v) = x(0, v);
    turn(k, 0, 0) = Real(0.05);
  }
  program.target = to_device(target);
  program.turn = to_device(turn);
  return program;
}

TEST(RodRollout, LeastSquaresOverAllFramesAgainstDifferences) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
  const TestRollout r = make_test_rollout(RodRule::kEuler, 11);
  const RodProgram program = program_of(r);
  RodRolloutMemory memory;
  sum_of_squares(r, program, memory);
  RodRollout plan = r.plan();
  plan.set_controls = play(program);
  RodStateBar bar = make_state_bar(r.rod.model, 1);
  RodModelBar model_bar = make_model_bar(r.rod.model, 1);
  const RodProgramBar program_bar = make_program_bar(r.rod.model, 1, plan.steps);
  EXPECT_EQ(rollout_adjoint(r.rod.model, plan, memory, add_residuals, bar, model_bar,
                            write_to(program_bar)),
            0);
  const auto difference = [&](const std::function<void(TestRollout&, RodProgram&, Real)>& change) {
    return slope(
        [&](double h) {
          TestRollout other = r;
          RodProgram moved = program;
          RodRolloutMemory own;
          change(other, moved, static_cast<Real>(h));
          return sum_of_squares(other, moved, own);
        },
        1e-4);
  };
  const auto expect_near = [](double derivative, double expected) {
    EXPECT_NEAR(derivative, expected, 1e-6 * std::abs(expected) + 1e-9);
  };
  expect_near(to_host(bar.position)(0, 7)[1], difference([&](TestRollout& o, RodProgram&, Real h) {
                o.rod.state = moved_rod(o.rod, 7, {0, h, 0}, -1, 0);
              }));
  expect_near(to_host(model_bar.joint_rest)(0, 3)[1],
              difference([&](TestRollout& o, RodProgram&, Real h) {
                o.rod.model.joint_rest =
                    changed(o.rod.model.joint_rest, [&](auto& host) { host(0, 3)[1] += h; });
              }));
  expect_near(to_host(program_bar.target)(4, 0, 1)[2],
              difference([&](TestRollout&, RodProgram& p, Real h) {
                p.target = changed(p.target, [&](auto& host) { host(4, 0, 1)[2] += h; });
              }));
  expect_near(to_host(program_bar.turn)(2, 0, 0),
              difference([&](TestRollout&, RodProgram& p, Real h) {
                p.turn = changed(p.turn, [&](auto& host) { host(2, 0, 0) += h; });
              }));
}

/// What a program put in place does not act in a later rollout with the same memory; and another
/// spacing of kept frames is noticed.
TEST(RodRollout, ProgramsLeaveNoTrace) {
  const TestRollout r = make_test_rollout(RodRule::kEuler, 5);
  RodRolloutMemory used, fresh;
  sum_of_squares(r, program_of(r), used);
  RodRollout free = r.plan();
  free.set_controls = nullptr;
  RodState one = copy_of(r.rod.state), other = copy_of(r.rod.state);
  run_rollout(r.rod.model, free, one, used);
  run_rollout(r.rod.model, free, other, fresh);
  EXPECT_TRUE(same_bits(one.position, other.position));
  RodStateBar bar = make_state_bar(r.rod.model, 1);
  RodModelBar model_bar = make_model_bar(r.rod.model, 1);
  free.keep_every = 3;
  run_rollout(r.rod.model, free, one, used);
  free.keep_every = 4;  // as many frames are kept
  EXPECT_THROW(rollout_adjoint(r.rod.model, free, used, {}, bar, model_bar), InputError);
}

TEST(RodRollout, AllocatesNothingOnceItHasRun) {
  const TestRollout r = make_test_rollout(RodRule::kMidpoint, 9);
  const RodRollout plan = r.plan();
  RodRolloutMemory memory;
  RodState state = copy_of(r.rod.state);
  RodStateBar bar = make_state_bar(r.rod.model, 1);
  RodModelBar model_bar = make_model_bar(r.rod.model, 1);
  const auto there_and_back = [&] {
    run_rollout(r.rod.model, plan, state, memory);
    rollout_adjoint(r.rod.model, plan, memory, {}, bar, model_bar);
    rollout_tangent(r.rod.model, plan, state, bar, model_bar, memory);
  };
  there_and_back();
  const Offset allocations = array_allocations();
  there_and_back();
  EXPECT_EQ(array_allocations(), allocations);
}

TEST(RodRollout, RefusesToGoBackWhereItHasNotBeen) {
  const TestRollout r = make_test_rollout(RodRule::kEuler, 9);
  RodRolloutMemory memory;
  RodStateBar bar = make_state_bar(r.rod.model, 1);
  RodModelBar model_bar = make_model_bar(r.rod.model, 1);
  EXPECT_THROW(rollout_adjoint(r.rod.model, r.plan(), memory, {}, bar, model_bar), InputError);
}

}  // namespace
}  // namespace filigree::rods
