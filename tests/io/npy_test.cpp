// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/npy.hpp"

#include <numeric>

#include "io/bytes.hpp"
#include "io/npz.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::put;
using testing_io::TempFolder;
using Bytes = std::vector<std::byte>;

const std::filesystem::path kGolden = std::filesystem::path(FILIGREE_SOURCE_DIR) / "tests/golden";

template <class T>
std::vector<T> values(const NamedArray& array) {
  const auto span = array.as<T>();
  return {span.begin(), span.end()};
}

template <class T>
NamedArray ramp(const std::string& name, std::vector<std::int64_t> shape) {
  NamedArray array = make_array(name, dtype_of<T>(), std::move(shape), "m/s");
  std::iota(array.as<T>().begin(), array.as<T>().end(), T(3));
  return array;
}

NamedArrays one_of_each() {
  NamedArrays arrays;
  arrays.add(ramp<float>("f32", {2, 3}));
  arrays.add(ramp<double>("f64", {4, 1, 2}));
  arrays.add(ramp<std::int32_t>("i32", {5}));
  arrays.add(ramp<std::int64_t>("i64", {}));
  arrays.add(ramp<std::uint8_t>("u8", {300}));
  arrays.add(ramp<std::uint32_t>("u32", {0, 3}));
  arrays.add(ramp<std::uint64_t>("block.u64", {1}));
  return arrays;
}

Bytes npy_with_header(const std::string& header, const std::string& data = "") {
  Bytes bytes;
  append(bytes, std::string_view("\x93NUMPY\x01\x00", 8));
  append(bytes, static_cast<std::uint16_t>(header.size()));
  append(bytes, std::string_view(header));
  append(bytes, std::string_view(data));
  return bytes;
}

std::string refusal(const Bytes& bytes) {
  return testing_io::message_of<InputError>([&] { parse_npy(bytes, "f", "a"); });
}

TEST(Npy, EveryTypeAndShapeReadsBack) {
  const TempFolder folder;
  for (NamedArray array : one_of_each()) {
    const auto file = folder / (array.name + ".npy");
    write_npy(file, array);
    array.unit = "";  // a .npy file has no place for it
    EXPECT_EQ(read_npy(file), array);
    EXPECT_EQ((std::filesystem::file_size(file) - array.bytes.size()) % 64, 0u);
  }
}

TEST(Npy, ReadsNumPysOwnFiles) {
  const NamedArray array = read_npy(kGolden / "numpy_f64_2x3.npy");
  EXPECT_EQ(array.name, "numpy_f64_2x3");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(values<double>(array), (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25}));
  for (const char* name : {"numpy_version2.npy", "numpy_version3.npy"}) {
    EXPECT_EQ(values<std::int32_t>(read_npy(kGolden / name)), (std::vector<std::int32_t>{0, 1, 2}));
  }
}

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  NamedArray array = make_array("a", DType::kF64, {2, 3});
  for (int i = 0; i < 6; ++i) array.as<double>()[static_cast<std::size_t>(i)] = i / 4.0;
  const Bytes bytes = encode_npy(array);
  EXPECT_EQ(as_text(bytes), testing_io::contents(kGolden / "numpy_f64_2x3.npy"));
}

TEST(Npy, RefusesOtherLayoutsWithAWayOut) {
  const auto message = [](const std::string& name) {
    return testing_io::message_of<InputError>([&] { read_npy(kGolden / name); });
  };
  const std::string base = kGolden.string() + "/";
  EXPECT_EQ(message("numpy_fortran.npy"),
            base +
                "numpy_fortran.npy: the array is in Fortran order; save "
                "numpy.ascontiguousarray(a) instead");
  EXPECT_EQ(message("numpy_big_endian.npy"),
            base + "numpy_big_endian.npy: type '>f8' is big endian; save a.astype('<f8') instead");
  EXPECT_EQ(message("numpy_object.npy"),
            base +
                "numpy_object.npy: type '|O' holds Python objects, which are never loaded; save "
                "plain numbers");
  EXPECT_EQ(message("numpy_structured.npy"),
            base +
                "numpy_structured.npy: the array has structured elements; save each of its "
                "fields on its own");
  EXPECT_EQ(message("numpy_half.npy"),
            base +
                "numpy_half.npy: type '<f2' cannot be read; save a.astype('<f8') or another of "
                "<f4, <f8, <i4, <i8, |u1, <u4, <u8, |b1");
}

