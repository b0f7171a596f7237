// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/gemm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/array.hpp"
#include "core/error.hpp"
#include "tests/support/thread_runs.hpp"

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

TYPED_TEST(GemmOf, OddSizesAgreeWithTheReference) {
  // Around the vectors (2 to 16 values), tiles (1 to 12 rows) and panels (up to 4 vectors).
  for (const Index m : {1, 2, 5, 12, 13, 121}) {
    for (const Index n : {1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 81, 130}) {
      for (const Index k : {1, 3, 16, 67}) {
        for (const bool transpose_a : {false, true}) {
          for (const bool transpose_b : {false, true}) {
            const Variant variant{transpose_a, transpose_b, 1.5, 0.5, 1, 1};
            EXPECT_LE(error_over_bound<TypeParam>(m, n, k, variant), 1)
                << m << 'x' << n << 'x' << k << ' ' << transpose_a << transpose_b;
          }
        }
      }
    }
  }
}

TYPED_TEST(GemmOf, LongSumsThatAreCutAgreeWithTheReference) {
  for (const Index k : {511, 1023, 1024, 1025, 2500, 9001}) {
    for (const Index n : {1, 20, 65}) {
      for (const bool transpose_a : {false, true}) {
        const Variant variant{transpose_a, !transpose_a, 1.5, 0.5, 2, 1};
        EXPECT_LE(error_over_bound<TypeParam>(19, n, k, variant), 1) << k << ' ' << n;
      }
    }
  }
}

TYPED_TEST(GemmOf, BatchesAgreeWithTheReference) {
  for (const Index batch : {2, 7}) {
    for (const bool transpose : {false, true}) {
      for (const Index k : {11, 1500}) {
        const Variant variant{transpose, !transpose, 2, 1, 1, batch};
        EXPECT_LE(error_over_bound<TypeParam>(9, 18, k, variant), 1) << batch << ' ' << k;
      }
    }
  }
}

TYPED_TEST(GemmOf, ABatchMayShareAnOperandAndInterleaveItsResults) {
  // Heads of a layer: C [rows, heads * n], all of one X, each with its own W.
  constexpr Index kRows = 23, kIn = 14, kOut = 9, kHeads = 3;
  const Case<TypeParam> x(kRows, kIn, 1, {});
  const Case<TypeParam> w(kHeads * kOut, kIn, 1, {});
  const Array<TypeParam> ours("ours", kRows * kHeads * kOut), each("each", kRows * kHeads * kOut);
  GemmWorkspace workspace;
  Gemm<TypeParam> product{.m = kRows, .n = kOut, .k = kIn, .c = ours.data(), .ldc = kHeads * kOut};
  product.a = {x.c.data(), kIn, false, 0};
  product.b = {w.c.data(), kIn, true, kOut * kIn};
  product.batch = kHeads;
  product.stride_c = kOut;
  gemm(workspace, product);
  product.batch = 1;
  for (Index head = 0; head < kHeads; ++head) {
    product.b.data = w.c.data() + head * kOut * kIn;
    product.c = each.data() + head * kOut;
    gemm_reference(product);
  }
  const auto a = to_vector(ours), b = to_vector(each);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], (kIn + 4) * kIn * std::numeric_limits<TypeParam>::epsilon());
  }
}

TYPED_TEST(GemmOf, EmptyProductsTouchNothingAndEmptySumsScaleC) {
  GemmWorkspace workspace;
  gemm(workspace, Gemm<TypeParam>{});
  gemm(workspace, Gemm<TypeParam>{.m = 0, .n = 5, .k = 3, .c = nullptr, .ldc = 5});
  gemm(workspace, Gemm<TypeParam>{.m = 5, .n = 0, .k = 3, .c = nullptr, .ldc = 0});
  gemm(workspace, Gemm<TypeParam>{.m = 5, .n = 5, .k = 3, .c = nullptr, .ldc = 5, .batch = 0});
  const Array<TypeParam> c("c", 6);
  fill(c, TypeParam(4));
  gemm(workspace, Gemm<TypeParam>{.m = 2, .n = 3, .k = 0, .c = c.data(), .ldc = 3, .beta = 0.5});
  EXPECT_EQ(to_vector(c), std::vector<TypeParam>(6, 2));
  gemm(workspace, Gemm<TypeParam>{.m = 2, .n = 3, .k = 0, .c = c.data(), .ldc = 3});
  EXPECT_EQ(to_vector(c), std::vector<TypeParam>(6, 0));
}

