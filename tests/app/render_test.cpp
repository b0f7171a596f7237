// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `filigree render`: pictures that show something, and clear words where there can be none.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "app/render/look.hpp"
#include "app/render/pictures.hpp"
#include "io/writers.hpp"
#include "tests/app/app_support.hpp"
#include "tests/app/png_check.hpp"
#include "tests/app/xml_check.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(EvenlyChosen, HasFirstAndLast) {
  EXPECT_THAT(app::evenly_chosen(5, 6), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(app::evenly_chosen(11, 6), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(app::evenly_chosen(7, 1), ElementsAre(6));
  EXPECT_THAT(app::evenly_chosen(0, 3), ElementsAre());
}

/// Points one apart on a line, with a speed.
Block row_of_points(const std::string& name, std::int64_t n) {
  Block block;
  block.name = name;
  for (std::int64_t i = 0; i < n; ++i) {
    block.points.insert(block.points.end(), {double(i), 0.0, 0.0});
  }
  block.point_fields = {make_array("speed", DType::kF32, {n}, "m/s")};
  return block;
}

class LookTest : public ProgramTest {};

TEST_F(LookTest, ABlockThatComesLaterIsShownLikeTheOthers) {
  const auto writer = writers().at("npz").make();
  writer->open({.title = "", .folder = folder_ / "series"});
  std::vector<fs::path> files;
  for (const std::int64_t n : {0, 10, 100}) {
    writer->write({.time = double(n),
                   .step = n,
                   .number = static_cast<std::int64_t>(files.size()),
                   .blocks = {row_of_points("stone", 20), row_of_points("jet", n)}});
    files.push_back(folder_ / format("series/frames/scene_00000{}.npz", files.size()));
  }
  writer->close();
  const app::Look look = app::choose_look(files, {}, {});
  ASSERT_EQ(look.blocks.size(), 2U);
  EXPECT_FALSE(look.blocks[0].by_field);
  EXPECT_TRUE(look.blocks[1].by_field);  // it becomes the larger one
  EXPECT_DOUBLE_EQ(look.blocks[0].radius, 0.75);
  EXPECT_DOUBLE_EQ(look.blocks[1].radius, 0.75);
}

TEST_F(LookTest, RangeAndThicknessAreThoseAskedFor) {
  const auto writer = writers().at("npz").make();
  writer->open({.title = "", .folder = folder_ / "series"});
  writer->write({.time = 0, .step = 0, .number = 0, .blocks = {row_of_points("jet", 5)}});
  writer->close();
  const std::vector<fs::path> files{folder_ / "series/frames/scene_000000.npz"};
  app::LookOptions wanted;
  wanted.thickness = 2;
  wanted.range = {-1, 3};
  const app::Look look = app::choose_look(files, wanted, {});
  EXPECT_EQ(look.ticks.front(), -1);
  EXPECT_EQ(look.ticks.back(), 3);
  EXPECT_EQ(look.blocks[0].thickness, 2);
  EXPECT_EQ(look.blocks[0].radius, 2 * app::choose_look(files, {}, {}).blocks[0].radius);
}

Block cells(const std::string& name, CellKind kind, double x, std::vector<std::int64_t> offsets,
            std::vector<std::int64_t> connectivity) {
  Block block;
  block.name = name;
  for (int i = 0; i < 8; ++i) {  // corners of a unit cube in the order of a hexahedron
    const int k = i % 4;
    block.points.insert(block.points.end(),
                        {x + double(k == 1 || k == 2), double(k > 1), double(i / 4)});
  }
  block.kind = kind;
  block.offsets = std::move(offsets);
  block.connectivity = std::move(connectivity);
  block.point_fields = {make_array("id", DType::kI32, {8}),
                        make_array("velocity", DType::kF32, {8, 3}, "m/s")};
  for (int i = 0; i < 24; ++i) block.point_fields[1].as<float>()[static_cast<std::size_t>(i)] = i;
  return block;
}

class RenderTest : public ProgramTest {
 protected:
  /// A call of render; the test is skipped where nothing can be drawn.
  CallResult render(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"render"};
    words.insert(words.end(), more.begin(), more.end());
    return call(words);
  }
  static bool cannot_draw(const CallResult& result) {
    return result.code == 3 && (result.err.find("install the package xvfb") != std::string::npos ||
                                result.err.find("this build has no pictures") != std::string::npos);
  }
  void run() const {
    const std::string file = write("drop.yaml", kDrop).string();
    ASSERT_EQ(call({"run", file, "--quiet", "--out", path("run")}).code, 0);
  }
  /// Two frames with blocks of every kind of cell.
  void make_series() const {
    const auto writer = writers().at("npz").make();
    writer->open({.title = "", .folder = folder_ / "series"});
    Block empty;
    empty.name = "nothing";
    for (int i = 0; i < 2; ++i) {
      writer->write(
          {.time = 0.5 * i,
           .step = i,
           .number = i,
           .blocks = {cells("points", CellKind::kVertex, 0, {}, {}),
                      cells("rods", CellKind::kLine, 2, {0, 2, 4}, {0, 1, 2, 6}),
                      cells("threads", CellKind::kPolyline, 4, {0, 3}, {0, 1, 2}),
                      cells("cloth", CellKind::kTriangle, 6, {0, 3}, {0, 1, 6}),
                      cells("plates", CellKind::kQuad, 8, {0, 4}, {0, 1, 2, 3}),
                      cells("wedge", CellKind::kTetrahedron, 10, {0, 4}, {0, 1, 2, 4}),
                      cells("brick", CellKind::kHexahedron, 12, {0, 8}, {0, 1, 2, 3, 4, 5, 6, 7}),
                      empty}});
    }
    writer->close();
  }
};

