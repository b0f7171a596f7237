// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Looks for states that must not be used: values that are not finite, blow-up, a clock that stands
// still, and whatever the simulation itself finds. Says what, where, when, why and what would help.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scenarios/run_options.hpp"
#include "scenarios/simulation.hpp"

namespace filigree {

class Watchdog {
 public:
  explicit Watchdog(const WatchdogOptions& options) : options_(options) {}

  /// After a step from `before` s towards `until` s.
  std::optional<Trouble> check_step(const StepReport& report, double before, double after,
                                    double until) const;

  /// Diagnostics of the current state. A value that is not finite makes the simulation look for the
  /// entity that is the reason. Energies (unit J) are compared with the largest one up to the last
  /// call of set_reference().
  std::optional<Trouble> check_row(const Recorder& row, const Simulation& simulation);

  /// True when the whole state is to be inspected after this step.
  bool inspection_due(std::int64_t step) const { return step % options_.inspect_every == 0; }

  /// The state is good enough for a frame: growth counts from here.
  void set_reference() { energies_.reference = energies_.largest; }

  /// J; part of what a restart needs.
  struct Energies {
    double largest = 0;    ///< of all rows
    double reference = 0;  ///< the largest one at the last frame
  };
  const Energies& energies() const { return energies_; }
  void set_energies(const Energies& energies) { energies_ = energies; }

 private:
  WatchdogOptions options_;
  Energies energies_;
};

/// The report of a numerical failure. `kept` says what is still good; several lines are possible.
std::string trouble_text(const Trouble& trouble, double time, std::int64_t step,
                         const std::string& kept);

}  // namespace filigree
