// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Learning rates that change during training: a factor on the optimizer's own rate.
//
//   rate = learning_rate(options) * factor(schedule, {.steps = 1200, .epochs = 3.25});
//
// The factor at time t, counted by the schedule's clock:
//
//   constant         1
//   step             f^floor(t / n)
//   exponential      f^t
//   cosine           l + (1 - l) (1 + cos(pi t / T)) / 2, and l once t > T
//   cosine_restarts  as cosine, over periods T, T q, T q^2, ..., each from its own start
//
// After a warm-up of w, t counts from its end; in it, the factor rises linearly from its start to
// that of t = 0. Source of the last two: [loshchilov2017], eq. 5; l there is eta_min / eta_max.
#pragma once

#include <array>
#include <string>
#include <variant>

#include "core/reflect.hpp"

namespace filigree::optim {

struct ConstantRate {
  static constexpr const char* kName = "constant";
  static constexpr const char* kDoc = "the optimizer's learning rate";
  template <class V>
  void reflect(V&) {}
};

struct StepDecay {
  static constexpr const char* kName = "step";
  static constexpr const char* kDoc = "falls by a factor at equal intervals";
  double every = 30;
  double factor = 0.1;

  template <class V>
  void reflect(V& v) {
    v("every", every, About{.doc = "time between falls", .above = 0});
    v("factor", factor, About{.doc = "of each fall", .max = 1, .above = 0});
  }
};

struct ExponentialDecay {
  static constexpr const char* kName = "exponential";
  static constexpr const char* kDoc = "falls by a factor per unit of time";
  double factor = 0.99;

  template <class V>
  void reflect(V& v) {
    v("factor", factor, About{.doc = "per unit of time", .max = 1, .above = 0});
  }
};

struct Cosine {
  static constexpr const char* kName = "cosine";
  static constexpr const char* kDoc = "falls along half a cosine";
  double duration = 100;
  double lowest = 0;

  template <class V>
  void reflect(V& v) {
    v("duration", duration,
      About{.doc = "time until the lowest rate", .above = 0, .required = true});
    v("lowest", lowest, About{.doc = "last rate over the first", .min = 0, .max = 1});
  }
};

struct CosineRestarts {
  static constexpr const char* kName = "cosine_restarts";
  static constexpr const char* kDoc = "falls along half a cosine again and again";
  double period = 10;
  double growth = 1;
  double lowest = 0;

  template <class V>
  void reflect(V& v) {
    v("period", period, About{.doc = "time until the first restart", .above = 0, .required = true});
    v("growth", growth, About{.doc = "of each period over the one before", .min = 1});
    v("lowest", lowest, About{.doc = "last rate of a period over its first", .min = 0, .max = 1});
  }
};

using RateShape = std::variant<ConstantRate, StepDecay, ExponentialDecay, Cosine, CosineRestarts>;

/// What a schedule counts: steps of the optimizer, epochs that are over, or epochs with the share
/// of the running one.
enum class Clock { kStep, kEpoch, kEpochFraction };

struct Schedule {
  static constexpr const char* kDoc = "how the learning rate changes during training";
  RateShape shape;
  Clock clock = Clock::kStep;
  double warm_up = 0;
  double warm_up_start = 0;

  template <class V>
  void reflect(V& v) {
    v("shape", shape, About{.doc = "of the rate over time"});
    v("clock", clock,
      About{.doc = "what time counts: `step`, `epoch` (whole ones), or `epoch_fraction`"});
    v("warm_up", warm_up, About{.doc = "time in which the rate rises linearly first", .min = 0});
    v("warm_up_start", warm_up_start,
      About{.doc = "rate at the start of that over the rate at its end", .min = 0, .max = 1});
  }
};

/// How far training has come when a step is about to be taken.
struct TrainingTime {
  double steps = 0;   ///< that were taken
  double epochs = 0;  ///< that are over, with the share of the running one
};

/// The learning rate over that of the optimizer's options, in [0, 1].
double factor(const Schedule& schedule, const TrainingTime& time);

}  // namespace filigree::optim

namespace filigree {
template <>
struct EnumNames<optim::Clock> {
  static constexpr std::array names{"step", "epoch", "epoch_fraction"};
};
}  // namespace filigree
