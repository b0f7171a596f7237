// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/mat3.hpp"

#include <gtest/gtest.h>

// GCC 12 warns inside Eigen's AVX-512 code, where nothing is wrong.

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace filigree {
namespace {

template <int N, class T>
T largest_entry(const Mat<N, N, T>& a) {
  T largest = 0;
  for (const T value : a.data) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Largest entry of the difference, also for sizes whose squares overflow.
template <int N, class T>
T distance(const Mat<N, N, T>& a, const Mat<N, N, T>& b) {
  return largest_entry(a - b);
}

template <int N, class T>
T orthogonality_error(const Mat<N, N, T>& Q) {
  const T error = distance(transpose(Q) * Q, Mat<N, N, T>::identity());
  return std::max(error, std::abs(det(Q) - 1));
}

template <int N, class T>
Eigen::Matrix<T, N, N, Eigen::RowMajor> to_eigen(const Mat<N, N, T>& a) {
  return Eigen::Map<const Eigen::Matrix<T, N, N, Eigen::RowMajor>>(a.data);
}

template <class T>
constexpr T extreme_scale() {
  return sizeof(T) == 8 ? T(1e150) : T(1e18);
}

/// Random matrices of many kinds: `kind` cycles through ordinary, near the identity, rotations,
/// rank 1, rank 2, reflections, diagonal, widely scaled columns, repeated singular values, tiny,
/// huge.
template <int N, class T>
class Sampler {
 public:
  Mat<N, N, T> operator()() {
    const Mat<N, N, T> a = dense();
    switch (count_++ % 11) {
      case 0:
        return a;
      case 1:
        return Mat<N, N, T>::identity() + std::pow(T(10), -T(count_ % 18)) * a;
      case 2:
        return orthogonal();
      case 3:
        return outer(row(), row());
      case 4:
        return low_rank();
      case 5:
        return with_values([](int i) { return i == 0 ? T(-1) : T(1); });
      case 6:
        return diagonal(row());
      case 7:
        return a * diagonal(powers(T(1e-3)));
      case 8:
        return with_values([](int i) { return i == 0 ? T(2) : T(1); });
      case 9:
        return a * (1 / extreme_scale<T>());
      default:
        return a * extreme_scale<T>();
    }
  }
  Mat<N, N, T> dense() {
    Mat<N, N, T> a{};
    for (T& value : a.data) value = normal_(random_);
    return a;
  }
  Mat<N, N, T> orthogonal() { return svd(dense()).U; }

 private:
  Vec<N, T> row() {
    Vec<N, T> v{};
    for (T& value : v.data) value = normal_(random_);
    return v;
  }
  Vec<N, T> powers(T base) {
    Vec<N, T> v{};
    for (int i = 0; i < N; ++i) v[i] = std::pow(base, T(i));
    return v;
  }
  Mat<N, N, T> low_rank() {
    Mat<N, N, T> a = Mat<N, N, T>::zero();
    for (int i = 1; i < N; ++i) a += outer(row(), row());
    return a;
  }
  template <class Value>
  Mat<N, N, T> with_values(const Value& value) {
    Vec<N, T> values{};
    for (int i = 0; i < N; ++i) values[i] = value(i);
    return orthogonal() * diagonal(values) * orthogonal();
  }

  std::mt19937_64 random_{20240607};
  std::normal_distribution<T> normal_;
  int count_ = 0;
};

template <class T>
class Mat3Test : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Mat3Test, Scalars);

constexpr int kSamples = 11000;

template <int N, class T>
void check_svd(const Mat<N, N, T>& F) {
  const Svd<N, T> d = svd(F);
  const T size = largest_entry(F);
  ASSERT_LE(orthogonality_error(d.U), tol<T>(40));
  ASSERT_LE(orthogonality_error(d.V), tol<T>(40));
  ASSERT_LE(distance(d.U * diagonal(d.sigma) * transpose(d.V), F), tol<T>(40) * size);
  for (int i = 0; i + 1 < N; ++i) {
    ASSERT_GE(d.sigma[i], std::abs(d.sigma[i + 1]));
    ASSERT_GE(d.sigma[i], 0);
  }
  Mat<N, N, T> scaled = F;
  detail::bring_into_range(scaled);
  const auto reference = Eigen::JacobiSVD<Eigen::Matrix<T, N, N>>(to_eigen(scaled));
  const T back = size / std::max(largest_entry(scaled), std::numeric_limits<T>::min());
  for (int i = 0; i < N; ++i) {
    ASSERT_NEAR(std::abs(d.sigma[i]), reference.singularValues()[i] * back, tol<T>(40) * size);
  }
  const T determinant = det(scaled);
  if (std::abs(determinant) > tol<T>(100) * std::pow(largest_entry(scaled), T(N))) {
    ASSERT_EQ(std::signbit(d.sigma[N - 1]), std::signbit(determinant));
  }
}

TYPED_TEST(Mat3Test, SvdRebuildsEveryKindOfMatrix) {
  Sampler<2, TypeParam> sample2;
  Sampler<3, TypeParam> sample3;
  for (int i = 0; i < kSamples; ++i) {
    ASSERT_NO_FATAL_FAILURE((check_svd<2, TypeParam>(sample2()))) << "sample " << i;
    ASSERT_NO_FATAL_FAILURE((check_svd<3, TypeParam>(sample3()))) << "sample " << i;
  }
}

TYPED_TEST(Mat3Test, SvdOfSpecialMatricesIsExact) {
  using T = TypeParam;
  const auto identity = svd(Mat<3, 3, T>::identity());
  EXPECT_EQ(identity.sigma, (Vec<3, T>{1, 1, 1}));
  EXPECT_EQ(identity.U, (Mat<3, 3, T>::identity()));
  EXPECT_EQ(identity.V, (Mat<3, 3, T>::identity()));
  const auto zero = svd(Mat<3, 3, T>::zero());
  EXPECT_EQ(zero.sigma, (Vec<3, T>{0, 0, 0}));
  EXPECT_EQ(zero.U, (Mat<3, 3, T>::identity()));
  EXPECT_EQ(svd(diagonal(Vec<3, T>{2, -5, 3})).sigma, (Vec<3, T>{5, 3, -2}));
  EXPECT_EQ(svd(Mat<2, 2, T>::zero()).sigma, (Vec<2, T>{0, 0}));
  EXPECT_EQ(svd(diagonal(Vec<2, T>{1, -4})).sigma, (Vec<2, T>{4, -1}));
  const T least = std::numeric_limits<T>::denorm_min();
  EXPECT_EQ(svd(diagonal(Vec<3, T>{least, 4 * least, 2 * least})).sigma,
            (Vec<3, T>{4 * least, 2 * least, least}));
}

TYPED_TEST(Mat3Test, SvdKeepsTheDigitsOfSmallSingularValuesOfScaledColumns) {
  using T = TypeParam;
  const T small = sizeof(T) == 8 ? T(1e-40) : T(1e-9);
  Sampler<3, T> sample;
  for (int i = 0; i < 1000; ++i) {
    const Vec<3, T> sigma{1, small, small * small};
    const Mat<3, 3, T> Q = sample.orthogonal();
    const auto d = svd(Q * diagonal(sigma));
    const T sign = det(Q);
    EXPECT_NEAR(d.sigma[1] / sigma[1], 1, tol<T>(40));
    EXPECT_NEAR(d.sigma[2] / sigma[2], sign, tol<T>(40));
  }
}

template <int N, class T>
void check_eigen(const Mat<N, N, T>& a) {
  const SymmetricEigen<N, T> e = symmetric_eigen(a);
  const T size = largest_entry(a);
  ASSERT_LE(orthogonality_error(e.vectors), tol<T>(40));
  ASSERT_LE(distance(e.vectors * diagonal(e.values) * transpose(e.vectors), a), tol<T>(40) * size);
  for (int i = 0; i + 1 < N; ++i) ASSERT_LE(e.values[i], e.values[i + 1]);
  Mat<N, N, T> scaled = a;
  detail::bring_into_range(scaled);
  const T back = size / std::max(largest_entry(scaled), std::numeric_limits<T>::min());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<T, N, N>> reference(to_eigen(scaled));
  for (int i = 0; i < N; ++i) {
    ASSERT_NEAR(e.values[i], reference.eigenvalues()[i] * back, tol<T>(40) * size);
  }
}

TYPED_TEST(Mat3Test, SymmetricEigenRebuildsEveryKindOfMatrix) {
  Sampler<2, TypeParam> sample2;
  Sampler<3, TypeParam> sample3;
  const auto symmetric = [](const auto& a) { return TypeParam(0.5) * (a + transpose(a)); };
  for (int i = 0; i < kSamples; ++i) {
    ASSERT_NO_FATAL_FAILURE((check_eigen<2, TypeParam>(symmetric(sample2())))) << "sample " << i;
    ASSERT_NO_FATAL_FAILURE((check_eigen<3, TypeParam>(symmetric(sample3())))) << "sample " << i;
  }
}

TYPED_TEST(Mat3Test, RepeatedEigenvaluesGiveOrthonormalVectors) {
  using T = TypeParam;
  Sampler<3, T> sample;
  for (int i = 0; i < 3000; ++i) {
    const T gap = std::pow(T(10), -T(i % 20));
    const Mat<3, 3, T> Q = sample.orthogonal();
    const Vec<3, T> values = i % 2 == 0 ? Vec<3, T>{1, 1 + gap, 3} : Vec<3, T>{2, 2, 2 + gap};
    Mat<3, 3, T> a = Q * diagonal(values) * transpose(Q);
    a = T(0.5) * (a + transpose(a));
    ASSERT_NO_FATAL_FAILURE((check_eigen<3, T>(a)));
    const auto e = symmetric_eigen(a);
    for (int k = 0; k < 3; ++k) ASSERT_NEAR(e.values[k], values[k], tol<T>(40));
  }
}

TYPED_TEST(Mat3Test, ScaledPositiveMatricesKeepTheDigitsOfSmallEigenvalues) {
  using T = TypeParam;
  const T small = sizeof(T) == 8 ? T(1e-20) : T(1e-5);
  const Vec<3, T> d{1, small, small * small};
  const Mat<3, 3, T> well_conditioned{4, 1, -1, 1, 3, 1, -1, 1, 5};
  const auto e = symmetric_eigen(diagonal(d) * well_conditioned * diagonal(d));
  // Eliminating the larger rows one by one leaves 4, 11/4 and 46/11 (times d^2).
  EXPECT_NEAR(e.values[2] / 4, 1, tol<T>(20) + small);
  EXPECT_NEAR(e.values[1] / (T(11) / 4 * small * small), 1, tol<T>(20) + small);
  EXPECT_NEAR(e.values[0] / (T(46) / 11 * small * small * small * small), 1, tol<T>(20) + small);
}

template <int N, class T>
void check_polar(const Mat<N, N, T>& F) {
  const Polar<N, T> p = polar(F);
  const T size = largest_entry(F);
  ASSERT_LE(orthogonality_error(p.R), tol<T>(40));
  ASSERT_LE(distance(p.R * p.S, F), tol<T>(60) * size);
  ASSERT_EQ(p.S, transpose(p.S));
  ASSERT_EQ(p.R, rotation_part(F));
}

TYPED_TEST(Mat3Test, PolarRebuildsEveryKindOfMatrix) {
  Sampler<2, TypeParam> sample2;
  Sampler<3, TypeParam> sample3;
  for (int i = 0; i < kSamples; ++i) {
    ASSERT_NO_FATAL_FAILURE((check_polar<2, TypeParam>(sample2()))) << "sample " << i;
    ASSERT_NO_FATAL_FAILURE((check_polar<3, TypeParam>(sample3()))) << "sample " << i;
  }
}

TYPED_TEST(Mat3Test, RotationPartAgreesWithTheSvd) {
  using T = TypeParam;
  Sampler<3, T> sample;
  for (int i = 0; i < 3000; ++i) {
    const Mat<3, 3, T> F = sample.dense();
    const auto d = svd(F);
    const T condition = d.sigma[0] / (d.sigma[1] + d.sigma[2]);
    EXPECT_LE(distance(rotation_part(F), d.U * transpose(d.V)), tol<T>(60) * condition);
  }
}

TYPED_TEST(Mat3Test, RotationPartIsOneForStretchesAndZero) {
  using T = TypeParam;
  EXPECT_EQ(rotation_part(Mat<3, 3, T>::identity()), (Mat<3, 3, T>::identity()));
  EXPECT_EQ(rotation_part(Mat<3, 3, T>::zero()), (Mat<3, 3, T>::identity()));
  EXPECT_EQ(rotation_part(Mat<2, 2, T>::zero()), (Mat<2, 2, T>::identity()));
  EXPECT_EQ(rotation_part(diagonal(Vec<2, T>{3, 1})), (Mat<2, 2, T>::identity()));
  const Mat<3, 3, T> stretch = diagonal(Vec<3, T>{T(1.3), T(0.9), T(0.7)});
  EXPECT_LE(distance(rotation_part(stretch), Mat<3, 3, T>::identity()), tol<T>(2));
}

template <int N, class T>
void check_inverse(const Mat<N, N, T>& a, T condition) {
  const Mat<N, N, T> identity = Mat<N, N, T>::identity();
  ASSERT_LE(distance(a * inverse(a), identity), tol<T>(20) * condition);
  ASSERT_LE(distance(inverse(a) * a, identity), tol<T>(20) * condition);
  ASSERT_EQ(inverse_transpose(a), transpose(inverse(a)));
}

TYPED_TEST(Mat3Test, InverseTimesMatrixIsTheIdentity) {
  using T = TypeParam;
  Sampler<2, T> sample2;
  Sampler<3, T> sample3;
  for (int i = 0; i < 3000; ++i) {
    const auto a = sample2.dense();
    const auto b = sample3.dense();
    const auto da = svd(a);
    const auto db = svd(b);
    const T condition_a = da.sigma[0] / std::abs(da.sigma[1]);
    const T condition_b = db.sigma[0] / std::abs(db.sigma[2]);
    ASSERT_NO_FATAL_FAILURE((check_inverse<2, T>(a, condition_a)));
    ASSERT_NO_FATAL_FAILURE((check_inverse<3, T>(b, condition_b * condition_b)));
  }
}

TYPED_TEST(Mat3Test, CofactorOfASingularMatrixIsFinite) {
  using T = TypeParam;
  const Mat<3, 3, T> a{1, 2, 3, 2, 4, 6, 0, 1, 1};
  EXPECT_EQ(a * transpose(cofactor(a)), (Mat<3, 3, T>::zero()));
  EXPECT_EQ(cofactor(Mat<2, 2, T>{1, 2, 3, 4}), (Mat<2, 2, T>{4, -3, -2, 1}));
}

TYPED_TEST(Mat3Test, NotANumberInGivesNotANumberOut) {
  using T = TypeParam;
  for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
    for (int entry = 0; entry < 9; ++entry) {
      Mat<3, 3, T> F{1, 2, 3, 4, 5, 6, 7, 8, 10};
      F.data[entry] = bad;
      EXPECT_TRUE(std::isnan(svd(F).sigma[0]) && std::isnan(svd(F).sigma[2]));
      EXPECT_TRUE(std::isnan(rotation_part(F)(1, 1)));
      const int i = entry / 3;
      const int j = entry % 3;
      F(j, i) = bad;
      EXPECT_TRUE(std::isnan(symmetric_eigen(F).values[1]));
    }
    EXPECT_TRUE(std::isnan(svd(Mat<2, 2, T>{1, bad, 2, 3}).sigma[0]));
  }
}

}  // namespace
}  // namespace filigree
