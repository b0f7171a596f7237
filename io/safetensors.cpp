// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/bytes.hpp"
#include "io/json.hpp"

namespace filigree {
namespace {

using View = std::span<const std::byte>;
using Json = nlohmann::ordered_json;

constexpr std::size_t kSizeBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // of the reference implementation
constexpr std::size_t kMaxArrays = 16384;
constexpr std::size_t kMaxDimensions = 32;
constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kUnit = "unit:";

/// binary16: 1 sign bit, 5 of exponent, 10 of fraction.
float from_f16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {  // zero and subnormal numbers: fraction * 2^-24, exact in f32
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1f ? 0xffu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// bfloat16: the upper half of an f32.
float from_bf16(std::uint16_t half) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
}

template <class From, class To, class Convert>
std::vector<std::byte> widened(View bytes, const Convert& convert) {
  const std::size_t n = bytes.size() / sizeof(From);
  std::vector<std::byte> result(n * sizeof(To));
  for (std::size_t i = 0; i < n; ++i) {
    const To value = convert(load<From>(bytes, i * sizeof(From)));
    std::memcpy(result.data() + i * sizeof(To), &value, sizeof(To));
  }
  return result;
}

template <class From>
std::vector<std::byte> widened_to_i32(View bytes) {
  return widened<From, std::int32_t>(bytes, [](From value) { return std::int32_t{value}; });
}

/// How a type is called in the file, and as what it is read.
struct FileType {
  std::string_view name;
  std::size_t size;
  DType dtype;
  std::vector<std::byte> (*read)(View bytes);  ///< null: the bytes as they are
};

constexpr std::array kTypes{
    FileType{"F32", 4, DType::kF32, nullptr},
    FileType{"F64", 8, DType::kF64, nullptr},
    FileType{"I32", 4, DType::kI32, nullptr},
    FileType{"I64", 8, DType::kI64, nullptr},
    FileType{"U8", 1, DType::kU8, nullptr},
    FileType{"U32", 4, DType::kU32, nullptr},
    FileType{"U64", 8, DType::kU64, nullptr},
    FileType{"BOOL", 1, DType::kU8, nullptr},
    FileType{"F16", 2, DType::kF32,
             [](View bytes) { return widened<std::uint16_t, float>(bytes, from_f16); }},
    FileType{"BF16", 2, DType::kF32,
             [](View bytes) { return widened<std::uint16_t, float>(bytes, from_bf16); }},
    FileType{"I8", 1, DType::kI32, widened_to_i32<std::int8_t>},
    FileType{"I16", 2, DType::kI32, widened_to_i32<std::int16_t>},
    FileType{"U16", 2, DType::kI32, widened_to_i32<std::uint16_t>},
};

/// An array as the header describes it.
struct Entry {
  std::string name;
  const FileType* type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

class Parser {
 public:
  Parser(View bytes, const std::string& label) : bytes_(bytes), label_(label) {}

  Weights parse() {
    const Json header = read_header();
    Weights weights;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        weights.metadata = read_metadata(value);
      } else {
        entries.push_back(describe(name, value));
      }
    }
    require_whole(entries);
    for (const Entry& entry : entries) weights.arrays.add(take(entry, weights.metadata));
    return weights;
  }

 private:
  template <class... Values>
  void require(bool condition, std::string_view what, const Values&... values) const {
    if (condition) return;
    throw InputError(
        format("safetensors file '{}' cannot be used: {}", label_, format(what, values...)));
  }

