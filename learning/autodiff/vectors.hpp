// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Work vectors of iterative solvers: written again and again, numbered, and combined on the device.
// Sums are in double over fixed blocks, so that the bits do not depend on the number of threads.
#pragma once

#include <span>
#include <vector>

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

struct Term {
  double weight;
  Index row;
};

/// `count` vectors of the shape and type of a tensor, in the memory of the tape that is on.
class Vectors {
 public:
  static constexpr int kMaxTerms = 72;

  Vectors(Index count, const Tensor& like);

  void set(Index row, const Tensor& x);  ///< throws InputError when shape or type differ
  /// A row as a tensor, which shares the memory: it changes when the row is written.
  Tensor row(Index row) const;
  /// row_to = sum over the terms (at most kMaxTerms) of weight row; `to` may be one of them.
  void combine(Index to, std::span<const Term> terms);
  void combine(Index to, std::initializer_list<Term> terms) {
    combine(to, std::span<const Term>(terms.begin(), terms.size()));
  }
  double dot(Index a, Index b) { return dots(a, 1, b)[0]; }
  /// The products of rows first, first + 1, ... (count of them) with row b.
  std::vector<double> dots(Index first, Index count, Index b);
  double norm(Index a);

 private:
  Shape shape_;
  Index n_;
  Tensor rows_;
  Tensor partials_;
};

}  // namespace filigree::learning
