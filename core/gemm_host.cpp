// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Products on the host. C is cut into blocks of rows, and where C is small but the sums are long
// (gradients of weights) the sums are cut too; the cuts depend on the sizes alone. Each piece is
// one product on one thread; partial sums are added pairwise in a fixed tree.
#define EIGEN_DONT_PARALLELIZE
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 in its own AVX-512 header
#endif
#include <Eigen/Core>
#include <algorithm>

#include "core/gemm.hpp"
#include "core/parallel.hpp"
#include "core/reduce.hpp"

namespace filigree::detail {

namespace {

constexpr Index kRows = 128;          // of a block
constexpr Index kDepth = 512;         // shortest piece of a sum
constexpr Index kMaxPieces = 64;      // of a sum
constexpr Index kEnoughBlocks = 16;   // more than this many blocks of rows: sums stay whole
constexpr double kSerialFlops = 2e5;  // below this, waking the team costs more than it gains
constexpr Index kJoin = 1024;         // elements of C that one item adds up

Index pieces_of(Index size, Index piece) {
  return (size + piece - 1) / piece;
}

/// How a product is cut; a function of its sizes alone.
struct Plan {
  Index row_blocks;
  Index depth;   ///< of a piece of the sums
  Index pieces;  ///< of each sum
};

template <class T>
Plan plan(const Gemm<T>& product) {
  Plan result{pieces_of(product.m, kRows), product.k, 1};
  if (Offset(product.batch) * result.row_blocks <= kEnoughBlocks && product.k >= 2 * kDepth) {
    const Index wanted = std::max(kDepth, pieces_of(product.k, kMaxPieces));
    result.depth = pieces_of(wanted, 8) * 8;
    result.pieces = pieces_of(product.k, result.depth);
  }
  return result;
}

struct HostState : GemmState {
  Array<std::byte> partials;
};

/// Storage for `words` values that the workspace keeps.
template <class T>
T* partials_of(GemmWorkspace& workspace, Offset words) {
  auto* state = dynamic_cast<HostState*>(workspace.state.get());
  if (state == nullptr) {
    workspace.state = std::make_unique<HostState>();
    state = static_cast<HostState*>(workspace.state.get());
  }
  const Offset bytes = words * static_cast<Offset>(sizeof(T));
  FILIGREE_REQUIRE(bytes <= std::numeric_limits<Index>::max(),
                   "a batch of products needs {} bytes for partial sums: use smaller batches",
                   bytes);
  if (state->partials.size() < bytes) {
    state->partials = Array<std::byte>("gemm/partials", static_cast<Index>(bytes));
  }
  return reinterpret_cast<T*>(state->partials.data());
}

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Map = Eigen::Map<const RowMajor<T>, 0, Eigen::OuterStride<>>;

/// C = alpha A B + beta C for one piece; A and B as Eigen sees them.
template <class T, class A, class B>
[[gnu::noinline]] void multiply_maps(const A& a, const B& b, T* c, Index ldc, T alpha, T beta) {
  Eigen::Map<RowMajor<T>, 0, Eigen::OuterStride<>> result(c, a.rows(), b.cols(),
                                                          Eigen::OuterStride<>(ldc));
  if (beta == T(0)) {
    result.setZero();
  } else if (beta != T(1)) {
    result *= beta;
  }
  result.noalias() += alpha * (a * b);
}

/// Rows and columns of an operand: op(X)(i0 .. i0 + rows, j0 .. j0 + columns).
template <class T>
Map<T> stored(const GemmOperand<T>& x, Index batch, Index i0, Index j0, Index rows, Index columns) {
  const Index row = x.transposed ? j0 : i0;
  const Index column = x.transposed ? i0 : j0;
  return {x.data + batch * x.stride + Offset(row) * x.leading + column,
          x.transposed ? columns : rows, x.transposed ? rows : columns,
          Eigen::OuterStride<>(x.leading)};
}

template <class T>
void multiply_piece(const Gemm<T>& g, Index batch, Index i0, Index rows, Index p0, Index depth,
                    T* c, Index ldc, T alpha, T beta) {
  const Map<T> a = stored(g.a, batch, i0, p0, rows, depth);
  const Map<T> b = stored(g.b, batch, p0, 0, depth, g.n);
  if (g.a.transposed) {
    if (g.b.transposed) {
      multiply_maps(a.transpose(), b.transpose(), c, ldc, alpha, beta);
    } else {
      multiply_maps(a.transpose(), b, c, ldc, alpha, beta);
    }
  } else if (g.b.transposed) {
    multiply_maps(a, b.transpose(), c, ldc, alpha, beta);
  } else {
    multiply_maps(a, b, c, ldc, alpha, beta);
  }
}

/// Runs body(i) for i in [0, n): on the team if there is enough work.
template <class Body>
void run(const char* label, Index n, bool on_team, const Body& body) {
  if (on_team && n > 1) {
    for_each_uneven(label, n, 1, body);
  } else {
    for (Index i = 0; i < n; ++i) body(i);
  }
}

template <class T>
void multiply(GemmWorkspace& workspace, const Gemm<T>& g) {
  const Plan cut = plan(g);
  const double flops = 2.0 * g.batch * g.m * g.n * g.k;
  const bool on_team = flops > kSerialFlops;
  const Index blocks = static_cast<Index>(Offset(g.batch) * cut.row_blocks);
  const Offset size = Offset(g.m) * g.n;
  T* partials = nullptr;
  if (cut.pieces > 1) {
    partials = partials_of<T>(workspace, size * g.batch * cut.pieces);
  }
  run("gemm/blocks", blocks * cut.pieces, on_team, [&](Index item) {
    const Index piece = item % cut.pieces;
    const Index block = item / cut.pieces;
    const Index batch = block / cut.row_blocks;
    const Index i0 = block % cut.row_blocks * kRows;
    const Index rows = std::min(kRows, g.m - i0);
    const Index p0 = piece * cut.depth;
    const Index depth = std::min(cut.depth, g.k - p0);
    if (partials != nullptr) {
      T* c = partials + (Offset(batch) * cut.pieces + piece) * size + Offset(i0) * g.n;
      multiply_piece(g, batch, i0, rows, p0, depth, c, g.n, T(1), T(0));
    } else {
      T* c = g.c + batch * g.stride_c + Offset(i0) * g.ldc;
      multiply_piece(g, batch, i0, rows, p0, depth, c, g.ldc, g.alpha, g.beta);
    }
  });
  if (partials == nullptr) return;
  const Index rows_per_item = std::max<Index>(1, kJoin / g.n);
  const Index items = pieces_of(g.m, rows_per_item);
  run("gemm/join", g.batch * items, on_team, [&](Index item) {
    const Index batch = item / items;
    const Index i0 = item % items * rows_per_item;
    const Index rows = std::min(rows_per_item, g.m - i0);
    T* first = partials + Offset(batch) * cut.pieces * size + Offset(i0) * g.n;
    const Index values = rows * g.n;
    for (Index stride = 1; stride < cut.pieces; stride *= 2) {
      for (Index s = 0; s + stride < cut.pieces; s += 2 * stride) {
        T* to = first + s * size;
        const T* from = first + (s + stride) * size;
        for (Index e = 0; e < values; ++e) to[e] += from[e];
      }
    }
    for (Index i = 0; i < rows; ++i) {
      T* c = g.c + batch * g.stride_c + Offset(i0 + i) * g.ldc;
      const T* sum = first + i * g.n;
      for (Index j = 0; j < g.n; ++j) {
        c[j] = g.alpha * sum[j] + (g.beta == T(0) ? T(0) : g.beta * c[j]);
      }
    }
  });
}

}  // namespace

void gemm_library(GemmWorkspace& workspace, const Gemm<float>& product) {
  multiply(workspace, product);
}

void gemm_library(GemmWorkspace& workspace, const Gemm<double>& product) {
  multiply(workspace, product);
}

std::string gemm_library_name() {
  return format("Eigen {}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION);
}

}  // namespace filigree::detail