  Json read_header() {
    require(bytes_.size() >= kSizeBytes,
            "it has {} bytes, fewer than the 8 that every such file starts with; copy or download "
            "it again",
            bytes_.size());
    const auto size = load<std::uint64_t>(bytes_, 0);
    require(size <= bytes_.size() - kSizeBytes,
            "its header should have {} bytes but only {} follow: it is cut off, or not a "
            "safetensors file; copy or download it again",
            size, bytes_.size() - kSizeBytes);
    require(size <= kMaxHeader, "its header has {} bytes, more than the {} allowed", size,
            kMaxHeader);
    const std::string_view text = as_text(bytes_.subspan(kSizeBytes, size));
    require(text.starts_with('{'),
            "its header does not start with '{{': it is not a safetensors file");
    data_ = bytes_.subspan(kSizeBytes + size);
    return parse_json_with_unique_keys(text, format("safetensors file '{}'", label_),
                                       kMaxArrays + 1);
  }

  std::map<std::string, std::string> read_metadata(const Json& json) const {
    require(json.is_object(), "its __metadata__ is not a map from names to texts");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : json.items()) {
      require(value.is_string(), "the metadata '{}' is not a text; write it as a string", key);
      metadata[key] = value.get<std::string>();
    }
    return metadata;
  }

  Entry describe(const std::string& name, const Json& json) const {
    require(!name.empty(), "an array has no name; give it one where the file is made");
    const auto has_list = [&](const char* key) {
      return json.contains(key) && json[key].is_array();
    };
    require(json.is_object() && json.contains("dtype") && json["dtype"].is_string() &&
                has_list("shape") && has_list("data_offsets"),
            "array '{}' lacks 'dtype', 'shape' or 'data_offsets', or has them of another kind",
            name);
    Entry entry{name, type_of(name, json["dtype"].get<std::string>()), {}, 0, 0};
    const Json& offsets = json["data_offsets"];
    require(
        offsets.size() == 2 && offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned(),
        "the data_offsets of array '{}' are not two counts of bytes", name);
    entry.begin = offsets[0].get<std::uint64_t>();
    entry.end = offsets[1].get<std::uint64_t>();
    require(entry.begin <= entry.end && entry.end <= data_.size(),
            "array '{}' should lie in bytes {} to {} of {} bytes of data: the file is cut off or "
            "altered; copy or download it again",
            name, entry.begin, entry.end, data_.size());
    read_shape(entry, json["shape"]);
    return entry;
  }

  const FileType* type_of(const std::string& name, const std::string& dtype) const {
    std::vector<std::string> known;
    for (const FileType& type : kTypes) {
      if (type.name == dtype) return &type;
      known.emplace_back(type.name);
    }
    require(false,
            "array '{}' has the type '{}', which cannot be read; convert it to F32 or another of "
            "{}",
            name, dtype, join(known));
    return nullptr;
  }

  void read_shape(Entry& entry, const Json& shape) const {
    require(shape.size() <= kMaxDimensions,
            "array '{}' has {} dimensions, more than the {} allowed", entry.name, shape.size(),
            kMaxDimensions);
    // Extents of 0 are left out of the check, so that no product of some of them overflows.
    std::int64_t product = static_cast<std::int64_t>(sizeof(double));
    bool is_empty = false;
    for (const Json& extent : shape) {
      require(extent.is_number_unsigned(), "array '{}' has an extent that is not a count",
              entry.name);
      const auto value = extent.get<std::uint64_t>();
      const bool fits =
          value <= std::uint64_t{1} << 62 &&
          !__builtin_mul_overflow(
              product, std::max<std::int64_t>(1, static_cast<std::int64_t>(value)), &product);
      require(fits, "array '{}' of shape {} is too large to address", entry.name, shape.dump());
      is_empty = is_empty || value == 0;
      entry.shape.push_back(static_cast<std::int64_t>(value));
    }
    const std::uint64_t bytes =
        is_empty ? 0 : static_cast<std::uint64_t>(product) / sizeof(double) * entry.type->size;
    require(bytes == entry.end - entry.begin,
            "array '{}' of shape {} and type {} takes {} bytes, but {} are set aside for it: the "
            "file was made wrongly",
            entry.name, shape.dump(), entry.type->name, bytes, entry.end - entry.begin);
  }

