// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/render/look.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>

#include "app/report/ticks.hpp"
#include "core/error.hpp"
#include "io/frame_reader.hpp"

namespace filigree::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSamples = 2000;        // of a field, per block and frame
constexpr std::int64_t kSpacingSamples = 200;  // points whose nearest neighbour is looked for
constexpr double kOutliers = 0.005;            // of the sampled values at each end
constexpr std::array<Color, 6> kBlockColors{{{0.84, 0.37, 0.00},
                                             {0.80, 0.47, 0.65},
                                             {0.90, 0.62, 0.00},
                                             {0.35, 0.35, 0.38},
                                             {0.00, 0.45, 0.70},
                                             {0.00, 0.62, 0.45}}};

struct Box {
  Point low{INFINITY, INFINITY, INFINITY};
  Point high{-INFINITY, -INFINITY, -INFINITY};
  void add(const double* p) {
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], p[a]);
      high[a] = std::max(high[a], p[a]);
    }
  }
  bool empty() const { return !(low[0] <= high[0]); }
  double diagonal() const {
    return empty() ? 0 : std::hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
  }
};

const NamedArray* find_field(const Block& block, const std::string& name) {
  for (const auto* fields : {&block.point_fields, &block.cell_fields}) {
    for (const NamedArray& field : *fields) {
      if (field.name == name) return &field;
    }
  }
  return nullptr;
}

double magnitude(const NamedArray& field, std::int64_t row) {
  const std::int64_t n = field.components();
  if (n == 1) return field.value(row);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::pow(field.value(row * n + i), 2);
  return std::sqrt(sum);
}

/// The field to colour by when none is asked for.
std::string suitable_field(const Frame& frame) {
  for (const char* name : {"speed", "velocity"}) {
    for (const Block& block : frame.blocks) {
      if (find_field(block, name) != nullptr) return name;
    }
  }
  for (const Block& block : frame.blocks) {
    for (const auto* fields : {&block.point_fields, &block.cell_fields}) {
      for (const NamedArray& field : *fields) {
        if (field.dtype == DType::kF32 || field.dtype == DType::kF64) return field.name;
      }
    }
  }
  return "";
}

const NamedArray& field_of_frame(const Frame& frame, const std::string& name) {
  std::vector<std::string> known{"none"};
  for (const Block& block : frame.blocks) {
    if (const NamedArray* field = find_field(block, name)) return *field;
    for (const auto* fields : {&block.point_fields, &block.cell_fields}) {
      for (const NamedArray& field : *fields) {
        if (std::find(known.begin(), known.end(), field.name) == known.end()) {
          known.push_back(field.name);
        }
      }
    }
  }
  throw InputError(
      format("there is no field '{}' to colour by: choose one of {}", name, join(known)));
}

/// m, the median distance of a point to its nearest neighbour; 0 when there is none.
double spacing_of(const Block& block) {
  const std::int64_t n = block.n_points();
  std::vector<double> distances;
  for (std::int64_t k = 0; k < std::min(n, kSpacingSamples); ++k) {
    const std::int64_t i = k * n / std::min(n, kSpacingSamples);
    const double* p = block.points.data() + 3 * i;
    double nearest = INFINITY;
    for (std::int64_t j = 0; j < n; ++j) {
      const double* q = block.points.data() + 3 * j;
      const double dx = p[0] - q[0];
      const double dy = p[1] - q[1];
      const double dz = p[2] - q[2];
      if (j != i) nearest = std::min(nearest, dx * dx + dy * dy + dz * dz);
    }
    distances.push_back(std::sqrt(nearest));
  }
  if (n < 2) return 0;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle;
}

double radius_of(const Block& block, double diagonal) {
  if (block.kind != CellKind::kVertex) return 0.004 * diagonal;
  return std::clamp(0.75 * spacing_of(block), 0.0012 * diagonal, 0.03 * diagonal);
}

void sample(const Frame& frame, const std::string& name, std::vector<double>& values) {
  for (const Block& block : frame.blocks) {
    const NamedArray* field = find_field(block, name);
    if (field == nullptr) continue;
    const std::int64_t n = std::min(field->rows(), kSamples);
    for (std::int64_t k = 0; k < n; ++k) {
      values.push_back(magnitude(*field, k * field->rows() / n));
    }
  }
}

/// Ticks from the lowest to the highest value without outliers, from 0 where that is near.
Ticks color_ticks(std::vector<double> values) {
  if (values.empty()) return nice_ticks(0, 1, 5);
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size() - 1);
  double low = values[static_cast<std::size_t>(std::floor(kOutliers * n))];
  const double high = values[static_cast<std::size_t>(std::ceil((1 - kOutliers) * n))];
  if (low > 0 && low < 0.4 * high) low = 0;
  return nice_ticks(low, high, 5);
}

/// The domain of the options, when they have one of up to three axes.
Box domain_of(const Json& options) {
  Box box;
  if (!options.is_object() || !options.contains("domain")) return box;
  const Json& domain = options["domain"];
  if (!domain.is_object() || !domain.contains("min") || !domain.contains("max")) return box;
  for (const char* end : {"min", "max"}) {
    Point point{};
    const Json& list = domain[end];
    if (!list.is_array() || list.size() > 3) return {};
    for (std::size_t a = 0; a < list.size(); ++a) {
      if (!list[a].is_number()) return {};
      point[a] = list[a];
    }
    box.add(point.data());
  }
  return box;
}

