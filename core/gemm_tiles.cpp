// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/gemm_tiles.hpp"

#include <algorithm>
#include <cstring>

namespace filigree::detail {

namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
constexpr int kMaxVectors = 4;  // of a tile's row: 32 registers hold 24 sums, 4 of B, 1 of A
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
constexpr int kMaxVectors = 2;  // 16 registers hold 12 sums, 2 of B, 1 of A
#elif defined(__aarch64__)
constexpr int kVectorBytes = 16;
constexpr int kMaxVectors = 4;
#else
constexpr int kVectorBytes = 16;
constexpr int kMaxVectors = 2;
#endif

constexpr Index kDepthBlock = 512;         // sums run this far before they return to C
constexpr std::size_t kCloseBytes = 1024;  // rows of B further apart evict each other from caches

constexpr Offset kAhead = 32;  // rows of a transposed A that are asked for before they are needed

/// Values in a cache line.
template <class T>
constexpr Index kLineValues = 64 / static_cast<Index>(sizeof(T));

/// One vector, and the same at any address.
template <class T>
struct Lanes {
  typedef T Vector __attribute__((vector_size(kVectorBytes)));
  typedef T Loose __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
};

template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

/// Rows of a tile whose rows have V vectors: as many sums as registers allow.
constexpr int tile_rows(int vectors) {
  return kMaxVectors == 4 ? (vectors <= 2 ? 12 : vectors == 3 ? 8 : 6) : 12 / vectors;
}

/// What is left when fewer rows than a tile has remain.
constexpr int fewer_rows(int rows) {
  return rows == 3 ? 1 : rows / 2;
}

/// Columns [first, first + vectors * lanes) of a panel; the vectors are shared out evenly.
struct Panel {
  Index first;
  int vectors;
};

Index vectors_of(Index columns, int lanes) {
  return (columns + lanes - 1) / lanes;
}

Panel panel_at(Index columns, int lanes, Index panel) {
  const Index vectors = vectors_of(columns, lanes);
  const Index panels = vectors_of(vectors, kMaxVectors);
  const Index begin = vectors * panel / panels;
  return {begin * lanes, static_cast<int>(vectors * (panel + 1) / panels - begin)};
}

/// Where a tile finds its operands.
template <class T>
struct Tile {
  Index depth;
  const T* a;
  Offset lda;
  const T* b;
  Offset ldb;
  T* c;
  Offset ldc;
  int last_lanes;  ///< of the last vector of columns
  T alpha;
  T beta;
};

/// The first `n` lanes of a vector in memory; the rest is zero.
template <class T>
typename Lanes<T>::Vector load(const T* from, int n) {
  typename Lanes<T>::Vector result{};
  std::memcpy(&result, from, static_cast<std::size_t>(n) * sizeof(T));
  return result;
}

template <class T, int R, int V, bool kTransposedA>
[[gnu::noinline]] void run_tile(const Tile<T>& tile) {
  using Vector = typename Lanes<T>::Vector;
  using Loose = typename Lanes<T>::Loose;
  constexpr int kWidth = kLanes<T>;
  Vector sums[R][V];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < V; ++v) sums[i][v] = Vector{};
  }
  const T* a = tile.a;
  const T* b = tile.b;
  const Offset lda = tile.lda;
  const Offset ldb = tile.ldb;
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) __builtin_prefetch(tile.c + i * tile.ldc + v * kWidth, 1);
  }
  for (Index left = tile.depth; left > 0; left -= kLineValues<T>) {
    const Index steps = std::min(left, kLineValues<T>);
    if (!kTransposedA) {
      for (int i = 0; i < R; ++i) __builtin_prefetch(a + (R + i) * lda);
    }
    for (Index step = 0; step < steps; ++step) {
      if (kTransposedA) {
        __builtin_prefetch(a + kAhead * lda);
        for (int v = 0; v < V; ++v) __builtin_prefetch(b + kAhead * ldb + v * kWidth);
      }
      Vector row[V];
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v) row[v] = *reinterpret_cast<const Loose*>(b + v * kWidth);
#pragma GCC unroll 16
      for (int i = 0; i < R; ++i) {
        const T value = kTransposedA ? a[i] : a[i * lda];
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v) sums[i][v] += value * row[v];
      }
      a += kTransposedA ? lda : 1;
      b += ldb;
    }
  }
  const T alpha = tile.alpha;
  const T beta = tile.beta;
  // Not unrolled: sums would have to stay in registers, and this runs once per tile.
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) {
      T* c = tile.c + i * tile.ldc + v * kWidth;
      const int lanes = v + 1 < V ? kWidth : tile.last_lanes;
      Vector result = alpha * sums[i][v];
      if (lanes == kWidth) {
        if (beta != T(0)) result += beta * *reinterpret_cast<const Loose*>(c);
        *reinterpret_cast<Loose*>(c) = result;
      } else {
        if (beta != T(0)) result += beta * load(c, lanes);
        std::memcpy(c, &result, static_cast<std::size_t>(lanes) * sizeof(T));
      }
    }
  }
}

