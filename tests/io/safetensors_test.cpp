// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/safetensors.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "io/atomic_file.hpp"
#include "io/bytes.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::TempFolder;
using Bytes = std::vector<std::byte>;

NamedArray ramp(const std::string& name, DType dtype, std::vector<std::int64_t> shape) {
  NamedArray array = make_array(name, dtype, std::move(shape));
  for (std::size_t i = 0; i < array.bytes.size(); ++i) array.bytes[i] = std::byte(3 * i + 1);
  return array;
}

Weights example() {
  Weights weights;
  weights.arrays.add(ramp("bytes", DType::kU8, {5}));
  weights.arrays.add(ramp("layer.weight", DType::kF32, {2, 3}));
  weights.arrays.add(ramp("layer.bias", DType::kF64, {3}));
  weights.arrays.add(ramp("i32", DType::kI32, {1, 2, 1}));
  weights.arrays.add(ramp("i64", DType::kI64, {}));
  weights.arrays.add(ramp("u32", DType::kU32, {3}));
  weights.arrays.add(ramp("u64", DType::kU64, {2}));
  weights.arrays.add(make_array("empty", DType::kF32, {0, 4}));
  weights.metadata = {{"made by", "a test"}, {"text", "with \"quotes\" and \n lines"}};
  return weights;
}

/// A file with this header, blanks and all, and `n_data` bytes 0, 1, 2, ... behind it.
Bytes file_of(const std::string& header, std::size_t n_data) {
  Bytes bytes;
  append(bytes, static_cast<std::uint64_t>(header.size()));
  append(bytes, std::string_view(header));
  for (std::size_t i = 0; i < n_data; ++i) bytes.push_back(std::byte(i));
  return bytes;
}

TEST(Safetensors, ComeBackAsTheyWere) {
  const TempFolder folder;
  const Weights before = example();
  write_safetensors(folder / "net.safetensors", before);
  const Weights after = read_safetensors(folder / "net.safetensors");
  EXPECT_EQ(after.arrays, before.arrays);
  EXPECT_EQ(after.metadata, before.metadata);
  EXPECT_EQ(folder.listing(), "net.safetensors");
}

TEST(Safetensors, NoArraysAreAFileToo) {
  const Weights after = parse_safetensors(encode_safetensors({}), "none");
  EXPECT_EQ(after.arrays.size(), 0u);
  EXPECT_TRUE(after.metadata.empty());
}

TEST(Safetensors, UnitsTravelAsMetadata) {
  Weights weights;
  weights.arrays.add(make_array("speed", DType::kF32, {2}, "m/s"));
  weights.metadata = {{"unit:other", "kg"}};
  const Bytes bytes = encode_safetensors(weights);
  EXPECT_NE(as_text(bytes).find("\"unit:speed\":\"m/s\""), std::string_view::npos);
  const Weights after = parse_safetensors(bytes, "units");
  EXPECT_EQ(after.arrays, weights.arrays);
  EXPECT_EQ(after.metadata, weights.metadata);  // an array 'other' does not exist
}

TEST(Safetensors, EveryArrayLiesAtAMultipleOfItsSize) {
  const Bytes bytes = encode_safetensors(example());
  EXPECT_EQ(load<std::uint64_t>(bytes, 0) % 8, 0u);
  const std::string_view text = as_text(bytes);
  EXPECT_NE(text.find("\"layer.bias\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]}"),
            std::string_view::npos);
  EXPECT_NE(text.find("\"bytes\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[92,97]}"),
            std::string_view::npos);
}

