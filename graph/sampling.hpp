// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Subsets of a cloud that cover it evenly.
#pragma once

#include "core/array.hpp"
#include "core/vec.hpp"

namespace filigree {

/// Farthest-point sampling: starts with point `first` and takes, again and again, the point
/// farthest from all taken ones, ties by the lower number. Returns the numbers of `count` different
/// points in the order in which they were taken. O(n count). Throws InputError when there are too
/// few points.
template <int D>
Array<Index> farthest_points(const Array<Vec<D>>& positions, Index count, Index first = 0);

}  // namespace filigree