TYPED_TEST(GemmOf, WithBetaZeroWhatWasInCIsNotRead) {
  for (const Index n : {1, 16, 21}) {
    for (const Index k : {8, 1100}) {
      const Case<TypeParam> product(13, n, k, {});
      fill(product.c, std::numeric_limits<TypeParam>::quiet_NaN());
      GemmWorkspace workspace;
      gemm(workspace, product.product);
      for (const TypeParam value : to_vector(product.c)) EXPECT_TRUE(std::isfinite(value));
    }
  }
}

TYPED_TEST(GemmOf, ARowHasTheSameBitsHoweverManyRowsThereAre) {
  for (const Index n : {1, 40, 65}) {
    const Case<TypeParam> many(400, n, 37, {}), few(7, n, 37, {});
    GemmWorkspace workspace;
    gemm(workspace, many.product);
    gemm(workspace, few.product);  // the same first rows of A and the same B
    const auto all = to_vector(many.c), some = to_vector(few.c);
    for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ(all[i], some[i]) << n << ' ' << i;
  }
}

TYPED_TEST(GemmOf, TheSecondProductAllocatesNothing) {
  const Case<TypeParam> forward(300, 65, 70, {.transpose_b = true});
  const Case<TypeParam> gradient(65, 70, 3000, {.transpose_a = true});
  GemmWorkspace workspace;
  gemm(workspace, forward.product);
  gemm(workspace, gradient.product);
  const Offset before = array_allocations();
  gemm(workspace, forward.product);
  gemm(workspace, gradient.product);
  EXPECT_EQ(array_allocations(), before);
}

TYPED_TEST(GemmOf, SizesThatDoNotFitAreRefused) {
  GemmWorkspace workspace;
  const auto message = [&](const auto& change) -> std::string {
    Case<TypeParam> product(4, 5, 6, {.batch = 2});
    change(product.product);
    try {
      gemm(workspace, product.product);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([](auto& g) { g.k = -1; }),
            "a product of matrices has the sizes m = 4, n = 5, k = -1, batch = 2: none may be "
            "negative");
  EXPECT_EQ(message([](auto& g) { g.a.leading = 5; }),
            "matrix A of a product has rows of 6 values that lie 5 values apart: its leading "
            "dimension must be at least 6");
  EXPECT_EQ(message([](auto& g) { g.ldc = 4; }),
            "matrix C of a product has rows of 5 values that lie 4 values apart: its leading "
            "dimension must be at least 5");
  EXPECT_EQ(message([](auto& g) { g.b.data = nullptr; }), "matrix B of a product has no data");
  EXPECT_EQ(message([](auto& g) { g.stride_c = 19; }),
            "the 2 results of a batch of products lie 19 values apart and overlap: a result takes "
            "20");
}

template <class T>
void add_products(testing_support::Report& report, const std::string& type) {
  GemmWorkspace workspace;
  for (const auto& [m, n, k, transpose_a] :
       {std::tuple<Index, Index, Index, bool>{2000, 65, 64, false},
        {2000, 1, 192, false},
        {64, 65, 20000, true},
        {300, 40, 3000, true},
        {17, 1, 40000, true}}) {
    const Case<T> product(m, n, k, {.transpose_a = transpose_a, .beta = 1});
    gemm(workspace, product.product);
    report.add(format("{} {} x {} x {}", type, m, n, k), product.c);
  }
  const Case<T> batch(30, 20, 700, {.transpose_b = true, .batch = 40});
  gemm(workspace, batch.product);
  report.add(type + " batch", batch.c);
}

std::string digests() {
  testing_support::Report report;
  add_products<float>(report, "float");
  add_products<double>(report, "double");
  return report.text();
}

TEST(GemmThreads, ProductsHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("GemmThreads.*", digests);
}

TEST(Gemm, SaysWhatMultiplies) {
  EXPECT_FALSE(gemm_name().empty());
}

}  // namespace
}  // namespace filigree
