// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scalars side by side in vector registers, for kernels whose loops the compiler does not turn into
// vector instructions by itself. On devices, and with compilers without vector types, plain arrays.
#pragma once

#include <cstring>

#include "core/vec.hpp"

#if defined(__GNUC__) && !defined(__CUDACC__) && !defined(__HIPCC__) && \
    !defined(__SYCL_DEVICE_ONLY__)
#define FILIGREE_VECTOR_TYPES 1
#else
#define FILIGREE_VECTOR_TYPES 0
#endif

namespace filigree {

/// Bytes of the widest vector registers of the processor that is compiled for.
#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// N scalars, N a power of two; operators act lane by lane.
template <class T, int N>
struct Pack {
#if FILIGREE_VECTOR_TYPES
  typedef T Lanes __attribute__((vector_size(N * sizeof(T))));
#else
  using Lanes = Vec<N, T>;
#endif
  Lanes lanes;

  FILIGREE_FUNCTION T operator[](int i) const {
    return lanes[i];
  }
  FILIGREE_FUNCTION void set(int i, T value) {
    lanes[i] = value;
  }

  FILIGREE_FUNCTION static Pack zero() {
    return Pack{};
  }
  FILIGREE_FUNCTION static Pack filled(T value) {
#if FILIGREE_VECTOR_TYPES
    return Pack{Lanes{} + value};
#else
    return Pack{Lanes::filled(value)};
#endif
  }
  /// N scalars from memory of any alignment.
  FILIGREE_FUNCTION static Pack load(const T* from) {
    Pack pack;
#if FILIGREE_VECTOR_TYPES
    std::memcpy(&pack.lanes, from, sizeof(Lanes));
#else
    for (int i = 0; i < N; ++i) pack.lanes[i] = from[i];
#endif
    return pack;
  }
  FILIGREE_FUNCTION void store(T* to) const {
#if FILIGREE_VECTOR_TYPES
    std::memcpy(to, &lanes, sizeof(Lanes));
#else
    for (int i = 0; i < N; ++i) to[i] = lanes[i];
#endif
  }

  FILIGREE_FUNCTION Pack& operator+=(const Pack& b) {
    lanes += b.lanes;
    return *this;
  }
  FILIGREE_FUNCTION Pack& operator-=(const Pack& b) {
    lanes -= b.lanes;
    return *this;
  }
  friend FILIGREE_FUNCTION Pack operator+(Pack a, const Pack& b) {
    return a += b;
  }
  friend FILIGREE_FUNCTION Pack operator-(Pack a, const Pack& b) {
    return a -= b;
  }
  friend FILIGREE_FUNCTION Pack operator*(const Pack& a, const Pack& b) {
#if FILIGREE_VECTOR_TYPES
    return Pack{a.lanes * b.lanes};
#else
    return Pack{cwise_product(a.lanes, b.lanes)};
#endif
  }
  friend FILIGREE_FUNCTION Pack operator*(T s, const Pack& a) {
    return Pack{a.lanes * s};
  }
};

/// The lanes of a, then those of b.
template <class T, int N>
FILIGREE_FUNCTION Pack<T, 2 * N> join(const Pack<T, N>& a, const Pack<T, N>& b) {
  Pack<T, 2 * N> both{};
#if FILIGREE_VECTOR_TYPES
  if constexpr (N == 4) {
    both.lanes = __builtin_shufflevector(a.lanes, b.lanes, 0, 1, 2, 3, 4, 5, 6, 7);
    return both;
  } else if constexpr (N == 8) {
    both.lanes = __builtin_shufflevector(a.lanes, b.lanes, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                         13, 14, 15);
    return both;
  }
#endif
  for (int i = 0; i < N; ++i) {
    both.set(i, a[i]);
    both.set(N + i, b[i]);
  }
  return both;
}

/// Lanes 4 K to 4 K + 3.
template <int K, class T, int N>
FILIGREE_FUNCTION Pack<T, 4> quarter(const Pack<T, N>& a) {
  if constexpr (N == 4) {
    return a;
  } else {
#if FILIGREE_VECTOR_TYPES
    return {__builtin_shufflevector(a.lanes, a.lanes, 4 * K, 4 * K + 1, 4 * K + 2, 4 * K + 3)};
#else
    return {{a[4 * K], a[4 * K + 1], a[4 * K + 2], a[4 * K + 3]}};
#endif
  }
}

}  // namespace filigree
