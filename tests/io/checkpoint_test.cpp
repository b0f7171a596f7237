// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint.hpp"

#include <zstd.h>

#include <cmath>
#include <numeric>

#include "core/hash.hpp"
#include "io/atomic_file.hpp"
#include "io/bytes.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::put;
using testing_io::SmallDisk;
using testing_io::TempFolder;
using Bytes = std::vector<std::byte>;

NamedArray ramp(const std::string& name, std::vector<std::int64_t> shape) {
  NamedArray array = make_array(name, DType::kF64, std::move(shape), "m");
  std::iota(array.as<double>().begin(), array.as<double>().end(), 0.5);
  return array;
}

Checkpoint example() {
  Checkpoint checkpoint;
  checkpoint.header = {{"type", "mpm"}, {"step", 12}, {"time", 0.1}};
  checkpoint.arrays.add(ramp("positions", {3, 3}));
  checkpoint.arrays.add(make_array("ids", DType::kI32, {5}));
  checkpoint.arrays.add(make_array("none", DType::kU8, {0, 3}));
  const double time = 0.1;
  checkpoint.arrays.add(make_array("time", std::span<const double>(&time, 1), {}, "s"));
  return checkpoint;
}

std::string refusal(const Bytes& bytes, std::uint64_t max_bytes = 1 << 20) {
  return testing_io::message_of<InputError>([&] { parse_checkpoint(bytes, "f", max_bytes); });
}

/// Replaces the checksum at the end by the right one.
Bytes sealed(Bytes bytes) {
  bytes.resize(bytes.size() - 16);
  const Digest128 checksum = digest128(bytes);
  append(bytes, checksum.low);
  append(bytes, checksum.high);
  return bytes;
}

template <class T>
Bytes changed(Bytes bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
  return bytes;
}

/// A checkpoint with a valid outside around the given JSON text and payload.
Bytes assemble(const std::string& json, const Bytes& raw, std::uint64_t promised) {
  Bytes payload(ZSTD_compressBound(raw.size()));
  payload.resize(ZSTD_compress(payload.data(), payload.size(), raw.data(), raw.size(), 1));
  Bytes bytes;
  append(bytes, std::string_view("\x89"
                                 "FGC\r\n\x1a\n"));
  append(bytes, std::uint32_t{1});
  append(bytes, std::uint32_t{1});
  append(bytes, std::uint64_t{json.size()});
  append(bytes, std::uint64_t{payload.size()});
  append(bytes, promised);
  append(bytes, std::string_view(json));
  append(bytes, std::span<const std::byte>(payload));
  bytes.resize(bytes.size() + 16);
  return sealed(bytes);
}

constexpr const char* kStart = "checkpoint 'f' cannot be used: ";

TEST(Checkpoint, ReadsBackBitForBit) {
  const TempFolder folder;
  const Checkpoint written = example();
  write_checkpoint(folder / "c.fgc", written);
  const Checkpoint read = read_checkpoint(folder / "c.fgc");
  EXPECT_EQ(read.header, written.header);
  EXPECT_EQ(read.arrays, written.arrays);
  EXPECT_EQ(folder.listing(), "c.fgc");
  EXPECT_EQ(encode_checkpoint(read), encode_checkpoint(written));
}

TEST(Checkpoint, ReadsBackLargeArraysThatCompressALot) {
  Checkpoint checkpoint;
  checkpoint.arrays.add(make_array("zeros", DType::kF64, {1 << 20, 4}));
  checkpoint.arrays.add(ramp("ramp", {1 << 16, 3}));
  const Bytes bytes = encode_checkpoint(checkpoint);
  EXPECT_LT(bytes.size(), std::size_t{1} << 21);
  EXPECT_EQ(parse_checkpoint(bytes, "f").arrays, checkpoint.arrays);
  EXPECT_EQ(refusal(bytes, 1 << 20),
            std::string(kStart) + "it unpacks to 34 MiB, more than the 1.0 MiB allowed here");
}

