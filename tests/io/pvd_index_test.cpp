// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/pvd_index.hpp"

#include <nlohmann/json.hpp>

#include "io/writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::put;
using testing_io::TempFolder;

PvdIndex three_frames(const TempFolder& folder) {
  PvdIndex index(folder.path(), "scene");
  index.add({0, 0, "frames/sand_000000.vtp"});
  index.add({1, 0.1, "frames/sand_000001.vtp"});
  index.add({2, 0.2, "frames/sand_000002.vtp"});
  return index;
}

TEST(PvdIndex, BothIndexesListEveryFrameWithItsTime) {
  const TempFolder folder;
  const PvdIndex index = three_frames(folder);
  EXPECT_EQ(folder.listing(), "scene.pvd scene.vtp.series");
  EXPECT_EQ(contents(folder / "scene.pvd"),
            "<?xml version=\"1.0\"?>\n"
            "<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n"
            "  <Collection>\n"
            "    <DataSet timestep=\"0\" part=\"0\" file=\"frames/sand_000000.vtp\"/>\n"
            "    <DataSet timestep=\"0.1\" part=\"0\" file=\"frames/sand_000001.vtp\"/>\n"
            "    <DataSet timestep=\"0.2\" part=\"0\" file=\"frames/sand_000002.vtp\"/>\n"
            "  </Collection>\n"
            "</VTKFile>\n");
  const auto json = nlohmann::json::parse(contents(folder / "scene.vtp.series"));
  EXPECT_EQ(json["file-series-version"], "1.0");
  ASSERT_EQ(json["files"].size(), 3u);
  EXPECT_EQ(json["files"][2]["name"], "frames/sand_000002.vtp");
  EXPECT_EQ(json["files"][2]["time"], 0.2);
  EXPECT_EQ(parse_pvd(contents(folder / "scene.pvd"), "p"), index.entries());
}

TEST(PvdIndex, RefusesFramesThatDoNotContinueTheSeries) {
  const TempFolder folder;
  PvdIndex index = three_frames(folder);
  const std::string before = contents(folder / "scene.pvd");
  EXPECT_MESSAGE(InputError, index.add({2, 0.3, "frames/sand_000002.vtp"}),
                 "frame 2 comes after frame 2; numbers must grow");
  EXPECT_MESSAGE(InputError, index.add({3, 0.2, "frames/sand_000003.vtp"}),
                 "frame 3 at 0.2 s comes after a frame at 0.2 s; times must grow");
  EXPECT_MESSAGE(
      InputError, index.add({3, 0.3, "frames/scene_000003.vtm"}),
      "frame 3 is a .vtm file but the series '" + (folder / "scene.pvd").string() +
          "' has .vtp files: the number and kind of blocks must not change during a run");
  EXPECT_EQ(contents(folder / "scene.pvd"), before);
}

TEST(PvdIndex, ResumeKeepsEarlierFramesOnly) {
  const TempFolder folder;
  three_frames(folder);
  PvdIndex index(folder.path(), "scene");
  index.resume(2);
  ASSERT_EQ(index.entries().size(), 2u);
  EXPECT_EQ(contents(folder / "scene.pvd"), pvd_text(index.entries()));
  EXPECT_EQ(contents(folder / "scene.vtp.series"), series_text(index.entries()));
  index.add({2, 0.25, "frames/sand_000002.vtp"});
  EXPECT_EQ(index.entries().back().time, 0.25);
}

TEST(PvdIndex, ResumeFromTheStartRemovesTheIndex) {
  const TempFolder folder;
  three_frames(folder);
  PvdIndex index(folder.path(), "scene");
  index.resume(0);
  EXPECT_TRUE(index.entries().empty());
  EXPECT_EQ(folder.listing(), "");
  index.resume(5);
  EXPECT_TRUE(index.entries().empty());
}

TEST(PvdIndex, RefusesAnIndexThatIsNotOurs) {
  const TempFolder folder;
  const std::string good = pvd_text({{0, 0.5, "frames/a_000000.vtp"}});
  EXPECT_EQ(parse_pvd(good, "p").size(), 1u);
  const std::string reason =
      "'p' is not a time index written by this program: move it away or choose another output "
      "folder";
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_MESSAGE(InputError, parse_pvd(good.substr(0, n), "p"), reason);
  }
  EXPECT_MESSAGE(InputError, parse_pvd(good + " ", "p"), reason);
  EXPECT_MESSAGE(InputError, parse_pvd(pvd_text({{0, 0.5, "frames/noNumber.vtp"}}), "p"), reason);
  put(folder / "scene.pvd", "<html/>");
  PvdIndex index(folder.path(), "scene");
  EXPECT_MESSAGE_HAS(InputError, index.resume(3), "is not a time index written by this program");
  EXPECT_EQ(contents(folder / "scene.pvd"), "<html/>");
}

TEST(PvdIndex, AFrameThatCouldNotBeIndexedMayBeTriedAgain) {
  const TempFolder folder;
  PvdIndex index = three_frames(folder);
  const IndexEntry next{3, 0.3, "frames/sand_000003.vtp"};
  std::filesystem::rename(folder / "scene.pvd", folder / "kept");
  std::filesystem::create_directory(folder / "scene.pvd");
  EXPECT_MESSAGE_HAS(EnvironmentError, index.add(next), "scene.pvd': it is a folder");
  std::filesystem::remove(folder / "scene.pvd");
  index.add(next);
  EXPECT_EQ(index.entries().size(), 4u);
}

TEST(FrameNames, NumberAndNameGoThereAndBack) {
  EXPECT_EQ(frame_file_stem("sand", 12, 6), "sand_000012");
  EXPECT_EQ(frame_file_stem("sand", 12345678, 6), "sand_12345678");
  EXPECT_EQ(frame_number_of("a/sand_000012.vtp"), 12);
  EXPECT_EQ(frame_number_of("sand_two_7.vtp"), 7);
  for (const char* other :
       {"sand.vtp", "sand_.vtp", "sand_1x.vtp", "sand_-1.vtp", "sand_99999999999999999999.vtp"}) {
    EXPECT_EQ(frame_number_of(other), -1) << other;
  }
}

TEST(FrameNames, OnlyLaterFramesOfTheGivenKindsAreRemoved) {
  const TempFolder folder;
  for (const char* name :
       {"a_000001.vtp", "a_000002.vtp", "a_000003.vtm", "a_000003.csv", "notes.vtp"}) {
    put(folder / name, "x");
  }
  remove_frames_from(folder.path(), 2, {".vtp", ".vtm"});
  EXPECT_EQ(folder.listing(), "a_000001.vtp a_000003.csv notes.vtp");
  remove_frames_from(folder / "none", 0, {".vtp"});
}

}  // namespace
}  // namespace filigree
