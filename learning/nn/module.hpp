// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Modules: plain structs that list their parameters with `reflect`, and a call operator.
//
//   struct Block {
//     Linear first, second;
//     template <class V>
//     void reflect(V& v) {
//       v("first", first);
//       v("second", second);
//     }
//     Tensor operator()(const Tensor& x) const { return x + second(relu(first(x))); }
//   };
//
//   Block block{{.in = 64, .out = 64}, {.in = 64, .out = 64}};
//   initialize(parameters(block), seed);      // "first.weight", "first.bias", "second.weight", ...
//
// Fields may be parameters, modules, and vectors and optionals of either.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"
#include "core/reflect.hpp"
#include "core/state_visitor.hpp"
#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// How the values of a parameter begin.
struct Init {
  enum class Law { kConstant, kUniform, kNormal, kOrthogonal };
  Law law = Law::kConstant;
  double size = 0;  ///< the constant, half width, standard deviation, or gain

  static Init constant(double value) { return {Law::kConstant, value}; }
  /// Uniform in [-half_width, half_width].
  static Init uniform(double half_width) { return {Law::kUniform, half_width}; }
  static Init normal(double deviation) { return {Law::kNormal, deviation}; }
  /// Rows (or columns, if there are fewer) orthogonal and of length `gain`.
  static Init orthogonal(double gain) { return {Law::kOrthogonal, gain}; }
  /// Uniform within +-1 / sqrt(fan_in): the start of a linear layer here and in PyTorch.
  static Init fan_in(Index fan_in);
  /// Uniform within +-sqrt(6 / (fan_in + fan_out)). Source: Glorot and Bengio 2010, eq. 16.
  static Init xavier(Index fan_in, Index fan_out);
  /// Normal with variance 2 / fan_in. Source: He et al. 2015, eq. 10.
  static Init kaiming(Index fan_in);
};

/// Values of a model that are trained, or at least stored with it.
struct Parameter {
  Parameter() = default;
  Parameter(const Shape& shape, Init law, DType dtype = DType::kF32);

  Tensor value;
  Init init;
  bool is_trained = true;  ///< false: frozen, or statistics such as those of BatchNorm
};

struct NamedParameter {
  std::string name;  ///< "encoder.0.weight"
  Parameter* parameter;
};
using Parameters = std::vector<NamedParameter>;

/// Visitor that collects the parameters of a module in the order of its fields.
class ParameterCollector {
 public:
  template <class Field>
  void operator()(const char* key, Field& field, const About& = {}) {
    visit(prefix_ + key, field);
  }
  Parameters found;

 private:
  template <class Field>
  void visit(const std::string& name, Field& field) {
    if constexpr (std::is_same_v<Field, Parameter>) {
      if (field.value.is_defined()) found.push_back({name, &field});
    } else if constexpr (requires { field.reflect(*this); }) {
      const std::string before = prefix_;
      prefix_ = name + ".";
      field.reflect(*this);
      prefix_ = before;
    } else if constexpr (requires { field.has_value(); }) {
      if (field.has_value()) visit(name, *field);
    } else if constexpr (requires { field.begin()->reflect(*this); } ||
                         std::is_same_v<Field, std::vector<Parameter>>) {
      for (std::size_t i = 0; i < field.size(); ++i) {
        visit(name + "." + std::to_string(i), field[i]);
      }
    }  // options and other plain fields hold no parameters
  }

  std::string prefix_;
};

template <class Module>
Parameters parameters(Module& model) {
  ParameterCollector collector;
  model.reflect(collector);
  return std::move(collector.found);
}

/// Those that are trained.
Parameters trained(const Parameters& parameters);
/// Number of values.
Offset count(const Parameters& parameters);
/// The tensors, to ask for gradients with respect to them.
std::vector<Tensor> values(const Parameters& parameters);

/// Fills all parameters by their laws. A parameter's numbers depend on the seed and its name only,
/// not on what else the model has.
void initialize(const Parameters& parameters, std::uint64_t seed);

/// Copies new values into a parameter; tensors that were made from the old ones are refused when
/// they are used to take gradients. The shape must be the parameter's.
void assign(Parameter& parameter, const Tensor& values);

/// Moves the values by a share of their distance to `values`: running means. No allocation.
void approach(Parameter& parameter, const Tensor& values, double share);

/// The values by name, for files and checkpoints.
NamedArrays to_arrays(const Parameters& parameters);
/// Replaces all values, or none: throws InputError naming the first parameter that is missing or
/// has another shape, and the first array that no parameter asked for. Types are converted.
void from_arrays(const Parameters& parameters, const NamedArrays& arrays);

/// The values as state of a run, under their names after a prefix ("model."): restored bit for bit.
void reflect_state(const Parameters& parameters, const std::string& prefix, StateVisitor& visitor);

}  // namespace filigree::learning
