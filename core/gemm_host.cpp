// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Products on the host: who computes what. C is cut into blocks of rows, and where there are few
// of them but the sums are long (gradients of weights) the sums are cut too. The cuts depend on the
// sizes alone, each piece is computed by one thread, and partial sums are added pairwise in a fixed
// tree: the same bits for any number of threads.
#include <algorithm>

#include "core/error.hpp"
#include "core/gemm_tiles.hpp"
#include "core/parallel.hpp"

namespace filigree::detail {

namespace {

constexpr Index kRows = 120;           // of a block: a multiple of what every tile has
constexpr Index kMoreRows = 264;       // of a block where sums are cut: fewer passes over B
constexpr Index kDepth = 512;          // shortest piece of a sum
constexpr Index kMaxPieces = 16;       // of a sum
constexpr Index kEnoughBlocks = 16;    // with more blocks of rows than this, sums stay whole
constexpr double kSerialFlops = 2e6;   // below this, waking the team costs more than it gains
constexpr Offset kSerialPack = 32768;  // values, the same for packing
constexpr Index kJoinValues = 1024;    // of C that one item adds up

Index pieces_of(Index size, Index piece) {
  return (size + piece - 1) / piece;
}

/// How a product is cut; a function of its sizes alone.
struct Cut {
  Index rows;  ///< of a block
  Index row_blocks;
  Index depth;   ///< of a piece of the sums
  Index pieces;  ///< of each sum
};

template <class T>
Cut cut_of(const Gemm<T>& g) {
  const Index row_blocks = pieces_of(g.m, kRows);
  if (Offset(g.batch) * row_blocks > kEnoughBlocks || g.k < 2 * kDepth) {
    return {kRows, row_blocks, g.k, 1};
  }
  const Index depth = std::max(kDepth, pieces_of(g.k, kMaxPieces));
  return {kMoreRows, pieces_of(g.m, kMoreRows), depth, pieces_of(g.k, depth)};
}

struct HostState : GemmState {
  Array<std::byte> scratch;
};

/// Storage for `values` values that the workspace keeps.
template <class T>
T* scratch_of(GemmWorkspace& workspace, Offset values) {
  if (values == 0) return nullptr;
  auto* state = dynamic_cast<HostState*>(workspace.state.get());
  if (state == nullptr) {
    workspace.state = std::make_unique<HostState>();
    state = static_cast<HostState*>(workspace.state.get());
  }
  const Offset bytes = values * static_cast<Offset>(sizeof(T));
  FILIGREE_REQUIRE(bytes <= std::numeric_limits<Index>::max(),
                   "a product of matrices needs {} of scratch memory: use smaller batches",
                   size_text(static_cast<std::uint64_t>(bytes)));
  if (state->scratch.size() < bytes) {
    state->scratch = Array<std::byte>("gemm/scratch", static_cast<Index>(bytes));
  }
  return reinterpret_cast<T*>(state->scratch.data());
}

/// Runs body(i) for i in [0, n): by the team if there is enough work.
template <class Body>
void run(const char* label, Index n, bool by_team, const Body& body) {
  if (by_team && n > 1) {
    for_each_uneven(label, n, 1, body);
  } else {
    for (Index i = 0; i < n; ++i) body(i);
  }
}

/// op(X)(i0 ..., j0 ...) of one matrix of a batch.
template <class T>
GemmOperand<T> part(const GemmOperand<T>& x, Index batch, Index i0, Index j0) {
  GemmOperand<T> result = x;
  result.data += batch * x.stride;
  result.data += x.transposed ? Offset(j0) * x.leading + i0 : Offset(i0) * x.leading + j0;
  return result;
}

/// Packed copies of op(B): one per matrix of the batch (one in all if they share it) and piece.
template <class T>
void pack(const Gemm<T>& g, const Cut& cut, T* packed) {
  const Index panels = panel_count<T>(g.n);
  const Index copies = g.b.stride == 0 ? 1 : g.batch;
  const bool by_team = copies * packed_size<T>(g.k, g.n) > kSerialPack;
  run("gemm/pack", copies * cut.pieces * panels, by_team, [&](Index item) {
    const Index batch = item / panels / cut.pieces;
    const Index p0 = item / panels % cut.pieces * cut.depth;
    const Index depth = std::min(cut.depth, g.k - p0);
    T* to = packed + batch * packed_size<T>(g.k, g.n) + packed_size<T>(p0, g.n);
    pack_panel(part(g.b, batch, p0, 0), depth, g.n, item % panels, to);
  });
}

/// C = alpha sum of the partial products + beta C. The tree adds neighbours, then neighbours of
/// neighbours.
template <class T>
void join(const Gemm<T>& g, const Cut& cut, bool by_team, T* partials) {
  const Offset size = Offset(g.m) * g.n;
  const Index rows_per_item = std::max<Index>(1, kJoinValues / g.n);
  const Index items = pieces_of(g.m, rows_per_item);
  run("gemm/join", g.batch * items, by_team, [&](Index item) {
    const Index batch = item / items;
    const Index i0 = item % items * rows_per_item;
    const Index rows = std::min(rows_per_item, g.m - i0);
    T* sums = partials + Offset(batch) * cut.pieces * size + Offset(i0) * g.n;
    for (Index stride = 1; stride < cut.pieces; stride *= 2) {
      for (Index s = 0; s + stride < cut.pieces; s += 2 * stride) {
        T* to = sums + s * size;
        const T* from = sums + (s + stride) * size;
        for (Offset e = 0; e < Offset(rows) * g.n; ++e) to[e] += from[e];
      }
    }
    for (Index i = 0; i < rows; ++i) {
      T* c = g.c + batch * g.stride_c + Offset(i0 + i) * g.ldc;
      const T* sum = sums + Offset(i) * g.n;
      for (Index j = 0; j < g.n; ++j) {
        c[j] = g.alpha * sum[j] + (g.beta == T(0) ? T(0) : g.beta * c[j]);
      }
    }
  });
}

template <class T>
void multiply(GemmWorkspace& workspace, const Gemm<T>& g) {
  const Cut cut = cut_of(g);
  const Offset blocks = Offset(g.batch) * cut.row_blocks;
  FILIGREE_REQUIRE(blocks <= std::numeric_limits<Index>::max(),
                   "a batch of {} products with {} rows each is too large: use smaller batches",
                   g.batch, g.m);
  const bool by_team = 2.0 * g.batch * g.m * g.n * g.k > kSerialFlops;
  const bool in_place = reads_in_place(g.b, g.n);
  const Offset size = Offset(g.m) * g.n;
  const Offset packed_values =
      in_place ? 0 : packed_size<T>(g.k, g.n) * (g.b.stride == 0 ? 1 : g.batch);
  const Offset partial_values = cut.pieces == 1 ? 0 : size * g.batch * cut.pieces;
  T* const packed = scratch_of<T>(workspace, packed_values + partial_values);
  T* const partials = packed + packed_values;
  if (!in_place) pack(g, cut, packed);
  run("gemm/blocks", static_cast<Index>(blocks) * cut.pieces, by_team, [&](Index item) {
    const Index piece = item % cut.pieces;
    const Index block = item / cut.pieces;
    const Index batch = block / cut.row_blocks;
    const Index i0 = block % cut.row_blocks * cut.rows;
    const Index p0 = piece * cut.depth;
    TileProduct<T> tiles;
    tiles.rows = std::min(cut.rows, g.m - i0);
    tiles.columns = g.n;
    tiles.depth = std::min(cut.depth, g.k - p0);
    tiles.a = part(g.a, batch, i0, p0);
    tiles.b = part(g.b, batch, p0, 0);
    tiles.packed = in_place ? nullptr
                            : packed + packed_size<T>(p0, g.n) +
                                  (g.b.stride == 0 ? 0 : batch * packed_size<T>(g.k, g.n));
    tiles.c = g.c + batch * g.stride_c + Offset(i0) * g.ldc;
    tiles.ldc = g.ldc;
    tiles.alpha = g.alpha;
    tiles.beta = g.beta;
    if (cut.pieces > 1) {
      tiles.c = partials + (Offset(batch) * cut.pieces + piece) * size + Offset(i0) * g.n;
      tiles.ldc = g.n;
      tiles.alpha = 1;
      tiles.beta = 0;
    }
    multiply_tiles(tiles);
  });
  if (cut.pieces > 1) join(g, cut, by_team, partials);
}

}  // namespace

void gemm_library(GemmWorkspace& workspace, const Gemm<float>& product) {
  multiply(workspace, product);
}

void gemm_library(GemmWorkspace& workspace, const Gemm<double>& product) {
  multiply(workspace, product);
}

std::string gemm_library_name() {
  return format("own tiles ({})", vector_name());
}

}  // namespace filigree::detail
