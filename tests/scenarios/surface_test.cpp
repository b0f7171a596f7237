// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Bodies from surface files: from the scenario to particles, and the file of the library.
#include <gmock/gmock.h>

#include <fstream>

#include "io/polygon_files.hpp"
#include "physics/surface_generators.hpp"
#include "physics/triangle_surface.hpp"
#include "scenarios/preparation.hpp"
#include "scenarios/types/mpm_options.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = FILIGREE_SOURCE_DIR;
const fs::path kGear = kSource / "scenarios/library/particles/surfaces/gear.obj";

/// Small files for git; texts of numbers may differ in the last digit between systems.
TEST(LibrarySurfaces, AreMadeByTheirGenerators) {
  const std::string text = testing_support::read_text(kGear);
  EXPECT_LT(text.size(), 100000U);
  EXPECT_EQ(text.substr(0, text.find('\n')), format("# {}", kLibraryGear));
  const PolygonMesh file = parse_obj(text);
  const TriangleMesh gear = library_gear();
  ASSERT_EQ(file.points.size(), gear.points.size());
  ASSERT_EQ(file.faces.size(), gear.triangles.size());
  for (std::size_t i = 0; i < gear.points.size(); ++i) {
    for (int a = 0; a < 3; ++a)
      EXPECT_NEAR(file.points[i][a], gear.points[i][a], 6e-7);  // six digits
  }
  for (std::size_t t = 0; t < gear.triangles.size(); ++t) {
    EXPECT_EQ(file.faces[t],
              std::vector<std::int64_t>(gear.triangles[t].begin(), gear.triangles[t].end()));
  }
}

#if FILIGREE_WITH_VTK
TEST(SurfaceBodies, AreFilledAsTheFileSays) {
  const fs::path file = fs::path(testing::TempDir()) / "filigree_surface.yaml";
  std::ofstream(file) << format(R"(schema: 1
scenario: {{ type: mpm, title: "Gear" }}
time: {{ end: 1 ms }}
domain: {{ min: [0, 0, 0], max: [400 mm, 400 mm, 400 mm], cell_size: 20 mm }}
bodies:
  - name: gear
    shape: {{ type: surface, file: {}, rotation: [90, 0, 0], position: [0.2, 0.2, 0.2] }}
    material: {{ type: fixed_corotated, density: 1000, young_modulus: 1 MPa, poisson_ratio: 0.3 }}
output: {{ every: 1 ms }}
)",
                                kGear.string());
  const Scenario scenario = load_scenario({.file = file}, scenario_types());
  const auto& options = *static_cast<const MpmOptions*>(scenario.options.get());
  EXPECT_EQ(scenario.inputs, (std::vector<fs::path>{file, kGear}));
  const Shape& shape = *options.bodies.front().shape;
  const TriangleSurface gear = make_triangle_surface(library_gear());
  EXPECT_NEAR(upper_corner(shape)[1] - 0.2, gear.upper[2], 1e-6);  // z became -y
  EXPECT_NEAR(std::get<SurfaceShape>(shape).surface->volume, gear.volume, 1e-4 * gear.volume);
  const FilledShape filled =
      fill_shape(shape, point_spacing(options.bodies.front(), options.domain));
  EXPECT_NEAR(filled.point_volume * static_cast<double>(filled.points.size() / 3), gear.volume,
              0.05 * gear.volume);
  EXPECT_GT(dry_run(scenario).estimate.bytes, 0U);
  fs::remove(file);
}

using SurfaceRuns = testing_support::RunTest;

TEST_F(SurfaceRuns, AreNotResumedWithAChangedFile) {
  using testing_support::error_text;
  const std::string gear = testing_support::read_text(kGear);
  write("gear.obj", gear);
  const std::string text = R"(schema: 1
scenario: { type: mpm, title: "Gear" }
time: { end: 4 ms }
domain: { min: [0, 0, 0], max: [400 mm, 400 mm, 400 mm], cell_size: 40 mm }
bodies:
  - name: gear
    shape: { type: surface, file: gear.obj, position: [0.2, 0.2, 0.2] }
    material: { type: fixed_corotated, density: 1000, young_modulus: 1 MPa, poisson_ratio: 0.3 }
output: { every: 1 ms }
checkpoint: { every: 1 ms }
)";
  const fs::path file = write("gear.yaml", text);
  const auto load = [&](const std::vector<std::string>& overrides = {}) {
    return load_scenario({.file = file, .overrides = overrides}, scenario_types());
  };
  run(load({"time.end=2 ms"}), "out");
  write("gear.obj", "# changed\n" + gear);
  EXPECT_THAT(error_text([&] { run(load(), "out", {.resume = "latest"}); }, ExitCode::kBadInput),
              testing::HasSubstr("gear.obj has changed since the run began"));
  write("gear.obj", gear);
  run(load(), "out", {.resume = "latest"});
}
#endif

}  // namespace
}  // namespace filigree
