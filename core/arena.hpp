// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scratch memory for steps: taking is a pointer bump, giving back is a mark.
//
//   void step(const Model& model, State& state, Arena& arena) {
//     Scratch scratch(arena);
//     const auto forces = scratch.take<Vec<3>>(n);     // an Array; gone when scratch goes
//     ...
//   }
//
// An arena grows by whole blocks and keeps them, so that a step which takes the same arrays again
// allocates nothing; what was taken never moves. In builds with bounds checks, memory is filled
// with NaN when it is made and when it is given back. Not for several host threads at once.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "core/array.hpp"

namespace filigree {

/// One bump allocator over device memory (Arena) or host memory (HostArena).
template <bool OnDevice>
class BasicArena {
 public:
  /// Blocks have `block_bytes` or, for larger requests, what is asked for.
  explicit BasicArena(std::string label, std::size_t block_bytes = std::size_t{1} << 20);
  BasicArena(const BasicArena&) = delete;
  BasicArena& operator=(const BasicArena&) = delete;

  std::size_t bytes_in_use() const;
  std::size_t high_water() const { return high_water_; }  ///< most bytes ever in use
  std::size_t bytes_reserved() const;                     ///< held from the system
  int n_blocks() const { return static_cast<int>(blocks_.size()); }

 private:
  template <bool>
  friend class BasicScratch;

  using Bytes = Kokkos::View<std::byte*, Kokkos::LayoutRight,
                             typename BasicArray<std::byte, 1, OnDevice>::Space>;
  struct Block {
    Bytes bytes;
    std::size_t used;
  };
  struct Mark {
    std::size_t block;
    std::size_t used;
  };

  Mark mark() const;
  void release(Mark mark);
  /// `bytes` of storage, aligned for every type.
  std::byte* take(std::size_t bytes);
  Block& block_for(std::size_t bytes);

  std::string label_;
  std::size_t block_bytes_;
  std::size_t current_ = 0;  ///< block that is being filled; earlier ones are full
  std::size_t high_water_ = 0;
  int depth_ = 0;  ///< open Scratch objects
  std::vector<Block> blocks_;
};

/// Takes arrays from an arena and gives all of them back when it is destroyed. Scratch objects nest
/// like scopes: only the innermost one may take.
template <bool OnDevice>
class BasicScratch {
 public:
  explicit BasicScratch(BasicArena<OnDevice>& arena)
      : arena_(arena), mark_(arena.mark()), depth_(++arena.depth_) {}
  ~BasicScratch() {
    arena_.release(mark_);
    --arena_.depth_;
  }
  BasicScratch(const BasicScratch&) = delete;
  BasicScratch& operator=(const BasicScratch&) = delete;

  /// Uninitialised storage of the given extents.
  template <class T>
  BasicArray<T, 1, OnDevice> take(Index n0) {
    return wrap<T, 1>(storage<T>(n0, 1, 1), n0);
  }
  template <class T>
  BasicArray<T, 2, OnDevice> take(Index n0, Index n1) {
    return wrap<T, 2>(storage<T>(n0, n1, 1), n0, n1);
  }
  template <class T>
  BasicArray<T, 3, OnDevice> take(Index n0, Index n1, Index n2) {
    return wrap<T, 3>(storage<T>(n0, n1, n2), n0, n1, n2);
  }

  BasicArena<OnDevice>& arena() { return arena_; }

 private:
  template <class T>
  T* storage(Index n0, Index n1, Index n2) {
    static_assert(std::is_trivially_copyable_v<T>, "scratch runs neither constructors nor others");
    static_assert(alignof(T) <= kAlignment);
    FILIGREE_ASSERT(n0 >= 0 && n1 >= 0 && n2 >= 0, "extents {}, {}, {} of scratch", n0, n1, n2);
    FILIGREE_ASSERT(arena_.depth_ == depth_, "an outer scratch takes while an inner one is open");
    const auto items =
        static_cast<std::size_t>(n0) * static_cast<std::size_t>(n1) * static_cast<std::size_t>(n2);
    return reinterpret_cast<T*>(arena_.take(items * sizeof(T)));
  }
  template <class T, int R, class... Extents>
  static BasicArray<T, R, OnDevice> wrap(T* data, Extents... extents) {
    using Result = BasicArray<T, R, OnDevice>;
    return Result(typename Result::View(data, extents...));
  }

  static constexpr std::size_t kAlignment = 64;

  BasicArena<OnDevice>& arena_;
  typename BasicArena<OnDevice>::Mark mark_;
  int depth_;
};

using Arena = BasicArena<true>;
using HostArena = BasicArena<false>;
using Scratch = BasicScratch<true>;
using HostScratch = BasicScratch<false>;

extern template class BasicArena<true>;
extern template class BasicArena<false>;

}  // namespace filigree
