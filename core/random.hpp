// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Random numbers without state: value = f(seed, stream name, index).
//
//   const RandomStream noise(seed, "particles/jitter");
//   for_each("jitter", n, FILIGREE_LAMBDA(Index i) { x(i) += h * noise.between(-0.5, 0.5, i); });
//
// The generator is Philox4x32-10, a keyed bijection of 128-bit counters: equal arguments give equal
// numbers for any number of threads and in any order, and there is nothing to save in a checkpoint.
// Integers and uniform numbers have the same bits on every machine; normal numbers agree to
// round-off of log and cos. `index` is the identity of what the number belongs to (global particle
// id, step); `draw` tells several numbers of one index apart.
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/vec.hpp"

namespace filigree {

namespace detail {

/// Ten rounds of Philox4x32.
FILIGREE_FUNCTION constexpr Vec<4, std::uint32_t> philox(Vec<4, std::uint32_t> counter,
                                                         Vec<2, std::uint32_t> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// The finishing mixer of SplitMix64: a bijection of 64-bit numbers.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// FNV-1a.
constexpr std::uint64_t text_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return hash;
}

/// The upper 64 of the 128 bits of a b.
FILIGREE_FUNCTION constexpr std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = a & 0xFFFFFFFFu;
  const std::uint64_t b_low = b & 0xFFFFFFFFu;
  const std::uint64_t middle = (a >> 32) * b_low + (a_low * b_low >> 32);
  const std::uint64_t carry = a_low * (b >> 32) + (middle & 0xFFFFFFFFu);
  return (a >> 32) * (b >> 32) + (middle >> 32) + (carry >> 32);
}

}  // namespace detail

/// One named sequence of random numbers; a plain value that kernels may capture.
class RandomStream {
 public:
  /// Streams of other seeds or names are independent. The mapping is fixed: stored runs rely on it.
  constexpr RandomStream(std::uint64_t seed, std::string_view name) {
    const std::uint64_t key =
        detail::mix(detail::mix(seed + 0x9E3779B97F4A7C15u) ^ detail::mix(detail::text_hash(name)));
    key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  }

  /// 128 random bits.
  FILIGREE_FUNCTION constexpr Vec<4, std::uint32_t> bits(std::uint64_t index,
                                                         std::uint32_t draw = 0) const {
    return block(index, draw, 0);
  }

  /// Uniform in [0, 1), every multiple of 2^-53 (double) or 2^-24 (float) equally likely.
  template <class T = Real>
  FILIGREE_FUNCTION constexpr T uniform(std::uint64_t index, std::uint32_t draw = 0) const {
    const auto b = bits(index, draw);
    return unit<T>(b[0], b[1]);
  }

  /// Uniform in [low, high); low when the interval is empty.
  template <class T = Real>
  FILIGREE_FUNCTION constexpr T between(T low, T high, std::uint64_t index,
                                        std::uint32_t draw = 0) const {
    const T x = low + (high - low) * uniform<T>(index, draw);
    return x < high ? x : low;  // rounding may reach the upper end
  }

  /// Normal with mean 0 and deviation 1 (Box-Muller); at most 8.6 in size.
  template <class T = Real>
  FILIGREE_FUNCTION T normal(std::uint64_t index, std::uint32_t draw = 0) const {
    constexpr double kTwoPi = 6.283185307179586476925286766559;
    const auto b = bits(index, draw);
    const double radius = Kokkos::sqrt(-2 * Kokkos::log(1 - unit<double>(b[0], b[1])));
    return static_cast<T>(radius * Kokkos::cos(kTwoPi * unit<double>(b[2], b[3])));
  }

  /// Uniform in {0, ..., n - 1} without bias; n >= 1.
  FILIGREE_FUNCTION constexpr std::uint64_t integer(std::uint64_t n, std::uint64_t index,
                                                    std::uint32_t draw = 0) const {
    // floor(x n / 2^64) hits each result equally often once 2^64 mod n values of x are rejected.
    const std::uint64_t surplus = (std::uint64_t{0} - n) % n;
    for (std::uint32_t attempt = 0;; ++attempt) {
      const auto b = block(index, draw, attempt);
      const std::uint64_t x = std::uint64_t{b[0]} << 32 | b[1];
      if (x * n >= surplus) return detail::high_product(x, n);
    }
  }

  /// Puts the values into random order, every order equally likely; `draw` may be the epoch.
  template <class T>
  void shuffle(std::span<T> values, std::uint32_t draw = 0) const {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[static_cast<std::size_t>(integer(i, i, draw))]);
    }
  }

  /// 0 ... n - 1 in random order.
  std::vector<Index> permutation(Index n, std::uint32_t draw = 0) const {
    std::vector<Index> order(static_cast<std::size_t>(n < 0 ? 0 : n));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
    shuffle(std::span<Index>(order), draw);
    return order;
  }

 private:
  FILIGREE_FUNCTION constexpr Vec<4, std::uint32_t> block(std::uint64_t index, std::uint32_t draw,
                                                          std::uint32_t attempt) const {
    return detail::philox(
        {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), draw, attempt},
        key_);
  }

  template <class T>
  FILIGREE_FUNCTION static constexpr T unit(std::uint32_t high, std::uint32_t low) {
    if constexpr (sizeof(T) == 4) {
      return static_cast<T>(high >> 8) * T(0x1p-24);
    } else {
      return static_cast<T>((std::uint64_t{high} << 32 | low) >> 11) * T(0x1p-53);
    }
  }

  Vec<2, std::uint32_t> key_{};
};

}  // namespace filigree
