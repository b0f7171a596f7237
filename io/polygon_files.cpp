// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/polygon_files.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>

#include "core/error.hpp"

namespace filigree {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// The next word of `text`, which loses it; "" at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

template <class T>
bool parse(std::string_view word, T& value) {
  if (word.starts_with('+')) word.remove_prefix(1);
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && rest == word.data() + word.size();
}

/// The point of one corner of an OBJ face, from 0.
std::int64_t obj_point(std::string_view word, std::size_t n_points, int line) {
  std::int64_t number = 0;
  FILIGREE_REQUIRE(parse(word.substr(0, word.find('/')), number) && number != 0,
                   "line {}: '{}' is no corner of a face", line, word);
  return number > 0 ? number - 1 : static_cast<std::int64_t>(n_points) + number;
}

// --- PLY

enum class PlyFormat { kText, kLittleEndian, kBigEndian };

struct PlyType {
  const char* names[2];
  std::size_t size;
  double (*value)(const char* bytes);
};

template <class T>
double value_of(const char* bytes) {
  T value{};
  std::memcpy(&value, bytes, sizeof(T));
  return static_cast<double>(value);
}

constexpr PlyType kPlyTypes[] = {{{"char", "int8"}, 1, &value_of<std::int8_t>},
                                 {{"uchar", "uint8"}, 1, &value_of<std::uint8_t>},
                                 {{"short", "int16"}, 2, &value_of<std::int16_t>},
                                 {{"ushort", "uint16"}, 2, &value_of<std::uint16_t>},
                                 {{"int", "int32"}, 4, &value_of<std::int32_t>},
                                 {{"uint", "uint32"}, 4, &value_of<std::uint32_t>},
                                 {{"float", "float32"}, 4, &value_of<float>},
                                 {{"double", "float64"}, 8, &value_of<double>}};

struct PlyProperty {
  std::string_view name;
  const PlyType* length = nullptr;  ///< of a list
  const PlyType* type = nullptr;
};

struct PlyElement {
  std::string_view name;
  std::uint64_t count = 0;
  std::vector<PlyProperty> properties;
};

class PlyParser {
 public:
  explicit PlyParser(std::string_view text) : rest_(text) {}

  PolygonMesh run() {
    read_header();
    for (const PlyElement& element : elements_) {
      if (element.properties.empty()) continue;
      for (std::uint64_t i = 0; i < element.count; ++i) read_item(element);
    }
    return std::move(mesh_);
  }

 private:
  void read_header() {
    FILIGREE_REQUIRE(take_word(rest_) == "ply", "it does not begin with 'ply'");
    take_line(rest_);
    for (;;) {
      FILIGREE_REQUIRE(!rest_.empty(), "its header has no 'end_header'");
      std::string_view line = take_line(rest_);
      const std::string whole(line.substr(0, line.find('\r')));
      const std::string_view key = take_word(line);
      bool is_good = true;
      if (key == "end_header") return;
      if (key == "format") is_good = read_format(take_word(line));
      if (key == "element") {
        PlyElement& element = elements_.emplace_back();
        element.name = take_word(line);
        is_good = parse(take_word(line), element.count);
      }
      if (key == "property") is_good = read_property(line);
      FILIGREE_REQUIRE(is_good, "its header has the line '{}', which makes no sense", whole);
    }
  }

  bool read_format(std::string_view name) {
    if (name == "binary_little_endian") format_ = PlyFormat::kLittleEndian;
    if (name == "binary_big_endian") format_ = PlyFormat::kBigEndian;
    return name == "ascii" || format_ != PlyFormat::kText;
  }

  bool read_property(std::string_view line) {
    PlyProperty property;
    std::string_view word = take_word(line);
    const bool is_list = word == "list";
    if (is_list) {
      property.length = find_type(take_word(line));
      word = take_word(line);
    }
    property.type = find_type(word);
    property.name = take_word(line);
    if (elements_.empty() || property.type == nullptr || property.name.empty() ||
        (is_list && property.length == nullptr)) {
      return false;
    }
    elements_.back().properties.push_back(property);
    return true;
  }

  static const PlyType* find_type(std::string_view name) {
    for (const PlyType& type : kPlyTypes) {
      if (name == type.names[0] || name == type.names[1]) return &type;
    }
    return nullptr;
  }

  void read_item(const PlyElement& element) {
    constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
    std::array<double, 3> x{kMissing, kMissing, kMissing};
    std::vector<std::int64_t> corners;
    for (const PlyProperty& property : element.properties) {
      if (property.length == nullptr) {
        const double value = read_number(*property.type);
        if (property.name.size() == 1 && property.name[0] >= 'x' && property.name[0] <= 'z') {
          x[property.name[0] - 'x'] = value;
        }
        continue;
      }
      const bool wanted = property.name == "vertex_indices" || property.name == "vertex_index";
      const double length = read_number(*property.length);
      for (double k = 0; k < length; ++k) {
        const double number = read_number(*property.type);
        if (wanted) corners.push_back(point_number(number));
      }
    }
    if (element.name == "vertex") mesh_.points.push_back(x);
    if (element.name == "face") mesh_.faces.push_back(std::move(corners));
  }

  /// -1, which is no point, for what is no whole number.
  static std::int64_t point_number(double value) {
    const bool is_whole = value >= 0 && value < 0x1p32 &&
                          value == static_cast<double>(static_cast<std::int64_t>(value));
    return is_whole ? static_cast<std::int64_t>(value) : -1;
  }

  double read_number(const PlyType& type) {
    if (format_ == PlyFormat::kText) {
      const std::string_view word = take_word(rest_);
      require_more(!word.empty());
      double value = 0;
      FILIGREE_REQUIRE(parse(word, value), "'{}' is not a number", word);
      return value;
    }
    require_more(rest_.size() >= type.size);
    char bytes[8];
    std::copy_n(rest_.data(), type.size, bytes);
    const bool is_little = format_ == PlyFormat::kLittleEndian;
    if (is_little != (std::endian::native == std::endian::little)) {
      std::reverse(bytes, bytes + type.size);
    }
    rest_.remove_prefix(type.size);
    return type.value(bytes);
  }

  void require_more(bool holds) const {
    FILIGREE_REQUIRE(holds, "it ends behind {} points and {} faces, before its header says",
                     mesh_.points.size(), mesh_.faces.size());
  }

  std::string_view rest_;
  PlyFormat format_ = PlyFormat::kText;
  std::vector<PlyElement> elements_;
  PolygonMesh mesh_;
};

}  // namespace

PolygonMesh parse_obj(std::string_view text) {
  PolygonMesh mesh;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    const std::string_view key = take_word(line);
    if (key == "v") {
      auto& x = mesh.points.emplace_back();
      for (double& value : x) {
        FILIGREE_REQUIRE(parse(take_word(line), value), "line {}: a point needs three coordinates",
                         number);
      }
    } else if (key == "f") {
      auto& face = mesh.faces.emplace_back();
      for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
        face.push_back(obj_point(word, mesh.points.size(), number));
      }
    }
  }
  return mesh;
}

PolygonMesh parse_ply(std::string_view text) {
  return PlyParser(text).run();
}

}  // namespace filigree
