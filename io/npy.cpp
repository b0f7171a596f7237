// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/npy.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/bytes.hpp"

namespace filigree {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeader =
    1 << 16;  // NumPy writes 118 bytes; ours never need more than 1 KiB
constexpr int kMaxDimensions = 32;

struct TypeName {
  std::string_view npy;
  DType dtype;
};
constexpr std::array kTypes{TypeName{"<f4", DType::kF32}, TypeName{"<f8", DType::kF64},
                            TypeName{"<i4", DType::kI32}, TypeName{"<i8", DType::kI64},
                            TypeName{"|u1", DType::kU8},  TypeName{"<u4", DType::kU32},
                            TypeName{"<u8", DType::kU64}, TypeName{"|b1", DType::kU8}};

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> is_fortran;
  std::optional<std::vector<std::int64_t>> shape;
};

/// Reads the Python literal {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& label) : rest_(text), label_(label) {}

  Header parse() {
    Header header;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !header.descr) {
        header.descr = descr();
      } else if (key == "fortran_order" && !header.is_fortran) {
        header.is_fortran = boolean();
      } else if (key == "shape" && !header.shape) {
        header.shape = shape();
      } else {
        fail("unexpected or repeated key '" + key + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail("text after the closing brace");
    if (!header.descr || !header.is_fortran || !header.shape) {
      fail("the keys 'descr', 'fortran_order' and 'shape' must all be there");
    }
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(format("{}: the NPY header is malformed: {}", label_, what));
  }

  void skip_blanks() {
    const std::size_t end = rest_.find_first_not_of(" \n");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  bool accept(char c) {
    skip_blanks();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(format("expected '{}'", c));
  }

  std::string string() {
    const bool is_double = accept('"');
    if (!is_double) expect('\'');
    const std::size_t end = rest_.find(is_double ? '"' : '\'');
    if (end == std::string_view::npos) fail("a string has no end");
    const std::string result(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return result;
  }

  std::string descr() {
    skip_blanks();
    FILIGREE_REQUIRE(!rest_.starts_with('['),
                     "{}: the array has structured elements; save each of its fields on its own",
                     label_);
    return string();
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] :
         {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail("fortran_order must be True or False");
  }

  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> extents;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc() || extent < 0) fail("an extent is not a count");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      accept('L');  // Python 2 wrote 3L
      extents.push_back(extent);
      if (extents.size() > kMaxDimensions) fail(format("more than {} dimensions", kMaxDimensions));
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  std::string_view rest_;
  const std::string& label_;
};

DType dtype_from(const std::string& descr, const std::string& label) {
  for (const TypeName& type : kTypes) {
    if (type.npy == descr) return type.dtype;
  }
  FILIGREE_REQUIRE(!descr.starts_with('>'),
                   "{}: type '{}' is big endian; save a.astype('<{}') instead", label, descr,
                   descr.substr(1));
  FILIGREE_REQUIRE(!descr.ends_with('O'),
                   "{}: type '{}' holds Python objects, which are never loaded; save plain numbers",
                   label, descr);
  std::vector<std::string> known;
  for (const TypeName& type : kTypes) known.emplace_back(type.npy);
  throw InputError(format("{}: type '{}' cannot be read; save a.astype('<f8') or another of {}",
                          label, descr, join(known)));
}

/// Offset and length of the header text.
struct HeaderPlace {
  std::size_t begin;
  std::size_t size;
};

HeaderPlace find_header(std::span<const std::byte> bytes, const std::string& label) {
  FILIGREE_REQUIRE(as_text(bytes).starts_with(kMagic),
                   "{}: not an NPY file (it does not start with the NPY magic)", label);
  FILIGREE_REQUIRE(bytes.size() >= 12, "{}: the NPY file is cut off inside its header", label);
  const int major = static_cast<int>(bytes[6]);
  const int minor = static_cast<int>(bytes[7]);
  FILIGREE_REQUIRE(major >= 1 && major <= 3 && minor == 0,
                   "{}: NPY version {}.{} is not known; versions 1.0, 2.0 and 3.0 are", label,
                   major, minor);
  const std::size_t begin = major == 1 ? 10 : 12;
  const std::size_t size =
      major == 1 ? load<std::uint16_t>(bytes, 8) : load<std::uint32_t>(bytes, 8);
  FILIGREE_REQUIRE(size <= bytes.size() - begin, "{}: the NPY file is cut off inside its header",
                   label);
  FILIGREE_REQUIRE(size <= kMaxHeader, "{}: the NPY header has {} bytes, more than the {} allowed",
                   label, size, kMaxHeader);
  return {begin, size};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace

NamedArray parse_npy(std::span<const std::byte> bytes, const std::string& label, std::string name) {
  const HeaderPlace place = find_header(bytes, label);
  const Header header =
      HeaderParser(as_text(bytes.subspan(place.begin, place.size)), label).parse();
  const DType dtype = dtype_from(*header.descr, label);
  FILIGREE_REQUIRE(!*header.is_fortran,
                   "{}: the array is in Fortran order; save numpy.ascontiguousarray(a) instead",
                   label);
  const std::span<const std::byte> data = bytes.subspan(place.begin + place.size);
  NamedArray array;
  array.name = std::move(name);
  array.dtype = dtype;
  array.shape = *header.shape;
  std::int64_t expected = static_cast<std::int64_t>(size_of(dtype));
  bool fits = true;
  for (const std::int64_t extent : array.shape) {
    fits = fits && !__builtin_mul_overflow(expected, extent, &expected);
  }
  FILIGREE_REQUIRE(
      fits && static_cast<std::uint64_t>(expected) == data.size(),
      "{}: an array of shape {} and type '{}' does not fit the {} bytes of data that are "
      "there; the file is cut off or altered",
      label, shape_text(array.shape), *header.descr, data.size());
  array.bytes.assign(data.begin(), data.end());
  return array;
}

std::vector<std::byte> encode_npy(const NamedArray& array) {
  std::string_view type;
  for (const TypeName& candidate : kTypes) {
    if (candidate.dtype == array.dtype && type.empty()) type = candidate.npy;
  }
  std::string header = format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type,
                              shape_text(array.shape));
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';

  std::vector<std::byte> bytes;
  bytes.reserve(kMagic.size() + 4 + header.size() + array.bytes.size());
  append(bytes, kMagic);
  append(bytes, std::uint8_t{1});
  append(bytes, std::uint8_t{0});
  append(bytes, static_cast<std::uint16_t>(header.size()));
  append(bytes, std::string_view(header));
  append(bytes, std::span<const std::byte>(array.bytes));
  return bytes;
}

NamedArray read_npy(const std::filesystem::path& file) {
  return parse_npy(read_file(file), file.string(), file.stem().string());
}

void write_npy(const std::filesystem::path& file, const NamedArray& array) {
  write_file_atomically(file, encode_npy(array));
}

}  // namespace filigree
