// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Promises that every constitutive law keeps. A law joins by being in the list of
// physics/laws/laws.hpp.
#include <gtest/gtest.h>

#include <utility>

#include "core/random.hpp"
#include "physics/laws/laws.hpp"

namespace filigree {
namespace {

constexpr Real kStep = std::is_same_v<Real, float> ? Real(1e-2) : Real(1e-5);
constexpr int kSamples = 200;

/// Calls test(law, name) for a default object of every law in the list.
template <class Test>
void for_each_law(const Test& test) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (
        [&] {
          using L = std::variant_alternative_t<I, Law>;
          SCOPED_TRACE(L::kName);
          test(L{});
        }(),
        ...);
  }
  (std::make_index_sequence<std::variant_size_v<Law>>{});
}

/// The same for fluids that may be pulled: the contract of stored energy holds on both sides of J
/// = 1.
template <class L>
L bearing_tension(L law) {
  if constexpr (requires { law.allow_tension; }) law.allow_tension = true;
  return law;
}

template <int D>
Mat<D> random_matrix(const RandomStream& stream, std::uint64_t sample, Real scale) {
  Mat<D> m{};
  for (int c = 0; c < D * D; ++c) {
    m.data[c] = stream.between<Real>(-scale, scale, sample, static_cast<std::uint32_t>(c));
  }
  return m;
}

template <int D>
Mat<D> random_rotation(const RandomStream& stream, std::uint64_t sample) {
  return svd(random_matrix<D>(stream, sample, 1)).U;
}

/// History after the volume changed by the factor 1 + dt tr L; laws that do not store J ignore it.
template <int D>
Real moved_history(Real history, const Mat<D>& L, Real dt) {
  return history * (1 + dt * trace(L));
}

template <int D, class L>
void check_rest(const L& law) {
  const Mat<D> F = Mat<D>::identity();
  const Real history = law.initial_history();
  const Real scale = law.wave_modulus();
  const Mat<D> tau = law.kirchhoff(F, history, Mat<D>::zero());
  EXPECT_LE(std::sqrt(squared_norm(tau)), tol<Real>(100) * scale);
  EXPECT_NEAR(law.energy(F, history), 0, tol<Real>(100) * scale);
  EXPECT_NEAR(law.volume_ratio(F, history), 1, tol<Real>(4));
}

TEST(LawContract, RestStateHasNoStressAndNoEnergy) {
  for_each_law([](const auto& law) {
    check_rest<2>(law);
    check_rest<3>(law);
  });
}

/// tau : L = d psi / dt along F' = L F, by dual numbers in every direction: tau = (d psi / dF) F^T,
/// with J' = J tr L for laws that store J.
template <int D, class L>
void check_power(const L& law) {
  using Derivatives = Dual<Real, D * D>;
  const RandomStream stream(1, "laws/power");
  for (int sample = 0; sample < kSamples; ++sample) {
    const Mat<D> F = Mat<D>::identity() + random_matrix<D>(stream, 2 * sample, Real(0.15));
    const Real history = law.initial_history() * det(F);
    const Mat<D> tau = law.kirchhoff(F, history, Mat<D>::zero());
    Mat<D, D, Derivatives> rate{};  // of moving, with the velocity gradients as variables
    for (int i = 0; i < D * D; ++i) rate.data[i] = Derivatives::variable(0, i);
    const Mat<D, D, Derivatives> start = constant_dual<D * D>(F);
    const Derivatives moved_history = history * (Derivatives(1) + trace(rate));
    const Derivatives energy = law.energy(start + rate * start, moved_history);
    for (int i = 0; i < D * D; ++i) {
      EXPECT_NEAR(energy.gradient[i], tau.data[i], tol<Real>(1000) * law.wave_modulus());
    }
  }
}