TEST(Checkpoint, ReadsTheFileOfAnEarlierVersion) {
  const Checkpoint golden = read_checkpoint(std::filesystem::path(FILIGREE_SOURCE_DIR) /
                                            "tests/golden/checkpoint_version1.fgc");
  EXPECT_EQ(golden.header, example().header);
  EXPECT_EQ(golden.arrays, example().arrays);
}

TEST(Checkpoint, AnEmptyOneIsACheckpointToo) {
  EXPECT_EQ(parse_checkpoint(encode_checkpoint({}), "f").arrays.size(), 0u);
}

TEST(Checkpoint, EveryFlippedBitIsRefused) {
  const Bytes good = encode_checkpoint(example());
  ASSERT_EQ(refusal(good), "no error");
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= std::byte(1 << bit % 8);
    EXPECT_EQ(refusal(bad).substr(0, 31), kStart) << "bit " << bit;
  }
}

TEST(Checkpoint, EveryChangedByteIsRefused) {
  const Bytes good = encode_checkpoint(example());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int value : {0x00, 0xff, 0x7f, 0x20}) {
      if (good[i] == std::byte(value)) continue;
      EXPECT_EQ(refusal(changed(good, i, std::byte(value))).substr(0, 31), kStart) << "byte " << i;
    }
  }
}

