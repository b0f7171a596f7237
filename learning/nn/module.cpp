// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/module.hpp"

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/loops.hpp"

namespace filigree::learning {

namespace {

template <class T>
void write(const Tensor& to, const std::vector<double>& from) {
  std::vector<T> values(from.begin(), from.end());
  Kokkos::deep_copy(
      Kokkos::View<T*, MemSpace, Kokkos::MemoryUnmanaged>(TensorAccess::data<T>(to), values.size()),
      Kokkos::View<const T*, HostSpace, Kokkos::MemoryUnmanaged>(values.data(), values.size()));
}

void set(Parameter& parameter, const std::vector<double>& values) {
  Tensor& to = parameter.value;
  to.dtype() == DType::kF32 ? write<float>(to, values) : write<double>(to, values);
  TensorAccess::changed(to);
}

/// Gram-Schmidt on the rows of a normal matrix, twice for round-off; columns if there are fewer.
std::vector<double> orthogonal(std::vector<double> m, std::size_t rows, std::size_t columns,
                               double gain) {
  const bool by_rows = rows <= columns;
  const std::size_t n = by_rows ? rows : columns;
  const std::size_t length = by_rows ? columns : rows;
  const auto at = [&](std::size_t i, std::size_t j) -> double& {
    return by_rows ? m[i * columns + j] : m[j * columns + i];
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < i; ++k) {
        double dot = 0;
        for (std::size_t j = 0; j < length; ++j) dot += at(i, j) * at(k, j);
        for (std::size_t j = 0; j < length; ++j) at(i, j) -= dot * at(k, j);
      }
      double squares = 0;
      for (std::size_t j = 0; j < length; ++j) squares += at(i, j) * at(i, j);
      for (std::size_t j = 0; j < length; ++j) at(i, j) /= std::sqrt(squares);
    }
  }
  for (double& value : m) value *= gain;
  return m;
}

std::vector<double> first_values(const NamedParameter& named, std::uint64_t seed) {
  const auto& [law, size] = named.parameter->init;
  const Tensor& tensor = named.parameter->value;
  const RandomStream random(seed, "parameters/" + named.name);
  std::vector<double> values(static_cast<std::size_t>(tensor.size()), size);
  if (law == Init::Law::kConstant) return values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = law == Init::Law::kUniform ? random.between(-size, size, i) : random.normal(i);
    if (law == Init::Law::kNormal) values[i] *= size;
  }
  if (law == Init::Law::kOrthogonal) {
    const auto rows = static_cast<std::size_t>(tensor.rows());
    values = orthogonal(std::move(values), rows, values.size() / rows, size);
  }
  return values;
}

/// to += share (x - to).
template <class T>
void move_towards(const Tensor& x, double share, const Tensor& to) {
  const T* from = x.data<T>();
  T* values = TensorAccess::data<T>(to);
  const T step = static_cast<T>(share);
  const Index n = x.size();
  for_items(
      "approach", items_for(n), 2 * Offset(n), FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) values[i] += step * (from[i] - values[i]);
      });
}

}  // namespace

Init Init::fan_in(Index fan_in) {
  return uniform(1 / std::sqrt(std::max<double>(fan_in, 1)));
}
Init Init::xavier(Index fan_in, Index fan_out) {
  return uniform(std::sqrt(6.0 / std::max<double>(double(fan_in) + fan_out, 1)));
}
Init Init::kaiming(Index fan_in) {
  return normal(std::sqrt(2.0 / std::max<double>(fan_in, 1)));
}

Parameter::Parameter(const Shape& shape, Init law, DType dtype)
    : value(TensorAccess::make_owned(shape, dtype)), init(law) {
  set(*this, std::vector<double>(static_cast<std::size_t>(value.size()), 0.0));
}

Parameters trained(const Parameters& parameters) {
  Parameters result;
  for (const NamedParameter& named : parameters) {
    if (named.parameter->is_trained) result.push_back(named);
  }
  return result;
}