/// The same by central differences, which know nothing of how the derivatives are taken: the error
/// is O(step^2) of the third derivative plus round-off/step; 1e-6 relative in double.
template <int D, class L>
void check_power_by_differences(const L& law) {
  const RandomStream stream(1, "laws/power");
  for (int sample = 0; sample < kSamples; ++sample) {
    const Mat<D> F = Mat<D>::identity() + random_matrix<D>(stream, 2 * sample, Real(0.15));
    const Mat<D> rate = random_matrix<D>(stream, 2 * sample + 1, 1);
    const Real history = law.initial_history() * det(F);
    const Real power = contract(law.kirchhoff(F, history, Mat<D>::zero()), rate);
    const Real forward =
        law.energy(laws::moved(F, rate, kStep), moved_history(history, rate, kStep));
    const Real backward =
        law.energy(laws::moved(F, rate, -kStep), moved_history(history, rate, -kStep));
    const Real tolerance = std::is_same_v<Real, float> ? Real(2e-2) : Real(1e-6);
    EXPECT_NEAR((forward - backward) / (2 * kStep), power, tolerance * law.wave_modulus());
  }
}

TEST(LawContract, StressPowerIsTheRateOfStoredEnergy) {
  for_each_law([](const auto& law) {
    check_power<2>(bearing_tension(law));
    check_power<3>(bearing_tension(law));
    check_power_by_differences<2>(bearing_tension(law));
    check_power_by_differences<3>(bearing_tension(law));
  });
}

template <int D, class L>
void check_objectivity(const L& law) {
  const RandomStream stream(2, "laws/objectivity");
  for (int sample = 0; sample < kSamples; ++sample) {
    const Mat<D> F = Mat<D>::identity() + random_matrix<D>(stream, 2 * sample, Real(0.2));
    const Mat<D> Q = random_rotation<D>(stream, 2 * sample + 1);
    const Real history = law.initial_history() * det(F);
    const Mat<D> tau = law.kirchhoff(F, history, Mat<D>::zero());
    const Mat<D> turned = law.kirchhoff(Q * F, history, Mat<D>::zero());
    const Mat<D> difference = turned - Q * tau * transpose(Q);
    EXPECT_LE(std::sqrt(squared_norm(difference)), tol<Real>(300) * law.wave_modulus());
    EXPECT_NEAR(law.energy(Q * F, history), law.energy(F, history),
                tol<Real>(300) * law.wave_modulus());
  }
}

TEST(LawContract, StressTurnsWithTheMaterial) {
  for_each_law([](const auto& law) {
    check_objectivity<2>(law);
    check_objectivity<3>(law);
  });
}

/// Uniaxial strain e: tau_xx = M e + O(e^2), the modulus of the speed of sound.
template <int D, class L>
void check_small_strain(const L& law) {
  const Real strain = std::is_same_v<Real, float> ? Real(1e-3) : Real(1e-6);
  Mat<D> F = Mat<D>::identity();
  F(0, 0) -= strain;
  const Real history = law.initial_history() * det(F);
  const Mat<D> tau = law.kirchhoff(F, history, Mat<D>::zero());
  EXPECT_NEAR(tau(0, 0) / (-strain * law.wave_modulus()), 1, 20 * strain + tol<Real>(1) / strain);
}

TEST(LawContract, SmallUniaxialStrainFollowsTheWaveModulus) {
  for_each_law([](const auto& law) {
    check_small_strain<2>(law);
    check_small_strain<3>(law);
  });
}

/// What advance() returns is the stress of the state it leaves, and staying there changes nothing.
template <int D, class L>
void check_advance(const L& law) {
  const RandomStream stream(3, "laws/advance");
  for (int sample = 0; sample < kSamples; ++sample) {
    Mat<D> F = Mat<D>::identity() + random_matrix<D>(stream, 2 * sample, Real(0.2));
    const Mat<D> rate = random_matrix<D>(stream, 2 * sample + 1, 10);
    Real history = law.initial_history();
    const Mat<D> tau = law.advance(F, history, rate, Real(0.01));
    const Real scale = law.wave_modulus();
    const Mat<D> same = law.kirchhoff(F, history, rate);
    EXPECT_LE(std::sqrt(squared_norm(tau - same)), tol<Real>(1000) * scale);
    const Mat<D> F_before = F;
    Real history_again = history;
    law.advance(F, history_again, rate, Real(0));
    EXPECT_LE(std::sqrt(squared_norm(F - F_before)), tol<Real>(1000));
  }
}

TEST(LawContract, AdvanceReturnsTheStressOfTheNewStateAndIsIdempotentAtRest) {
  for_each_law([](auto law) {
    if constexpr (requires { law.volume_correction; }) law.volume_correction = false;
    check_advance<2>(law);
    check_advance<3>(law);
  });
}

}  // namespace
}  // namespace filigree