TEST(Checkpoint, EveryTruncationIsRefused) {
  const Bytes good = encode_checkpoint(example());
  for (std::size_t n = 0; n < good.size(); ++n) {
    const Bytes bad(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(refusal(bad),
              std::string(kStart) + (n < 8 ? "it is not a checkpoint file" : "it is cut off"))
        << n << " bytes";
  }
}

/// Altered files whose checksum was made right again must not get further than a message either.
TEST(Checkpoint, EveryFlippedBitBehindAValidChecksumIsRefusedOrHarmless) {
  const Bytes good = encode_checkpoint(example());
  int n_refused = 0;
  for (std::size_t bit = 0; bit < 8 * (good.size() - 16); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= std::byte(1 << bit % 8);
    const std::string message = refusal(sealed(bad));
    EXPECT_NE(message.substr(0, 14), "another error:") << "bit " << bit << ": " << message;
    n_refused += message != "no error";
  }
  EXPECT_GT(n_refused, 1000);
}

TEST(Checkpoint, SaysWhatIsWrongOutside) {
  const Bytes good = encode_checkpoint(example());
  const std::string start = kStart;
  EXPECT_EQ(refusal(changed(good, 8, std::uint32_t{7})),
            start + "its format version is 7, this program reads version 1");
  EXPECT_EQ(refusal(changed(good, 12, std::uint32_t{9})), start + "its compression 9 is not known");
  EXPECT_EQ(refusal(changed(good, good.size() / 2, ~good[good.size() / 2])),
            start + "its checksum is wrong; the file is damaged");
  Bytes longer = good;
  longer.resize(good.size() + 3);
  EXPECT_EQ(refusal(longer), start + "there are 3 bytes behind its end");
  EXPECT_EQ(refusal(changed(good, 16, ~std::uint64_t{0})), start + "it is cut off");
  EXPECT_EQ(refusal(changed(good, 24, ~std::uint64_t{0})), start + "it is cut off");
  EXPECT_EQ(refusal(sealed(changed(good, 32, ~std::uint64_t{0}))).substr(0, start.size() + 2),
            start + format("{}", load<std::uint64_t>(good, 24)).substr(0, 2));
  EXPECT_EQ(refusal(sealed(changed(good, 32, std::uint64_t{64}))),
            start + "array 'positions' does not fit into the payload");
}

TEST(Checkpoint, SaysWhatIsWrongInside) {
  const std::string start = kStart;
  const Bytes raw(64);
  const std::string array =
      R"({"name": "a", "unit": "m", "dtype": "f64", "shape": [8], "offset": 0})";
  const auto message = [&](const std::string& arrays) {
    return refusal(assemble(R"({"header": {}, "arrays": [)" + arrays + "]}", raw, 64));
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = array;
    return message(text.replace(text.find(from), from.size(), to));
  };
  EXPECT_EQ(message(array), "no error");
  EXPECT_EQ(refusal(assemble("{", raw, 64)).substr(0, 19), "f: not valid JSON: ");
  EXPECT_EQ(refusal(assemble("[]", raw, 64)), start + "its header lacks 'header' or 'arrays'");
  EXPECT_EQ(message(""), start + "its arrays do not fill the payload");
  EXPECT_EQ(message("1"), start + "an array lacks 'name', 'unit', 'dtype', 'shape' or 'offset'");
  EXPECT_EQ(with("f64", "f16"), start + "array 'a' has the unknown type 'f16'");
  EXPECT_EQ(with("[8]", "[-8]"), start + "array 'a' has an extent that is not a count");
  EXPECT_EQ(with("[8]", "[8.0]"), start + "array 'a' has an extent that is not a count");
  EXPECT_EQ(with("[8]", "[9]"), start + "array 'a' does not fit into the payload");
  EXPECT_EQ(with("[8]", "[2305843009213693952, 8]"),
            start + "array 'a' does not fit into the payload");
  EXPECT_EQ(with("[8]", "[18446744073709551615]"),
            start + "array 'a' does not fit into the payload");
  EXPECT_EQ(with("\"offset\": 0", "\"offset\": 64"), start + "array 'a' is out of place");
  EXPECT_EQ(with("\"a\"", "\"\""), start + "the array name '' is empty or there twice");
  const std::string two =
      R"({"header": {}, "arrays": [)" + array +
      R"(, {"name": "a", "unit": "", "dtype": "u8", "shape": [3], "offset": 64}]})";
  EXPECT_EQ(refusal(assemble(two, Bytes(128), 128)),
            start + "the array name 'a' is empty or there twice");
  EXPECT_EQ(refusal(assemble(two, Bytes(64), 128)),
            start + "its payload has another size than promised");
}

TEST(Checkpoint, RefusesAPayloadThatIsNotOneWholeZstdFrame) {
  const std::string json =
      R"({"header": {}, "arrays": [)"
      R"({"name": "a", "unit": "", "dtype": "u8", "shape": [64], "offset": 0}]})";
  Bytes raw(64);
  for (std::size_t i = 0; i < 64; ++i) raw[i] = std::byte(i * 37 % 256);
  const Bytes good = assemble(json, raw, 64);
  ASSERT_EQ(refusal(good), "no error");
  Bytes cut = good;
  cut.erase(cut.end() - 20);
  cut = changed(cut, 24, load<std::uint64_t>(good, 24) - 1);
  EXPECT_EQ(refusal(sealed(cut)), std::string(kStart) + "its payload cannot be unpacked");
  Bytes more = good;
  more.insert(more.end() - 16, std::byte{7});
  more = changed(more, 24, load<std::uint64_t>(good, 24) + 1);
  EXPECT_EQ(refusal(sealed(more)), std::string(kStart) + "its payload cannot be unpacked");
}

TEST(Checkpoint, NeverHoldsANaN) {
  const TempFolder folder;
  Checkpoint checkpoint = example();
  checkpoint.arrays.at("positions").as<double>()[4] = NAN;
  EXPECT_MESSAGE(NumericalError, write_checkpoint(folder / "c.fgc", checkpoint),
                 "state 'positions' is not finite (nan) at element 4; no checkpoint was written");
  EXPECT_EQ(folder.listing(), "");
}

TEST(Checkpoint, FullDiskLeavesTheEarlierOnesUsable) {
  const TempFolder folder;
  const SmallDisk disk(folder / "disk", "size=64k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a file system needs root";
  write_checkpoint(folder / "disk" / checkpoint_name(1), example());
  Checkpoint large = example();
  large.arrays.add(make_array("noise", DType::kU64, {1 << 15}));
  std::uint64_t state = 1;
  for (std::uint64_t& value : large.arrays.at("noise").as<std::uint64_t>()) {
    value = state = state * 6364136223846793005u + 1442695040888963407u;
    value ^= value >> 29;
  }
  EXPECT_MESSAGE_HAS(EnvironmentError,
                     write_checkpoint(folder / "disk" / checkpoint_name(2), large),
                     "checkpoint_000000000002.fgc': No space left on device");
  EXPECT_EQ(list_checkpoints(folder / "disk").size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder / "disk" / (checkpoint_name(2) + ".part")));
  EXPECT_EQ(load_latest_checkpoint(folder / "disk").checkpoint.arrays, example().arrays);
}

TEST(CheckpointFolder, ListsPrunesAndForgetsByStep) {
  const TempFolder folder;
  EXPECT_EQ(checkpoint_name(1234), "checkpoint_000000001234.fgc");
  EXPECT_TRUE(list_checkpoints(folder / "none").empty());
  const std::int64_t large = 1234567890123;  // more digits than the name pads to
  for (const std::int64_t step : {10l, 9l, 2l, large}) put(folder / checkpoint_name(step), "x");
  put(folder / "checkpoint_000000000011.fgc.part", "x");
  put(folder / "checkpoint_abc.fgc", "x");
  std::vector<std::string> names;
  for (const auto& file : list_checkpoints(folder.path())) names.push_back(file.filename());
  EXPECT_EQ(join(names, " "),
            "checkpoint_000000000002.fgc checkpoint_000000000009.fgc checkpoint_000000000010.fgc "
            "checkpoint_1234567890123.fgc");
  prune_checkpoints(folder.path(), 2);
  prune_checkpoints(folder.path(), 5);
  EXPECT_EQ(list_checkpoints(folder.path()).size(), 2u);
  remove_checkpoints_after(folder.path(), 10);
  ASSERT_EQ(list_checkpoints(folder.path()).size(), 1u);
  EXPECT_EQ(list_checkpoints(folder.path())[0].filename(), checkpoint_name(10));
  EXPECT_MESSAGE(InputError, prune_checkpoints(folder.path(), 0),
                 "keeping 0 checkpoints makes no sense; keep at least 1");
}

TEST(CheckpointFolder, LatestPassesOverBrokenOnesAndSaysSo) {
  const TempFolder folder;
  Checkpoint checkpoint = example();
  write_checkpoint(folder / checkpoint_name(1), checkpoint);
  checkpoint.header["step"] = 2;
  write_checkpoint(folder / checkpoint_name(2), checkpoint);
  put(folder / checkpoint_name(3), testing_io::contents(folder / checkpoint_name(2)) + "x");
  put(folder / checkpoint_name(4), "");
  const LatestCheckpoint latest = load_latest_checkpoint(folder.path());
  EXPECT_EQ(latest.file, folder / checkpoint_name(2));
  EXPECT_EQ(latest.checkpoint.header["step"], 2);
  ASSERT_EQ(latest.refused.size(), 2u);
  EXPECT_EQ(latest.refused[0], "checkpoint '" + (folder / checkpoint_name(4)).string() +
                                   "' cannot be used: it is not a checkpoint file");
  EXPECT_EQ(latest.refused[1], "checkpoint '" + (folder / checkpoint_name(3)).string() +
                                   "' cannot be used: there are 1 bytes behind its end");
  EXPECT_EQ(latest_checkpoint(folder.path()), folder / checkpoint_name(2));
}

TEST(CheckpointFolder, SaysWhenNoneCanBeUsed) {
  const TempFolder folder;
  const std::string base = folder.path().string();
  EXPECT_MESSAGE(InputError, latest_checkpoint(folder.path()),
                 "there is no checkpoint in '" + base + "'");
  put(folder / checkpoint_name(4), "");
  EXPECT_MESSAGE(InputError, latest_checkpoint(folder.path()),
                 "no checkpoint in '" + base + "' can be used: checkpoint '" + base + "/" +
                     checkpoint_name(4) + "' cannot be used: it is not a checkpoint file");
  EXPECT_MESSAGE_HAS(EnvironmentError, list_checkpoints(folder / checkpoint_name(4)),
                     "Not a directory");
}

}  // namespace
}  // namespace filigree
