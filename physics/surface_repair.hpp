// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Makes a closed, outward-facing surface of triangles as programs export them, or says why not.
//
// With D the diagonal of the bounding box, in this order:
//   1. points within 1e-6 D of an earlier one become that one; points without triangles go;
//   2. triangles with two equal corners go, and repetitions of a triangle; two equal triangles
//      back to back go together (bodies glued face to face), unless one of them closes a hole;
//   3. triangles that share an edge are turned alike; in each part the side that has more area in
//      the file wins;
//   4. holes are closed by a fan of triangles about the middle of their rim, if the fan's area is
//      at most 1e-6 D^2: slits, T-junctions, and holes up to about a thousandth of D across;
//   5. triangles that are lower than 1e-12 D go;
//   6. parts turned inside out are turned back, except cavities: parts inside another one.
// What is left must be closed: as many triangles run along each edge in one direction as in the
// other (two triangles for an ordinary edge).
#pragma once

#include "physics/surface_mesh.hpp"

namespace filigree {

struct SurfaceRepairs {
  Index welded_points = 0;
  Index dropped_triangles = 0;  ///< without area, or double
  Index turned_triangles = 0;   ///< against their neighbours, or with an inverted part
  Index closed_holes = 0;
};

/// Throws InputError when the mesh is empty, not finite, open (with the number of holes, and place
/// and size of the largest), one-sided, or encloses no volume.
SurfaceRepairs repair_surface(TriangleMesh& mesh);

}  // namespace filigree