Offset count(const Parameters& parameters) {
  Offset n = 0;
  for (const NamedParameter& named : parameters) n += named.parameter->value.size();
  return n;
}

std::vector<Tensor> values(const Parameters& parameters) {
  std::vector<Tensor> result;
  for (const NamedParameter& named : parameters) result.push_back(named.parameter->value);
  return result;
}

void initialize(const Parameters& parameters, std::uint64_t seed) {
  for (const NamedParameter& named : parameters) {
    set(*named.parameter, first_values(named, seed));
  }
}

void assign(Parameter& parameter, const Tensor& values) {
  FILIGREE_REQUIRE(values.shape() == parameter.value.shape(),
                   "values {} cannot be assigned to a parameter {}", values.shape().text(),
                   parameter.value.shape().text());
  set(parameter, to_vector(values));
}

void approach(Parameter& parameter, const Tensor& values, double share) {
  Tensor& to = parameter.value;
  FILIGREE_REQUIRE(values.shape() == to.shape() && values.dtype() == to.dtype(),
                   "values {} {} cannot be averaged into a parameter {} {}", values.shape().text(),
                   name_of(values.dtype()), to.shape().text(), name_of(to.dtype()));
  to.dtype() == DType::kF32 ? move_towards<float>(values, share, to)
                            : move_towards<double>(values, share, to);
  TensorAccess::changed(to);
}

NamedArrays to_arrays(const Parameters& parameters) {
  NamedArrays arrays;
  for (const NamedParameter& named : parameters) {
    const Tensor& tensor = named.parameter->value;
    std::vector<std::int64_t> shape;
    for (int a = 0; a < tensor.rank(); ++a) shape.push_back(tensor.extent(a));
    NamedArray array = make_array(named.name, tensor.dtype(), shape);
    const std::vector<double> values = to_vector(tensor);
    if (tensor.dtype() == DType::kF32) {
      std::copy(values.begin(), values.end(), array.as<float>().begin());
    } else {
      std::copy(values.begin(), values.end(), array.as<double>().begin());
    }
    arrays.add(std::move(array));
  }
  return arrays;
}

void from_arrays(const Parameters& parameters, const NamedArrays& arrays) {
  for (const NamedParameter& named : parameters) {
    const NamedArray& array = arrays.at(named.name);
    const Shape& shape = named.parameter->value.shape();
    Shape found;
    for (const std::int64_t extent : array.shape) {
      FILIGREE_REQUIRE(found.rank() < Shape::kMaxRank, "array '{}' has {} axes; a parameter has {}",
                       named.name, array.shape.size(), shape.rank());
      found.append(static_cast<Index>(extent));
    }
    FILIGREE_REQUIRE(found == shape, "array '{}' is {} but the model's parameter is {}", named.name,
                     found.text(), shape.text());
  }
  for (const NamedArray& array : arrays) {
    const bool is_known = std::any_of(parameters.begin(), parameters.end(),
                                      [&](const auto& named) { return named.name == array.name; });
    FILIGREE_REQUIRE(is_known, "array '{}' belongs to no parameter of this model", array.name);
  }
  for (const NamedParameter& named : parameters) {
    const NamedArray& array = arrays.at(named.name);
    std::vector<double> values(static_cast<std::size_t>(array.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = array.value(static_cast<std::int64_t>(i));
    }
    set(*named.parameter, values);
  }
}

void reflect_state(const Parameters& parameters, const std::string& prefix, StateVisitor& visitor) {
  NamedArrays arrays = to_arrays(parameters);
  for (const NamedParameter& named : parameters) {
    NamedArray& array = arrays.at(named.name);
    visitor(prefix + named.name, array);
    array.name = named.name;
  }
  if (visitor.loading()) from_arrays(parameters, arrays);
}

}  // namespace filigree::learning
