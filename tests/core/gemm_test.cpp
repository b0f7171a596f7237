// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/gemm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/array.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"

namespace filigree {
namespace {

/// What a case does beside its sizes.
struct Variant {
  bool transpose_a = false;
  bool transpose_b = false;
  double alpha = 1;
  double beta = 0;
  Index pad = 0;  ///< unused values behind each stored row
  Index batch = 1;
};

/// One product with random operands; gap values in C must stay as they are.
template <class T>
struct Case {
  Case(Index m, Index n, Index k, const Variant& variant)
      : a(filled("a", rows(m, k, variant.transpose_a), columns(m, k, variant.transpose_a), variant,
                 1)),
        b(filled("b", rows(k, n, variant.transpose_b), columns(k, n, variant.transpose_b), variant,
                 2)),
        c(filled("c", m, n, variant, 3)) {
    product = {.m = m, .n = n, .k = k, .c = c.data(), .ldc = n + variant.pad};
    product.a = {a.data(), columns(m, k, variant.transpose_a) + variant.pad, variant.transpose_a,
                 a.size() / variant.batch};
    product.b = {b.data(), columns(k, n, variant.transpose_b) + variant.pad, variant.transpose_b,
                 b.size() / variant.batch};
    product.alpha = static_cast<T>(variant.alpha);
    product.beta = static_cast<T>(variant.beta);
    product.batch = variant.batch;
    product.stride_c = c.size() / variant.batch;
  }

  static Index rows(Index i, Index j, bool transposed) { return transposed ? j : i; }
  static Index columns(Index i, Index j, bool transposed) { return transposed ? i : j; }
  static Array<T> filled(const char* label, Index rows, Index columns, const Variant& variant,
                         std::uint64_t seed) {
    const Index n = variant.batch * rows * (columns + variant.pad);
    std::vector<T> values(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) values[i] = static_cast<T>(std::sin(double(seed * 37) + 1.7 * i));
    return to_device(label, values);
  }

  Array<T> a, b, c;
  Gemm<T> product;
};

/// Largest |ours - reference| over all of C, gaps between rows included, divided by the bound on
/// round-off: both sum k products of values up to 1 in some order, and each order is off by at most
/// k eps sum |a b| <= k^2 eps; alpha, beta and the last addition add a few eps of the result.
template <class T>
double error_over_bound(Index m, Index n, Index k, const Variant& variant) {
  const Case<T> ours(m, n, k, variant);
  const Case<T> reference(m, n, k, variant);
  GemmWorkspace workspace;
  gemm(workspace, ours.product);
  gemm_reference(reference.product);
  const std::vector<T> x = to_vector(ours.c), y = to_vector(reference.c);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = std::abs(double(x[i]) - double(y[i]));
    worst = std::isnan(difference) ? difference : std::max(worst, difference);
  }
  const double size = double(k) * std::abs(variant.alpha) + std::abs(variant.beta);
  return worst / (std::numeric_limits<T>::epsilon() * (2.0 * k + 4) * (size + 1e-300));
}

template <class T>
class GemmOf : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GemmOf, Types);

TYPED_TEST(GemmOf, AllTransposesFactorsAndGapsAgreeWithTheReference) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      for (const double alpha : {1.0, -0.5}) {
        for (const double beta : {0.0, 1.0, 0.25}) {
          for (const Index pad : {0, 3}) {
            const Variant variant{transpose_a, transpose_b, alpha, beta, pad, 1};
            EXPECT_LE(error_over_bound<TypeParam>(37, 29, 53, variant), 1)
                << transpose_a << transpose_b << alpha << ' ' << beta << ' ' << pad;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace filigree
