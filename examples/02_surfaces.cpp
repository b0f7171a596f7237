// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Closed surfaces from formulas: what they enclose, what lies inside, and a file to run with.
//
// Build:  cmake --build build --target example_02_surfaces
// Run:    build/example_02_surfaces            prints the table
//         build/example_02_surfaces gear.obj   also writes the gear of the scene library
//
// You will see how to make a surface, measure it, ask for inside and distance, and how
// scenarios/library/particles/surfaces/gear.obj was made. Use such a file in a scene with
//   shape: { type: surface, file: gear.obj, position: [0.5, 0.5, 0.5] }
#include <iostream>

#include "core/text.hpp"
#include "io/atomic_file.hpp"
#include "physics/surface_generators.hpp"
#include "physics/triangle_surface.hpp"

using namespace filigree;  // short names are fine in a program of one page

namespace {

void show(const char* name, const TriangleMesh& mesh) {
  const TriangleSurface surface = make_triangle_surface(mesh);
  const SurfaceProximity tip = proximity(surface, surface.upper);
  std::cout << format(
      "{:7} {:6} triangles, {:.3f} litres, {:6.1f} cm^2; its middle is {}, the corner of its box "
      "{:.1f} mm away\n",
      name, surface.triangles.size(), 1e3 * surface.volume, 1e4 * surface.area,
      is_inside(surface, {0, 0, 0}) ? "inside" : "outside", 1e3 * tip.distance);
}

}  // namespace

int main(int n_words, char** words) {
  try {
    const TriangleMesh gear = library_gear();
    show("sphere", sphere_surface(0.1, 4));
    show("torus", torus_surface(0.08, 0.02, 96, 32));
    show("drop", drop_surface(0.1, 48, 40));
    show("gear", gear);
    if (n_words > 1) write_file_atomically(words[1], obj_text(gear, kLibraryGear));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