TEST(Npy, RefusesWrongSizesBeforeTakingMemory) {
  const std::string rest = "'descr': '<f8', 'fortran_order': False, 'shape': ";
  const auto message = [&](const std::string& shape) {
    return refusal(npy_with_header("{" + rest + shape + "}", "12345678"));
  };
  EXPECT_EQ(message("(1,)"), "no error");
  const std::string end =
      " and type '<f8' does not fit the 8 bytes of data that are there; the file is cut off or "
      "altered";
  for (const std::string shape : {"(0,)", "(2,)", "(2, 3)", "(4611686018427387904, 2)",
                                  "(9223372036854775807, 9223372036854775807)"}) {
    EXPECT_EQ(message(shape), "f: an array of shape " + shape + end);
  }
}

TEST(Npy, RefusesMalformedHeaders) {
  const std::string start = "f: the NPY header is malformed: ";
  const std::string good = "'descr': '<f8', 'fortran_order': False, 'shape': (0,)";
  const auto message = [](const std::string& header) { return refusal(npy_with_header(header)); };
  EXPECT_EQ(message("{" + good + "}"), "no error");
  EXPECT_EQ(message("{" + good + ", }  \n"), "no error");
  EXPECT_EQ(message("{\"descr\": \"<f8\", 'fortran_order':False,'shape':(0L,)}"), "no error");
  EXPECT_EQ(message("  "), start + "expected '{'");
  EXPECT_EQ(message("{}"),
            start + "the keys 'descr', 'fortran_order' and 'shape' must all be there");
  EXPECT_EQ(message("{" + good + "} x"), start + "text after the closing brace");
  EXPECT_EQ(message("{" + good + ", 'more': 1}"), start + "unexpected or repeated key 'more'");
  EXPECT_EQ(message("{" + good + ", 'descr': '<f8'}"),
            start + "unexpected or repeated key 'descr'");
  EXPECT_EQ(message("{'descr: 1"), start + "a string has no end");
  EXPECT_EQ(message("{'descr' '<f8'"), start + "expected ':'");
  EXPECT_EQ(message("{'fortran_order': 0"), start + "fortran_order must be True or False");
  EXPECT_EQ(message("{'shape': (-1,)"), start + "an extent is not a count");
  EXPECT_EQ(message("{'shape': (99999999999999999999,)"), start + "an extent is not a count");
  EXPECT_EQ(message("{'shape': (1 2)"), start + "expected ')'");
  std::string many = "{'shape': (";
  for (int i = 0; i < 33; ++i) many += "1,";
  EXPECT_EQ(message(many + ")"), start + "more than 32 dimensions");
}

TEST(Npy, RefusesWhatIsNotANpyFile) {
  Bytes bytes = encode_npy(ramp<double>("a", {2}));
  EXPECT_EQ(refusal({}), "f: not an NPY file (it does not start with the NPY magic)");
  Bytes version = bytes;
  version[6] = std::byte{9};
  EXPECT_EQ(refusal(version), "f: NPY version 9.0 is not known; versions 1.0, 2.0 and 3.0 are");
  Bytes huge = bytes;
  huge[6] = std::byte{2};
  huge.insert(huge.begin() + 8, {std::byte{0}, std::byte{0}});
  huge.resize(200000);
  huge[10] = std::byte{2};  // a header of 2^17 bytes
  EXPECT_EQ(refusal(huge).substr(0, 24), "f: the NPY header has 13");
  for (std::size_t n = 6; n < 128; ++n) {
    EXPECT_EQ(refusal(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n))),
              "f: the NPY file is cut off inside its header");
  }
}

