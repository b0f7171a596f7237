// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/optimizer.hpp"

#include <cmath>

#include "learning/autodiff/loops.hpp"

namespace filigree::optim {

namespace {

using learning::TensorAccess;

template <class T>
struct Values {
  T* x;
  const T* g;
  T* first;  ///< moments, null where the rule has none
  T* second;
  Index n;
};

// --- What a step does to value i. ----------------------------------------------------------------

template <class T>
struct AdamUpdate {
  T rest1;         ///< 1 - beta1, rounded once
  T beta2, rest2;  ///< beta2 and 1 - beta2
  T epsilon;
  T kept;           ///< share of x that decay leaves
  T decay;          ///< that is added to the gradient
  T rate;           ///< learning rate over 1 - beta1^t
  T root_of_share;  ///< sqrt(1 - beta2^t)

  FILIGREE_FUNCTION void operator()(const Values<T>& at, Index i) const {
    const T x = kept * at.x[i];
    const T g = at.g[i] + decay * x;
    const T m = at.first[i] + rest1 * (g - at.first[i]);
    const T v = beta2 * at.second[i] + rest2 * g * g;
    at.first[i] = m;
    at.second[i] = v;
    at.x[i] = x - rate * m / (Kokkos::sqrt(v) / root_of_share + epsilon);
  }
};

template <class T>
struct AdamaxUpdate {
  T rest1, beta2, epsilon, decay, rate;

  FILIGREE_FUNCTION void operator()(const Values<T>& at, Index i) const {
    const T g = at.g[i] + decay * at.x[i];
    const T m = at.first[i] + rest1 * (g - at.first[i]);
    const T size = (g < T(0) ? -g : g) + epsilon;
    const T held = beta2 * at.second[i];
    const T u = held > size ? held : size;
    at.first[i] = m;
    at.second[i] = u;
    at.x[i] -= rate * m / u;
  }
};

template <class T>
struct DescentUpdate {
  T rate, decay;

  FILIGREE_FUNCTION void operator()(const Values<T>& at, Index i) const {
    at.x[i] -= rate * (at.g[i] + decay * at.x[i]);
  }
};

template <class T>
struct MomentumUpdate {
  T rate, decay, momentum;
  T of_gradient, of_momentum;  ///< shares of both in the step

