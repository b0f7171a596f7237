// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint.hpp"

#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <system_error>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "io/atomic_file.hpp"
#include "io/bytes.hpp"
#include "io/json.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

constexpr std::string_view kMagic =
    "\x89"
    "FGC\r\n\x1a\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kZstd = 1;
constexpr std::size_t kFixedSize = 40;
constexpr std::size_t kChecksumSize = 16;
constexpr std::size_t kAlignment = 64;
constexpr int kLevel = 1;  // floating-point state hardly compresses better at higher levels
/// A zstd block takes at least 4 bytes and unpacks to at most 128 KiB.
constexpr std::uint64_t kMaxZstdRatio = (128 * 1024) / 4;
constexpr std::string_view kPrefix = "checkpoint_";
constexpr std::string_view kExtension = ".fgc";

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

void require_finite(const NamedArray& array) {
  const std::int64_t bad = first_non_finite(array);
  if (bad < 0) return;
  throw NumericalError(
      format("state '{}' is not finite ({}) at element {}; no checkpoint was written", array.name,
             number_text(array.value(bad)), bad));
}

/// Compresses pieces into one zstd frame that records its unpacked size.
class Packer {
 public:
  explicit Packer(std::uint64_t size) : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
    require(ZSTD_CCtx_setPledgedSrcSize(context_.get(), size));
  }

  void add(View piece) { feed(piece, ZSTD_e_continue); }

  Bytes finish() {
    feed({}, ZSTD_e_end);
    return std::move(out_);
  }

 private:
  static std::size_t require(std::size_t result) {
    if (ZSTD_isError(result)) {
      throw InternalError(format("zstd cannot compress: {}", ZSTD_getErrorName(result)));
    }
    return result;
  }

  void feed(View piece, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    while (true) {
      const std::size_t before = out_.size();
      out_.resize(before + ZSTD_CStreamOutSize());
      ZSTD_outBuffer out{out_.data() + before, out_.size() - before, 0};
      const std::size_t left = require(ZSTD_compressStream2(context_.get(), &out, &in, directive));
      out_.resize(before + out.pos);
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  }

  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  Bytes out_;
};

Bytes pack(const NamedArrays& arrays, std::uint64_t size) {
  static constexpr std::byte kZeros[kAlignment] = {};
  Packer packer(size);
  for (const NamedArray& array : arrays) {
    packer.add(array.bytes);
    packer.add(View(kZeros, aligned(array.bytes.size()) - array.bytes.size()));
  }
  return packer.finish();
}

/// Reads and checks a checkpoint in memory, from the outside in.
class Parser {
 public:
  Parser(View bytes, const std::string& label, std::uint64_t max_bytes)
      : bytes_(bytes), label_(label), max_bytes_(max_bytes) {}

  Checkpoint parse() {
    check_outside();
    const nlohmann::json json = parse_json(as_text(bytes_.subspan(kFixedSize, json_size_)), label_);
    require(json.is_object() && json.contains("header") && json.contains("arrays") &&
                json["header"].is_object() && json["arrays"].is_array(),
            "its header lacks 'header' or 'arrays'");
    Checkpoint checkpoint;
    checkpoint.header = json["header"];
    std::vector<NamedArray> arrays;
    std::uint64_t size = 0;
    for (const nlohmann::json& entry : json["arrays"]) {
      arrays.push_back(describe(entry, size));
    }
    require(size == unpacked_size_, "its arrays do not fill the payload");
    unpack(arrays);
    for (NamedArray& array : arrays) {
      require(!array.name.empty() && !checkpoint.arrays.contains(array.name),
              "the array name '{}' is empty or there twice", array.name);
      checkpoint.arrays.add(std::move(array));
    }
    return checkpoint;
  }

 private:
  template <class... Values>
  void require(bool condition, std::string_view what, const Values&... values) const {
    if (condition) return;
    throw InputError(format("checkpoint '{}' cannot be used: {}", label_, format(what, values...)));
  }

