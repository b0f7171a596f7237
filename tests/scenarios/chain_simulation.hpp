// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A small but real simulation for tests of the runner: a chain of masses on springs with damping,
// hung between walls and plucked in the middle. Semi-implicit Euler, stable for dt < 2 sqrt(m/k)
// / 2. On request it misbehaves at a chosen step.
#pragma once

#include <memory>
#include <vector>

#include "core/reflect.hpp"
#include "scenarios/registry.hpp"

namespace filigree::testing_support {

/// What goes wrong, and `at_step` says when.
enum class Fault {
  kNone,
  kNan,
  kHiddenNan,
  kStuck,
  kLeaves,
  kThrows,
  kKill,
  kTerminate,
  kNoMemory,
  kNoFigure
};

}  // namespace filigree::testing_support

template <>
struct filigree::EnumNames<filigree::testing_support::Fault> {
  static constexpr std::array names{"none",   "nan",  "hidden_nan", "stuck",     "leaves",
                                    "throws", "kill", "terminate",  "no_memory", "no_figure"};
};

namespace filigree::testing_support {

struct ChainOptions {
  struct Chain {
    int masses = 8;
    double mass = 1;
    double stiffness = 100;
    double damping = 0.1;
    double pluck = 0.2;
    double dt = 0.01;
    bool points = true;

    template <class V>
    void reflect(V& v) {
      v("masses", masses, About{.doc = "number of masses", .min = 1, .max = 1e6});
      v("mass", mass, About{.doc = "of each", .unit = "kg", .above = 0});
      v("stiffness", stiffness, About{.doc = "of each spring", .unit = "N/m", .min = 0});
      v("damping", damping, About{.doc = "of each mass", .unit = "kg/s", .min = 0});
      v("pluck", pluck, About{.doc = "initial displacement of the middle", .unit = "m"});
      v("dt", dt, About{.doc = "longest step", .unit = "s", .above = 0});
      v("points", points, About{.doc = "have something to draw"});
    }
  };
  struct FaultOptions {
    Fault kind = Fault::kNone;
    std::int64_t at_step = 0;

    template <class V>
    void reflect(V& v) {
      v("kind", kind, About{.doc = "what goes wrong"});
      v("at_step", at_step, About{.doc = "when", .min = 0});
    }
  };
  Chain chain;
  FaultOptions fault;
  std::optional<FilePath> notes;

  template <class V>
  void reflect(V& v) {
    v("chain", chain, About{.doc = "the masses"});
    v("fault", fault, About{.doc = "misbehaviour"});
    v("notes", notes, About{.doc = "a file of no importance"});
  }
};

class ChainSimulation final : public Simulation {
 public:
  explicit ChainSimulation(const ChainOptions& options) : options_(options) {}
  void initialize(const RunContext& context) override;
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override;
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return time_; }
  void evaluate(Recorder& metrics) const override;

 private:
  void misbehave();

  ChainOptions options_;
  double end_ = 0;
  double time_ = 0;
  std::int64_t step_ = 0;
  double largest_speed_ = 0;           ///< m/s, over the whole run: must survive a restart
  std::vector<double> displacements_;  ///< m
  std::vector<double> velocities_;     ///< m/s
};

/// A registry with the single type "chain".
const ScenarioRegistry& chain_types();

}  // namespace filigree::testing_support
