// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/lbfgs_parameters.hpp"

#include <memory>

#include "learning/autodiff/grad.hpp"

namespace filigree::optim {

namespace {

using Vector = std::vector<double>;

Vector flattened(const std::vector<Tensor>& tensors) {
  Vector result;
  for (const Tensor& tensor : tensors) {
    const Vector part = to_vector(tensor);
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

void reflect_vector(const std::string& name, Vector& values, StateVisitor& visitor) {
  NamedArray array = make_array<double>(name, std::span<const double>(values));
  visitor(name, array);
  const auto stored = std::as_const(array).as<double>();
  values.assign(stored.begin(), stored.end());
}

template <class Integer>
void reflect_integer(const std::string& name, Integer& value, StateVisitor& visitor) {
  auto wide = static_cast<std::int64_t>(value);
  visitor(name, wide);
  value = static_cast<Integer>(wide);
}

}  // namespace

Vector flat_values(const Parameters& parameters) {
  return flattened(values(parameters));
}

void set_flat_values(const Parameters& parameters, const Vector& values) {
  FILIGREE_REQUIRE(static_cast<Offset>(values.size()) == count(parameters),
                   "{} values for parameters with {}", values.size(), count(parameters));
  auto from = values.begin();
  for (const learning::NamedParameter& named : parameters) {
    const Tensor& value = named.parameter->value;
    const Vector part(from, from + value.size());
    from += value.size();
    learning::assign(*named.parameter, learning::tensor(value.shape(), part, DType::kF64));
  }
}

Objective objective(const Parameters& parameters, const Loss& loss) {
  const auto tape = std::make_shared<learning::Tape>();
  return [=](const Vector& x, Vector& gradient) {
    set_flat_values(parameters, x);
    double value = 0;
    {
      const learning::Tape::Scope on(*tape);
      const Tensor total = loss();
      gradient = flattened(learning::grad(total, values(parameters)));
      value = item(total);
    }
    tape->reset();
    return value;
  };
}

LbfgsState minimize(const Parameters& parameters, const Loss& loss, const LbfgsOptions& options,
                    const Progress& progress) {
  const LbfgsState end =
      minimize(objective(parameters, loss), flat_values(parameters), options, progress);
  set_flat_values(parameters, end.x);
  return end;
}

void reflect_state(LbfgsState& state, StateVisitor& visitor) {
  reflect_vector("lbfgs.x", state.x, visitor);
  reflect_vector("lbfgs.gradient", state.gradient, visitor);
  visitor("lbfgs.value", state.value);
  reflect_integer("lbfgs.iterations", state.iterations, visitor);
  reflect_integer("lbfgs.evaluations", state.evaluations, visitor);
  reflect_integer("lbfgs.end", state.end, visitor);
  auto n_changes = static_cast<std::int64_t>(state.changes.size());
  visitor("lbfgs.n_changes", n_changes);
  state.changes.resize(static_cast<std::size_t>(n_changes));
  for (std::size_t k = 0; k < state.changes.size(); ++k) {
    const std::string name = "lbfgs.changes." + std::to_string(k);
    reflect_vector(name + ".x", state.changes[k].x, visitor);
    reflect_vector(name + ".gradient", state.changes[k].gradient, visitor);
  }
}

}  // namespace filigree::optim
