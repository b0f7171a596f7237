// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What single laws promise beyond the contract of all laws.
#include <gtest/gtest.h>

#include <algorithm>
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
    const auto e = deviator(hencky_strain(F).eps);
    EXPECT_LE(sand.yield(e), tol<Real>(2000));
    EXPECT_LE(e.trace, tol<Real>(100)) << "dry sand bears no tension";
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

/// Simple shear at the rate `rate` from rest until `strain`; returns tau_xy.
template <int D, class L>
Real sheared(const L& law, Real rate, Real strain, int steps) {
  Mat<D> F = Mat<D>::identity();
  Real history = law.initial_history();
  Mat<D> L_shear{};
  L_shear(0, 1) = rate;
  Mat<D> tau{};
  for (int i = 0; i < steps; ++i) tau = law.advance(F, history, L_shear, strain / rate / steps);
  return tau(0, 1);
}

/// The plateau of simple shear is s_y/sqrt(2) = sigma_Y/sqrt(3) in 2D and 3D. The principal axes
/// of the elastic strain keep an angle of the order of the yield strain (here 1e-6 in square) to
/// 45 degrees.
TEST(VonMises, SimpleShearReachesItsPlateau) {
  VonMises clay;
  clay.young_modulus = 1e7;
  const double expected = clay.yield_stress / std::sqrt(3.0);
  EXPECT_NEAR(sheared<2>(clay, Real(1), Real(0.2), 400) / expected, 1, kFloat ? 1e-3 : 2e-6);
  EXPECT_NEAR(sheared<3>(clay, Real(1), Real(0.2), 400) / expected, 1, kFloat ? 1e-3 : 2e-6);
}

template <int D>
void check_strength(const VonMises& clay) {
  const RandomStream stream(5, "von_mises/strength");
  for (int sample = 0; sample < 500; ++sample) {
    Mat<D> F = random_strain<D>(stream, sample);
    const Real volume = det(F);
    Real unused = 0;
    const Mat<D> tau = clay.advance(F, unused, Mat<D>::zero(), Real(0));
    const Mat<D> dev = tau - (trace(tau) / D) * Mat<D>::identity();
    EXPECT_LE(std::sqrt(squared_norm(dev)), clay.strength() + tol<Real>(500) * clay.mu());
    EXPECT_NEAR(det(F), volume, tol<Real>(500)) << "plastic flow keeps the volume";
  }
}

TEST(VonMises, StressNeverExceedsItsStrength) {
  check_strength<2>(VonMises{});
  check_strength<3>(VonMises{});
}

/// A bar that is pulled while its sides stay free yields at sigma_Y: e' = e (2, -1, -1)/3 and
/// |dev tau| = sqrt(2/3) sigma.
TEST(VonMises, UniaxialTensionYieldsAtTheYieldStress) {
  const VonMises clay;
  const double strain = 2 * clay.yield_stress / clay.young_modulus;
  const double nu = clay.poisson_ratio;
  const Vec<3> eps{Real(strain), Real(-nu * strain), Real(-nu * strain)};
  const Vec<3> mapped = clay.mapped(eps);
  const Vec<3> tau = hencky_stress(mapped, clay.mu(), clay.lambda());
  EXPECT_NEAR((tau[0] - tau[1]) / clay.yield_stress, 1, kFloat ? 1e-3 : 1e-10);
}

/// Steady simple shear: tau = tau_y + k g^n. The elastic strain at 113 Pa and mu = 4e6 Pa is 3e-5,
/// which turns the principal axes by as much.
TEST(HerschelBulkley, SteadyShearFollowsTheFlowCurve) {
  for (const double n : {0.5, 1.0, 1.7}) {
    HerschelBulkley paste;
    paste.young_modulus = 1e7;
    paste.yield_stress = 100;
    paste.consistency = 3;
    paste.flow_index = n;
    for (const double rate : {1.0, 20.0}) {
      const double expected = 100 + 3 * std::pow(rate, n);
      const double tolerance = kFloat ? 1e-2 : 1e-4;
      EXPECT_NEAR(sheared<2>(paste, Real(rate), Real(2), 4000) / expected, 1, tolerance) << n;
      EXPECT_NEAR(sheared<3>(paste, Real(rate), Real(2), 4000) / expected, 1, tolerance) << n;
    }
  }
}

/// The root of s + 2 mu dt ((s - s_y)/K)^(1/n) = s_tr, put back into the equation.
TEST(HerschelBulkley, FlowStressSolvesItsEquation) {
  for (const double n : {0.1, 0.3, 0.5, 0.99, 1.0, 1.01, 2.0, 3.0}) {
    HerschelBulkley paste;
    paste.flow_index = n;
    const double K = paste.consistency * std::pow(2.0, (1 + n) / 2);
    const double s_y = std::sqrt(2.0) * paste.yield_stress;
    for (const double dt : {1e-7, 1e-4, 1e-2, 10.0}) {
      for (const double trial : {1.0001 * s_y, 2 * s_y, 1e3 * s_y}) {
        const double s = paste.flow_stress(Real(trial), Real(dt));
        EXPECT_GT(s, s_y * (1 - tol<Real>(10)));
        EXPECT_LE(s, trial * (1 + tol<Real>(4)));
        if (s - s_y < (kFloat ? 1e-2 : 1e-6) * s_y)
          continue;  // the difference has too few digits left
        const double flow = 2 * paste.mu() * dt * std::pow(std::max(s - s_y, 0.0) / K, 1 / n);
        // A rounded s changes the second term by its relative slope (s/(s - s_y))/n.
        const double slope = 1 + flow * (1 / n) * s / std::max(s - s_y, 1e-300) / trial;
        EXPECT_NEAR((s + flow) / trial, 1, tol<Real>(50) * slope) << n << ' ' << dt << ' ' << trial;
      }
    }
  }
}

TEST(HerschelBulkley, IsElasticBelowItsYieldStress) {
  HerschelBulkley paste;
  paste.yield_stress = 1e3;
  const Real strain = Real(0.9e3) / paste.mu();
  const Real tau = sheared<2>(paste, Real(1), strain, 10);
  EXPECT_NEAR(tau, 0.9e3, 0.9e3 * 1e-3);
  EXPECT_EQ(paste.flow_stress(Real(1.41e3), Real(1)), Real(1.41e3));
}

/// Crushing to nothing costs without bound, as ln J does.
TEST(NeoHookean, CompressionIsThatOfTheLogarithm) {
  const NeoHookean rubber;
  for (const double stretch : {0.5, 0.1, 0.05}) {
    const Mat<2> F = Real(stretch) * Mat<2>::identity();
    const Mat<2> tau = rubber.kirchhoff(F, Real(0), Mat<2>::zero());
    const double expected =
        rubber.mu() * (stretch * stretch - 1) + rubber.lambda() * 2 * std::log(stretch);
    EXPECT_NEAR(tau(0, 0) / expected, 1, tol<Real>(100));
    EXPECT_NEAR(tau(0, 1), 0, tol<Real>(1) * -expected);
  }
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
