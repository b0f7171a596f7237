// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/dropout.hpp"

#include "core/random.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_elementwise.hpp"

namespace filigree::learning {

namespace {

/// 0 where one of 2^32 equally likely numbers is below `threshold`, else `kept`.
template <class T>
void fill_mask(const RandomStream& random, std::uint32_t draw, std::uint64_t threshold, double kept,
               const Tensor& mask) {
  T* to = TensorAccess::data<T>(mask);
  const T value = static_cast<T>(kept);
  const Index n = mask.size();
  constexpr Index kPerBlock = 4;  // numbers that the generator makes at once
  const Index blocks = (n + kPerBlock - 1) / kPerBlock;
  for_items(
      "dropout", blocks, 8 * Offset(n), FILIGREE_LAMBDA(Index block) {
        const auto bits = random.bits(static_cast<std::uint64_t>(block), draw);
        for (Index k = 0; k < kPerBlock; ++k) {
          const Index i = kPerBlock * block + k;
          if (i < n) to[i] = bits[static_cast<int>(k)] < threshold ? T(0) : value;
        }
      });
}

}  // namespace

Tensor Dropout::operator()(const Tensor& x, const Mode& mode) const {
  FILIGREE_REQUIRE(rate >= 0 && rate < 1, "dropout '{}': the rate {} must lie in [0, 1)", name,
                   rate);
  if (!mode.is_training || rate == 0) return x;
  const RandomStream random(mode.seed, "dropout/" + name);
  const auto threshold = static_cast<std::uint64_t>(rate * 0x1p32);
  const double kept = 1 / (1 - rate);
  const Tensor mask = TensorAccess::make(x.shape(), x.dtype());
  x.dtype() == DType::kF32 ? fill_mask<float>(random, mode.step, threshold, kept, mask)
                           : fill_mask<double>(random, mode.step, threshold, kept, mask);
  return x * mask;
}

}  // namespace filigree::learning
