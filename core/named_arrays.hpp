// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Ordered name -> host array: the common currency of frames, checkpoints, weights and NPZ files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/scalar.hpp"

namespace filigree {

enum class DType : std::uint8_t { kF32, kF64, kI32, kI64, kU8, kU32, kU64 };

std::size_t size_of(DType type);
/// "f32", "f64", "i32", ...
std::string_view name_of(DType type);

template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::kF32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::kF64;
}
template <>
constexpr DType dtype_of<std::int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
  return DType::kI64;
}
template <>
constexpr DType dtype_of<std::uint8_t>() {
  return DType::kU8;
}
template <>
constexpr DType dtype_of<std::uint32_t>() {
  return DType::kU32;
}
template <>
constexpr DType dtype_of<std::uint64_t>() {
  return DType::kU64;
}

/// A row-major host array of one of the types above, with its shape and unit. The first extent
/// counts entities (particles, nodes, ...), the others components.
struct NamedArray {
  std::string name;  ///< lower_snake
  std::string unit;  ///< SI, "" when dimensionless
  DType dtype = DType::kF64;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  std::int64_t size() const;        ///< number of scalars
  std::int64_t rows() const;        ///< first extent; 1 for a scalar
  std::int64_t components() const;  ///< scalars per row

  /// The scalars; throws InputError when T is not the stored type.
  template <class T>
  std::span<const T> as() const {
    FILIGREE_REQUIRE(dtype == dtype_of<T>(), "array '{}' holds {} but {} was asked for", name,
                     name_of(dtype), name_of(dtype_of<T>()));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  std::span<T> as() {
    const std::span<const T> view = std::as_const(*this).template as<T>();
    return {const_cast<T*>(view.data()), view.size()};
  }
  /// Scalar `i` converted to double, whatever the stored type.
  double value(std::int64_t i) const;

  bool operator==(const NamedArray&) const = default;
};

/// A zero-filled array.
NamedArray make_array(std::string name, DType dtype, std::vector<std::int64_t> shape,
                      std::string unit = "");

/// An array that holds a copy of `values`; `shape` defaults to one dimension.
template <class T>
NamedArray make_array(std::string name, std::span<const T> values,
                      std::vector<std::int64_t> shape = {}, std::string unit = "") {
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  NamedArray array = make_array(std::move(name), dtype_of<T>(), std::move(shape), std::move(unit));
  FILIGREE_REQUIRE(array.size() == static_cast<std::int64_t>(values.size()),
                   "array '{}' has {} values, which do not fill its shape", array.name,
                   values.size());
  std::copy(values.begin(), values.end(), array.as<T>().begin());
  return array;
}

/// The flat index of the first NaN or infinity, -1 when there is none (integers have none).
std::int64_t first_non_finite(const NamedArray& array);

/// Arrays in insertion order with unique names.
class NamedArrays {
 public:
  void add(NamedArray array);  ///< throws InputError when the name is taken
  bool contains(std::string_view name) const;
  const NamedArray& at(std::string_view name) const;  ///< throws InputError naming the nearest one
  NamedArray& at(std::string_view name);
  std::size_t size() const { return arrays_.size(); }
  auto begin() const { return arrays_.begin(); }
  auto end() const { return arrays_.end(); }
  std::vector<std::string> names() const;
  bool operator==(const NamedArrays&) const = default;

 private:
  std::vector<NamedArray> arrays_;
};

}  // namespace filigree
