// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/conv2d.hpp"

#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

/// An image, the windows in it, and where the values of both lie.
struct Windows {
  Index batch, height, width, channels;
  Index size, stride, padding;
  Index rows, columns;  ///< windows along the two axes

  FILIGREE_FUNCTION Offset pixel(Index b, Index i, Index j) const {
    return ((Offset(b) * height + i) * width + j) * channels;
  }
  FILIGREE_FUNCTION Offset place(Index b, Index i, Index j, Index p, Index q) const {
    return ((((Offset(b) * rows + i) * columns + j) * size + p) * size + q) * channels;
  }
  Index count() const { return batch * rows * columns; }
  Index row_size() const { return size * size * channels; }
};

Windows windows_of(const char* what, const Shape& image, const Window& window) {
  FILIGREE_REQUIRE(image.rank() == 4, "{}: an image {} must be [batch, height, width, channels]",
                   what, image.text());
  FILIGREE_REQUIRE(window.size >= 1 && window.stride >= 1 && window.padding >= 0,
                   "{}: a window of {} pixels, stride {} and padding {}: size and stride must be "
                   "positive, the padding not negative",
                   what, window.size, window.stride, window.padding);
  const Index least = window.size - 2 * window.padding;
  FILIGREE_REQUIRE(image[1] >= least && image[2] >= least,
                   "{}: an image {} is smaller than the window of {} pixels with padding {}", what,
                   image.text(), window.size, window.padding);
  const auto along = [&](Index n) {
    return (n + 2 * window.padding - window.size) / window.stride + 1;
  };
  return {image[0],      image[1],       image[2],        image[3],       window.size,
          window.stride, window.padding, along(image[1]), along(image[2])};
}

template <class T>
void unfold_values(const Windows& w, const Tensor& image, const Tensor& rows) {
  const T* from = image.data<T>();
  T* to = TensorAccess::data<T>(rows);
  for_items(
      "unfold", w.count() * w.size, rows.size(), FILIGREE_LAMBDA(Index item) {
        const Index p = item % w.size;
        const Index j = item / w.size % w.columns;
        const Index i = item / w.size / w.columns % w.rows;
        const Index b = item / w.size / w.columns / w.rows;
        const Index y = i * w.stride + p - w.padding;
        for (Index q = 0; q < w.size; ++q) {
          const Index x = j * w.stride + q - w.padding;
          T* result = to + w.place(b, i, j, p, q);
          const bool is_inside = y >= 0 && y < w.height && x >= 0 && x < w.width;
          const T* values = is_inside ? from + w.pixel(b, y, x) : nullptr;
          for (Index c = 0; c < w.channels; ++c) result[c] = is_inside ? values[c] : T(0);
        }
      });
}

/// Each pixel collects from the windows that it lies in.
template <class T>
void fold_values(const Windows& w, const Tensor& rows, const Tensor& image) {
  const T* from = rows.data<T>();
  T* to = TensorAccess::data<T>(image);
  for_items(
      "fold", w.batch * w.height * w.width, rows.size(), FILIGREE_LAMBDA(Index item) {
        const Index x = item % w.width;
        const Index y = item / w.width % w.height;
        const Index b = item / w.width / w.height;
        T* result = to + w.pixel(b, y, x);
        for (Index c = 0; c < w.channels; ++c) result[c] = T(0);
        for (Index p = 0; p < w.size; ++p) {
          const Index i = (y + w.padding - p) / w.stride;
          if (y + w.padding - p < 0 || (y + w.padding - p) % w.stride != 0 || i >= w.rows) continue;
          for (Index q = 0; q < w.size; ++q) {
            const Index j = (x + w.padding - q) / w.stride;
            if (x + w.padding - q < 0 || (x + w.padding - q) % w.stride != 0 || j >= w.columns) {
              continue;
            }
            const T* values = from + w.place(b, i, j, p, q);
            for (Index c = 0; c < w.channels; ++c) result[c] += values[c];
          }
        }
      });
}

}  // namespace

Tensor unfold(const Tensor& image, const Window& window) {
  const Windows w = windows_of("unfold", image.shape(), window);
  const Tensor rows = TensorAccess::make({w.count(), w.row_size()}, image.dtype());
  image.dtype() == DType::kF32 ? unfold_values<float>(w, image, rows)
                               : unfold_values<double>(w, image, rows);
  return record("unfold", {image}, rows,
                [=](Adjoint& a) { a.give(0, fold(a.gradient(), image.shape(), window)); });
}

Tensor fold(const Tensor& rows, const Shape& image, const Window& window) {
  const Windows w = windows_of("fold", image, window);
  FILIGREE_REQUIRE((rows.shape() == Shape{w.count(), w.row_size()}),
                   "fold: rows {} for an image {}: they must be [{}, {}]", rows.shape().text(),
                   image.text(), w.count(), w.row_size());
  const Tensor y = TensorAccess::make(image, rows.dtype());
  rows.dtype() == DType::kF32 ? fold_values<float>(w, rows, y) : fold_values<double>(w, rows, y);
  return record("fold", {rows}, y, [=](Adjoint& a) { a.give(0, unfold(a.gradient(), window)); });
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window) {
  const Windows w = windows_of("conv2d", x.shape(), window);
  FILIGREE_REQUIRE(weight.rank() == 4 && weight.extent(1) == w.channels &&
                       weight.extent(2) == w.size && weight.extent(3) == w.size,
                   "conv2d: images {} and weights {} do not fit together: the weights must be "
                   "[out, {}, {}, {}]",
                   x.shape().text(), weight.shape().text(), w.channels, w.size, w.size);
  const Index out = weight.rows();
  const Tensor by_window = reshape(permute(weight, {0, 2, 3, 1}), {out, w.row_size()});
  const Tensor y = matmul(unfold(x, window), by_window, {.b = true});
  const Tensor shifted = bias.is_defined() ? y + bias : y;
  return reshape(shifted, {w.batch, w.rows, w.columns, out});
}

Conv2d::Conv2d(Index in, Index out, Window window_, DType dtype, bool has_bias)
    : weight({out, in, window_.size, window_.size}, Init::fan_in(in * window_.size * window_.size),
             dtype),
      window(window_) {
  if (has_bias) {
    bias = Parameter({out}, Init::fan_in(in * window.size * window.size), dtype);
  }
}

}  // namespace filigree::learning
