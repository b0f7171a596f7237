// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The inner part of products on the host: one thread, blocks of C that stay in registers.
//
// C is computed in tiles of a few rows by a few vectors of columns. A tile keeps its sums in
// registers, and for each step of depth reads one vector row of B and one value of A per row. A is
// read where it lies. B is read where it lies if its rows are whole vectors and close together,
// else from a packed copy: panels of at most four vectors of columns, filled up with zeros.
//
// Each element of C is summed in the order of depth, whatever tile it falls in. A product with one
// column has no use for vectors of columns: there the vectors run along A.
#pragma once

#include "core/gemm.hpp"

namespace filigree::detail {

/// True if products read op(B) [depth, columns] where it lies.
template <class T>
bool reads_in_place(const GemmOperand<T>& b, Index columns);

/// Values of a packed copy of op(B) [depth, columns].
template <class T>
Offset packed_size(Index depth, Index columns);

/// Number of panels of a matrix with so many columns.
template <class T>
Index panel_count(Index columns);

/// Packs one panel of op(B) [depth, columns], whose first value is b.data[0].
template <class T>
void pack_panel(const GemmOperand<T>& b, Index depth, Index columns, Index panel, T* packed);

/// C = alpha op(A) op(B) + beta C for op(A) [rows, depth], op(B) [depth, columns]; `packed` is null
/// where reads_in_place() is true.
template <class T>
struct TileProduct {
  Index rows;
  Index columns;
  Index depth;
  GemmOperand<T> a;
  GemmOperand<T> b;
  const T* packed;
  T* c;
  Index ldc;
  T alpha;
  T beta;
};
template <class T>
void multiply_tiles(const TileProduct<T>& product);

/// Kind of vectors the tiles are made of: "AVX-512", "AVX2", "SSE2".
const char* vector_name();

}  // namespace filigree::detail
