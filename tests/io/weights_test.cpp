// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/weights.hpp"

#include "io/checkpoint.hpp"
#include "io/npz.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::TempFolder;

Weights example() {
  Weights weights;
  weights.arrays.add(make_array("layer.weight", DType::kF32, {4, 3}));
  weights.arrays.add(make_array("layer.bias", DType::kF64, {4}));
  weights.arrays.add(make_array("steps", DType::kI64, {}));
  weights.arrays.at("layer.bias").as<double>()[2] = 1.0 / 3;
  weights.metadata = {{"network", "cgs"}, {"trained on", "a, \"b\"\nc"}};
  return weights;
}

TEST(WeightsFiles, ComeBackAsTheyWereInBothFormats) {
  const TempFolder folder;
  for (const char* name : {"net.safetensors", "net.npz"}) {
    save_weights(folder / name, example());
    const Weights after = load_weights(folder / name);
    EXPECT_EQ(after.arrays, example().arrays) << name;
    EXPECT_EQ(after.metadata, example().metadata) << name;
  }
}

TEST(WeightsFiles, WithoutMetadataAnArchiveHoldsTheArraysAlone) {
  const TempFolder folder;
  save_weights(folder / "net.npz", {example().arrays, {}});
  EXPECT_EQ(read_npz(folder / "net.npz"), example().arrays);
}

TEST(WeightsFiles, CheckpointsGiveTheirArraysAndTexts) {
  const TempFolder folder;
  write_checkpoint(folder / "x.fgc",
                   {.header = {{"step", 7}, {"type", "training"}, {"options", {{"a", 1}}}},
                    .arrays = example().arrays});
  const Weights after = load_weights(folder / "x.fgc");
  EXPECT_EQ(after.arrays, example().arrays);
  EXPECT_EQ(after.metadata,
            (std::map<std::string, std::string>{{"step", "7"}, {"type", "training"}}));
}

TEST(WeightsFiles, OtherKindsOfFilesAreRefused) {
  const TempFolder folder;
  EXPECT_MESSAGE(InputError, load_weights("net.pt"),
                 "weights 'net.pt' are a pickle of PyTorch, which could execute anything and is "
                 "not read; convert them with scripts/convert-pytorch");
  EXPECT_MESSAGE(InputError, load_weights("net.onnx"),
                 "weights 'net.onnx' are of no kind that is known here: .safetensors, .npz or a "
                 "checkpoint (.fgc)");
  EXPECT_MESSAGE(InputError, save_weights("net.fgc", example()),
                 "weights cannot be written as 'net.fgc': name the file .safetensors or .npz");
  NamedArrays arrays;
  arrays.add(make_array("__metadata__", DType::kF64, {2}));
  write_npz(folder / "odd.npz", arrays);
  EXPECT_MESSAGE(InputError, load_weights(folder / "odd.npz"),
                 (folder / "odd.npz").string() +
                     ": array '__metadata__' is not JSON text as bytes (u8) with a map from names "
                     "to texts; remove or rename it");
}

TEST(WeightsFiles, ParametersAreTheFloatingPointScalars) {
  EXPECT_EQ(parameter_count(example().arrays), 16);
}

}  // namespace
}  // namespace filigree
