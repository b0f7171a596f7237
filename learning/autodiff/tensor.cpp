// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/tensor.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

template <class T>
std::vector<double> values_of(const Tensor& x) {
  using View = Kokkos::View<const T*, MemSpace, Kokkos::MemoryUnmanaged>;
  const auto n = static_cast<std::size_t>(x.size());
  std::vector<T> values(n);
  Kokkos::deep_copy(Kokkos::View<T*, HostSpace, Kokkos::MemoryUnmanaged>(values.data(), n),
                    View(x.data<T>(), n));
  return {values.begin(), values.end()};
}

template <class T>
void set_values(const Tensor& x, const std::vector<double>& from) {
  using View = Kokkos::View<T*, MemSpace, Kokkos::MemoryUnmanaged>;
  std::vector<T> values(from.size());
  std::transform(from.begin(), from.end(), values.begin(),
                 [](double value) { return static_cast<T>(value); });
  Kokkos::deep_copy(
      View(TensorAccess::data<T>(x), values.size()),
      Kokkos::View<const T*, HostSpace, Kokkos::MemoryUnmanaged>(values.data(), values.size()));
}

template <class T>
Tensor share_array(const Array<T, 2>& array) {
  return TensorAccess::wrap({array.extent(0), array.extent(1)}, dtype_of<T>(), array.data(),
                            std::make_shared<const Array<T, 2>>(array));
}

template <class T>
void copy_values(const Tensor& from, const Tensor& to) {
  using View = Kokkos::View<T*, MemSpace, Kokkos::MemoryUnmanaged>;
  using ConstView = Kokkos::View<const T*, MemSpace, Kokkos::MemoryUnmanaged>;
  const auto n = static_cast<std::size_t>(from.size());
  Kokkos::deep_copy(View(TensorAccess::data<T>(to), n), ConstView(from.data<T>(), n));
}

Tensor copy_to(const Tensor& to, const Tensor& from) {
  from.dtype() == DType::kF32 ? copy_values<float>(from, to) : copy_values<double>(from, to);
  return to;
}

/// The number of values of a tensor that is about to be made.
Index checked_size(const Shape& shape, DType dtype) {
  FILIGREE_REQUIRE(dtype == DType::kF32 || dtype == DType::kF64,
                   "a tensor of {}: tensors hold f32 or f64", name_of(dtype));
  FILIGREE_REQUIRE(shape.size() <= std::numeric_limits<Index>::max(),
                   "a tensor {} has more than {} values", shape.text(),
                   std::numeric_limits<Index>::max());
  return static_cast<Index>(shape.size());
}

}  // namespace

Shape::Shape(std::initializer_list<Index> extents) {
  for (const Index extent : extents) append(extent);
}

Offset Shape::size() const {
  Offset size = 1;
  for (int a = 0; a < rank_; ++a) size *= extents_[static_cast<std::size_t>(a)];
  return size;
}

std::size_t Shape::checked(int axis) const {
  const int from_front = axis < 0 ? axis + rank_ : axis;
  FILIGREE_REQUIRE(from_front >= 0 && from_front < rank_,
                   "axis {} of a tensor {}: it must lie in [{}, {})", axis, text(), -rank_, rank_);
  return static_cast<std::size_t>(from_front);
}

void Shape::append(Index extent) {
  FILIGREE_REQUIRE(rank_ < kMaxRank, "a tensor has at most {} axes", kMaxRank);
  FILIGREE_REQUIRE(extent >= 0, "the extent {} of a tensor is negative", extent);
  extents_[static_cast<std::size_t>(rank_++)] = extent;
}

Shape Shape::with(int axis, Index extent) const {
  Shape result = *this;
  result.extents_[checked(axis)] = extent;
  return result;
}

Shape Shape::without(int axis) const {
  Shape result;
  const std::size_t left_out = checked(axis);
  for (std::size_t a = 0; a < static_cast<std::size_t>(rank_); ++a) {
    if (a != left_out) result.append(extents_[a]);
  }
  return result;
}

std::string Shape::text() const {
  std::string text = "[";
  for (int a = 0; a < rank_; ++a) {
    text += (a > 0 ? ", " : "") + std::to_string(extents_[static_cast<std::size_t>(a)]);
  }
  return text + "]";
}

void Tensor::require_usable(DType dtype) const {
  if (!is_defined()) throw InternalError("a tensor without values was used");
  if (dtype != dtype_) {
    throw InternalError(format("a tensor of {} was read as {}", name_of(dtype_), name_of(dtype)));
  }
  if (storage_ != nullptr) {
    if (storage_->version == version_) return;
    throw InternalError(
        "a tensor was used after its owner had changed the values: take gradients before the "
        "optimizer's step");
  }
  if (!Tape::is_alive(memory_tape_, version_)) {
    throw InternalError(
        "a tensor was used after its tape had been reset: keep() it before the reset");
  }
}