TEST_F(RenderTest, WrongCallsAreAnsweredBeforeAnythingIsDrawn) {
  run();
  const auto refusal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{path("run")};
    words.insert(words.end(), more.begin(), more.end());
    const CallResult result = render(words);
    EXPECT_EQ(result.code, 2) << result.out;
    return result.err;
  };
  EXPECT_THAT(refusal({"--size", "12"}), HasSubstr("--size 12: expected WIDTHxHEIGHT"));
  EXPECT_THAT(refusal({"--size", "1e9x3"}), HasSubstr("with numbers from 64 to 8192"));
  EXPECT_THAT(refusal({"--sheet", "0x2"}), HasSubstr("--sheet 0x2: expected COLUMNSxROWS"));
  EXPECT_THAT(refusal({"--camera", "10"}), HasSubstr("expected AZIMUTH,ELEVATION"));
  EXPECT_THAT(refusal({"--camera", "nan,0"}), HasSubstr("expected AZIMUTH,ELEVATION"));
  EXPECT_THAT(refusal({"--range", "1"}), HasSubstr("--range 1: expected LOW,HIGH"));
  EXPECT_THAT(refusal({"--range", "1,1"}), HasSubstr("LOW must be less than HIGH"));
  EXPECT_THAT(refusal({"--thickness", "0"}), HasSubstr("--thickness"));
  EXPECT_THAT(refusal({"--frames", "x"}), HasSubstr("'last', N or FIRST:LAST:STRIDE"));
  EXPECT_THAT(refusal({"--frames", "0:4:0"}), HasSubstr("the stride must be at least 1"));
  EXPECT_THAT(refusal({"--frames", "30:40"}), HasSubstr("the run has frames 0 to 20"));
  EXPECT_THAT(refusal({"--zoom", "0"}), HasSubstr("--zoom"));
  const CallResult none = render({path("none")});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no folder"));
  EXPECT_THAT(render({folder_.string()}).err, HasSubstr("holds no frames"));
  EXPECT_FALSE(fs::exists(folder_ / "run/pictures"));
}

TEST_F(RenderTest, WithoutDisplayAndXvfbItSaysWhatToInstall) {
  run();
  for (const char* display : {"", ":987"}) {
    const CallOptions bare{.environment = {{"DISPLAY", display}, {"PATH", path("nothing")}}};
    const CallResult result = call({"render", path("run")}, bare);
    EXPECT_EQ(result.code, 3) << result.err;
    EXPECT_TRUE(cannot_draw(result)) << result.err;
    EXPECT_EQ(call({"report", path("run")}, bare).code, 0);
    const std::string page = slurp(folder_ / "run/report.html");
    EXPECT_EQ(fault_of(page), "");
    EXPECT_THAT(page, HasSubstr("There is no picture: "));
  }
  EXPECT_FALSE(fs::exists(folder_ / "run/pictures"));
}