TEST(Npy, NoTruncationOrBitFlipGetsThroughUnnoticedOrCrashes) {
  const Bytes good = encode_npy(ramp<double>("a", {2}));
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_NE(refusal(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n))),
              "no error");
  }
  const std::size_t data = good.size() - 16;
  for (std::size_t bit = 0; bit < 8 * data; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= std::byte(1 << bit % 8);
    refusal(bad);  // some flips change nothing that matters; none may do harm
  }
}

TEST(Npz, EveryTypeShapeAndUnitReadsBack) {
  const TempFolder folder;
  const NamedArrays arrays = one_of_each();
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflate}) {
    write_npz(folder / "a.npz", arrays, compression);
    EXPECT_EQ(read_npz(folder / "a.npz"), arrays);
  }
  write_npz(folder / "empty.npz", NamedArrays());
  EXPECT_EQ(read_npz(folder / "empty.npz").size(), 0u);
}

TEST(Npz, TheSameArraysGiveTheSameBytes) {
  EXPECT_EQ(encode_npz(one_of_each(), NpzCompression::kDeflate),
            encode_npz(one_of_each(), NpzCompression::kDeflate));
}

TEST(Npz, ReadsNumPysOwnFiles) {
  const NamedArrays stored = read_npz(kGolden / "numpy_stored.npz");
  EXPECT_EQ(stored.names(),
            (std::vector<std::string>{"velocity", "ids", "flag", "scalar", "empty"}));
  EXPECT_EQ(values<float>(stored.at("velocity")), (std::vector<float>{1.5, -2, 3, 4}));
  EXPECT_EQ(values<std::int64_t>(stored.at("ids")), (std::vector<std::int64_t>{7, 8, 9}));
  EXPECT_EQ(values<std::uint8_t>(stored.at("flag")), (std::vector<std::uint8_t>{1, 0}));
  EXPECT_TRUE(stored.at("scalar").shape.empty());
  EXPECT_EQ(stored.at("scalar").value(0), 0.25);
  EXPECT_EQ(stored.at("empty").shape, (std::vector<std::int64_t>{0, 3}));
  const NamedArrays deflated = read_npz(kGolden / "numpy_deflated.npz");
  EXPECT_EQ(deflated.at("ramp").size(), 1000);
  EXPECT_EQ(deflated.at("ramp").value(999), 999);
  EXPECT_EQ(values<std::uint8_t>(deflated.at("small")), (std::vector<std::uint8_t>{1, 2, 255}));
  EXPECT_EQ(values<std::int32_t>(deflated.at("i")), (std::vector<std::int32_t>{-5}));
  EXPECT_EQ(values<std::uint64_t>(deflated.at("big")),
            (std::vector<std::uint64_t>{18446744073709551615u}));
}

std::string npz_refusal(const Bytes& bytes) {
  return testing_io::message_of<InputError>([&] { parse_npz(bytes, "f"); });
}

/// A small archive of one array "a" and where its directory starts.
Bytes small_npz(NpzCompression compression, std::size_t& directory) {
  NamedArrays arrays;
  arrays.add(ramp<double>("a", {2}));
  Bytes bytes = encode_npz(arrays, compression);
  directory = load<std::uint32_t>(bytes, bytes.size() - 6);
  return bytes;
}

