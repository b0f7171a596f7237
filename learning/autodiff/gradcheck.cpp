// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/gradcheck.hpp"

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

/// Fixed numbers in +-[0.5, 1.5], of the shape of x.
Tensor random_like(const Tensor& x, const char* stream) {
  const RandomStream random(7, stream);
  std::vector<double> values(static_cast<std::size_t>(x.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double size = random.between(0.5, 1.5, i);
    values[i] = random.uniform<double>(i, 1) < 0.5 ? -size : size;
  }
  return tensor(x.shape(), values, x.dtype());
}

class Check {
 public:
  Check(const TensorFunction& function, const std::vector<Tensor>& inputs,
        const GradcheckOptions& options)
      : function_(function), options_(options) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      FILIGREE_REQUIRE(inputs[k].dtype() == DType::kF64,
                       "gradcheck: input {} is {}; differences need f64", k,
                       name_of(inputs[k].dtype()));
      inputs_.push_back(keep(inputs[k]));
      if (options.is_asked.empty() || options.is_asked.at(k)) asked_.push_back(k);
    }
  }

  GradcheckReport run() {
    compare("first order", [this](const std::vector<Tensor>& x) { return weighted(x); });
    if (options_.second_order) {
      compare("second order", [this](const std::vector<Tensor>& x) { return slope(x); });
    }
    return report_;
  }

 private:
  /// The scalar that is differentiated.
  Tensor weighted(const std::vector<Tensor>& x) const {
    const Tensor y = function_(x);
    return sum(y * random_like(y, "gradcheck/weights"));
  }
  /// The derivative of that scalar in fixed random directions.
  Tensor slope(const std::vector<Tensor>& x) const {
    std::vector<Tensor> wrt;
    for (const std::size_t k : asked_) wrt.push_back(x[k]);
    const auto gradients = grad(weighted(x), wrt, {.create_graph = true});
    Tensor total = scalar(0, DType::kF64);
    for (const Tensor& g : gradients)
      total = total + sum(g * random_like(g, "gradcheck/direction"));
    return total;
  }

  template <class Scalar>
  void compare(const char* order, const Scalar& scalar_of) {
    std::vector<std::vector<double>> taped;
    {
      const Tape::Scope on(tape_);
      std::vector<Tensor> wrt;
      for (const std::size_t k : asked_) wrt.push_back(inputs_[k]);
      for (const Tensor& g : grad(scalar_of(inputs_), wrt)) taped.push_back(to_vector(g));
    }
    tape_.reset();
    for (std::size_t a = 0; a < asked_.size(); ++a) {
      double largest = 1;
      for (const double g : taped[a]) largest = std::max(largest, std::abs(g));
      for (std::size_t i = 0; i < taped[a].size(); ++i) {
        const double difference = central_difference(asked_[a], i, scalar_of);
        note(order, asked_[a], i, difference, taped[a][i], largest);
      }
    }
  }

  template <class Scalar>
  double central_difference(std::size_t input, std::size_t entry, const Scalar& scalar_of) {
    const double x = to_vector(inputs_[input])[entry];
    const double step = options_.step * std::max(1.0, std::abs(x));
    const double above = value_at(input, entry, x + step, scalar_of);
    const double below = value_at(input, entry, x - step, scalar_of);
    return (above - below) / (2 * step);
  }

  template <class Scalar>
  double value_at(std::size_t input, std::size_t entry, double value, const Scalar& scalar_of) {
    std::vector<double> values = to_vector(inputs_[input]);
    values[entry] = value;
    std::vector<Tensor> moved = inputs_;
    const Tape::Scope on(tape_);
    moved[input] = tensor(inputs_[input].shape(), values, DType::kF64);
    const double result = item(scalar_of(moved));
    moved.clear();
    tape_.reset();
    return result;
  }

  void note(const char* order, std::size_t input, std::size_t entry, double difference,
            double taped, double largest) {
    const double error = std::abs(difference - taped) / largest;
    if (error <= report_.worst) return;  // false for NaN
    report_.worst = std::isfinite(error) ? error : INFINITY;
    report_.passed = error <= options_.tolerance;
    report_.text = format("{}, input {} {}, entry {}: {} by differences, {} by the tape", order,
                          input, inputs_[input].shape().text(), entry, difference, taped);
  }

  const TensorFunction& function_;
  const GradcheckOptions& options_;
  std::vector<Tensor> inputs_;
  std::vector<std::size_t> asked_;
  GradcheckReport report_;
  Tape tape_;
};

}  // namespace

GradcheckReport gradcheck(const TensorFunction& function, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  return Check(function, inputs, options).run();
}

}  // namespace filigree::learning
