// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `filigree convert`: nothing changes on the way there and back.
#include <gmock/gmock.h>

#include "io/frame_reader.hpp"
#include "io/npz.hpp"
#include "io/npz_writer.hpp"
#include "io/writers.hpp"
#include "tests/app/app_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

Block cloud(const std::string& name) {
  Block block;
  block.name = name;
  for (int i = 0; i < 12; ++i) block.points.push_back(1.0 / (i + 3));
  const std::vector<float> speeds{0.1F, -0.0F, 1e-40F, 3};
  block.point_fields = {make_array<float>("speed", std::span<const float>(speeds), {4}, "m/s"),
                        make_array("key", DType::kU64, {4}),
                        make_array("flag", DType::kU8, {4, 3})};
  return block;
}

Block surface(const std::string& name) {
  Block block = cloud(name);
  block.kind = CellKind::kTriangle;
  block.offsets = {0, 3, 6};
  block.connectivity = {0, 1, 2, 1, 2, 3};
  block.cell_fields = {make_array("area", DType::kF64, {2}, "m^2")};
  return block;
}

class ConvertTest : public ProgramTest {
 protected:
  static std::string failure(const std::vector<std::string>& arguments, int code = 2) {
    const CallResult result = call(arguments);
    EXPECT_EQ(result.code, code) << result.out;
    return result.err;
  }
  static CallResult convert(const std::string& in, const std::string& out,
                            const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"convert", in, out};
    words.insert(words.end(), more.begin(), more.end());
    CallResult result = call(words);
    EXPECT_EQ(result.code, 0) << result.err;
    return result;
  }
  /// Three frames of two blocks; returns the folder.
  std::string series(const std::string& name, const std::string& format) const {
    const auto writer = writers().at(format).make();
    writer->open({.title = "", .folder = folder_ / name});
    for (int i = 0; i < 3; ++i) {
      writer->write({.time = 0.1 * i,
                     .step = 7 * i,
                     .number = i,
                     .blocks = {cloud("water"), surface("gate")}});
    }
    writer->close();
    return path(name);
  }
  /// The bytes of every file of a folder under their names.
  static std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) {
        files[entry.path().lexically_relative(folder).string()] = slurp(entry.path());
      }
    }
    return files;
  }
};

TEST_F(ConvertTest, NamesWhatItCannotRead) {
  write("notes.txt", "x");
  write("broken.npz", "PK");
  EXPECT_THAT(failure({"convert", path("none.npz"), path("a.npz")}, 3),
              HasSubstr("cannot read '" + path("none.npz")));
  EXPECT_THAT(failure({"convert", path("notes.txt"), path("a.npz")}), HasSubstr("is no frame"));
  EXPECT_THAT(failure({"convert", path("broken.npz"), path("a.npz")}),
              HasSubstr(path("broken.npz")));
  EXPECT_FALSE(fs::exists(folder_ / "a.npz"));
}

TEST_F(ConvertTest, NamesWhatItCannotWrite) {
  const std::string run = series("run", "npz");
  const std::string frame = run + "/frames/scene_000000.npz";
  EXPECT_THAT(failure({"convert", frame, path("a.txt")}),
              HasSubstr("must end in .npz, .vtp or .vtu"));
  EXPECT_THAT(failure({"convert", run, path("a.npz")}), HasSubstr("is a folder: --to npz"));
  EXPECT_THAT(failure({"convert", folder_.string(), path("b"), "--to", "npz"}),
              HasSubstr("holds no frames"));
  EXPECT_THAT(failure({"convert", frame, run, "--to", "npz"}), HasSubstr("not an empty folder"));
  EXPECT_THAT(failure({"convert", frame, path("no/where.npz")}, 3), HasSubstr("cannot write '"));
}

TEST_F(ConvertTest, NamesWhatIsWrongWithAnArchive) {
  NamedArrays arrays;
  arrays.add(make_array("water.points", DType::kF32, {4, 3}));
  write_npz(folder_ / "a.npz", arrays);
  EXPECT_THAT(failure({"convert", path("a.npz"), path("b.npz")}),
              HasSubstr("a.npz': array 'water.points' holds f32 but f64 was asked for"));
  NamedArrays other;
  other.add(make_array("speed", DType::kF32, {4}));
  write_npz(folder_ / "a.npz", other);
  EXPECT_THAT(failure({"convert", path("a.npz"), path("b.npz")}),
              HasSubstr("a.npz': array 'speed' belongs to no block"));
}

#if FILIGREE_WITH_VTK
TEST_F(ConvertTest, OneFileComesBackBitForBit) {
  series("run", "vtk");
  for (const std::string name : {"water_000002", "gate_000002"}) {
    const std::string first = path("run/frames/" + name + ".vtp");
    convert(first, path(name + ".npz"));
    convert(path(name + ".npz"), path(name + ".vtp"));
    EXPECT_EQ(slurp(path(name + ".vtp")), slurp(first)) << name;
  }
}

TEST_F(ConvertTest, SeriesComesBackBitForBit) {
  for (const auto& [from, to] : {std::pair("vtk", "npz"), std::pair("npz", "vtk")}) {
    const std::string name = std::string("from_") + from;
    const std::string first = series(name, from);
    EXPECT_THAT(convert(first, path(name + "_there"), {"--to", to}).out, HasSubstr("3 frames"));
    convert(path(name + "_there"), path(name + "_back"), {"--to", from});
    EXPECT_EQ(contents(path(name + "_back")), contents(first));
  }
  EXPECT_EQ(contents(path("from_vtk")), contents(path("from_npz_there")));
}

TEST_F(ConvertTest, SeveralBlocksNeedAFolder) {
  const std::string frame = series("run", "npz") + "/frames/scene_000001.npz";
  EXPECT_THAT(failure({"convert", frame, path("a.vtp")}),
              HasSubstr("holds 2 blocks but a .vtp file has room for one"));
  convert(frame, path("one"), {"--to", "vtk"});
  EXPECT_TRUE(fs::exists(folder_ / "one/scene.pvd"));
  EXPECT_EQ(frame_arrays(read_frame(folder_ / "one/frames/scene_000001.vtm")), read_npz(frame));
}

TEST_F(ConvertTest, EndingMustFitTheCells) {
  series("run", "vtk");
  EXPECT_THAT(failure({"convert", path("run/frames/gate_000000.vtp"), path("a.vtu")}),
              HasSubstr("the name must end in .vtp"));
}

TEST_F(ConvertTest, RunOfTheProgramCanBeConverted) {
  const std::string file = write("drop.yaml", kDrop).string();
  ASSERT_EQ(call({"run", file, "--out", path("run"), "--quiet"}).code, 0);
  convert(path("run"), path("npz"), {"--to", "npz"});
  convert(path("npz"), path("vtk"), {"--to", "vtk"});
  const fs::path frame = "frames/drop_000020.vtp";
  EXPECT_EQ(frame_arrays(read_frame(folder_ / "run" / frame)),
            frame_arrays(read_frame(folder_ / "vtk" / frame)));
  EXPECT_EQ(slurp(folder_ / "run/scene.pvd"), slurp(folder_ / "vtk/scene.pvd"));
}
#endif

}  // namespace
}  // namespace filigree::testing_support
