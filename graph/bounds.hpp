// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Extent of a cloud of points, and the checks that every search makes before it starts.
#pragma once

#include "core/array.hpp"
#include "core/vec.hpp"
#include "graph/box.hpp"

namespace filigree {

/// Smallest box around n points. Without points lower = upper = 0.
template <int D>
struct Bounds {
  Vec<D, double> lower = {};
  Vec<D, double> upper = {};
};

/// Bounds of the positions [n]. Throws InputError, naming the first bad point, when a coordinate is
/// not finite, and when the cloud is so wide that its squared diameter overflows.
/// `what` names the points in the message: "position", "query".
template <int D>
Bounds<D> bounds_of(const Array<Vec<D>>& positions, const char* what);

}  // namespace filigree
