// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The `measures:` of scenario type `mpm`: what they remember during a run, and their figures.
#pragma once

#include <vector>

#include "physics/mpm/mpm_step.hpp"
#include "scenarios/simulation.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

/// Values kept for one measure; which of them count depends on its kind.
struct MeasureState {
  double previous_time = 0;
  double previous_value = 0;  ///< oscillation: mean velocity, arrival: front
  double first_crossing = 0;  ///< s
  double last_crossing = 0;   ///< s
  std::int64_t crossings = 0;
};

/// All measures of a run. Looks at the state after every step.
template <int D>
class MpmMeasures {
 public:
  explicit MpmMeasures(const MpmOptions& options);

  void observe(const mpm::Model<D>& model, const mpm::State<D>& state, mpm::Scratch<D>& scratch);
  void evaluate(const mpm::Model<D>& model, const mpm::State<D>& state, Recorder& metrics) const;
  void reflect_state(StateVisitor& visitor);

 private:
  const BodyOptions& body_of(const Measure& measure) const;

  std::vector<BodyOptions> bodies_;
  std::vector<Measure> measures_;
  std::vector<MeasureState> states_;
};

}  // namespace filigree