TEST_F(RenderTest, PicturesOfARunShowSomething) {
  run();
  const CallResult result =
      render({path("run"), "--size", "320x240", "--frames", "0:20:5", "--sheet", "2x2"});
  if (cannot_draw(result)) GTEST_SKIP() << result.err;
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("5 pictures and contact_sheet.png in " + path("run/pictures")));
  std::set<std::string> names;
  std::set<std::string> contents;
  for (const auto& entry : fs::directory_iterator(folder_ / "run/pictures")) {
    names.insert(entry.path().filename().string());
    contents.insert(slurp(entry.path()));
  }
  EXPECT_THAT(names, ElementsAre("contact_sheet.png", "frame_000000.png", "frame_000005.png",
                                 "frame_000010.png", "frame_000015.png", "frame_000020.png"));
  EXPECT_EQ(contents.size(), 6U) << "two pictures are the same";
  const Png png = read_png(slurp(folder_ / "run/pictures/frame_000010.png"));
  EXPECT_EQ(png.width, 320);
  EXPECT_EQ(png.height, 240);
  EXPECT_GT(png.n_colors(), 100U);
  const Png sheet = read_png(slurp(folder_ / "run/pictures/contact_sheet.png"));
  EXPECT_GT(sheet.height, 120);
  EXPECT_GT(sheet.n_colors(), 100U);
}

TEST_F(RenderTest, EveryKindOfCellIsDrawn) {
  make_series();
  const std::vector<std::vector<std::string>> ways{
      {}, {"--color", "velocity"}, {"--color", "none", "--camera", "200,-30", "--zoom", "2"}};
  std::set<std::string> contents;
  for (const std::vector<std::string>& way : ways) {
    std::vector<std::string> words{path("series"), "--size", "480x270", "--frames", "last"};
    words.insert(words.end(), way.begin(), way.end());
    const CallResult result = render(words);
    if (cannot_draw(result)) GTEST_SKIP() << result.err;
    ASSERT_EQ(result.code, 0) << result.err;
    contents.insert(slurp(folder_ / "series/pictures/frame_000001.png"));
    EXPECT_GT(read_png(*contents.rbegin()).n_colors(), 100U);
  }
  EXPECT_EQ(contents.size(), ways.size());
  const CallResult wrong = render({path("series"), "--color", "speed"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("there is no field 'speed' to colour by: choose one of none, "
                                   "id, velocity"));
}

/// A field `radius` of points, or of the cells of lines, is the size that they are drawn with.
TEST_F(RenderTest, PointsAndLinesHaveTheirOwnRadius) {
  const auto writer = writers().at("npz").make();
  writer->open({.title = "", .folder = folder_ / "series"});
  for (int number = 0; number < 3; ++number) {  // thin, thick points, thick lines
    Block points = cells("pores", CellKind::kVertex, 0, {}, {});
    points.point_fields.push_back(make_array("radius", DType::kF32, {8}, "m"));
    for (float& radius : points.point_fields.back().as<float>()) {
      radius = number == 1 ? 0.2F : 0.02F;
    }
    Block lines = cells("throats", CellKind::kLine, 0, {0, 2, 4}, {0, 6, 1, 2});
    lines.cell_fields.push_back(make_array("radius", DType::kF32, {2}, "m"));
    for (float& radius : lines.cell_fields.back().as<float>()) {
      radius = number == 2 ? 0.1F : 0.01F;
    }
    writer->write(
        {.time = double(number), .step = number, .number = number, .blocks = {points, lines}});
  }
  writer->close();
  for (const std::string color : {"velocity", "none"}) {
    const CallResult result =
        render({path("series"), "--size", "320x240", "--sheet", "1x1", "--color", color});
    if (cannot_draw(result)) GTEST_SKIP() << result.err;
    std::size_t inked[3] = {};
    for (int number = 0; number < 3; ++number) {
      const auto file = format("series/pictures/frame_00000{}.png", number);
      inked[number] = read_png(slurp(folder_ / file)).n_inked();
    }
    EXPECT_GT(inked[1], inked[0] + 1000) << color;
    EXPECT_GT(inked[2], inked[0] + 1000) << color;
  }
}

TEST_F(RenderTest, ReportHoldsTheContactSheet) {
  run();
  const CallResult result = render({path("run"), "--frames", "last"});
  if (cannot_draw(result)) GTEST_SKIP() << result.err;
  EXPECT_EQ(call({"report", path("run")}).code, 0);
  const std::string page = slurp(folder_ / "run/report.html");
  EXPECT_EQ(fault_of(page), "");
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgo"));
}

}  // namespace
}  // namespace filigree::testing_support