/// All rows of one panel, by tiles of R rows and then by smaller ones.
template <class T, int R, int V, bool kTransposedA>
void run_rows(Tile<T> tile, Index rows) {
  for (; rows >= R; rows -= R) {
    run_tile<T, R, V, kTransposedA>(tile);
    tile.a += R * (kTransposedA ? Offset(1) : tile.lda);
    tile.c += R * tile.ldc;
  }
  if constexpr (R > 1) {
    if (rows > 0) run_rows<T, fewer_rows(R), V, kTransposedA>(tile, rows);
  }
}

template <class T, int V>
void run_panel(const Tile<T>& tile, Index rows, int vectors, bool transposed_a) {
  if (vectors == V) {
    if (transposed_a) {
      run_rows<T, tile_rows(V), V, true>(tile, rows);
    } else {
      run_rows<T, tile_rows(V), V, false>(tile, rows);
    }
  } else if constexpr (V > 1) {
    run_panel<T, V - 1>(tile, rows, vectors, transposed_a);
  }
}

/// c_i = alpha sum_p A(i, p) b_p + beta c_i for R rows that lie in memory as they are: the lanes of
/// a vector take every so-manieth term and are added up in a fixed order.
template <class T, int R>
void dot_rows(const TileProduct<T>& product, const T* b, Index i0) {
  using Vector = typename Lanes<T>::Vector;
  using Loose = typename Lanes<T>::Loose;
  constexpr int kWidth = kLanes<T>;
  const Offset lda = product.a.leading;
  const T* a = product.a.data + i0 * lda;
  Vector sums[R];
  for (int i = 0; i < R; ++i) sums[i] = Vector{};
  Index p = 0;
  for (; p + kWidth <= product.depth; p += kWidth) {
    const Vector row = *reinterpret_cast<const Loose*>(b + p);
    for (int i = 0; i < R; ++i) {
      __builtin_prefetch(a + (R + i) * lda + p);
      sums[i] += *reinterpret_cast<const Loose*>(a + i * lda + p) * row;
    }
  }
  if (const Index rest = product.depth - p; rest > 0) {
    const Vector row = load(b + p, rest);
    for (int i = 0; i < R; ++i) sums[i] += load(a + i * lda + p, rest) * row;
  }
  for (int i = 0; i < R; ++i) {
    for (int half = kWidth / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; ++lane) sums[i][lane] += sums[i][lane + half];
    }
    T& c = product.c[Offset(i0 + i) * product.ldc];
    c = product.alpha * sums[i][0] + (product.beta == T(0) ? T(0) : product.beta * c);
  }
}

/// The same for V vectors of rows (the last with `last_lanes`) of an A that lies transposed.
template <class T, int V>
void add_columns(const TileProduct<T>& product, const T* b, Index i0, int last_lanes) {
  using Vector = typename Lanes<T>::Vector;
  constexpr int kWidth = kLanes<T>;
  Vector sums[V];
  for (int v = 0; v < V; ++v) sums[v] = Vector{};
  for (Index p = 0; p < product.depth; ++p) {
    const T* a = product.a.data + Offset(p) * product.a.leading + i0;
    for (int v = 0; v + 1 < V; ++v) {
      sums[v] += b[p] * *reinterpret_cast<const typename Lanes<T>::Loose*>(a + v * kWidth);
    }
    sums[V - 1] += b[p] * load(a + (V - 1) * kWidth, last_lanes);
  }
  for (int i = 0; i < (V - 1) * kWidth + last_lanes; ++i) {
    T& c = product.c[Offset(i0 + i) * product.ldc];
    const T sum = product.alpha * sums[i / kWidth][i % kWidth];
    c = sum + (product.beta == T(0) ? T(0) : product.beta * c);
  }
}

