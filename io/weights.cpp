// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/weights.hpp"

#include "core/error.hpp"
#include "io/bytes.hpp"
#include "io/checkpoint.hpp"
#include "io/json.hpp"
#include "io/npz.hpp"
#include "io/safetensors.hpp"

namespace filigree {
namespace {

constexpr std::string_view kMetadata = "__metadata__";

Weights from_npz(const std::filesystem::path& file) {
  Weights weights;
  for (NamedArray array : read_npz(file)) {
    if (array.name != kMetadata) {
      weights.arrays.add(std::move(array));
      continue;
    }
    const auto require = [&](bool condition) {
      FILIGREE_REQUIRE(condition,
                       "{}: array '__metadata__' is not JSON text as bytes (u8) with a map from "
                       "names to texts; remove or rename it",
                       file.string());
    };
    require(array.dtype == DType::kU8);
    const auto json = parse_json(as_text(array.bytes), file.string() + ": __metadata__");
    require(json.is_object());
    for (const auto& [key, value] : json.items()) {
      require(value.is_string());
      weights.metadata[key] = value.get<std::string>();
    }
  }
  return weights;
}

void to_npz(const std::filesystem::path& file, const Weights& weights) {
  NamedArrays arrays = weights.arrays;
  if (!weights.metadata.empty()) {
    const std::string text = json_text(weights.metadata);
    const auto bytes = std::as_bytes(std::span(text));
    NamedArray metadata =
        make_array(std::string(kMetadata), DType::kU8, {static_cast<std::int64_t>(bytes.size())});
    metadata.bytes.assign(bytes.begin(), bytes.end());
    arrays.add(std::move(metadata));
  }
  write_npz(file, arrays);
}

/// All texts and numbers of a checkpoint's header.
Weights from_checkpoint(const std::filesystem::path& file) {
  Checkpoint checkpoint = read_checkpoint(file);
  Weights weights{std::move(checkpoint.arrays), {}};
  for (const auto& [key, value] : checkpoint.header.items()) {
    if (!value.is_structured()) {
      weights.metadata[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return weights;
}

}  // namespace

Weights load_weights(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".safetensors") return read_safetensors(file);
  if (extension == ".npz") return from_npz(file);
  if (extension == ".fgc") return from_checkpoint(file);
  FILIGREE_REQUIRE(extension != ".pt" && extension != ".pth" && extension != ".bin",
                   "weights '{}' are a pickle of PyTorch, which could execute anything and is not "
                   "read; convert them with scripts/convert-pytorch",
                   file.string());
  throw InputError(
      format("weights '{}' are of no kind that is known here: .safetensors, .npz or a checkpoint "
             "(.fgc)",
             file.string()));
}

void save_weights(const std::filesystem::path& file, const Weights& weights) {
  const std::string extension = file.extension().string();
  FILIGREE_REQUIRE(extension == ".safetensors" || extension == ".npz",
                   "weights cannot be written as '{}': name the file .safetensors or .npz",
                   file.string());
  if (extension == ".npz") {
    to_npz(file, weights);
  } else {
    write_safetensors(file, weights);
  }
}

std::int64_t parameter_count(const NamedArrays& arrays) {
  std::int64_t count = 0;
  for (const NamedArray& array : arrays) {
    if (array.dtype == DType::kF32 || array.dtype == DType::kF64) count += array.size();
  }
  return count;
}

}  // namespace filigree
