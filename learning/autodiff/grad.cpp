// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/grad.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

/// One walk over a tape's records, backwards from outputs.
class Sweep final : public Adjoint {
 public:
  Sweep(Tape& tape, const std::vector<Tensor>& outputs, const std::vector<Tensor>& wrt,
        const GradOptions& options, std::vector<Tensor> sums)
      : tape_(tape), options_(options), wrt_(wrt), results_(std::move(sums)) {
    results_.resize(wrt.size());
    for (std::size_t k = 0; k < wrt.size(); ++k) asked_[wrt[k].id()].push_back(k);
    for (const Tensor& output : outputs) {
      if (!TensorAccess::is_recorded(output, tape.life_)) continue;
      n_ = std::max(n_, TensorAccess::record_of(output) + 1);
    }
    find_active();
    gradients_.resize(n_);
  }

  static bool knows(const Tape& tape, const Tensor& output, const std::vector<Tensor>& wrt) {
    return TensorAccess::is_recorded(output, tape.life_) ||
           std::any_of(wrt.begin(), wrt.end(),
                       [&](const Tensor& asked) { return asked.id() == output.id(); });
  }

  void run(const std::vector<Tensor>& outputs, const std::vector<Tensor>& cotangents) {
    for (std::size_t m = 0; m < outputs.size(); ++m) deliver(outputs[m], cotangents[m]);
    for (std::size_t r = n_; r-- > 0;) {
      if (!is_active_[r] || !gradients_[r].is_defined()) continue;
      gradient_ = std::move(gradients_[r]);
      gradients_[r] = Tensor();
      current_ = r;
      if (options_.create_graph) {
        const AdjointFunction adjoint = tape_.records_[r].adjoint;  // records may move: a copy
        adjoint(*this);
      } else {
        tape_.records_[r].adjoint(*this);
      }
    }
  }

  std::vector<Tensor> results() {
    for (std::size_t k = 0; k < wrt_.size(); ++k) {
      if (!results_[k].is_defined()) results_[k] = zeros(wrt_[k].shape(), wrt_[k].dtype());
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
    require_fit(input, to, gradient);
    deliver(to, gradient);
  }
  Tensor so_far(std::size_t input) const override {
    const Tensor* sum = sum_of(tape_.records_[current_].inputs.at(input));
    return sum == nullptr ? Tensor() : *sum;
  }
  void replace(std::size_t input, const Tensor& total) override {
    const Tensor to = tape_.records_[current_].inputs.at(input);
    require_fit(input, to, total);
    if (Tensor* sum = const_cast<Tensor*>(sum_of(to))) {
      *sum = total;
    } else {
      deliver(to, total);
    }
  }

 private:
  void require_fit(std::size_t input, const Tensor& to, const Tensor& gradient) const {
    if (gradient.shape() == to.shape() && gradient.dtype() == to.dtype()) return;
    throw InternalError(format("the adjoint of {} gives a gradient {} {} to its input {} {} {}",
                               tape_.records_[current_].operation, gradient.shape().text(),
                               name_of(gradient.dtype()), input, to.shape().text(),
                               name_of(to.dtype())));
  }
  bool is_recorded(const Tensor& x) const {
    return TensorAccess::is_recorded(x, tape_.life_) && TensorAccess::record_of(x) < n_;
  }
  bool is_active(const Tensor& x) const {
    return is_recorded(x) && is_active_[TensorAccess::record_of(x)];
  }
  bool is_wanted(const Tensor& x) const {
    return is_active(x) || asked_.contains(x.id()) || was_asked(x);
  }
  /// The values of an asked tensor before its owner changed them: to be refused, not overlooked.
  bool was_asked(const Tensor& x) const {
    return TensorAccess::is_stale(x) &&
           std::any_of(wrt_.begin(), wrt_.end(), [&](const Tensor& asked) {
             return TensorAccess::share_storage(x, asked) && !TensorAccess::is_stale(asked);
           });
  }
  /// Where the gradient of x is summed; null if there are several places.
  const Tensor* sum_of(const Tensor& x) const {
    const auto asked = asked_.find(x.id());
    if (asked == asked_.end()) {
      return is_active(x) ? &gradients_[TensorAccess::record_of(x)] : nullptr;
    }
    return is_active(x) || asked->second.size() > 1 ? nullptr : &results_[asked->second[0]];
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
    } else if (was_asked(to)) {
      throw InternalError(
          format("a tensor {} was changed by its owner after it had been used: take gradients "
                 "before the optimizer's step",
                 to.shape().text()));
    }
    if (is_active(to)) accumulate(gradients_[TensorAccess::record_of(to)], gradient);
  }
  static void accumulate(Tensor& total, const Tensor& part) {
    total = total.is_defined() ? total + part : part;
  }

