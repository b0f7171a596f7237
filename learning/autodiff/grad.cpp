// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/grad.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

/// One walk over a tape's records, backwards from `output`.
class Sweep final : public Adjoint {
 public:
  Sweep(Tape& tape, const Tensor& output, const std::vector<Tensor>& wrt, GradOptions options)
      : tape_(tape), options_(options), results_(wrt.size()) {
    for (std::size_t k = 0; k < wrt.size(); ++k) asked_[wrt[k].id()].push_back(k);
    n_ = TensorAccess::is_recorded(output, tape.life_) ? TensorAccess::record_of(output) + 1 : 0;
    find_active();
    gradients_.resize(n_);
  }

  bool knows(const Tensor& output) const { return n_ > 0 || asked_.contains(output.id()); }

  void run(const Tensor& output, const Tensor& cotangent) {
    deliver(output, cotangent);
    for (std::size_t r = n_; r-- > 0;) {
      if (!is_active_[r] || !gradients_[r].is_defined()) continue;
      gradient_ = std::move(gradients_[r]);
      gradients_[r] = Tensor();
      current_ = r;
      const AdjointFunction adjoint = tape_.records_[r].adjoint;  // records may move: a copy
      adjoint(*this);
    }
  }

  std::vector<Tensor> results(const std::vector<Tensor>& wrt) {
    for (std::size_t k = 0; k < wrt.size(); ++k) {
      if (!results_[k].is_defined()) results_[k] = zeros(wrt[k].shape(), wrt[k].dtype());
    }
    return std::move(results_);
  }

  const Tensor& gradient() const override { return gradient_; }
  Tensor output() const override { return tape_.records_[current_].output; }
  bool create_graph() const override { return options_.create_graph; }
  bool wants(std::size_t input) const override {
    return is_wanted(tape_.records_[current_].inputs.at(input));
  }
  void give(std::size_t input, const Tensor& gradient) override {
    const Tensor to = tape_.records_[current_].inputs.at(input);
    if (gradient.shape() != to.shape() || gradient.dtype() != to.dtype()) {
      throw InternalError(format("the adjoint of {} gives a gradient {} {} to its input {} {} {}",
                                 tape_.records_[current_].operation, gradient.shape().text(),
                                 name_of(gradient.dtype()), input, to.shape().text(),
                                 name_of(to.dtype())));
    }
    deliver(to, gradient);
  }

 private:
  bool is_recorded(const Tensor& x) const {
    return TensorAccess::is_recorded(x, tape_.life_) && TensorAccess::record_of(x) < n_;
  }
  bool is_wanted(const Tensor& x) const {
    return (is_recorded(x) && is_active_[TensorAccess::record_of(x)]) || asked_.contains(x.id());
  }
  /// Only what lies between an asked tensor and the output takes part.
  void find_active() {
    is_active_.assign(n_, false);
    for (std::size_t r = 0; r < n_; ++r) {
      const auto& inputs = tape_.records_[r].inputs;
      is_active_[r] =
          std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& x) { return is_wanted(x); });
    }
  }
  void deliver(const Tensor& to, const Tensor& gradient) {
    if (const auto asked = asked_.find(to.id()); asked != asked_.end()) {
      for (const std::size_t k : asked->second) accumulate(results_[k], gradient);
      if (options_.partial) return;
    }
    if (!is_recorded(to)) return;
    const std::size_t r = TensorAccess::record_of(to);
    if (is_active_[r]) accumulate(gradients_[r], gradient);
  }
  static void accumulate(Tensor& total, const Tensor& part) {
    total = total.is_defined() ? total + part : part;
  }

  Tape& tape_;
  GradOptions options_;
  std::size_t n_ = 0;  ///< records up to the output
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> asked_;
  std::vector<bool> is_active_;
  std::vector<Tensor> gradients_;  ///< of the result of each record
  std::vector<Tensor> results_;
  Tensor gradient_;
  std::size_t current_ = 0;
};

std::vector<Tensor> vjp(const Tensor& output, const Tensor& cotangent,
                        const std::vector<Tensor>& wrt, GradOptions options) {
  Tape* tape = Tape::current();
  FILIGREE_REQUIRE(tape != nullptr, "gradients were asked for while no tape was on");
  FILIGREE_REQUIRE(output.shape() == cotangent.shape() && output.dtype() == cotangent.dtype(),
                   "the cotangent {} {} does not fit the output {} {}", cotangent.shape().text(),
                   name_of(cotangent.dtype()), output.shape().text(), name_of(output.dtype()));
  std::optional<Unrecorded> unrecorded;
  if (!options.create_graph) unrecorded.emplace();
  Sweep sweep(*tape, output, wrt, options);
  FILIGREE_REQUIRE(sweep.knows(output),
                   "the tape that is on has not recorded how a tensor {} came about",
                   output.shape().text());
  sweep.run(output, cotangent);
  return sweep.results(wrt);
}

std::vector<Tensor> grad(const Tensor& loss, const std::vector<Tensor>& wrt, GradOptions options) {
  FILIGREE_REQUIRE(loss.size() == 1, "the gradient of a tensor {}: a loss has one value",
                   loss.shape().text());
  return vjp(loss, ones(loss.shape(), loss.dtype()), wrt, options);
}

Tensor jvp(const Tensor& output, const std::vector<Tensor>& wrt,
           const std::vector<Tensor>& tangents) {
  FILIGREE_REQUIRE(wrt.size() == tangents.size(), "{} tangents for {} tensors", tangents.size(),
                   wrt.size());
  const Tensor cotangent = zeros(output.shape(), output.dtype());
  const auto rows = vjp(output, cotangent, wrt, {.create_graph = true});
  Tensor product = scalar(0, output.dtype());
  for (std::size_t k = 0; k < wrt.size(); ++k) product = product + sum(rows[k] * tangents[k]);
  return grad(product, {cotangent})[0];
}

}  // namespace filigree::learning
