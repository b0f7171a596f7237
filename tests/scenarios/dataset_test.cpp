// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `mpm_dataset`: random scenes, files, statistics.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/npz.hpp"
#include "scenarios/types/dataset_files.hpp"
#include "scenarios/types/dataset_scene.hpp"
#include "tests/scenarios/run_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;

DatasetOptions options_of(std::size_t dim) {
  DatasetOptions options;
  options.domain.min.assign(dim, 0.0);
  options.domain.max.assign(dim, 1.0);
  options.domain.cell_size = 1.0 / 16;
  options.bodies.size = {0.2, 0.4};
  options.bodies.speed = {0.5, 2};
  options.bodies.angular_speed = {1, 4};
  options.bodies.count = {1, 3};
  return options;
}

template <int D>
void check_scenes(bool turned) {
  DatasetOptions options = options_of(D);
  options.bodies.turned = turned;
  std::set<std::int32_t> counts;
  for (std::int64_t k = 0; k < 40; ++k) {
    const RandomScene<D> scene = random_scene<D>(options, 5, k);
    ASSERT_FALSE(scene.seeds.empty());
    ASSERT_EQ(scene.seeds.size(), scene.bodies.size());
    counts.insert(scene.bodies.back() + 1);
    for (std::size_t i = 0; i < scene.seeds.size(); ++i) {
      const auto& seed = scene.seeds[i];
      for (int a = 0; a < D; ++a) {
        EXPECT_GT(seed.position[a], 0);
        EXPECT_LT(seed.position[a], 1);
      }
      EXPECT_LE(norm(seed.velocity), largest_speed(options));
    }
    const RandomScene<D> again = random_scene<D>(options, 5, k);
    EXPECT_EQ(again.seeds.front().position, scene.seeds.front().position);
    EXPECT_NE(random_scene<D>(options, 6, k).seeds.front().position, scene.seeds.front().position);
  }
  EXPECT_EQ(counts, (std::set<std::int32_t>{1, 2, 3}));
}

TEST(DatasetScene, IsInsideTheDomainAndAPureFunctionOfSeedAndNumber) {
  for (const bool turned : {false, true}) {
    check_scenes<2>(turned);
    check_scenes<3>(turned);
  }
}

/// Second moments of a turned lattice are those of the straight one in the turned axes.
template <int D>
void check_turned_box() {
  DatasetOptions options = options_of(D);
  options.bodies.shapes = {RandomShape::kBox};
  options.bodies.count = {1, 1};
  options.bodies.size = {0.25, 0.25};
  options.bodies.turned = true;
  double off_axis = 0;
  for (std::int64_t k = 0; k < 20; ++k) {
    const RandomScene<D> scene = random_scene<D>(options, 1, k);
    Vec<D, double> mean{};
    for (const auto& seed : scene.seeds) {
      for (int a = 0; a < D; ++a) mean[a] += seed.position[a] / double(scene.seeds.size());
    }
    Mat<D, D, double> moment{};
    Vec<D, double> reach{};
    for (const auto& seed : scene.seeds) {
      Vec<D, double> r{};
      for (int a = 0; a < D; ++a) r[a] = seed.position[a] - mean[a];
      moment += (1.0 / double(scene.seeds.size())) * outer(r, r);
      for (int a = 0; a < D; ++a) reach[a] = std::max(reach[a], std::abs(r[a]));
    }
    // A cube of 8 points per edge: (1 - 1/64) 0.25^2/12 along every direction, however turned.
    const double expected = (1 - 1.0 / 64) * 0.25 * 0.25 / 12;
    for (int a = 0; a < D; ++a) {
      for (int b = 0; b < D; ++b) {
        EXPECT_NEAR(moment(a, b), a == b ? expected : 0, tol<Real>(100));
      }
      off_axis = std::max(off_axis, reach[a]);
    }
  }
  EXPECT_GT(off_axis, 0.13);  // half an edge, less half a spacing, is 0.109
}

TEST(DatasetScene, TurnedBoxesKeepTheirShape) {
  check_turned_box<2>();
  check_turned_box<3>();
}

