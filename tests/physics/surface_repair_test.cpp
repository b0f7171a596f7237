// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small defects are repaired up to the limits that physics/surface_repair.hpp names; larger ones
// are refused with place and size.
#include "physics/surface_repair.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "physics/surface_generators.hpp"
#include "physics/triangle_surface.hpp"
#include "tests/physics/surface_testing.hpp"

namespace filigree {
namespace {

using testing::HasSubstr;
using testing_surface::box_mesh;
using testing_surface::inverted;
using testing_surface::joined;
using testing_surface::loose;

const TriangleMesh kBox = box_mesh({0, 0, 0}, {1, 1, 1});

std::string problem(const TriangleMesh& mesh) {
  try {
    make_triangle_surface(mesh);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

void expect_unit_box(const TriangleMesh& mesh) {
  const TriangleSurface box = make_triangle_surface(mesh);
  EXPECT_NEAR(box.volume, 1, 1e-5);
  EXPECT_NEAR(box.area, 6, 1e-5);
  EXPECT_TRUE(is_inside(box, {0.5, 0.5, 0.5}));
  EXPECT_FALSE(is_inside(box, {0.5, 0.5, 1.5}));
  EXPECT_NEAR(winding_number(box.tree, {0.1, 0.2, 0.3}), 1, 0.05);
}

TEST(SurfaceRepair, CleanSurfacesAreLeftAsTheyAre) {
  for (const TriangleMesh& mesh : {kBox, sphere_surface(1, 2), torus_surface(2, 0.5, 12, 8),
                                   drop_surface(1, 12, 8), gear_surface({}, 48, 10)}) {
    TriangleMesh repaired = mesh;
    const SurfaceRepairs repairs = repair_surface(repaired);
    EXPECT_EQ(repairs.welded_points, 0);
    EXPECT_EQ(repairs.dropped_triangles, 0);
    EXPECT_EQ(repairs.turned_triangles, 0);
    EXPECT_EQ(repairs.closed_holes, 0);
    EXPECT_EQ(repaired.triangles.size(), mesh.triangles.size());
    EXPECT_GT(signed_volume(repaired), 0);
  }
}

TEST(SurfaceRepair, LoosePointsAreWelded) {
  TriangleMesh soup = loose(kBox);
  for (std::size_t i = 0; i < soup.points.size(); ++i) {
    soup.points[i][i % 3] += 1e-7 * static_cast<double>(i % 5);
  }
  expect_unit_box(soup);
  EXPECT_EQ(repair_surface(soup).welded_points, 36 - 8);
  EXPECT_EQ(soup.points.size(), 8U);
}

TEST(SurfaceRepair, DoubleAndFlatTrianglesGo) {
  TriangleMesh mesh = kBox;
  mesh.triangles.push_back(mesh.triangles[3]);
  mesh.triangles.push_back({0, 0, 1});
  mesh.points.push_back({7, 7, 7});  // in no triangle
  expect_unit_box(mesh);
  EXPECT_EQ(repair_surface(mesh).dropped_triangles, 2);
  mesh = kBox;
  const auto [a, b, c] = mesh.triangles[3];
  mesh.triangles.push_back({a, c, b});  // back to back with one that is needed
  expect_unit_box(mesh);
}

TEST(SurfaceRepair, BodiesGluedFaceToFaceBecomeOne) {
  TriangleMesh lower = box_mesh({0, 0, 0}, {1, 1, 0.5});
  TriangleMesh upper = box_mesh({0, 0, 0.5}, {1, 1, 1});
  // The face between them has to be cut along the same diagonal.
  upper.triangles[0] = {0, 3, 1};
  upper.triangles[1] = {0, 2, 3};
  lower.triangles[2] = {4, 5, 7};
  lower.triangles[3] = {4, 7, 6};
  expect_unit_box(joined(lower, upper));
}

TEST(SurfaceRepair, FlippedTrianglesAreTurned) {
  TriangleMesh mesh = sphere_surface(1, 3);
  const double volume = signed_volume(mesh);
  for (std::size_t i = 0; i < mesh.triangles.size(); i += 7) {
    std::swap(mesh.triangles[i][0], mesh.triangles[i][1]);
  }
  EXPECT_NEAR(make_triangle_surface(mesh).volume, volume, 1e-14);
  EXPECT_EQ(repair_surface(mesh).turned_triangles, 183);
  expect_unit_box(inverted(kBox));
}

TEST(SurfaceRepair, CavitiesStayAndInvertedPartsAreTurned) {
  const TriangleMesh inner = box_mesh({0.25, 0.25, 0.25}, {0.75, 0.75, 0.75});
  const TriangleMesh beside = box_mesh({2, 0, 0}, {3, 1, 1});
  for (const TriangleMesh& mesh :
       {joined(kBox, inverted(inner)), inverted(joined(kBox, inverted(inner)))}) {
    const TriangleSurface hollow = make_triangle_surface(mesh);
    EXPECT_NEAR(hollow.volume, 1 - 0.125, 1e-14);
    EXPECT_FALSE(is_inside(hollow, {0.5, 0.5, 0.5}));
    EXPECT_TRUE(is_inside(hollow, {0.1, 0.5, 0.5}));
  }
  EXPECT_NEAR(make_triangle_surface(joined(kBox, inverted(beside))).volume, 2, 1e-14);
  // Parts that overlap are one body.
  const TriangleSurface pair = make_triangle_surface(joined(kBox, inner));
  EXPECT_TRUE(is_inside(pair, {0.5, 0.5, 0.5}));
}

/// The box whose top has a point more on one side of an edge than on the other.
TEST(SurfaceRepair, TJunctionsAreClosed) {
  TriangleMesh mesh = kBox;
  mesh.points.push_back({0.5, 0, 1});  // on the edge from point 4 to point 5
  mesh.triangles[2] = {4, 8, 6};       // was {4, 5, 6}
  mesh.triangles.push_back({8, 5, 6});
  expect_unit_box(mesh);
  EXPECT_EQ(repair_surface(mesh).closed_holes, 1);
}

/// A top that shares only its corners with the sides: every edge of its rim is cut elsewhere.
TEST(SurfaceRepair, SeamsOfTJunctionsAreClosed) {
  TriangleMesh mesh = kBox;
  mesh.triangles.erase(mesh.triangles.begin() + 2, mesh.triangles.begin() + 4);
  const Index rim[] = {4, 5, 7, 6};
  mesh.points.push_back({0.5, 0.5, 1});
  for (int k = 0; k < 4; ++k) {
    const Index from = rim[k];
    const Index to = rim[(k + 1) % 4];
    const auto middle = static_cast<Index>(mesh.points.size());
    mesh.points.push_back(0.7 * mesh.points[from] + 0.3 * mesh.points[to]);
    mesh.triangles.push_back({from, middle, 8});
    mesh.triangles.push_back({middle, to, 8});
  }
  expect_unit_box(mesh);
  EXPECT_EQ(repair_surface(mesh).closed_holes, 4);
}

/// A pyramid is cut off the corner of the box; its base is a hole of a chosen size.
TriangleMesh box_with_hole(double size) {
  TriangleMesh mesh = kBox;
  const auto n = static_cast<Index>(mesh.points.size());
  mesh.points.insert(mesh.points.end(),
                     {{0.5, 0.5, 1}, {0.5 + size, 0.5, 1}, {0.5, 0.5 + size, 1}});
  mesh.triangles.erase(mesh.triangles.begin() + 2, mesh.triangles.begin() + 4);
  for (const Triangle& t : {Triangle{4, 5, n + 1},
                            {4, n + 1, n},
                            {5, 7, n + 1},
                            {7, n + 2, n + 1},
                            {7, 6, n + 2},
                            {6, n, n + 2},
                            {6, 4, n}}) {
    mesh.triangles.push_back(t);
  }
  return mesh;
}

TEST(SurfaceRepair, HolesAreClosedUpToTheirLimit) {
  // A fan of area size^2/2 against 1e-6 D^2, D^2 = 3.
  const double limit = std::sqrt(2 * 3e-6);
  TriangleMesh mesh = box_with_hole(0.99 * limit);
  expect_unit_box(mesh);
  EXPECT_EQ(repair_surface(mesh).closed_holes, 1);
  EXPECT_THAT(problem(box_with_hole(1.01 * limit)),
              HasSubstr("the surface is open: it has 1 hole"));
}

TEST(SurfaceRepair, OpenSurfacesAreRefusedWithPlaceAndSize) {
  TriangleMesh mesh = kBox;
  mesh.triangles.erase(mesh.triangles.begin() + 2, mesh.triangles.begin() + 4);
  EXPECT_EQ(problem(mesh),
            "the surface is open: it has 1 hole; the largest is at (0.5, 0.5, 1) m, 1.41 m across, "
            "bounded by 4 edges; close it in the program that made the surface (fill holes, make "
            "watertight, export as a solid) and remove inner walls");
  mesh.triangles.erase(mesh.triangles.begin());
  EXPECT_THAT(problem(mesh), HasSubstr("it has 2 holes; the largest is at (0.5, 0.5, 1) m"));
  mesh = kBox;
  mesh.triangles.push_back({0, 3, 7});  // an inner wall
  EXPECT_THAT(problem(mesh), HasSubstr("bounded by 3 edges"));
}

TEST(SurfaceRepair, OneSidedSurfacesAreRefused) {
  constexpr int kSteps = 20;
  TriangleMesh strip;
  for (int i = 0; i < kSteps; ++i) {
    const double phi = 2 * std::numbers::pi * i / kSteps;
    for (const double s : {-0.3, 0.3}) {
      const double r = 1 + s * std::cos(phi / 2);
      strip.points.push_back({r * std::cos(phi), r * std::sin(phi), s * std::sin(phi / 2)});
    }
    const Index a = 2 * i;
    const Index b = a + 1;
    const bool last = i + 1 == kSteps;
    const Index c = last ? 1 : a + 2;
    const Index d = last ? 0 : a + 3;
    strip.triangles.push_back({a, c, b});
    strip.triangles.push_back({b, c, d});
  }
  EXPECT_THAT(problem(strip), HasSubstr("has one side only, like a Moebius strip (seen near ("));
}

TEST(SurfaceRepair, WhatIsNoSurfaceIsRefused) {
  EXPECT_EQ(problem({}), "the surface has no triangles");
  TriangleMesh mesh = kBox;
  mesh.points[3][1] = std::nan("");
  EXPECT_THAT(problem(mesh), HasSubstr("not finite"));
  mesh = kBox;
  mesh.triangles[0][1] = 8;
  EXPECT_EQ(problem(mesh), "a triangle names point 8, but there are 8 points");
  EXPECT_EQ(problem({{{1, 1, 1}}, {{0, 0, 0}}}), "the surface is a single point");
  EXPECT_THAT(problem(box_mesh({0, 0, 0}, {1, 1, 1e-9})), HasSubstr("encloses no volume"));
  EXPECT_THAT(problem(joined(kBox, inverted(kBox))), HasSubstr("encloses no volume"));
}

TEST(SurfaceGenerators, WriteObj) {
  const std::string text = obj_text({{{0, 0.5, -1e-9}}, {{0, 1, 2}}}, "what it is");
  EXPECT_EQ(text, "# what it is\nv 0 0.5 -1e-09\nf 1 2 3\n");
  EXPECT_THROW(drop_surface(1, 2, 2), InputError);
  EXPECT_THROW(torus_surface(1, 2, 8, 8), InputError);
}

}  // namespace
}  // namespace filigree
