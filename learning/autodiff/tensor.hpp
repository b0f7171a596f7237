// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Tensors: immutable row-major arrays of float or double, where kernels run.
//
//   const Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
//   const Tensor y = tanh(matmul(x, w) + b);              // learning/autodiff/ops.hpp
//   std::vector<double> values = to_vector(y);
//
// No operation changes a tensor, so that none can spoil what a tape has recorded. A tensor is a
// handle: copies share the values. Tensors made while a tape is on live in its memory (tape.hpp)
// and end with it; using one later throws InternalError. Others own their values.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/named_arrays.hpp"

namespace filigree::learning {

/// Extents of a tensor, at most four; none for a scalar.
class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<Index> extents);

  int rank() const { return rank_; }
  /// Extent of an axis; negative axes count from the end.
  Index operator[](int axis) const { return extents_[checked(axis)]; }
  Offset size() const;  ///< product of the extents
  /// Throws InputError when there is no such axis; returns it counted from the front.
  int axis(int axis) const { return static_cast<int>(checked(axis)); }
  void append(Index extent);
  Shape with(int axis, Index extent) const;  ///< one extent changed
  Shape without(int axis) const;             ///< one axis left out
  std::string text() const;                  ///< "[64, 3]"
  bool operator==(const Shape& other) const = default;

 private:
  std::size_t checked(int axis) const;

  std::array<Index, kMaxRank> extents_{};
  int rank_ = 0;
};

class Tape;

class Tensor {
 public:
  Tensor() = default;

  bool is_defined() const { return data_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  Index extent(int axis) const { return shape_[axis]; }
  Index rows() const { return shape_[0]; }
  Index columns() const { return shape_[-1]; }
  Index size() const { return size_; }
  DType dtype() const { return dtype_; }

  /// The values, in memory that kernels can reach. Throws InternalError when T is not the dtype,
  /// when the tensor has outlived its tape, or when its owner has changed the values since.
  template <class T>
  const T* data() const {
    require_usable(dtype_of<T>());
    return reinterpret_cast<const T*>(data_);
  }
  /// The values as [first extent, all others], sharing the memory.
  template <class T>
  Array<T, 2> matrix() const;

  /// Differs between any two tensors that an operation made.
  std::uint64_t id() const { return id_; }

 private:
  friend class Tape;
  friend struct TensorAccess;

  /// Memory that tensors own together. `version` counts the changes that an owner made.
  struct Storage {
    std::shared_ptr<const void> memory;
    std::uint64_t version = 0;
  };

  void require_usable(DType dtype) const;

  Shape shape_;
  Index size_ = 0;
  DType dtype_ = DType::kF32;
  std::byte* data_ = nullptr;
  std::shared_ptr<Storage> storage_;  ///< null in the memory of a tape
  std::uint64_t version_ = 0;         ///< of the storage, or life of the tape that lent the memory
  std::int32_t memory_tape_ = -1;     ///< number of that tape
  std::uint64_t id_ = 0;
  std::uint64_t record_life_ = 0;  ///< life of the tape that recorded it, 0 for none
  std::size_t record_ = 0;         ///< which of its records made it
};

/// What operations and owners of parameters do with tensors; not for users of tensors.
struct TensorAccess {
  /// Uninitialised values, in the memory of the tape that is on, else its own.
  static Tensor make(const Shape& shape, DType dtype);
  /// Uninitialised values in memory of its own, whatever tape is on.
  static Tensor make_owned(const Shape& shape, DType dtype);
  /// Writable values of a tensor that no one else has seen yet.
  template <class T>
  static T* data(const Tensor& tensor) {
    tensor.require_usable(dtype_of<T>());
    return reinterpret_cast<T*>(tensor.data_);
  }
  /// The same values under another shape of the same size.
  static Tensor reshaped(const Tensor& tensor, const Shape& shape);
  /// Values [begin, begin + size of shape) in their order; shares the memory.
  static Tensor part(const Tensor& tensor, Offset begin, const Shape& shape);
  /// A copy in the memory of the tape that is on, else in its own.
  static Tensor copied(const Tensor& tensor);
  /// Tells that the owner changed the values: this handle goes on, earlier copies are refused.
  static void changed(Tensor& tensor);
  /// Which record of a tape made the tensor; `life` is the life of that tape.
  static bool is_recorded(const Tensor& tensor, std::uint64_t life) {
    return tensor.record_life_ == life;
  }
  static std::size_t record_of(const Tensor& tensor) { return tensor.record_; }
  static void set_record(Tensor& tensor, std::uint64_t life, std::size_t record) {
    tensor.record_life_ = life;
    tensor.record_ = record;
  }
  static bool is_owned(const Tensor& tensor) { return tensor.storage_ != nullptr; }
  /// The owner has changed the values since this handle was made.
  static bool is_stale(const Tensor& tensor) {
    return is_owned(tensor) && tensor.storage_->version != tensor.version_;
  }
  static bool share_storage(const Tensor& a, const Tensor& b) {
    return is_owned(a) && a.storage_ == b.storage_;
  }
  /// Shares an array; `Matrix` is Array<float, R> or Array<double, R>.
  static Tensor wrap(const Shape& shape, DType dtype, const void* data,
                     std::shared_ptr<const void> memory);
};

template <class T>
Array<T, 2> Tensor::matrix() const {
  const Index n_rows = rank() == 0 ? 1 : rows();
  Index n_columns = 1;
  for (int axis = 1; axis < rank(); ++axis) n_columns *= shape_[axis];
  return Array<T, 2>(typename Array<T, 2>::View(const_cast<T*>(data<T>()), n_rows, n_columns));
}

/// Copies of host values; their number must fit the shape.
Tensor tensor(const Shape& shape, const std::vector<double>& values, DType dtype = DType::kF32);
Tensor scalar(double value, DType dtype = DType::kF32);
Tensor full(const Shape& shape, double value, DType dtype = DType::kF32);
inline Tensor zeros(const Shape& shape, DType dtype = DType::kF32) {
  return full(shape, 0, dtype);
}
inline Tensor ones(const Shape& shape, DType dtype = DType::kF32) {
  return full(shape, 1, dtype);
}
/// Shares the values of an array, which nobody may change afterwards.
Tensor share(const Array<float, 2>& array);
Tensor share(const Array<double, 2>& array);

/// Throws InputError, with shapes and types of both, unless the types are the same.
void require_one_type(const char* operation, const Tensor& a, const Tensor& b);

/// Host copies.
std::vector<double> to_vector(const Tensor& x);
double item(const Tensor& x);  ///< the value of a tensor with one; throws InputError otherwise
/// The same values in memory of their own, which outlives any tape.
Tensor keep(const Tensor& x);

}  // namespace filigree::learning