  /// Magic, version, sizes and checksum: everything that needs no memory.
  void check_outside() {
    require(as_text(bytes_).starts_with(kMagic), "it is not a checkpoint file");
    require(bytes_.size() >= kFixedSize + kChecksumSize, "it is cut off");
    const auto version = load<std::uint32_t>(bytes_, 8);
    require(version == kVersion, "its format version is {}, this program reads version {}", version,
            kVersion);
    const auto compression = load<std::uint32_t>(bytes_, 12);
    require(compression == kZstd, "its compression {} is not known", compression);
    json_size_ = load<std::uint64_t>(bytes_, 16);
    packed_size_ = load<std::uint64_t>(bytes_, 24);
    unpacked_size_ = load<std::uint64_t>(bytes_, 32);
    const std::uint64_t room = bytes_.size() - kFixedSize - kChecksumSize;
    const bool is_cut = json_size_ > room || packed_size_ > room - json_size_;
    require(!is_cut, "it is cut off");
    require(json_size_ + packed_size_ == room, "there are {} bytes behind its end",
            room - json_size_ - packed_size_);
    const std::size_t end = bytes_.size() - kChecksumSize;
    const Digest128 stored{load<std::uint64_t>(bytes_, end), load<std::uint64_t>(bytes_, end + 8)};
    require(digest128(bytes_.first(end)) == stored, "its checksum is wrong; the file is damaged");
    require(unpacked_size_ <= packed_size_ * kMaxZstdRatio,
            "{} bytes cannot unpack to the promised {}", packed_size_, unpacked_size_);
    require(unpacked_size_ <= max_bytes_, "it unpacks to {}, more than the {} allowed here",
            size_text(unpacked_size_), size_text(max_bytes_));
  }

  /// The array without its bytes; advances `size`, the payload used so far.
  NamedArray describe(const nlohmann::json& entry, std::uint64_t& size) {
    const auto is_text = [&](const char* key) {
      return entry.contains(key) && entry[key].is_string();
    };
    require(entry.is_object() && is_text("name") && is_text("unit") && is_text("dtype") &&
                entry.contains("offset") && entry["offset"].is_number_unsigned() &&
                entry.contains("shape") && entry["shape"].is_array(),
            "an array lacks 'name', 'unit', 'dtype', 'shape' or 'offset'");
    NamedArray array;
    array.name = entry["name"].get<std::string>();
    array.unit = entry["unit"].get<std::string>();
    const std::string type = entry["dtype"].get<std::string>();
    bool is_known = false;
    for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
      if (name_of(static_cast<DType>(i)) != type) continue;
      array.dtype = static_cast<DType>(i);
      is_known = true;
    }
    require(is_known, "array '{}' has the unknown type '{}'", array.name, type);
    std::uint64_t bytes = size_of(array.dtype);
    bool fits = true;
    for (const nlohmann::json& extent : entry["shape"]) {
      require(extent.is_number_unsigned(), "array '{}' has an extent that is not a count",
              array.name);
      const auto value = extent.get<std::uint64_t>();
      fits = fits && !__builtin_mul_overflow(bytes, value, &bytes);
      array.shape.push_back(static_cast<std::int64_t>(value));
    }
    require(fits && bytes <= unpacked_size_ - size && aligned(bytes) <= unpacked_size_ - size,
            "array '{}' does not fit into the payload", array.name);
    require(entry["offset"].get<std::uint64_t>() == size, "array '{}' is out of place", array.name);
    size += aligned(bytes);
    pieces_.push_back(bytes);
    return array;
  }

  /// Unpacks into the arrays. Memory grows with what the payload really holds.
  void unpack(std::vector<NamedArray>& arrays) {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                       &ZSTD_freeDCtx);
    const View packed = bytes_.subspan(kFixedSize + json_size_, packed_size_);
    require(ZSTD_getFrameContentSize(packed.data(), packed.size()) == unpacked_size_,
            "its payload has another size than promised");
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::size_t left = 1;
    const auto read_into = [&](std::byte* target, std::size_t size) {
      ZSTD_outBuffer out{target, size, 0};
      while (out.pos < size) {
        const std::size_t in_before = in.pos;
        const std::size_t out_before = out.pos;
        left = ZSTD_decompressStream(context.get(), &out, &in);
        require(!ZSTD_isError(left) && (in.pos > in_before || out.pos > out_before),
                "its payload cannot be unpacked");
      }
    };
    constexpr std::size_t kPiece = 16 << 20;
    std::byte gap[kAlignment];
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      Bytes& bytes = arrays[i].bytes;
      while (bytes.size() < pieces_[i]) {
        const std::size_t before = bytes.size();
        bytes.resize(before + std::min<std::size_t>(kPiece + before, pieces_[i] - before));
        read_into(bytes.data() + before, bytes.size() - before);
      }
      read_into(gap, aligned(pieces_[i]) - pieces_[i]);
    }
    // The frame's end may still be unread when the last byte is out.
    ZSTD_outBuffer none{gap, 0, 0};
    if (left != 0) left = ZSTD_decompressStream(context.get(), &none, &in);
    require(left == 0 && in.pos == in.size, "its payload cannot be unpacked");
  }

  View bytes_;
  const std::string& label_;
  std::uint64_t max_bytes_;
  std::uint64_t json_size_ = 0;
  std::uint64_t packed_size_ = 0;
  std::uint64_t unpacked_size_ = 0;
  std::vector<std::uint64_t> pieces_;  ///< bytes of each array
};

