// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What single laws promise beyond the contract of all laws.
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "physics/laws/laws.hpp"

namespace filigree::laws {
namespace {

constexpr bool kFloat = std::is_same_v<Real, float>;
constexpr double kDegree = 3.14159265358979323846 / 180;

template <int D>
Mat<D> random_strain(const RandomStream& stream, std::uint64_t sample) {
  Mat<D> F = Mat<D>::identity();
  for (int c = 0; c < D * D; ++c) {
    F.data[c] += stream.between<Real>(Real(-0.1), Real(0.1), sample, static_cast<std::uint32_t>(c));
  }
  return F;
}

template <int D>
void check_yield(const DruckerPrager& sand) {
  const RandomStream stream(4, "drucker_prager/yield");
  for (int sample = 0; sample < 500; ++sample) {
    Mat<D> F = random_strain<D>(stream, sample);
    Real q = 0;
    sand.advance(F, q, Mat<D>::zero(), Real(0));
    const auto yield = sand.yield<D>(hencky_strain(F).eps);
    EXPECT_LE(yield.value, tol<Real>(2000));
    EXPECT_LE(yield.trace, tol<Real>(100)) << "dry sand bears no tension";
  }
}

TEST(DruckerPrager, StressLiesOnOrInsideTheConeAfterTheReturnMapping) {
  check_yield<2>(DruckerPrager{});
  check_yield<3>(DruckerPrager{});
}

TEST(DruckerPrager, PureCompressionIsElastic) {
  const DruckerPrager sand;
  Mat<3> F = Real(0.99) * Mat<3>::identity();
  Real q = 0;
  const Mat<3> tau = sand.advance(F, q, Mat<3>::zero(), Real(0));
  const Real expected = (3 * sand.lambda() + 2 * sand.mu()) * std::log(Real(0.99));
  for (int a = 0; a < 3; ++a) EXPECT_NEAR(tau(a, a), expected, tol<Real>(1e3) * -expected);
}

TEST(DruckerPrager, ExpansionIsStressFreeAndRememberedForTheNextCompression) {
  const DruckerPrager sand;
  Mat<2> F = Real(1.01) * Mat<2>::identity();
  Real q = 0;
  Mat<2> tau = sand.advance(F, q, Mat<2>::zero(), Real(0));
  EXPECT_NEAR(squared_norm(tau), 0, tol<Real>(1) * sand.wave_modulus());
  EXPECT_NEAR(q, 2 * std::log(Real(1.01)), tol<Real>(100));
  F *= 1 / Real(1.01);  // back to the first volume: the gap closes without stress
  tau = sand.advance(F, q, Mat<2>::zero(), Real(0));
  EXPECT_NEAR(std::sqrt(squared_norm(tau)), 0, tol<Real>(1e3) * sand.wave_modulus());
}

/// Sheared at constant volume under pressure until it slides: the principal stresses stand in the
/// ratio of Mohr and Coulomb, (s1 - s2)/(s1 + s2) = sin(phi), with the 2D conversion of the cone.
TEST(DruckerPrager, SlidesAtItsFrictionAngleInTheTwoDimensionalForm) {
  for (const double angle : {15.0, 25.0, 40.0}) {
    DruckerPrager sand;
    sand.friction_angle = angle;
    Mat<2> F = Real(0.99) * Mat<2>::identity();
    Real q = 0;
    Mat<2> tau{};
    for (int i = 0; i < 200; ++i) tau = sand.advance(F, q, Mat<2>{0, 1, 1, 0}, Real(1e-3));
    const auto principal = symmetric_eigen(tau).values;
    const double sine =
        std::abs(principal[0] - principal[1]) / std::abs(principal[0] + principal[1]);
    EXPECT_NEAR(std::asin(sine) / kDegree, angle, kFloat ? 0.05 : 1e-6);
  }
}

/// Triaxial compression in 3D: one axis is pressed, two are equal; (s1 - s3)/(s1 + s3) = sin(phi).
TEST(DruckerPrager, SlidesAtItsFrictionAngleInTriaxialCompression) {
  DruckerPrager sand;
  sand.friction_angle = 30;
  Mat<3> F = Real(0.99) * Mat<3>::identity();
  Real q = 0;
  Mat<3> tau{};
  const Mat<3> press = diagonal(Vec<3>{-2, 1, 1});
  for (int i = 0; i < 200; ++i) tau = sand.advance(F, q, press, Real(1e-3));
  const double sine = (tau(0, 0) - tau(1, 1)) / (tau(0, 0) + tau(1, 1));
  EXPECT_NEAR(std::asin(sine) / kDegree, 30, kFloat ? 0.05 : 1e-6);
}

/// On the cone |dev tau| = alpha d p: the plateau of simple shear.
TEST(DruckerPrager, SimpleShearReachesThePlateauOfTheCone) {
  const DruckerPrager sand;
  Mat<3> F = Real(0.98) * Mat<3>::identity();
  Real q = 0;
  Mat<3> tau{};
  Mat<3> shear{};
  shear(0, 1) = 1;
  for (int i = 0; i < 400; ++i) tau = sand.advance(F, q, shear, Real(1e-3));
  const Real p = -trace(tau) / 3;
  const Mat<3> deviator = tau + p * Mat<3>::identity();
  EXPECT_NEAR(std::sqrt(squared_norm(deviator)) / (sand.alpha<3>() * 3 * p), 1,
              kFloat ? 1e-4 : 1e-10);
}

TEST(WeaklyCompressibleFluid, ViscousStressIsThatOfSimpleShear) {
  WeaklyCompressibleFluid fluid;
  fluid.viscosity = 3;
  Mat<2> shear{};
  shear(0, 1) = 20;
  const Mat<2> tau = fluid.kirchhoff(Mat<2>::identity(), Real(1), shear);
  EXPECT_NEAR(tau(0, 1), 60, tol<Real>(100) * 60);
  EXPECT_NEAR(tau(0, 0), 0, tol<Real>(100) * 60);
}

TEST(WeaklyCompressibleFluid, TaitAndLinearAgreeForSmallCompression) {
  WeaklyCompressibleFluid linear, tait;
  tait.equation_of_state = EquationOfState::kTait;
  const Real J = Real(1) - Real(1e-3);
  // p = K eps (1 + (gamma + 1)/2 eps + ...): they differ by 4 eps at gamma = 7.
  EXPECT_NEAR(tait.pressure(J) / linear.pressure(J), 1, 5e-3);
}

TEST(WeaklyCompressibleFluid, SeparatesInsteadOfPulling) {
  const WeaklyCompressibleFluid water;
  Mat<2> F = Mat<2>::identity();
  Real J = 1;
  const Mat<2> tau = water.advance(F, J, Mat<2>::identity(), Real(0.01));
  EXPECT_EQ(J, 1);
  EXPECT_NEAR(squared_norm(tau), 0, tol<Real>(1));
}

}  // namespace
}  // namespace filigree::laws