Tensor TensorAccess::make_owned(const Shape& shape, DType dtype) {
  const Index size = checked_size(shape, dtype);
  Tensor result;
  const auto allocate = [&]<class T>(T) {
    const auto array = std::make_shared<const Array<T>>("tensor", std::max<Index>(size, 1));
    result = wrap(shape, dtype, array->data(), array);
  };
  dtype == DType::kF32 ? allocate(float()) : allocate(double());
  return result;
}

Tensor TensorAccess::make(const Shape& shape, DType dtype) {
  Tape* tape = Tape::current();
  if (tape == nullptr) return make_owned(shape, dtype);
  const Index size = checked_size(shape, dtype);
  Tensor result;
  result.shape_ = shape;
  result.size_ = size;
  result.dtype_ = dtype;
  const Index n = std::max<Index>(size, 1);
  result.data_ = dtype == DType::kF32 ? reinterpret_cast<std::byte*>(tape->take<float>(n))
                                      : reinterpret_cast<std::byte*>(tape->take<double>(n));
  result.memory_tape_ = tape->number_;
  result.version_ = tape->life_;
  result.id_ = next_id();
  return result;
}

Tensor TensorAccess::reshaped(const Tensor& tensor, const Shape& shape) {
  Tensor result = tensor;
  result.shape_ = shape;
  result.id_ = next_id();
  result.record_life_ = 0;
  return result;
}

Tensor TensorAccess::part(const Tensor& tensor, Offset begin, const Shape& shape) {
  FILIGREE_ASSERT(begin >= 0 && begin + shape.size() <= tensor.size_, "a part {} from {} of {}",
                  shape.text(), begin, tensor.shape_.text());
  Tensor result = reshaped(tensor, shape);
  result.size_ = static_cast<Index>(shape.size());
  result.data_ += begin * static_cast<Offset>(size_of(tensor.dtype_));
  return result;
}

Tensor TensorAccess::copied(const Tensor& tensor) {
  return copy_to(make(tensor.shape(), tensor.dtype()), tensor);
}

void TensorAccess::changed(Tensor& tensor) {
  FILIGREE_ASSERT(is_owned(tensor), "a tensor in a tape's memory was changed");
  tensor.version_ = ++tensor.storage_->version;
  tensor.id_ = next_id();
}

Tensor TensorAccess::wrap(const Shape& shape, DType dtype, const void* data,
                          std::shared_ptr<const void> memory) {
  Tensor result;
  result.shape_ = shape;
  result.size_ = static_cast<Index>(shape.size());
  result.dtype_ = dtype;
  result.data_ = const_cast<std::byte*>(static_cast<const std::byte*>(data));
  result.storage_ = std::make_shared<Tensor::Storage>();
  result.storage_->memory = std::move(memory);
  result.id_ = next_id();
  return result;
}

Tensor tensor(const Shape& shape, const std::vector<double>& values, DType dtype) {
  FILIGREE_REQUIRE(static_cast<Offset>(values.size()) == shape.size(),
                   "{} values cannot fill a tensor {}", values.size(), shape.text());
  const Tensor result = TensorAccess::make(shape, dtype);
  dtype == DType::kF32 ? set_values<float>(result, values) : set_values<double>(result, values);
  return result;
}

Tensor scalar(double value, DType dtype) {
  return full({}, value, dtype);
}

Tensor full(const Shape& shape, double value, DType dtype) {
  const Tensor result = TensorAccess::make(shape, dtype);
  const auto set = [&]<class T>(T) {
    Kokkos::deep_copy(Kokkos::View<T*, MemSpace, Kokkos::MemoryUnmanaged>(
                          TensorAccess::data<T>(result), static_cast<std::size_t>(result.size())),
                      static_cast<T>(value));
  };
  dtype == DType::kF32 ? set(float()) : set(double());
  return result;
}

Tensor share(const Array<float, 2>& array) {
  return share_array(array);
}
Tensor share(const Array<double, 2>& array) {
  return share_array(array);
}

void require_one_type(const char* operation, const Tensor& a, const Tensor& b) {
  FILIGREE_REQUIRE(a.dtype() == b.dtype(), "{}: {} {} and {} {} differ in type: cast() one",
                   operation, a.shape().text(), name_of(a.dtype()), b.shape().text(),
                   name_of(b.dtype()));
}

std::vector<double> to_vector(const Tensor& x) {
  return x.dtype() == DType::kF32 ? values_of<float>(x) : values_of<double>(x);
}

double item(const Tensor& x) {
  FILIGREE_REQUIRE(x.size() == 1, "item() of a tensor {}: it must have one value",
                   x.shape().text());
  return to_vector(x)[0];
}

Tensor keep(const Tensor& x) {
  return copy_to(TensorAccess::make_owned(x.shape(), x.dtype()), x);
}

}  // namespace filigree::learning