/// A product with one column, whose packed copy is that column.
template <class T>
void multiply_column(const TileProduct<T>& product) {
  constexpr Index kWidth = kLanes<T>;
  Index i = 0;
  if (product.a.transposed) {
    for (; i + 4 * kWidth <= product.rows; i += 4 * kWidth) {
      add_columns<T, 4>(product, product.packed, i, kWidth);
    }
    for (; i < product.rows; i += kWidth) {
      add_columns<T, 1>(product, product.packed, i, std::min(kWidth, product.rows - i));
    }
  } else {
    for (; i + 4 <= product.rows; i += 4) dot_rows<T, 4>(product, product.packed, i);
    for (; i < product.rows; ++i) dot_rows<T, 1>(product, product.packed, i);
  }
}

}  // namespace

template <class T>
bool reads_in_place(const GemmOperand<T>& b, Index columns) {
  return !b.transposed && columns % kLanes<T> == 0 &&
         static_cast<std::size_t>(b.leading) * sizeof(T) <= kCloseBytes;
}

template <class T>
Offset packed_size(Index depth, Index columns) {
  return columns == 1 ? depth : Offset(depth) * vectors_of(columns, kLanes<T>) * kLanes<T>;
}

template <class T>
Index panel_count(Index columns) {
  return vectors_of(vectors_of(columns, kLanes<T>), kMaxVectors);
}

template <class T>
void pack_panel(const GemmOperand<T>& b, Index depth, Index columns, Index panel, T* packed) {
  if (columns == 1) {
    const Offset step = b.transposed ? 1 : b.leading;
    for (Index p = 0; p < depth; ++p) packed[p] = b.data[p * step];
    return;
  }
  const Panel place = panel_at(columns, kLanes<T>, panel);
  const Index width = place.vectors * kLanes<T>;
  const Index used = std::min(width, columns - place.first);
  T* to = packed + Offset(place.first) * depth;
  if (!b.transposed) {
    for (Index p = 0; p < depth; ++p, to += width) {
      std::copy_n(b.data + Offset(p) * b.leading + place.first, used, to);
      std::fill(to + used, to + width, T(0));
    }
    return;
  }
  constexpr Index kBlock = 16;  // of depth: the rows written stay in the first cache
  for (Index p0 = 0; p0 < depth; p0 += kBlock, to += kBlock * width) {
    const Index block = std::min(kBlock, depth - p0);
    for (Index j = 0; j < used; ++j) {
      const T* from = b.data + Offset(place.first + j) * b.leading + p0;
      for (Index p = 0; p < block; ++p) to[p * width + j] = from[p];
    }
    for (Index p = 0; p < block; ++p) std::fill(to + p * width + used, to + (p + 1) * width, T(0));
  }
}

template <class T>
void multiply_tiles(const TileProduct<T>& product) {
  if (product.columns == 1) {
    multiply_column(product);
    return;
  }
  const Index panels = panel_count<T>(product.columns);
  for (Index p0 = 0; p0 < product.depth; p0 += kDepthBlock) {
    for (Index panel = 0; panel < panels; ++panel) {
      const Panel place = panel_at(product.columns, kLanes<T>, panel);
      const Index width = place.vectors * kLanes<T>;
      Tile<T> tile;
      tile.depth = std::min(kDepthBlock, product.depth - p0);
      tile.lda = product.a.leading;
      tile.a = product.a.data + (product.a.transposed ? p0 * tile.lda : Offset(p0));
      if (product.packed == nullptr) {
        tile.ldb = product.b.leading;
        tile.b = product.b.data + p0 * tile.ldb + place.first;
      } else {
        tile.ldb = width;
        tile.b = product.packed + Offset(place.first) * product.depth + p0 * tile.ldb;
      }
      tile.ldc = product.ldc;
      tile.c = product.c + place.first;
      tile.last_lanes = std::min(kLanes<T>, product.columns - place.first - width + kLanes<T>);
      tile.alpha = product.alpha;
      tile.beta = p0 == 0 ? product.beta : T(1);
      run_panel<T, kMaxVectors>(tile, product.rows, place.vectors, product.a.transposed);
    }
  }
}

const char* vector_name() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__AVX__)
  return "AVX";
#elif defined(__SSE2__)
  return "SSE2";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "no vectors";
#endif
}

#define FILIGREE_INSTANTIATE(T)                                             \
  template bool reads_in_place(const GemmOperand<T>&, Index);               \
  template Offset packed_size<T>(Index, Index);                             \
  template Index panel_count<T>(Index);                                     \
  template void pack_panel(const GemmOperand<T>&, Index, Index, Index, T*); \
  template void multiply_tiles(const TileProduct<T>&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::detail
