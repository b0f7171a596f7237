// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/arena.hpp"

#include <cstring>
#include <utility>

namespace filigree {

namespace {

constexpr std::size_t kAlignment = 64;  // Kokkos aligns its allocations to at least this

std::size_t round_up(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Sets all bits of bytes [begin, end): a NaN in every floating-point type, -1 in signed integers.
template <class Bytes>
void poison([[maybe_unused]] const Bytes& bytes, [[maybe_unused]] std::size_t begin,
            [[maybe_unused]] std::size_t end) {
#if FILIGREE_CHECK_BOUNDS
  if (begin == end) return;
  if constexpr (Kokkos::SpaceAccessibility<HostSpace, typename Bytes::memory_space>::accessible) {
    std::memset(bytes.data() + begin, 0xFF, end - begin);
  } else {
    Kokkos::deep_copy(Kokkos::subview(bytes, std::pair(begin, end)), std::byte{0xFF});
  }
#endif
}

}  // namespace

template <bool OnDevice>
BasicArena<OnDevice>::BasicArena(std::string label, std::size_t block_bytes)
    : label_(std::move(label)), block_bytes_(round_up(block_bytes)) {}

template <bool OnDevice>
std::size_t BasicArena<OnDevice>::bytes_in_use() const {
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.used;
  return total;
}

template <bool OnDevice>
std::size_t BasicArena<OnDevice>::bytes_reserved() const {
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.bytes.size();
  return total;
}

template <bool OnDevice>
typename BasicArena<OnDevice>::Mark BasicArena<OnDevice>::mark() const {
  return {current_, blocks_.empty() ? 0 : blocks_[current_].used};
}

template <bool OnDevice>
void BasicArena<OnDevice>::release(Mark mark) {
  for (std::size_t b = mark.block; b < blocks_.size(); ++b) {
    const std::size_t keep = b == mark.block ? mark.used : 0;
    poison(blocks_[b].bytes, keep, blocks_[b].used);
    blocks_[b].used = keep;
  }
  current_ = mark.block;
}

template <bool OnDevice>
std::byte* BasicArena<OnDevice>::take(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  bytes = round_up(bytes);
  Block& block = block_for(bytes);
  std::byte* result = block.bytes.data() + block.used;
  block.used += bytes;
  const std::size_t in_use = bytes_in_use();
  high_water_ = in_use > high_water_ ? in_use : high_water_;
  return result;
}

template <bool OnDevice>
typename BasicArena<OnDevice>::Block& BasicArena<OnDevice>::block_for(std::size_t bytes) {
  // Later blocks are empty, so looking only forward keeps marks in order.
  for (std::size_t b = current_; b < blocks_.size(); ++b) {
    if (blocks_[b].used + bytes <= blocks_[b].bytes.size()) {
      current_ = b;
      return blocks_[b];
    }
  }
  const std::size_t size = bytes > block_bytes_ ? bytes : block_bytes_;
  blocks_.push_back({Bytes(Kokkos::view_alloc(label_, Kokkos::WithoutInitializing), size), 0});
  detail::count_allocation();
  poison(blocks_.back().bytes, 0, size);
  current_ = blocks_.size() - 1;
  return blocks_.back();
}

template class BasicArena<true>;
template class BasicArena<false>;

}  // namespace filigree
