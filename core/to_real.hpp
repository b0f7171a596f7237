// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From the double precision of set-up to the precision of the computation.
#pragma once

#include "core/vec.hpp"

namespace filigree {

template <int N>
Vec<N> to_real(const Vec<N, double>& v) {
  Vec<N> result{};
  for (int i = 0; i < N; ++i) result[i] = static_cast<Real>(v[i]);
  return result;
}

}  // namespace filigree
