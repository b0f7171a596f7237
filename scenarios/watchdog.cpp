// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/watchdog.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace filigree {

std::optional<Trouble> Watchdog::check_step(const StepReport& report, double before, double after,
                                            double until) const {
  if (report.trouble) return report.trouble;
  if (!std::isfinite(report.dt) || !std::isfinite(after)) {
    return Trouble{"the step length is not finite", "",
                   "the step is derived from velocities or stiffnesses that are not finite",
                   "choose a smaller step or softer material"};
  }
  if (after <= before) {
    return Trouble{format("the clock stands still: a step of {} s does not advance it", report.dt),
                   "", "the stable step has become too small for the state",
                   "look at the last frames for particles that are too fast, or choose a smaller "
                   "step from the beginning"};
  }
  if (after > until) {
    throw InternalError(format("a step went to t = {} s, past the {} s it was given",
                               number_text(after), number_text(until)));
  }
  return std::nullopt;
}

std::optional<Trouble> Watchdog::check_row(const Recorder& row, const Simulation& simulation) {
  double largest = energies_.largest;
  for (const Recorder::Row& entry : row.rows()) {
    if (!std::isfinite(entry.value)) {
      if (auto trouble = simulation.inspect()) return trouble;
      return Trouble{format("{} is {}", entry.name, entry.value), "", "the state has overflowed",
                     "choose a smaller step"};
    }
    if (entry.unit != "J") continue;
    const double energy = std::abs(entry.value);
    const double limit = options_.energy_growth * energies_.reference;
    if (limit > 0 && energy > limit) {
      return Trouble{
          format("blow-up: {} is {:.6g} J, {:.3g} times the largest energy up to the last frame",
                 entry.name, entry.value, energy / energies_.reference),
          "", "most often the step is above the stability limit",
          format("choose a smaller step; if such a growth is meant, raise "
                 "watchdog.energy_growth = {}",
                 number_text(options_.energy_growth))};
    }
    largest = std::max(largest, energy);
  }
  energies_.largest = largest;
  return std::nullopt;
}

std::string trouble_text(const Trouble& trouble, double time, std::int64_t step,
                         const std::string& kept) {
  std::string text =
      format("numerical failure at t = {:.6g} s, step {}\n  what:   {}", time, step, trouble.what);
  const auto line = [&](const char* label, const std::string& words) {
    if (!words.empty()) text += format("\n  {:<7} {}", label, words);
  };
  line("where:", trouble.where);
  line("cause:", trouble.cause);
  line("advice:", trouble.advice);
  line("kept:", kept);
  return text;
}

}  // namespace filigree
