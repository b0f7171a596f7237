// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the runner drives: every scenario type, training included, is one of these.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/frame.hpp"
#include "core/state_visitor.hpp"
#include "io/metrics.hpp"

namespace filigree {

/// Where a run happens. Filled by the runner, read by simulations.
struct RunContext {
  std::uint64_t seed = 0;
  bool deterministic = true;              ///< false permits variants whose bits depend on threads
  double end_time = 0;                    ///< s, time.end
  std::filesystem::path scenario_folder;  ///< files named in the scenario are relative to it
  std::filesystem::path output_folder;    ///< exists before initialize(); empty for --dry-run
};

/// Why a state must not be used any more, in the words of the user.
struct Trouble {
  std::string what;    ///< "velocity of particle 812 is not finite"
  std::string where;   ///< "at (0.31, 0.02, 0.50) m, cell (19, 1, 32)"
  std::string cause;   ///< "the step 2.1e-04 s is above the stability limit 1.3e-04 s"
  std::string advice;  ///< "set time.cfl to 0.4 or time.dt to at most 1.3e-04 s"
};

struct StepReport {
  double dt = 0;                   ///< s, length of the step just taken
  std::int64_t iterations = 0;     ///< of the solver, 0 for explicit steps
  double residual = 0;             ///< of the solver, 0 for explicit steps
  std::optional<double> loss;      ///< of a step of training, shown while the run goes on
  std::optional<Trouble> trouble;  ///< the step found the state invalid
};

/// Named scalars of one moment, in the order in which they were added.
class Recorder {
 public:
  struct Row {
    std::string name;
    double value;
    std::string unit;
  };
  void add(std::string name, double value, std::string unit = "") {
    rows_.push_back({std::move(name), value, std::move(unit)});
  }
  /// One scalar for each of several things of a kind; only among figures of the whole run.
  void add_list(std::string name, std::vector<double> values, std::string unit = "") {
    lists_.push_back({std::move(name), std::move(values), std::move(unit)});
  }
  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<MetricList>& lists() const { return lists_; }

 private:
  std::vector<Row> rows_;
  std::vector<MetricList> lists_;
};

/// What `--dry-run` prints.
struct Estimate {
  std::uint64_t bytes = 0;      ///< memory of state and scratch
  double dt = 0;                ///< s, first step length
  std::int64_t steps = 0;       ///< expected number of steps to the end
  double seconds_per_step = 0;  ///< wall time, order of magnitude
  std::string summary;          ///< one line: sizes of the problem
};

class Simulation {
 public:
  virtual ~Simulation() = default;

  /// Allocates and fills the initial state. Called once, before anything else.
  virtual void initialize(const RunContext& context) = 0;
  /// "", or why there is nothing to run: data that is not part of the program is not there. Asked
  /// after initialize(); the run then ends well, without steps, frames or figures, and what the
  /// scenario expects does not apply.
  virtual std::string missing_data() const { return ""; }
  /// What looks wrong but may be meant; shown before the first step. Asked after initialize().
  virtual std::vector<std::string> warnings() const { return {}; }
  /// Called instead of stepping by --dry-run, after initialize().
  virtual Estimate estimate() const = 0;
  /// Advances once, by at most `until - time()`; lands on `until` exactly when it gets there.
  virtual StepReport step(double until) = 0;
  /// Energies, momenta, losses, ... of the current state, always the same names in the same order.
  virtual void diagnose(Recorder& recorder) const = 0;
  /// Fills the frame's blocks; the runner decides when and where they are written.
  virtual void describe(Frame& frame) const = 0;
  /// Looks at every value of the state; the runner asks before frames and checkpoints are written.
  virtual std::optional<Trouble> inspect() const = 0;
  /// Everything a restart needs, in one list.
  virtual void reflect_state(StateVisitor& visitor) = 0;
  virtual double time() const = 0;  ///< s
  /// Names of the random streams that initialize() drew from, for the manifest.
  virtual std::vector<std::string> random_streams() const { return {}; }
  /// Figures that need the whole run (runout, period, error against an analytic answer), at the
  /// end. Also called after initialize(), where only the names count: `expect:` may refer to them.
  virtual void evaluate(Recorder& metrics) const { (void)metrics; }
};

}  // namespace filigree
