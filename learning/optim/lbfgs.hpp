// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Minimum of a smooth function of many variables by L-BFGS with a line search for the strong Wolfe
// conditions.
//
//   f(x + a d) <= f(x) + c1 a f'(x) d,  |f'(x + a d) d| <= c2 |f'(x) d|,  c1 = 1e-4, c2 = 0.9
//
// Source: Nocedal and Wright 2006, algorithms 7.4, 7.5 (two loops), 3.5 and 3.6 (line search, cubic
// interpolation kept away from the ends of the bracket).
#pragma once

#include <functional>
#include <vector>

namespace filigree::optim {

/// The value at x; fills the gradient, which has the size of x. A value that is not finite tells
/// the line search to go less far.
using Objective =
    std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsOptions {
  int memory = 20;  ///< pairs of steps that are kept
  int max_iterations = 100;
  int max_line_search = 20;          ///< evaluations in one line search
  double gradient_tolerance = 1e-6;  ///< ends when the largest entry of the gradient is below
  double value_tolerance = 1e-9;     ///< ends when an iteration lowers f by less than this share
  double first_step = 1;             ///< longest change of an entry of x in the first iteration
};

enum class LbfgsEnd { kNotYet, kGradient, kValue, kIterations, kLineSearch, kStopped };

/// Everything an iteration leaves behind; `changes` holds the last steps, oldest first.
struct LbfgsState {
  std::vector<double> x, gradient;
  double value = 0;
  struct Change {
    std::vector<double> x, gradient;
  };
  std::vector<Change> changes;
  int iterations = 0;
  int evaluations = 0;
  LbfgsEnd end = LbfgsEnd::kNotYet;
};

/// Evaluates the start. Throws InputError when its value is not finite.
LbfgsState start_lbfgs(const Objective& objective, std::vector<double> x);

/// One iteration; it lowers the value, or sets `end`. Does nothing once `end` is set.
void iterate(const Objective& objective, const LbfgsOptions& options, LbfgsState& state);

/// Called after every iteration; false stops.
using Progress = std::function<bool(const LbfgsState& state)>;

/// Iterates to the end.
LbfgsState minimize(const Objective& objective, std::vector<double> x,
                    const LbfgsOptions& options = {}, const Progress& progress = {});

}  // namespace filigree::optim
