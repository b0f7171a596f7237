// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What a shape looks like, for output.
#pragma once

#include "core/frame.hpp"
#include "physics/shapes.hpp"

namespace filigree {

/// The surface of a shape about its middle (points are relative to it): a closed polyline in 2D,
/// triangles in 3D, without name and fields. Round shapes are approximated by 48 sides.
Block outline(const Shape& shape);

}  // namespace filigree
