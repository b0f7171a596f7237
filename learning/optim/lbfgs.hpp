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

struct LbfgsReport {
  int iterations = 0;
  int evaluations = 0;
  double value = 0;
  double gradient = 0;  ///< largest entry
  enum class End { kGradient, kValue, kIterations, kLineSearch, kStopped } end = End::kIterations;
};

/// Called after every iteration with its number and value; false stops.
using Progress = std::function<bool(int, double, const std::vector<double>&)>;

/// Moves x to a minimum of the objective. Throws InputError when the value at the start is not
/// finite.
LbfgsReport minimize(const Objective& objective, std::vector<double>& x,
                     const LbfgsOptions& options = {}, const Progress& progress = {});

}  // namespace filigree::optim
