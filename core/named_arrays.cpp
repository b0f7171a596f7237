// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/named_arrays.hpp"

#include <cstring>

namespace filigree {
namespace {

/// Calls `f` with a zero of the stored type.
template <class F>
auto with_type(DType type, F&& f) {
  switch (type) {
    case DType::kF32:
      return f(float{});
    case DType::kF64:
      return f(double{});
    case DType::kI32:
      return f(std::int32_t{});
    case DType::kI64:
      return f(std::int64_t{});
    case DType::kU8:
      return f(std::uint8_t{});
    case DType::kU32:
      return f(std::uint32_t{});
    case DType::kU64:
      return f(std::uint64_t{});
  }
  throw InternalError(format("array type {} does not exist", static_cast<int>(type)));
}

std::int64_t product(const std::vector<std::int64_t>& shape, std::size_t from) {
  std::int64_t result = 1;
  for (std::size_t i = from; i < shape.size(); ++i) result *= shape[i];
  return result;
}

/// Bytes of an array, or an InputError when an extent is negative or the product does not fit.
std::size_t checked_bytes(const std::string& name, DType type,
                          const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = static_cast<std::int64_t>(size_of(type));
  bool is_empty = false;
  for (const std::int64_t extent : shape) {
    FILIGREE_REQUIRE(extent >= 0, "array '{}' has the negative extent {}", name, extent);
    is_empty = is_empty || extent == 0;
  }
  if (is_empty) return 0;
  for (const std::int64_t extent : shape) {
    FILIGREE_REQUIRE(!__builtin_mul_overflow(bytes, extent, &bytes),
                     "array '{}' of shape ({}) is too large to address", name,
                     fmt::join(shape, ", "));
  }
  return static_cast<std::size_t>(bytes);
}

}  // namespace

std::size_t size_of(DType type) {
  return with_type(type, [](auto zero) { return sizeof(zero); });
}

std::string_view name_of(DType type) {
  constexpr std::string_view names[] = {"f32", "f64", "i32", "i64", "u8", "u32", "u64"};
  return names[static_cast<int>(type)];
}

std::int64_t NamedArray::size() const {
  return product(shape, 0);
}
std::int64_t NamedArray::rows() const {
  return shape.empty() ? 1 : shape[0];
}
std::int64_t NamedArray::components() const {
  return product(shape, 1);
}

double NamedArray::value(std::int64_t i) const {
  FILIGREE_ASSERT(i >= 0 && i < size(), "element {} of array '{}' with {} elements", i, name,
                  size());
  return with_type(dtype, [&](auto result) {
    std::memcpy(&result, bytes.data() + static_cast<std::size_t>(i) * sizeof(result),
                sizeof(result));
    return static_cast<double>(result);
  });
}

NamedArray make_array(std::string name, DType dtype, std::vector<std::int64_t> shape,
                      std::string unit) {
  NamedArray array;
  array.bytes.resize(checked_bytes(name, dtype, shape));
  array.name = std::move(name);
  array.unit = std::move(unit);
  array.dtype = dtype;
  array.shape = std::move(shape);
  return array;
}

std::int64_t first_non_finite(const NamedArray& array) {
  const auto search = [&](auto zero) -> std::int64_t {
    const auto values = array.as<decltype(zero)>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      // x - x is 0 for finite x only; one branch-free comparison that the compiler vectorises well.
      if (!(values[i] - values[i] == 0)) return static_cast<std::int64_t>(i);
    }
    return -1;
  };
  if (array.dtype == DType::kF32) return search(float{});
  if (array.dtype == DType::kF64) return search(double{});
  return -1;
}

void NamedArrays::add(NamedArray array) {
  FILIGREE_REQUIRE(!array.name.empty(), "an array needs a name");
  FILIGREE_REQUIRE(!contains(array.name), "there are two arrays named '{}'", array.name);
  arrays_.push_back(std::move(array));
}

bool NamedArrays::contains(std::string_view name) const {
  return std::any_of(arrays_.begin(), arrays_.end(),
                     [&](const NamedArray& array) { return array.name == name; });
}

const NamedArray& NamedArrays::at(std::string_view name) const {
  for (const NamedArray& array : arrays_) {
    if (array.name == name) return array;
  }
  const std::string near = nearest(name, names());
  throw InputError(format("there is no array '{}'{}; present: {}", name,
                          near.empty() ? "" : format(", did you mean '{}'?", near), join(names())));
}

NamedArray& NamedArrays::at(std::string_view name) {
  return const_cast<NamedArray&>(std::as_const(*this).at(name));
}

std::vector<std::string> NamedArrays::names() const {
  std::vector<std::string> result;
  for (const NamedArray& array : arrays_) result.push_back(array.name);
  return result;
}

}  // namespace filigree
