// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace filigree::optim {

namespace {

/// From 1 at share 0 to `lowest` at share 1.
double half_cosine(double share, double lowest) {
  return lowest + (1 - lowest) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

double value_at(const ConstantRate&, double) {
  return 1;
}
double value_at(const StepDecay& shape, double t) {
  return std::pow(shape.factor, std::floor(t / shape.every));
}
double value_at(const ExponentialDecay& shape, double t) {
  return std::pow(shape.factor, t);
}
double value_at(const Cosine& shape, double t) {
  return half_cosine(std::min(t / shape.duration, 1.0), shape.lowest);
}
double value_at(const CosineRestarts& shape, double t) {
  if (shape.growth == 1)
    return half_cosine(std::fmod(t, shape.period) / shape.period, shape.lowest);
  double period = shape.period;
  while (t >= period) {
    t -= period;
    period *= shape.growth;
  }
  return half_cosine(t / period, shape.lowest);
}

}  // namespace

double factor(const Schedule& schedule, const TrainingTime& time) {
  const double t = schedule.clock == Clock::kStep    ? time.steps
                   : schedule.clock == Clock::kEpoch ? std::floor(time.epochs)
                                                     : time.epochs;
  const double after = std::max(t - schedule.warm_up, 0.0);
  const double value =
      std::visit([&](const auto& s) { return value_at(s, after); }, schedule.shape);
  if (t >= schedule.warm_up) return value;
  const double start = schedule.warm_up_start;
  return value * (start + (1 - start) * t / schedule.warm_up);
}

}  // namespace filigree::optim