/// The step in "checkpoint_000000001234.fgc", or -1.
std::int64_t step_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kExtension)) return -1;
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size() - kExtension.size();
  std::int64_t step = -1;
  const auto [stop, error] = std::from_chars(begin, end, step);
  return error == std::errc() && stop == end && step >= 0 ? step : -1;
}

void remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) {
    throw EnvironmentError(format("cannot remove '{}': {}", file.string(), error.message()));
  }
}

}  // namespace

std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint) {
  nlohmann::ordered_json json = {{"header", checkpoint.header},
                                 {"arrays", nlohmann::ordered_json::array()}};
  std::uint64_t size = 0;
  for (const NamedArray& array : checkpoint.arrays) {
    require_finite(array);
    json["arrays"].push_back({{"name", array.name},
                              {"unit", array.unit},
                              {"dtype", std::string(name_of(array.dtype))},
                              {"shape", array.shape},
                              {"offset", size}});
    size += aligned(array.bytes.size());
  }
  const std::string text = json_text(json);
  const Bytes payload = pack(checkpoint.arrays, size);

  Bytes bytes;
  bytes.reserve(kFixedSize + text.size() + payload.size() + kChecksumSize);
  append(bytes, kMagic);
  append(bytes, kVersion);
  append(bytes, kZstd);
  append(bytes, std::uint64_t{text.size()});
  append(bytes, std::uint64_t{payload.size()});
  append(bytes, size);
  append(bytes, std::string_view(text));
  append(bytes, View(payload));
  const Digest128 checksum = digest128(bytes);
  append(bytes, checksum.low);
  append(bytes, checksum.high);
  return bytes;
}

Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& label,
                            std::uint64_t max_bytes) {
  return Parser(bytes, label, max_bytes).parse();
}

void write_checkpoint(const fs::path& file, const Checkpoint& checkpoint) {
  write_file_atomically(file, encode_checkpoint(checkpoint));
}

Checkpoint read_checkpoint(const fs::path& file) {
  return parse_checkpoint(read_file(file), file.string());
}

std::string checkpoint_name(std::int64_t step) {
  return format("{}{:012}{}", kPrefix, step, kExtension);
}

std::vector<fs::path> list_checkpoints(const fs::path& folder) {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::int64_t step = step_of(entry.path());
    if (step >= 0) found.emplace_back(step, entry.path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw EnvironmentError(format("cannot read '{}': {}", folder.string(), error.message()));
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& [step, file] : found) files.push_back(std::move(file));
  return files;
}

LatestCheckpoint load_latest_checkpoint(const fs::path& folder) {
  std::vector<fs::path> files = list_checkpoints(folder);
  std::reverse(files.begin(), files.end());
  LatestCheckpoint latest;
  for (const fs::path& file : files) {
    try {
      latest.checkpoint = read_checkpoint(file);
      latest.file = file;
      return latest;
    } catch (const Error& error) {
      latest.refused.emplace_back(error.what());
    }
  }
  throw InputError(latest.refused.empty()
                       ? format("there is no checkpoint in '{}'", folder.string())
                       : format("no checkpoint in '{}' can be used: {}", folder.string(),
                                join(latest.refused, "; ")));
}

fs::path latest_checkpoint(const fs::path& folder) {
  return load_latest_checkpoint(folder).file;
}

void prune_checkpoints(const fs::path& folder, int keep) {
  FILIGREE_REQUIRE(keep >= 1, "keeping {} checkpoints makes no sense; keep at least 1", keep);
  const std::vector<fs::path> files = list_checkpoints(folder);
  const std::size_t n_kept = std::min(files.size(), static_cast<std::size_t>(keep));
  for (std::size_t i = 0; i + n_kept < files.size(); ++i) remove_file(files[i]);
}

void remove_checkpoints_after(const fs::path& folder, std::int64_t step) {
  for (const fs::path& file : list_checkpoints(folder)) {
    if (step_of(file) > step) remove_file(file);
  }
}

}  // namespace filigree