  /// The pieces must fill the data without gaps or overlaps.
  void require_whole(const std::vector<Entry>& entries) const {
    std::vector<const Entry*> sorted;
    for (const Entry& entry : entries) sorted.push_back(&entry);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
    });
    std::uint64_t used = 0;
    for (const Entry* entry : sorted) {
      require(entry->begin == used,
              "the data of array '{}' starts at byte {} where {} was expected: arrays overlap or "
              "leave a gap; the file was made wrongly",
              entry->name, entry->begin, used);
      used = entry->end;
    }
    require(used == data_.size(),
            "there are {} bytes behind the last array: something was appended, or arrays are "
            "missing from its header; copy or download it again",
            data_.size() - used);
  }

  NamedArray take(const Entry& entry, std::map<std::string, std::string>& metadata) const {
    NamedArray array;
    array.name = entry.name;
    array.dtype = entry.type->dtype;
    array.shape = entry.shape;
    const View bytes = data_.subspan(entry.begin, entry.end - entry.begin);
    if (entry.type->read == nullptr) {
      array.bytes.assign(bytes.begin(), bytes.end());
    } else {
      array.bytes = entry.type->read(bytes);
    }
    if (auto unit = metadata.extract(std::string(kUnit) + entry.name)) array.unit = unit.mapped();
    return array;
  }

  View bytes_;
  View data_;
  const std::string& label_;
};

std::string_view file_type_of(DType dtype) {
  for (const FileType& type : kTypes) {
    if (type.dtype == dtype) return type.name;
  }
  throw InternalError(format("safetensors has no name for {}", name_of(dtype)));
}

}  // namespace

Weights parse_safetensors(std::span<const std::byte> bytes, const std::string& label) {
  return Parser(bytes, label).parse();
}

std::vector<std::byte> encode_safetensors(const Weights& weights) {
  std::vector<const NamedArray*> order;  // of the data
  for (const NamedArray& array : weights.arrays) order.push_back(&array);
  FILIGREE_REQUIRE(order.size() <= kMaxArrays,
                   "{} arrays do not fit into a safetensors file of {}: use several files",
                   order.size(), kMaxArrays);
  std::stable_sort(order.begin(), order.end(), [](const NamedArray* a, const NamedArray* b) {
    return size_of(a->dtype) > size_of(b->dtype);
  });
  std::map<std::string, std::string> metadata = weights.metadata;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> places;
  std::uint64_t size = 0;
  for (const NamedArray* array : order) {
    places[array->name] = {size, size + array->bytes.size()};
    size += array->bytes.size();
    if (!array->unit.empty()) metadata[std::string(kUnit) + array->name] = array->unit;
  }
  Json header = Json::object();
  if (!metadata.empty()) header[std::string(kMetadata)] = metadata;
  for (const NamedArray& array : weights.arrays) {
    FILIGREE_REQUIRE(array.name != kMetadata,
                     "an array of a safetensors file cannot be named '{}': rename it", kMetadata);
    const auto [begin, end] = places[array.name];
    header[array.name] = {{"dtype", file_type_of(array.dtype)},
                          {"shape", array.shape},
                          {"data_offsets", {begin, end}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw InputError(
        "names, units and metadata of a safetensors file must be valid UTF-8: rename the arrays");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  FILIGREE_REQUIRE(text.size() <= kMaxHeader,
                   "names and metadata take {} bytes, more than the {} a safetensors file may have",
                   text.size(), kMaxHeader);
  std::vector<std::byte> bytes;
  bytes.reserve(kSizeBytes + text.size() + size);
  append(bytes, static_cast<std::uint64_t>(text.size()));
  append(bytes, std::string_view(text));
  for (const NamedArray* array : order) append(bytes, View(array->bytes));
  return bytes;
}

Weights read_safetensors(const std::filesystem::path& file) {
  return parse_safetensors(read_file(file), file.string());
}

void write_safetensors(const std::filesystem::path& file, const Weights& weights) {
  write_file_atomically(file, encode_safetensors(weights));
}

}  // namespace filigree
