// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every writer promises; a new format joins by its line in io/writers.cpp.
#include "io/writers.hpp"

#include <cmath>
#include <map>

#include "io/npz.hpp"
#include "io/npz_writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::put;
using testing_io::SmallDisk;
using testing_io::TempFolder;

Frame frame_of(std::int64_t number, int n_points = 4) {
  Frame frame;
  frame.number = number;
  frame.time = 0.1 * static_cast<double>(number);
  frame.step = 10 * number;
  Block block;
  block.name = "sand";
  for (int i = 0; i < 3 * n_points; ++i) block.points.push_back(std::sin(i + frame.time));
  block.point_fields.push_back(make_array("velocity", DType::kF32, {n_points, 3}, "m/s"));
  frame.blocks.push_back(std::move(block));
  return frame;
}

/// Every file below a folder with its content.
std::map<std::string, std::string> snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(folder).string()] = contents(entry.path());
    }
  }
  return files;
}

class EveryWriter : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Writer> writer_ = writers().at(GetParam()).make();
  TempFolder folder_;
  WriterMeta meta_{.title = "a <title> & more", .folder = folder_ / "run", .digits = 6};
};

TEST_P(EveryWriter, TheSameFramesGiveTheSameBytes) {
  writer_->open(meta_);
  for (int i = 0; i < 3; ++i) writer_->write(frame_of(i));
  writer_->close();
  const auto first = snapshot(meta_.folder);
  EXPECT_GE(first.size(), 3u);
  meta_.folder = folder_ / "again";
  writer_->open(meta_);
  for (int i = 0; i < 3; ++i) writer_->write(frame_of(i));
  EXPECT_EQ(snapshot(meta_.folder), first);
}

TEST_P(EveryWriter, ResumeEqualsAnUninterruptedRun) {
  writer_->open(meta_);
  for (int i = 0; i < 4; ++i) writer_->write(frame_of(i));
  const auto whole = snapshot(meta_.folder);
  for (const std::int64_t n : {0, 1, 3, 4}) {
    const std::unique_ptr<Writer> resumed = writers().at(GetParam()).make();
    resumed->resume(meta_, n);
    for (std::int64_t i = n; i < 4; ++i) resumed->write(frame_of(i));
    EXPECT_EQ(snapshot(meta_.folder), whole) << n;
  }
}

TEST_P(EveryWriter, ResumeForgetsLaterFrames) {
  writer_->open(meta_);
  writer_->write(frame_of(0));
  const auto first = snapshot(meta_.folder);
  for (int i = 1; i < 4; ++i) writer_->write(frame_of(i));
  writer_->resume(meta_, 1);
  EXPECT_EQ(snapshot(meta_.folder), first);
}

TEST_P(EveryWriter, FramesWithoutPointsAreFine) {
  writer_->open(meta_);
  writer_->write(frame_of(0, 0));
  EXPECT_GE(snapshot(meta_.folder).size(), 1u);
}

TEST_P(EveryWriter, InvalidFramesLeaveNothing) {
  writer_->open(meta_);
  Frame frame = frame_of(5);
  frame.blocks[0].points[0] = NAN;
  EXPECT_MESSAGE_HAS(NumericalError, writer_->write(frame),
                     "point 0 of block 'sand' is not finite");
  frame.blocks.clear();
  EXPECT_MESSAGE(InputError, writer_->write(frame), "frame 5 has no blocks to write");
  EXPECT_TRUE(snapshot(meta_.folder).empty());
}

TEST_P(EveryWriter, UnwritableFoldersAreNamed) {
  put(folder_ / "file", "x");
  meta_.folder = folder_ / "file";
  EXPECT_MESSAGE(
      EnvironmentError, writer_->open(meta_),
      "cannot create the folder '" + (folder_ / "file/frames").string() + "': Not a directory");
}

TEST_P(EveryWriter, AVanishedFolderIsNamed) {
  writer_->open(meta_);
  std::filesystem::remove_all(meta_.folder);
  EXPECT_MESSAGE_HAS(EnvironmentError, writer_->write(frame_of(0)), "No such file or directory");
}

TEST_P(EveryWriter, FullDiskLeavesEarlierFramesIntact) {
  const SmallDisk disk(folder_ / "disk", "size=256k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a file system needs root";
  meta_.folder = folder_ / "disk";
  writer_->open(meta_);
  writer_->write(frame_of(0));
  writer_->write(frame_of(1));
  const auto before = snapshot(meta_.folder);
  EXPECT_MESSAGE_HAS(
      EnvironmentError, writer_->write(frame_of(2, 20000)),
      "_000002." + std::string(GetParam() == "vtk" ? "vtp" : "npz") + "': No space left on device");
  EXPECT_EQ(snapshot(meta_.folder), before);
  writer_->write(frame_of(2));
  EXPECT_GT(snapshot(meta_.folder).size(), before.size());
}

std::vector<std::string> formats() {
  std::vector<std::string> names = writers().names();
  if (!FILIGREE_WITH_VTK) std::erase(names, "vtk");
  return names;
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryWriter, ::testing::ValuesIn(formats()),
                         [](const auto& test) { return test.param; });

TEST(Writers, UnknownFormatsAreNamedWithTheKnownOnes) {
  EXPECT_MESSAGE(InputError, writers().at("vtp"),
                 "unknown output format 'vtp', did you mean 'vtk'?; known: vtk, npz");
#if !FILIGREE_WITH_VTK
  EXPECT_MESSAGE(EnvironmentError, writers().at("vtk").make(),
                 "format 'vtk' is not in this build: configure with -DFILIGREE_WITH_VTK=ON, or use "
                 "'npz'");
#endif
}

TEST(NpzWriter, ArraysCarryEverythingInTheFrame) {
  const TempFolder folder;
  Frame frame = frame_of(7);
  Block lines;
  lines.name = "rods";
  lines.points = {0, 0, 0, 1, 0, 0};
  lines.kind = CellKind::kLine;
  lines.offsets = {0, 2};
  lines.connectivity = {0, 1};
  lines.cell_fields.push_back(make_array("tension", DType::kF64, {1}, "N"));
  frame.blocks.push_back(lines);
  NpzWriter writer;
  writer.open({.title = "", .folder = folder.path(), .digits = 6});
  writer.write(frame);
  const NamedArrays arrays = read_npz(folder / "frames/scene_000007.npz");
  EXPECT_EQ(join(arrays.names(), " "),
            "time step sand.points sand.velocity rods.points rods.offsets rods.connectivity "
            "rods.cell_kind rods.cell.tension");
  EXPECT_EQ(arrays.at("time").value(0), frame.time);
  EXPECT_EQ(arrays.at("step").value(0), 70);
  EXPECT_EQ(arrays.at("sand.points").shape, (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(arrays.at("sand.velocity").unit, "m/s");
  EXPECT_EQ(arrays.at("rods.cell.tension").unit, "N");
}

}  // namespace
}  // namespace filigree