/// A file that version 0.8.0 of the reference implementation wrote from PyTorch tensors.
TEST(Safetensors, AFileOfTheReferenceImplementationIsRead) {
  const Weights golden = read_safetensors(std::filesystem::path(FILIGREE_SOURCE_DIR) /
                                          "tests/golden/safetensors_reference.safetensors");
  EXPECT_EQ(golden.metadata.at("format"), "pt");
  EXPECT_EQ(golden.metadata.at("made by"), "safetensors 0.8.0");
  const auto values = [&](const char* name) {
    const NamedArray& array = golden.arrays.at(name);
    std::vector<double> result;
    for (std::int64_t i = 0; i < array.size(); ++i) result.push_back(array.value(i));
    return result;
  };
  using Values = std::vector<double>;
  EXPECT_EQ(golden.arrays.size(), 10u);
  EXPECT_EQ(golden.arrays.at("layer.weight").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(golden.arrays.at("layer.weight").dtype, DType::kF32);
  EXPECT_EQ(values("layer.weight"), (Values{1.5, -2, 3, 4, 5, 6.25}));
  EXPECT_EQ(values("layer.bias"), (Values{0.1, -0.2}));
  EXPECT_EQ(golden.arrays.at("steps").shape, std::vector<std::int64_t>{});
  EXPECT_EQ(values("steps"), Values{7});
  EXPECT_EQ(golden.arrays.at("half").dtype, DType::kF32);
  // 6e-8 is nearest to the smallest subnormal number of binary16, 2^-24.
  EXPECT_EQ(values("half"), (Values{1, -0.5, 65504, 0x1p-24, INFINITY}));
  EXPECT_EQ(golden.arrays.at("brain").dtype, DType::kF32);
  // 1e30 rounded to the 8 significant bits of bfloat16.
  EXPECT_EQ(values("brain"), (Values{1, -3, 0x1.94p+99}));
  EXPECT_EQ(golden.arrays.at("mask").dtype, DType::kU8);
  EXPECT_EQ(values("mask"), (Values{1, 0, 1}));
  EXPECT_EQ(values("bytes"), (Values{0, 255}));
  EXPECT_EQ(golden.arrays.at("small").dtype, DType::kI32);
  EXPECT_EQ(values("small"), (Values{-5, 7}));
  EXPECT_EQ(values("indices"), (Values{1, -2}));
  EXPECT_EQ(golden.arrays.at("empty").shape, (std::vector<std::int64_t>{0, 3}));
}

/// All 65536 bit patterns against their definition: (-1)^s 2^(e - 15) (1 + f / 1024), with the
/// subnormal numbers f 2^-24.
TEST(Safetensors, EveryHalfIsReadExactly) {
  Bytes bytes = file_of(R"({"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}})", 0);
  for (std::uint32_t i = 0; i < 65536; ++i) append(bytes, static_cast<std::uint16_t>(i));
  const Weights weights = parse_safetensors(bytes, "halves");
  const auto values = weights.arrays.at("h").as<float>();
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const int exponent = static_cast<int>(i >> 10 & 31);
    const double fraction = i & 1023;
    double expected =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1 + fraction / 1024, exponent - 15);
    if (exponent == 31) expected = fraction == 0 ? INFINITY : NAN;
    const double sign = i < 32768 ? 1 : -1;
    const double found = double{values[i]};
    EXPECT_EQ(std::signbit(found), sign < 0) << i;
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(found)) << i;
    } else {
      EXPECT_EQ(found, sign * expected) << i;
    }
  }
}

TEST(Safetensors, OrderOfTheDataMayDifferFromTheHeader) {
  const Weights weights =
      parse_safetensors(file_of(R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},)"
                                R"("a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}   )",
                                3),
                        "order");
  EXPECT_EQ(weights.arrays.names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(weights.arrays.at("b").value(1), 2);
}

struct Defect {
  std::string header;
  std::size_t n_data;
  std::string message;
};

TEST(Safetensors, EveryDefectOfAHeaderIsNamed) {
  const std::vector<Defect> defects{
      {"[1]", 0, "its header does not start with '{': it is not a safetensors file"},
      {R"({"a":{"dtype":"F32"}})", 0,
       "array 'a' lacks 'dtype', 'shape' or 'data_offsets', or has them of another kind"},
      {R"({"a":7})", 0,
       "array 'a' lacks 'dtype', 'shape' or 'data_offsets', or has them of another kind"},
      {R"({"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4,
       "an array has no name; give it one where the file is made"},
      {R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1,
       "array 'a' has the type 'F8_E4M3', which cannot be read; convert it to F32 or another of "
       "F32, F64, I32, I64, U8, U32, U64, BOOL, F16, BF16, I8, I16, U16"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", 1,
       "the data_offsets of array 'a' are not two counts of bytes"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1,
       "the data_offsets of array 'a' are not two counts of bytes"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}})", 1,
       "array 'a' should lie in bytes 0 to 2 of 1 bytes of data: the file is cut off or altered; "
       "copy or download it again"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1,
       "array 'a' should lie in bytes 1 to 0 of 1 bytes of data: the file is cut off or altered; "
       "copy or download it again"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "array 'a' of shape [2] and type F32 takes 8 bytes, but 4 are set aside for it: the file "
       "was made wrongly"},
      {R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1,
       "array 'a' has an extent that is not a count"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "array 'a' of shape [4294967296,4294967296] is too large to address"},
      {R"({"a":{"dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[0,0]}})", 0,
       "array 'a' of shape [0,18446744073709551615] is too large to address"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3,
       "the data of array 'b' starts at byte 1 where 2 was expected: arrays overlap or leave a "
       "gap; "
       "the file was made wrongly"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2,
       "the data of array 'a' starts at byte 1 where 0 was expected: arrays overlap or leave a "
       "gap; "
       "the file was made wrongly"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 3,
       "there are 2 bytes behind the last array: something was appended, or arrays are missing "
       "from "
       "its header; copy or download it again"},
      {R"({"__metadata__":[]})", 0, "its __metadata__ is not a map from names to texts"},
      {R"({"__metadata__":{"epochs":3}})", 0,
       "the metadata 'epochs' is not a text; write it as a string"},
  };
  for (const Defect& defect : defects) {
    EXPECT_MESSAGE(InputError, parse_safetensors(file_of(defect.header, defect.n_data), "net"),
                   "safetensors file 'net' cannot be used: " + defect.message);
  }
  std::string many = R"({"a":{"dtype":"U8","shape":[1)";
  for (int i = 0; i < 40; ++i) many += ",1";
  EXPECT_MESSAGE(
      InputError, parse_safetensors(file_of(many + R"(],"data_offsets":[0,1]}})", 1), "net"),
      "safetensors file 'net' cannot be used: array 'a' has 41 dimensions, more than the "
      "32 allowed");
}