TEST(DatasetScene, BodiesWithoutRoomAreAnError) {
  DatasetOptions options = options_of(2);
  options.bodies.size = {0.6, 0.7};
  options.bodies.count = {4, 4};
  EXPECT_THAT(error_text([&] { random_scene<2>(options, 1, 0); }, ExitCode::kBadInput),
              testing::HasSubstr("trajectory 0: 4 bodies of 0.6 m to 0.7 m found no room"));
}

TEST(DatasetSums, AreTheMomentsOfDisplacementsAndTheirChanges) {
  Trajectory t;
  t.n_particles = 2;
  t.positions = {0, 0, 1, 1, /**/ 1, 0, 2, 1, /**/ 3, 1, 4, 2};  // three frames of two points
  DatasetSums sums(2);
  sums.add(t);
  EXPECT_EQ(sums.count, (std::vector<double>{4, 4}));
  EXPECT_EQ(sums.displacement, (std::vector<double>{6, 2}));
  EXPECT_EQ(sums.displacement_squared, (std::vector<double>{10, 2}));
  EXPECT_EQ(sums.change_count, (std::vector<double>{2, 2}));
  EXPECT_EQ(sums.change, (std::vector<double>{2, 2}));
  EXPECT_EQ(sums.change_squared, (std::vector<double>{2, 2}));
}

class DatasetRun : public ProgramTest {
 protected:
  CallResult run(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"run",   "particles/dataset", "--quiet",
                                   "--out", path(out),           "--reduced"};
    words.insert(words.end(), more.begin(), more.end());
    return call(words);
  }
};

TEST_F(DatasetRun, FilesHoldWhatTheMetadataSay) {
  ASSERT_EQ(run("out").code, 0);
  const auto metadata = parse_json(read_text_file(folder_ / "out/metadata.json"), "metadata.json");
  EXPECT_EQ(metadata["files"]["train"].size(), 3U);
  EXPECT_EQ(metadata["files"]["validation"].size(), 1U);
  EXPECT_EQ(metadata["files"]["test"].size(), 1U);
  double sum = 0, count = 0;
  for (const std::string file : metadata["files"]["train"]) {
    const NamedArrays arrays = read_npz(folder_ / "out" / file);
    const NamedArray& x = arrays.at("position");
    EXPECT_EQ(x.unit, "m");
    EXPECT_EQ(x.shape.at(0), metadata["frames"].get<std::int64_t>());
    EXPECT_EQ(x.shape.at(2), 2);
    const std::int64_t row = x.shape.at(1) * 2;
    EXPECT_EQ(arrays.at("deformation").shape,
              (std::vector<std::int64_t>{x.shape[0], x.shape[1], 2, 2}));
    EXPECT_NEAR(arrays.at("time").value(1), metadata["frame_interval [s]"].get<double>(), 1e-12);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      ASSERT_GE(x.value(i), 0);
      ASSERT_LE(x.value(i), 1);
      if (i + row >= x.size() || i % 2 != 1) continue;
      sum += x.value(i + row) - x.value(i);
      count += 1;
    }
  }
  EXPECT_NEAR(metadata["displacement_per_frame [m]"]["mean"][1].get<double>(), sum / count, 1e-12);
}

TEST_F(DatasetRun, TrajectoriesDependNeitherOnTheBatchNorOnAnInterruption) {
  ASSERT_EQ(run("whole").code, 0);
  ASSERT_EQ(run("other", {"batch=5"}).code, 0);
  ASSERT_EQ(run("cut", {"time.max_steps=3", "expect=[]"}).code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "cut/metadata.json"));
  ASSERT_EQ(run("cut", {"--resume", "latest"}).code, 0);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "whole")) {
    const fs::path file = fs::relative(entry.path(), folder_ / "whole");
    const std::string name = file.filename().string();
    if (!name.starts_with("trajectory_") && name != "metadata.json") continue;
    ++files;
    EXPECT_EQ(read_file(entry.path()), read_file(folder_ / "other" / file)) << file;
    EXPECT_EQ(read_file(entry.path()), read_file(folder_ / "cut" / file)) << file;
  }
  EXPECT_EQ(files, 6);
}

}  // namespace
}  // namespace filigree::testing_support