/// The axis against gravity; without gravity z in 3D and y in the plane.
std::size_t up_axis(const Json& options, bool flat) {
  if (flat) return 1;
  std::size_t axis = 2;
  double largest = 0;
  if (!options.is_object() || !options.contains("gravity")) return axis;
  const Json& gravity = options["gravity"];
  for (std::size_t a = 0; gravity.is_array() && a < std::min<std::size_t>(gravity.size(), 3); ++a) {
    if (gravity[a].is_number() && std::abs(gravity[a].get<double>()) > largest) {
      largest = std::abs(gravity[a].get<double>());
      axis = a;
    }
  }
  return axis;
}

Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Point turned(double along_a, const Point& a, double along_b, const Point& b) {
  Point sum{};
  for (std::size_t i = 0; i < 3; ++i) sum[i] = along_a * a[i] + along_b * b[i];
  return sum;
}

/// Azimuth turns around the axis `up`, elevation lifts the viewer.
void place_camera(Look& look, std::size_t up, double azimuth, double elevation) {
  Point vertical{};
  vertical[up] = 1;
  Point right{};
  right[up == 0 ? 1 : 0] = 1;
  const Point front = cross(right, vertical);
  const double a = azimuth * std::numbers::pi / 180;
  const double e = elevation * std::numbers::pi / 180;
  const Point level = turned(std::cos(a), front, std::sin(a), right);
  look.toward = turned(std::cos(e), level, std::sin(e), vertical);
  look.up = turned(std::cos(e), vertical, -std::sin(e), level);
  look.right = cross(look.up, look.toward);
}

/// Keeps the blocks that have points for the first time, and counts the points of all.
void keep_first_points(Frame&& frame, Frame& first, std::vector<std::int64_t>& most) {
  const std::size_t n = std::min(frame.blocks.size(), first.blocks.size());
  most.resize(first.blocks.size(), 0);
  for (std::size_t b = 0; b < n; ++b) {
    most[b] = std::max(most[b], frame.blocks[b].n_points());
    if (first.blocks[b].n_points() < 2) first.blocks[b] = std::move(frame.blocks[b]);
  }
}

/// `first` has the blocks as they are when they first have points, `most` their largest numbers.
void choose_blocks(Look& look, const Frame& first, const std::vector<std::int64_t>& most,
                   const LookOptions& wanted, double diagonal) {
  const auto largest =
      static_cast<std::size_t>(std::max_element(most.begin(), most.end()) - most.begin());
  std::size_t n_plain = 0;
  for (std::size_t b = 0; b < first.blocks.size(); ++b) {
    const Block& block = first.blocks[b];
    BlockLook& shown = look.blocks.emplace_back();
    shown.name = block.name;
    shown.thickness = wanted.thickness;
    shown.radius = wanted.thickness * radius_of(block, diagonal);
    // A field that was asked for is shown on every block; else the blocks are told apart.
    shown.by_field =
        find_field(block, look.field) != nullptr && (!wanted.color.empty() || b == largest);
    if (!shown.by_field) shown.color = kBlockColors[n_plain++ % kBlockColors.size()];
  }
}

}  // namespace

Look choose_look(const std::vector<std::filesystem::path>& frames, const LookOptions& wanted,
                 const Json& options) {
  Look look;
  Frame first = read_frame(frames.front());
  if (wanted.color != "none")
    look.field = wanted.color.empty() ? suitable_field(first) : wanted.color;
  if (!look.field.empty()) {
    const NamedArray& field = field_of_frame(first, look.field);
    look.field_label = field.name + (field.unit.empty() ? "" : " [" + field.unit + "]");
  }
  Box points;
  std::vector<double> values;
  std::vector<std::int64_t> most;
  for (const std::filesystem::path& file : frames) {
    Frame frame = read_frame(file);
    for (const Block& block : frame.blocks) {
      for (std::size_t i = 0; i < block.points.size(); i += 3) points.add(block.points.data() + i);
    }
    sample(frame, look.field, values);
    keep_first_points(std::move(frame), first, most);
  }
  if (points.empty()) points.add(Point{}.data());
  const Ticks ticks = wanted.range ? nice_ticks((*wanted.range)[0], (*wanted.range)[1], 5)
                                   : color_ticks(std::move(values));
  look.ticks = ticks.values;
  look.tick_labels = ticks.labels;
  look.flat = points.low[2] == points.high[2];
  const Box domain = domain_of(options);
  look.outline = !domain.empty() && domain.diagonal() < 3 * points.diagonal();
  look.low = look.outline ? domain.low : points.low;
  look.high = look.outline ? domain.high : points.high;
  look.zoom = wanted.zoom;
  const auto [azimuth, elevation] = wanted.camera.value_or(
      look.flat ? std::array<double, 2>{0, 0} : std::array<double, 2>{20, 20});
  place_camera(look, up_axis(options, look.flat), azimuth, elevation);
  choose_blocks(look, first, most, wanted, points.diagonal());
  const Json::json_pointer title("/scenario/title");
  if (options.is_object() && options.contains(title) && options.at(title).is_string()) {
    look.title = options.at(title);
  }
  return look;
}

double aspect_of(const Look& look) {
  double width = 0;
  double height = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    const double size = look.high[a] - look.low[a];
    width += size * std::abs(look.right[a]);
    height += size * std::abs(look.up[a]);
  }
  return width > 0 && height > 0 ? width / height : 1;
}

}  // namespace filigree::app