TEST(Safetensors, HeadersThatAreNotJsonAreRefused) {
  EXPECT_MESSAGE_HAS(InputError, parse_safetensors(file_of("{\"a\":", 0), "net"),
                     "safetensors file 'net': not valid JSON: ");
  EXPECT_MESSAGE_HAS(InputError, parse_safetensors(file_of("{} {}", 0), "net"), "not valid JSON: ");
  EXPECT_MESSAGE_HAS(InputError, parse_safetensors(file_of("{\"\xff\":1}", 0), "net"),
                     "not valid JSON: ");
  EXPECT_MESSAGE_HAS(InputError, parse_safetensors(file_of("{" + std::string(300, '['), 0), "net"),
                     "nested deeper than 100 levels");
  EXPECT_MESSAGE(
      InputError,
      parse_safetensors(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                                2),
                        "net"),
      "safetensors file 'net': the key 'a' is there twice");
  EXPECT_MESSAGE(
      InputError,
      parse_safetensors(
          file_of(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1),
          "net"),
      "safetensors file 'net': the key 'dtype' is there twice");
  std::string many = "{\"__metadata__\":{\"k\":\"\"";
  for (int i = 0; i < 17000; ++i) many += format(",\"{}\":\"\"", i);
  EXPECT_MESSAGE(InputError, parse_safetensors(file_of(many + "}}", 0), "net"),
                 "safetensors file 'net': it has more than the 16385 keys allowed");
}

TEST(Safetensors, CutOffFilesAreNeverReadInPart) {
  const Bytes whole = encode_safetensors(example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse_safetensors(std::span(whole).first(size), "net"), InputError) << size;
  }
  EXPECT_MESSAGE(InputError, parse_safetensors(std::span(whole).first(5), "net"),
                 "safetensors file 'net' cannot be used: it has 5 bytes, fewer than the 8 that "
                 "every such file starts with; copy or download it again");
  Bytes huge = whole;
  huge[7] = std::byte{0x7f};
  EXPECT_MESSAGE_HAS(InputError, parse_safetensors(huge, "net"),
                     "follow: it is cut off, or not a safetensors file; copy or download it again");
}

TEST(Safetensors, WhatCannotBeWrittenIsRefused) {
  Weights weights;
  weights.arrays.add(make_array("__metadata__", DType::kF32, {1}));
  EXPECT_MESSAGE(InputError, encode_safetensors(weights),
                 "an array of a safetensors file cannot be named '__metadata__': rename it");
  Weights odd;
  odd.arrays.add(make_array("\xff", DType::kF32, {1}));
  EXPECT_MESSAGE(InputError, encode_safetensors(odd),
                 "names, units and metadata of a safetensors file must be valid UTF-8: rename the "
                 "arrays");
}

TEST(Safetensors, FilesThatCannotBeReadAreNamed) {
  const TempFolder folder;
  EXPECT_MESSAGE_HAS(EnvironmentError, read_safetensors(folder / "none.safetensors"),
                     "none.safetensors");
  EXPECT_MESSAGE_HAS(EnvironmentError,
                     write_safetensors(folder / "no" / "net.safetensors", example()),
                     "cannot write '");
}

}  // namespace
}  // namespace filigree
