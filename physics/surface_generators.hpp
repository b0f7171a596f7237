// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Closed surfaces from formulas, for demonstrations and tests; all are centred at the origin and
// stand along z.
#pragma once

#include <string>

#include "physics/surface_mesh.hpp"

namespace filigree {

/// Icosahedron whose triangles are split into four `subdivisions` times, points moved onto the
/// sphere: 20 * 4^subdivisions triangles.
TriangleMesh sphere_surface(double radius, int subdivisions);

/// Tube of radius `tube` (m) about a circle of radius `ring` (m) in the plane z = 0:
/// 2 n_around n_tube triangles.
TriangleMesh torus_surface(double ring, double tube, int n_around, int n_tube);

/// A falling drop with its tip upwards, t in [0, pi] from the lower pole:
///   r = a sin(t) cos(t/2),   z = -a cos(t);
/// height 2 a, volume pi int r^2 dz = 2/3 pi a^3.
TriangleMesh drop_surface(double a, int n_around, int n_along);

/// A gear with rounded teeth and rounded rims:
///   (x, y) = r(phi) c(t) (cos phi, sin phi),   r = radius (1 + tooth cos(n_teeth phi)),
///   z = height/2 s(t),   c = cos(t)^e, s = sign(t) |sin t|^e,   t in [-pi/2, pi/2], e = 1/4.
/// Volume pi radius^2 (1 + tooth^2/2) height B, B = G(1 + e/2) G(1 + e)/G(1 + 3 e/2) with the gamma
/// function G.
struct GearShape {
  double radius = 0.1;  ///< mean radius (m)
  double tooth = 0.12;  ///< height of the teeth over the mean radius, 0 to below 1
  int n_teeth = 8;
  double height = 0.06;  ///< m
};
TriangleMesh gear_surface(const GearShape& gear, int n_around, int n_along);

/// The gear of scenarios/library/particles/surfaces/gear.obj; examples/02_surfaces.cpp writes it.
TriangleMesh library_gear();
inline constexpr const char* kLibraryGear =
    "A gear with rounded teeth, in metres; made by examples/02_surfaces.cpp";

/// The mesh as the text of an OBJ file: `v x y z` with six digits, `f a b c` from 1.
std::string obj_text(const TriangleMesh& mesh, const std::string& comment);

}  // namespace filigree
