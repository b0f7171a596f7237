// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/vectors.hpp"

#include <cmath>

#include "core/reduce.hpp"
#include "learning/autodiff/loops.hpp"

namespace filigree::learning {

namespace {

constexpr Index kBlock = detail::kReduceBlock;

struct Terms {
  double weights[Vectors::kMaxTerms];
  Offset begins[Vectors::kMaxTerms];
  int n = 0;
};

template <class T>
void copy_row(const Tensor& x, const Tensor& rows, Offset begin) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(rows) + begin;
  const Index n = x.size();
  for_items(
      "vectors/set", items_for(n), n, FILIGREE_LAMBDA(Index item) {
        const Index first = item * kItemValues;
        const Index last = first + kItemValues < n ? first + kItemValues : n;
        for (Index i = first; i < last; ++i) to[i] = from[i];
      });
}

template <class T>
void combine_rows(const Tensor& rows, const Terms& terms, Offset begin, Index n) {
  const T* from = rows.data<T>();
  T* to = TensorAccess::data<T>(rows) + begin;
  for_items(
      "vectors/combine", items_for(n), Offset(n) * terms.n, FILIGREE_LAMBDA(Index item) {
        const Index first = item * kItemValues;
        const Index count = n - first < kItemValues ? n - first : kItemValues;
        double totals[kItemValues] = {};
        for (int t = 0; t < terms.n; ++t) {
          const T* x = from + terms.begins[t] + first;
          for (Index i = 0; i < count; ++i) totals[i] += terms.weights[t] * double(x[i]);
        }
        for (Index i = 0; i < count; ++i) to[first + i] = static_cast<T>(totals[i]);
      });
}

/// partials [count, blocks]: the products over blocks of the rows.
template <class T>
void dot_blocks(const Tensor& rows, Offset first, Offset with, Index n, Index count,
                const Tensor& partials) {
  const T* a = rows.data<T>() + first;
  const T* b = rows.data<T>() + with;
  double* to = TensorAccess::data<double>(partials);
  const Index blocks = detail::reduce_blocks(n);
  for_items(
      "vectors/dots", count * blocks, Offset(n) * count, FILIGREE_LAMBDA(Index item) {
        const Index begin = item % blocks * kBlock;
        const Index size = n - begin < kBlock ? n - begin : kBlock;
        const T* x = a + Offset(item / blocks) * n + begin;
        const T* y = b + begin;
        constexpr Index kLanes = 8;
        double lanes[kLanes] = {};
        Index i = 0;
        for (; i + kLanes <= size; i += kLanes) {
          for (Index l = 0; l < kLanes; ++l) lanes[l] += double(x[i + l]) * double(y[i + l]);
        }
        for (Index l = 0; i + l < size; ++l) lanes[l] += double(x[i + l]) * double(y[i + l]);
        double total = 0;
        for (Index l = 0; l < kLanes; ++l) total += lanes[l];
        to[item] = total;
      });
}

}  // namespace

Vectors::Vectors(Index count, const Tensor& like)
    : shape_(like.shape()),
      n_(like.size()),
      rows_(TensorAccess::make({count, n_}, like.dtype())),
      partials_(TensorAccess::make({count, detail::reduce_blocks(n_)}, DType::kF64)) {}

void Vectors::set(Index row, const Tensor& x) {
  FILIGREE_REQUIRE(x.shape() == shape_ && x.dtype() == rows_.dtype(),
                   "a function returned {} {} for {} {}: it must keep shape and type",
                   x.shape().text(), name_of(x.dtype()), shape_.text(), name_of(rows_.dtype()));
  const Offset begin = Offset(row) * n_;
  x.dtype() == DType::kF32 ? copy_row<float>(x, rows_, begin) : copy_row<double>(x, rows_, begin);
}

Tensor Vectors::row(Index row) const {
  return TensorAccess::part(rows_, Offset(row) * n_, shape_);
}

void Vectors::combine(Index to, std::span<const Term> terms) {
  FILIGREE_ASSERT(terms.size() <= kMaxTerms, "{} terms", terms.size());
  Terms packed;
  for (const Term& term : terms) {
    packed.weights[packed.n] = term.weight;
    packed.begins[packed.n++] = Offset(term.row) * n_;
  }
  const Offset begin = Offset(to) * n_;
  rows_.dtype() == DType::kF32 ? combine_rows<float>(rows_, packed, begin, n_)
                               : combine_rows<double>(rows_, packed, begin, n_);
}

std::vector<double> Vectors::dots(Index first, Index count, Index b) {
  std::vector<double> products(static_cast<std::size_t>(count), 0.0);
  if (count == 0 || n_ == 0) return products;
  const Offset with = Offset(b) * n_;
  const Offset from = Offset(first) * n_;
  rows_.dtype() == DType::kF32 ? dot_blocks<float>(rows_, from, with, n_, count, partials_)
                               : dot_blocks<double>(rows_, from, with, n_, count, partials_);
  const Index blocks = detail::reduce_blocks(n_);
  std::vector<double> values = to_vector(TensorAccess::part(partials_, 0, {count, blocks}));
  for (Index k = 0; k < count; ++k) {
    products[static_cast<std::size_t>(k)] = detail::tree(values.data() + Offset(k) * blocks, blocks,
                                                         [](double x, double y) { return x + y; });
  }
  return products;
}

double Vectors::norm(Index a) {
  return std::sqrt(dot(a, a));
}

}  // namespace filigree::learning