TEST(Npz, RefusesWhatItCannotUnpack) {
  std::size_t at = 0;
  const Bytes good = small_npz(NpzCompression::kStored, at);
  const auto changed = [&](std::size_t offset, auto value) {
    Bytes bytes = good;
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
    return npz_refusal(bytes);
  };
  const std::size_t end = good.size() - 22;
  EXPECT_EQ(npz_refusal({}), "f: not an NPZ file (it does not start with the zip magic)");
  EXPECT_EQ(changed(at + 8, std::uint16_t{1}), "f: 'a.npy' is encrypted; save it plain");
  EXPECT_EQ(changed(at + 10, std::uint16_t{14}),
            "f: 'a.npy' is packed by method 14; only stored and deflated entries can be read");
  EXPECT_EQ(changed(at + 46, std::uint8_t{'b'}),
            "f: the zip archive is cut off or altered: 'b.npy' is not where the directory says");
  EXPECT_EQ(changed(at + 50, std::uint8_t{'x'}), "f: 'a.npx' is not an array (.npy)");
  EXPECT_EQ(changed(at + 20, ~std::uint32_t{0}),
            "f: 'a.npy' uses zip64 (above 4 GiB), which is not supported; save the arrays in "
            "several files");
  EXPECT_EQ(changed(end + 10, std::uint16_t{0xffff}),
            "f: the archive uses zip64 (above 4 GiB or 65535 entries), which is not supported; "
            "save the arrays in several files");
  EXPECT_EQ(changed(at + 16, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: the checksum of 'a.npy' is wrong");
  EXPECT_EQ(changed(at + 24, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: the sizes of 'a.npy' disagree");
  EXPECT_EQ(changed(at + 42, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: 'a.npy' is not where the directory says");
  EXPECT_EQ(changed(at, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: its directory is damaged");
  EXPECT_EQ(changed(end + 16, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: its directory is out of place");
  EXPECT_EQ(changed(end, std::uint32_t{5}),
            "f: the zip archive is cut off or altered: its directory is missing");
}

TEST(Npz, RefusesHostileSizesBeforeTakingMemory) {
  std::size_t at = 0;
  Bytes bytes = small_npz(NpzCompression::kDeflate, at);
  const std::uint32_t size = 0xfffffff0;
  std::memcpy(bytes.data() + at + 24, &size, sizeof(size));
  EXPECT_EQ(
      npz_refusal(bytes),
      "f: the zip archive is cut off or altered: 'a.npy' promises more bytes than it can hold");
}

TEST(Npz, RefusesTwoArraysOfOneName) {
  NamedArrays arrays;
  arrays.add(ramp<double>("a", {2}));
  arrays.add(ramp<double>("b", {2}));
  Bytes bytes = encode_npz(arrays, NpzCompression::kStored);
  for (std::size_t i = 0; i + 5 <= bytes.size(); ++i) {
    if (as_text(bytes).substr(i, 5) == "b.npy") bytes[i] = std::byte{'a'};
  }
  EXPECT_EQ(npz_refusal(bytes), "f: the array name 'a' is empty or there twice");
}

TEST(Npz, EveryTruncationAndBitFlipIsRefusedOrHarmless) {
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflate}) {
    std::size_t at = 0;
    const Bytes good = small_npz(compression, at);
    const NamedArrays expected = parse_npz(good, "f");
    for (std::size_t n = 0; n < good.size(); ++n) {
      EXPECT_NE(npz_refusal(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n))),
                "no error");
    }
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
      Bytes bad = good;
      bad[bit / 8] ^= std::byte(1 << bit % 8);
      try {
        // Dates and version fields may change; the values may not.
        const NamedArrays found = parse_npz(bad, "f");
        ASSERT_EQ(found.size(), 1u);
        EXPECT_EQ(found.begin()->bytes, expected.at("a").bytes) << "bit " << bit;
      } catch (const InputError&) {
      }
    }
  }
}

TEST(Npz, RefusesWhatDoesNotFitIntoAnArchive) {
  const std::string text =
      "the arrays do not fit into a zip archive of at most 1000 B: write fewer at a time";
  NamedArrays arrays;
  arrays.add(ramp<double>("a", {50}));
  EXPECT_NO_THROW(encode_npz(arrays, NpzCompression::kStored, 1000));
  arrays.add(ramp<double>("b", {50}));
  EXPECT_MESSAGE(InputError, encode_npz(arrays, NpzCompression::kStored, 1000), text);
  NamedArrays large;
  large.add(ramp<std::uint8_t>("a", {1000}));
  EXPECT_MESSAGE(InputError, encode_npz(large, NpzCompression::kDeflate, 1000), text);
  NamedArrays named;
  named.add(ramp<double>(std::string(70000, 'n'), {1}));
  EXPECT_MESSAGE(InputError, encode_npz(named, NpzCompression::kStored),
                 "an array name or unit of 70000 bytes is too long for a zip archive");
}

}  // namespace
}  // namespace filigree
