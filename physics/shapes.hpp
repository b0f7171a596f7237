// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Solid shapes that are filled with particles. 2D shapes ignore nothing: their points have two
// coordinates, and a body's shape must have as many as the domain.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/reflect.hpp"

namespace filigree {

struct TriangleMesh;
struct TriangleSurface;

struct BoxShape {
  static constexpr const char* kName = "box";
  static constexpr const char* kDoc = "axis-parallel box (2D: rectangle)";
  std::vector<double> min;
  std::vector<double> max;

  template <class V>
  void reflect(V& v) {
    v("min", min, About{.doc = "lower corner", .unit = "m", .required = true});
    v("max", max, About{.doc = "upper corner", .unit = "m", .required = true});
  }
  std::string validate() const;
};

struct SphereShape {
  static constexpr const char* kName = "sphere";
  static constexpr const char* kDoc = "ball (2D: disc)";
  std::vector<double> center;
  double radius = 0;

  template <class V>
  void reflect(V& v) {
    v("center", center, About{.doc = "centre", .unit = "m", .required = true});
    v("radius", radius, About{.doc = "radius", .unit = "m", .above = 0, .required = true});
  }
};

struct CylinderShape {
  static constexpr const char* kName = "cylinder";
  static constexpr const char* kDoc = "circular cylinder parallel to an axis, 3D only";
  std::vector<double> center;
  double radius = 0;
  double height = 0;
  int axis = 2;

  template <class V>
  void reflect(V& v) {
    v("center", center, About{.doc = "centre of the volume", .unit = "m", .required = true});
    v("radius", radius, About{.doc = "radius", .unit = "m", .above = 0, .required = true});
    v("height", height,
      About{.doc = "length along the axis", .unit = "m", .above = 0, .required = true});
    v("axis", axis, About{.doc = "0, 1 or 2: parallel to x, y or z", .min = 0, .max = 2});
  }
  std::string validate() const;
};

/// The file is read by whoever can read files: it hands its triangles to place_surface(), which
/// must have happened before anything is asked about the shape.
struct SurfaceShape {
  static constexpr const char* kName = "surface";
  static constexpr const char* kDoc =
      "inside of a closed surface of triangles from a file, 3D only";
  FilePath file;
  double scale = 1;
  std::array<double, 3> rotation{};
  std::optional<std::array<double, 3>> position;
  std::shared_ptr<const TriangleSurface> surface;  ///< scaled, rotated, in its place

  template <class V>
  void reflect(V& v) {
    v("file", file, About{.doc = "closed surface as .stl, .obj, .ply or .vtp", .required = true});
    v("scale", scale,
      About{.doc = "metres per unit of the file: 0.001 for a file in millimetres", .above = 0});
    v("rotation", rotation,
      About{.doc = "about the x axis, then y, then z, through the file's origin", .unit = "deg"});
    v("position", position,
      About{.doc = "centre of the bounding box after scale and rotation; where the file has it "
                   "when absent",
            .unit = "m"});
  }
};

/// Scales, rotates and moves the mesh of the shape's file, then makes its surface. Throws
/// InputError as make_triangle_surface does.
void place_surface(SurfaceShape& shape, TriangleMesh mesh);

using Shape = std::variant<BoxShape, SphereShape, CylinderShape, SurfaceShape>;

/// Number of coordinates of the shape's points.
std::size_t dimension(const Shape& shape);
/// Corners of the bounding box.
std::vector<double> lower_corner(const Shape& shape);
std::vector<double> upper_corner(const Shape& shape);
/// True when the point (as many coordinates as the shape) lies inside, at least `margin` (m) from
/// the surface.
bool contains(const Shape& shape, const std::vector<double>& point, double margin = 0);

/// Points on a lattice that fill the shape, and the volume that each stands for (m^3; 2D: m^2).
struct FilledShape {
  std::vector<double> points;  ///< [n * dimension]
  double point_volume = 0;
};
/// A box is filled exactly: its spacing is adjusted per axis so that a whole number of points fits.
/// Other shapes take the lattice points of their bounding box that lie inside.
/// Throws InputError when the shape is not fillable.
FilledShape fill_shape(const Shape& shape, double spacing);

/// "" or why fill_shape would throw: its lattice has more than 2^30 points, or none of them lies
/// inside. (Only surfaces can be that thin: the lattice is symmetric about its middle.)
std::string not_fillable(const Shape& shape, double spacing);

/// A point with which fill_shape(shape, spacing) fills the shape and which lies inside `other`, at
/// least `margin` (m) from its surface; nothing when there is none. Both shapes are fillable.
std::optional<std::vector<double>> common_point(const Shape& shape, const Shape& other,
                                                double spacing, double margin);

}  // namespace filigree
