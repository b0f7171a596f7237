// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/npz.hpp"

#include <zlib.h>

#include <algorithm>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/bytes.hpp"
#include "io/npy.hpp"

namespace filigree {
namespace {

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

constexpr std::uint32_t kLocalMagic = 0x04034b50;
constexpr std::uint32_t kCentralMagic = 0x02014b50;
constexpr std::uint32_t kEndMagic = 0x06054b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kUtf8Flag = 1 << 11;
constexpr std::uint16_t kEncryptedFlag = 1;
constexpr std::uint16_t kMidnight1980 =
    0x21;  // DOS date 1980-01-01: the same bytes for the same arrays
constexpr std::uint64_t kMaxDeflateRatio = 1032;  // of the deflate format
constexpr std::string_view kTooLarge =
    "the arrays do not fit into a zip archive of at most {}: write fewer at a time";

std::uint32_t crc_of(View bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

z_stream stream_between(View in, std::span<std::byte> out) {
  z_stream stream = {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  return stream;
}

Bytes deflated(View in, std::uint64_t max_bytes) {
  const std::uint64_t bound = compressBound(static_cast<uLong>(in.size())) + 64;
  FILIGREE_REQUIRE(bound <= 0xffffffff, kTooLarge, size_text(max_bytes));
  Bytes out(bound);
  z_stream stream = stream_between(in, out);
  const int raw_window = -15;
  bool ok = deflateInit2(&stream, 1, Z_DEFLATED, raw_window, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  ok = ok && deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!ok) throw InternalError("zlib cannot compress");
  return out;
}

/// What one archive entry says about itself, in both of its headers.
struct Entry {
  std::string file;  ///< "velocity.npy"
  std::string comment;
  std::uint16_t flags = 0;
  std::uint16_t method = kStored;
  std::uint32_t crc = 0;
  std::uint32_t packed_size = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;  ///< of the local header
};

/// The fields that the local and the central header share, in their common order.
void append_common(Bytes& out, const Entry& entry) {
  append(out, std::uint16_t{20});  // version needed
  append(out, entry.flags);
  append(out, entry.method);
  append(out, std::uint16_t{0});  // time
  append(out, kMidnight1980);
  append(out, entry.crc);
  append(out, entry.packed_size);
  append(out, entry.size);
  append(out, static_cast<std::uint16_t>(entry.file.size()));
  append(out, std::uint16_t{0});  // extra field
}

void append_central(Bytes& out, const Entry& entry) {
  append(out, kCentralMagic);
  append(out, std::uint16_t{20});  // version made by
  append_common(out, entry);
  append(out, static_cast<std::uint16_t>(entry.comment.size()));
  append(out, std::uint16_t{0});  // disk
  append(out, std::uint16_t{0});  // internal attributes
  append(out, std::uint32_t{0});  // external attributes
  append(out, entry.offset);
  append(out, std::string_view(entry.file));
  append(out, std::string_view(entry.comment));
}

/// The archive's directory, checked against the bytes that are there.
class ZipReader {
 public:
  ZipReader(View bytes, const std::string& label) : bytes_(bytes), label_(label) {
    const std::size_t end = find_end();
    const auto n_here = load<std::uint16_t>(bytes_, end + 8);
    const auto n_entries = load<std::uint16_t>(bytes_, end + 10);
    const auto size = load<std::uint32_t>(bytes_, end + 12);
    directory_ = load<std::uint32_t>(bytes_, end + 16);
    FILIGREE_REQUIRE(n_entries != 0xffff && size != 0xffffffff && directory_ != 0xffffffff,
                     "{}: the archive uses zip64 (above 4 GiB or 65535 entries), which is not "
                     "supported; save the arrays in several files",
                     label_);
    const bool is_whole = load<std::uint32_t>(bytes_, end + 4) == 0 && n_here == n_entries;
    require(is_whole && std::uint64_t{directory_} + size == end, "its directory is out of place");
    std::size_t position = directory_;
    std::uint64_t packed = 0;
    for (int i = 0; i < n_entries; ++i) {
      entries_.push_back(read_entry(position, end));
      packed += entries_.back().packed_size;
    }
    require(position == end && packed <= directory_, "its entries overlap");
  }

  const std::vector<Entry>& entries() const { return entries_; }

  Bytes unpack(const Entry& entry) const {
    const View packed = data_of(entry);
    Bytes out;
    if (entry.method == kStored) {
      require(entry.packed_size == entry.size, "the sizes of '{}' disagree", entry.file);
      out.assign(packed.begin(), packed.end());
    } else {
      require(entry.size <= entry.packed_size * kMaxDeflateRatio,
              "'{}' promises more bytes than it can hold", entry.file);
      out.resize(entry.size);
      require(inflate_into(packed, out), "the data of '{}' cannot be unpacked", entry.file);
    }
    require(crc_of(out) == entry.crc, "the checksum of '{}' is wrong", entry.file);
    return out;
  }

 private:
  template <class... Values>
  void require(bool condition, std::string_view what, const Values&... values) const {
    if (condition) return;
    throw InputError(
        format("{}: the zip archive is cut off or altered: {}", label_, format(what, values...)));
  }

  /// Offset of the end record; the comment behind it must fill the rest of the file.
  std::size_t find_end() const {
    FILIGREE_REQUIRE(as_text(bytes_).starts_with("PK"),
                     "{}: not an NPZ file (it does not start with the zip magic)", label_);
    require(bytes_.size() >= kEndSize, "it is too short");
    const std::size_t last = bytes_.size() - kEndSize;
    const std::size_t first = last - std::min<std::size_t>(last, 0xffff);
    for (std::size_t end = last + 1; end-- > first;) {
      if (load<std::uint32_t>(bytes_, end) == kEndMagic &&
          end + kEndSize + load<std::uint16_t>(bytes_, end + 20) == bytes_.size()) {
        return end;
      }
    }
    require(false, "its directory is missing");
    return 0;
  }

  std::string text_at(std::size_t offset, std::size_t size) const {
    return std::string(as_text(bytes_.subspan(offset, size)));
  }

  Entry read_entry(std::size_t& position, std::size_t end) const {
    require(
        end - position >= kCentralSize && load<std::uint32_t>(bytes_, position) == kCentralMagic,
        "its directory is damaged");
    Entry entry;
    entry.flags = load<std::uint16_t>(bytes_, position + 8);
    entry.method = load<std::uint16_t>(bytes_, position + 10);
    entry.crc = load<std::uint32_t>(bytes_, position + 16);
    entry.packed_size = load<std::uint32_t>(bytes_, position + 20);
    entry.size = load<std::uint32_t>(bytes_, position + 24);
    const std::size_t name_size = load<std::uint16_t>(bytes_, position + 28);
    const std::size_t extra_size = load<std::uint16_t>(bytes_, position + 30);
    const std::size_t comment_size = load<std::uint16_t>(bytes_, position + 32);
    entry.offset = load<std::uint32_t>(bytes_, position + 42);
    position += kCentralSize;
    require(end - position >= name_size + extra_size + comment_size, "its directory is damaged");
    entry.file = text_at(position, name_size);
    entry.comment = text_at(position + name_size + extra_size, comment_size);
    position += name_size + extra_size + comment_size;
    require_supported(entry);
    return entry;
  }

  void require_supported(const Entry& entry) const {
    FILIGREE_REQUIRE((entry.flags & kEncryptedFlag) == 0, "{}: '{}' is encrypted; save it plain",
                     label_, entry.file);
    FILIGREE_REQUIRE(
        entry.method == kStored || entry.method == kDeflated,
        "{}: '{}' is packed by method {}; only stored and deflated entries can be read", label_,
        entry.file, entry.method);
    FILIGREE_REQUIRE(entry.file.ends_with(".npy"), "{}: '{}' is not an array (.npy)", label_,
                     entry.file);
    FILIGREE_REQUIRE(
        entry.size != 0xffffffff && entry.packed_size != 0xffffffff && entry.offset != 0xffffffff,
        "{}: '{}' uses zip64 (above 4 GiB), which is not supported; save the arrays in "
        "several files",
        label_, entry.file);
  }

  View data_of(const Entry& entry) const {
    const std::size_t header = entry.offset;
    require(header + kLocalSize <= directory_ && load<std::uint32_t>(bytes_, header) == kLocalMagic,
            "'{}' is not where the directory says", entry.file);
    const std::size_t name_size = load<std::uint16_t>(bytes_, header + 26);
    const std::size_t extra_size = load<std::uint16_t>(bytes_, header + 28);
    const std::size_t begin = header + kLocalSize + name_size + extra_size;
    require(begin + entry.packed_size <= directory_ &&
                text_at(header + kLocalSize, name_size) == entry.file,
            "'{}' is not where the directory says", entry.file);
    return bytes_.subspan(begin, entry.packed_size);
  }

  static bool inflate_into(View packed, Bytes& out) {
    std::byte spare;  // zlib wants a valid pointer even for nothing
    z_stream stream = stream_between(packed, out.empty() ? std::span(&spare, 1) : std::span(out));
    const int raw_window = -15;
    if (inflateInit2(&stream, raw_window) != Z_OK) throw InternalError("zlib cannot start");
    const int result = inflate(&stream, Z_FINISH);
    const bool is_whole =
        result == Z_STREAM_END && stream.total_out == out.size() && stream.avail_in == 0;
    inflateEnd(&stream);
    return is_whole;
  }

  View bytes_;
  const std::string& label_;
  std::uint32_t directory_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace

NamedArrays parse_npz(std::span<const std::byte> bytes, const std::string& label,
                      const std::vector<std::string>& only) {
  const ZipReader zip(bytes, label);
  NamedArrays arrays;
  for (const Entry& entry : zip.entries()) {
    const std::string name = entry.file.substr(0, entry.file.size() - 4);
    FILIGREE_REQUIRE(!name.empty() && !arrays.contains(name),
                     "{}: the array name '{}' is empty or there twice", label, name);
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    NamedArray array = parse_npy(zip.unpack(entry), format("{}: {}", label, entry.file), name);
    array.unit = entry.comment;
    arrays.add(std::move(array));
  }
  return arrays;
}

std::vector<std::byte> encode_npz(const NamedArrays& arrays, NpzCompression compression,
                                  std::uint64_t max_bytes) {
  Bytes out;
  Bytes directory;
  const bool is_packed = compression == NpzCompression::kDeflate;
  const auto require_room = [&](std::uint64_t more) {
    FILIGREE_REQUIRE(out.size() + directory.size() + more <= max_bytes, kTooLarge,
                     size_text(max_bytes));
  };
  FILIGREE_REQUIRE(arrays.size() < 0xffff,
                   "{} arrays do not fit into a zip archive of 65534 entries", arrays.size());
  for (const NamedArray& array : arrays) {
    FILIGREE_REQUIRE(array.name.size() < 0xff00 && array.unit.size() < 0xff00,
                     "an array name or unit of {} bytes is too long for a zip archive",
                     std::max(array.name.size(), array.unit.size()));
    const Bytes npy = encode_npy(array);
    FILIGREE_REQUIRE(npy.size() <= max_bytes, kTooLarge, size_text(max_bytes));
    Entry entry{.file = array.name + ".npy", .comment = array.unit, .flags = kUtf8Flag};
    entry.crc = crc_of(npy);
    entry.size = static_cast<std::uint32_t>(npy.size());
    entry.offset = static_cast<std::uint32_t>(out.size());
    const Bytes packed = is_packed ? deflated(npy, max_bytes) : npy;
    entry.method = is_packed ? kDeflated : kStored;
    entry.packed_size = static_cast<std::uint32_t>(packed.size());
    require_room(kLocalSize + kCentralSize + kEndSize + 2 * entry.file.size() +
                 entry.comment.size() + packed.size());
    append(out, kLocalMagic);
    append_common(out, entry);
    append(out, std::string_view(entry.file));
    append(out, View(packed));
    append_central(directory, entry);
  }
  const auto n = static_cast<std::uint16_t>(arrays.size());
  const auto directory_offset = static_cast<std::uint32_t>(out.size());
  append(out, View(directory));
  append(out, kEndMagic);
  append(out, std::uint32_t{0});  // disk numbers
  append(out, n);
  append(out, n);
  append(out, static_cast<std::uint32_t>(directory.size()));
  append(out, directory_offset);
  append(out, std::uint16_t{0});  // comment
  return out;
}

NamedArrays read_npz(const std::filesystem::path& file, const std::vector<std::string>& only) {
  return parse_npz(read_file(file), file.string(), only);
}

void write_npz(const std::filesystem::path& file, const NamedArrays& arrays,
               NpzCompression compression) {
  write_file_atomically(file, encode_npz(arrays, compression));
}

}  // namespace filigree