  FILIGREE_FUNCTION void operator()(const Values<T>& at, Index i) const {
    const T g = at.g[i] + decay * at.x[i];
    const T b = momentum * at.first[i] + g;
    at.first[i] = b;
    at.x[i] -= rate * (of_gradient * g + of_momentum * b);
  }
};

/// One kernel per parameter.
template <class T, class Update>
void update_all(const Update& update, const Values<T>& values) {
  using learning::kItemValues;
  const Values<T> at = values;
  learning::for_items(
      "optimizer", learning::items_for(at.n), 4 * Offset(at.n), FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < at.n ? begin + kItemValues : at.n;
        for (Index i = begin; i < end; ++i) update(at, i);
      });
}

// --- The rules, in step t = 1, 2, ... ------------------------------------------------------------

template <class T>
AdamUpdate<T> adam_update(const Adam& o, double kept, double decay, double rate, double t) {
  return {.rest1 = T(1 - o.beta1),
          .beta2 = T(o.beta2),
          .rest2 = T(1 - o.beta2),
          .epsilon = T(o.epsilon),
          .kept = T(kept),
          .decay = T(decay),
          .rate = T(rate / (1 - std::pow(o.beta1, t))),
          .root_of_share = T(std::sqrt(1 - std::pow(o.beta2, t)))};
}

template <class T>
void apply(const Adam& o, double rate, double t, const Values<T>& values) {
  update_all(adam_update<T>(o, 1, o.weight_decay, rate, t), values);
}
template <class T>
void apply(const AdamW& o, double rate, double t, const Values<T>& values) {
  const Adam adam{.beta1 = o.beta1, .beta2 = o.beta2, .epsilon = o.epsilon};
  update_all(adam_update<T>(adam, 1 - rate * o.weight_decay, 0, rate, t), values);
}
template <class T>
void apply(const Adamax& o, double rate, double t, const Values<T>& values) {
  const AdamaxUpdate<T> update{T(1 - o.beta1), T(o.beta2), T(o.epsilon), T(o.weight_decay),
                               T(rate / (1 - std::pow(o.beta1, t)))};
  update_all(update, values);
}
template <class T>
void apply(const Sgd& o, double rate, double, const Values<T>& values) {
  if (o.momentum == 0) {
    update_all(DescentUpdate<T>{T(rate), T(o.weight_decay)}, values);
    return;
  }
  update_all(MomentumUpdate<T>{.rate = T(rate),
                               .decay = T(o.weight_decay),
                               .momentum = T(o.momentum),
                               .of_gradient = T(o.nesterov ? 1 : 0),
                               .of_momentum = T(o.nesterov ? o.momentum : 1)},
             values);
}

struct Needs {
  bool first, second;
};
Needs needs_of(const OptimizerOptions& options) {
  const Sgd* sgd = std::get_if<Sgd>(&options);
  if (sgd == nullptr) return {true, true};
  return {sgd->momentum != 0, false};
}

void require_fit(const learning::NamedParameter& named, const Tensor& gradient) {
  const Tensor& value = named.parameter->value;
  FILIGREE_REQUIRE(gradient.shape() == value.shape() && gradient.dtype() == value.dtype(),
                   "the gradient {} {} of parameter '{}' {} {} has another shape or type",
                   gradient.shape().text(), name_of(gradient.dtype()), named.name,
                   value.shape().text(), name_of(value.dtype()));
}

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, const Parameters& parameters)
    : options_(options) {
  const auto [first, second] = needs_of(options);
  const auto moment_of = [](const Tensor& value) {
    return learning::Parameter(value.shape(), learning::Init::constant(0), value.dtype());
  };
  for (const learning::NamedParameter& named : parameters) {
    names_.push_back(named.name);
    if (first) first_.values.push_back(moment_of(named.parameter->value));
    if (second) second_.values.push_back(moment_of(named.parameter->value));
  }
}

void Optimizer::step(const Parameters& parameters, const std::vector<Tensor>& gradients,
                     double learning_rate) {
  FILIGREE_REQUIRE(parameters.size() == names_.size() && gradients.size() == names_.size(),
                   "{} gradients for {} parameters: this optimizer was made for {}",
                   gradients.size(), parameters.size(), names_.size());
  for (std::size_t k = 0; k < names_.size(); ++k) {
    FILIGREE_REQUIRE(parameters[k].name == names_[k],
                     "parameter {} is '{}': this optimizer was made for '{}' there", k,
                     parameters[k].name, names_[k]);
    require_fit(parameters[k], gradients[k]);
  }
  ++steps_;
  const auto t = static_cast<double>(steps_);
  for (std::size_t k = 0; k < names_.size(); ++k) {
    Tensor& value = parameters[k].parameter->value;
    const auto update = [&]<class T>(T) {
      const auto moment = [&](const Moments& moments) {
        return moments.values.empty() ? nullptr : TensorAccess::data<T>(moments.values[k].value);
      };
      const Values<T> values{TensorAccess::data<T>(value), gradients[k].data<T>(), moment(first_),
                             moment(second_), value.size()};
      std::visit([&](const auto& o) { apply<T>(o, learning_rate, t, values); }, options_);
    };
    value.dtype() == DType::kF32 ? update(float()) : update(double());
    TensorAccess::changed(value);
  }
}

Parameters Optimizer::Moments::named(const std::vector<std::string>& names) {
  Parameters result;
  for (std::size_t k = 0; k < values.size(); ++k) result.push_back({names[k], &values[k]});
  return result;
}

void Optimizer::reflect_state(StateVisitor& visitor) {
  visitor("optimizer.steps", steps_);
  learning::reflect_state(first_.named(names_), "optimizer.first.", visitor);
  learning::reflect_state(second_.named(names_), "optimizer.second.", visitor);
}

}  // namespace filigree::optim
