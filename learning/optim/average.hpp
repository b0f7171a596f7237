// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Running averages of parameters, which often do better than the last values.
//
//   a = d a + (1 - d) x after each step, a = x at first,
//   d = min(decay, (1 + t) / (10 + t)) in update t = 1, 2, ... while warming up, else decay
//
// Source: [polyak1992] for averaging; the exponential weights and the warm-up are common practice.
#pragma once

#include "core/state_visitor.hpp"
#include "learning/nn/module.hpp"

namespace filigree::optim {

using learning::Parameters;

struct AverageOptions {
  static constexpr const char* kDoc = "running average of the parameters, used for evaluation";
  double decay = 0.999;
  bool warm_up = true;

  template <class V>
  void reflect(V& v) {
    v("decay", decay,
      About{.doc = "share of the average that an update keeps", .min = 0, .max = 1});
    v("warm_up", warm_up, About{.doc = "keeps less in the first updates"});
  }
};

class Average {
 public:
  /// Starts from the present values. Statistics among the parameters are averaged too.
  Average(const AverageOptions& options, const Parameters& parameters);

  /// After each step of the optimizer, with the parameters of the constructor. No allocation.
  /// Throws InputError while the averages are swapped in.
  void update(const Parameters& parameters);

  /// Exchanges the values of the parameters with the averages, and back at the next call. Moves
  /// no values.
  void swap(const Parameters& parameters);
  bool is_swapped() const { return is_swapped_; }

  /// "average.updates" and "average.encoder.0.weight", or another word in place of the first: the
  /// averages, which must not be swapped in.
  void reflect_state(StateVisitor& visitor, const std::string& prefix = "average");

 private:
  void require_same(const Parameters& parameters) const;

  AverageOptions options_;
  std::vector<std::string> names_;
  std::vector<learning::Parameter> averages_;
  std::int64_t updates_ = 0;
  bool is_swapped_ = false;
};

}  // namespace filigree::optim