  Tape& tape_;
  GradOptions options_;
  const std::vector<Tensor>& wrt_;
  std::size_t n_ = 0;  ///< records up to the output
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> asked_;
  std::vector<bool> is_active_;
  std::vector<Tensor> gradients_;  ///< of the result of each record
  std::vector<Tensor> results_;
  Tensor gradient_;
  std::size_t current_ = 0;
};

namespace {

Tape& tape_of(const GradOptions& options) {
  Tape* tape = options.tape != nullptr ? options.tape : Tape::current();
  FILIGREE_REQUIRE(tape != nullptr, "gradients were asked for while no tape was on");
  return *tape;
}

}  // namespace

std::vector<Tensor> vjp(const std::vector<Tensor>& outputs, const std::vector<Tensor>& cotangents,
                        const std::vector<Tensor>& wrt, GradOptions options,
                        std::vector<Tensor> sums) {
  Tape& tape = tape_of(options);
  FILIGREE_REQUIRE(outputs.size() == cotangents.size(), "{} cotangents for {} outputs",
                   cotangents.size(), outputs.size());
  for (std::size_t k = 0; k < wrt.size(); ++k) {
    FILIGREE_REQUIRE(wrt[k].is_defined(),
                     "a gradient was asked for with respect to tensor {}, which has no values", k);
  }
  std::optional<Unrecorded> unrecorded;
  if (!options.create_graph) unrecorded.emplace();
  Sweep sweep(tape, outputs, wrt, options, std::move(sums));
  for (std::size_t m = 0; m < outputs.size(); ++m) {
    const Tensor& y = outputs[m];
    const Tensor& g = cotangents[m];
    FILIGREE_REQUIRE(y.shape() == g.shape() && y.dtype() == g.dtype(),
                     "the cotangent {} {} does not fit the output {} {}", g.shape().text(),
                     name_of(g.dtype()), y.shape().text(), name_of(y.dtype()));
  }
  sweep.run(outputs, cotangents);
  return sweep.results();
}

std::vector<Tensor> vjp(const Tensor& output, const Tensor& cotangent,
                        const std::vector<Tensor>& wrt, GradOptions options) {
  FILIGREE_REQUIRE(Sweep::knows(tape_of(options), output, wrt),
                   "the tape that is on has not recorded how a tensor {} came about",
                   output.shape().text());
  return vjp(std::vector<Tensor>{output}, {cotangent}, wrt, options);
}

std::vector<Tensor> grad(const Tensor& loss, const std::vector<Tensor>& wrt, GradOptions options) {
  FILIGREE_REQUIRE(loss.size() == 1, "the gradient of a tensor {}: a loss has one value",
                   loss.shape().text());
  return vjp(loss, ones(loss.shape(), loss.dtype()), wrt, options);
}

Tensor jvp(const Tensor& output, const std::vector<Tensor>& wrt,
           const std::vector<Tensor>& tangents) {
  FILIGREE_REQUIRE(Tape::is_recording(), "a jvp was asked for while no tape was recording");
  FILIGREE_REQUIRE(wrt.size() == tangents.size(), "{} tangents for {} tensors", tangents.size(),
                   wrt.size());
  const Tensor cotangent = zeros(output.shape(), output.dtype());
  const auto rows = vjp(output, cotangent, wrt, {.create_graph = true});
  Tensor product = scalar(0, output.dtype());
  for (std::size_t k = 0; k < wrt.size(); ++k) {
    FILIGREE_REQUIRE(tangents[k].shape() == wrt[k].shape(),
                     "the tangent {} does not fit the tensor {}", tangents[k].shape().text(),
                     wrt[k].shape().text());
    product = product + sum(rows[k] * tangents[k]);
  }
  return grad(product, {cotangent})[0];
}

void give_composed(Adjoint& adjoint, const Tensor& composed, const std::vector<Tensor>& inputs) {
  const auto gradients = vjp(std::vector<Tensor>{composed}, {adjoint.gradient()}, inputs,
                             {.create_graph = true, .partial = true});
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const bool is_repeated = std::any_of(inputs.begin(), inputs.begin() + static_cast<int>(k),
                                         [&](const Tensor& x) { return x.id() == inputs[k].id(); });
    if (adjoint.wants(k) && !is_repeated) adjoint.give(k, gradients[k]);
  }
}

}  // namespace filigree::learning
