// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/frame.hpp"

#include <cmath>
#include <set>

namespace filigree {
namespace {

bool is_lower_snake(const std::string& name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string coordinates(const Block& block, std::int64_t row) {
  const double* p = block.points.data() + 3 * row;
  return format("({}, {}, {}) m", number_text(p[0]), number_text(p[1]), number_text(p[2]));
}

void validate_points(const Block& block) {
  FILIGREE_REQUIRE(block.points.size() % 3 == 0,
                   "block '{}' has {} coordinates; three per point are needed (z = 0 in 2D)",
                   block.name, block.points.size());
  for (std::size_t i = 0; i < block.points.size(); ++i) {
    if (std::isfinite(block.points[i])) continue;
    throw NumericalError(format("point {} of block '{}' is not finite: {}", i / 3, block.name,
                                coordinates(block, static_cast<std::int64_t>(i / 3))));
  }
}

struct CellSize {
  std::int64_t least;
  std::int64_t most;
};

CellSize cell_size(CellKind kind) {
  switch (kind) {
    case CellKind::kVertex:
      return {1, 1};
    case CellKind::kLine:
      return {2, 2};
    case CellKind::kPolyline:
      return {2, std::numeric_limits<std::int64_t>::max()};
    case CellKind::kTriangle:
      return {3, 3};
    case CellKind::kQuad:
    case CellKind::kTetrahedron:
      return {4, 4};
    case CellKind::kHexahedron:
      return {8, 8};
  }
  throw InternalError(format("cell kind {} does not exist", static_cast<int>(kind)));
}

void validate_cells(const Block& block) {
  const auto& offsets = block.offsets;
  const auto n_entries = static_cast<std::int64_t>(block.connectivity.size());
  if (offsets.empty()) {
    FILIGREE_REQUIRE(n_entries == 0, "block '{}' has {} connectivity entries but no cell offsets",
                     block.name, n_entries);
    return;
  }
  FILIGREE_REQUIRE(offsets.front() == 0 && offsets.back() == n_entries,
                   "cell offsets of block '{}' run from {} to {}; they must run from 0 to the {} "
                   "connectivity entries",
                   block.name, offsets.front(), offsets.back(), n_entries);
  const CellSize size = cell_size(block.kind);
  for (std::size_t c = 0; c + 1 < offsets.size(); ++c) {
    const std::int64_t found = offsets[c + 1] - offsets[c];
    FILIGREE_REQUIRE(found >= size.least && found <= size.most,
                     "cell {} of block '{}' has {} points; its kind needs {}{}", c, block.name,
                     found, size.least == size.most ? "" : "at least ", size.least);
  }
  for (std::size_t i = 0; i < block.connectivity.size(); ++i) {
    const std::int64_t point = block.connectivity[i];
    FILIGREE_REQUIRE(point >= 0 && point < block.n_points(),
                     "connectivity entry {} of block '{}' names point {}, but there are {} points",
                     i, block.name, point, block.n_points());
  }
}

void validate_field(const Block& block, const NamedArray& field, const char* entity,
                    std::int64_t n_entities) {
  FILIGREE_REQUIRE(is_lower_snake(field.name),
                   "field name '{}' in block '{}' is not lower_snake (a-z, 0-9, _)", field.name,
                   block.name);
  FILIGREE_REQUIRE(!field.shape.empty() && field.rows() == n_entities,
                   "field '{}' has {} rows but block '{}' has {} {}s", field.name,
                   field.shape.empty() ? 0 : field.rows(), block.name, n_entities, entity);
  FILIGREE_REQUIRE(
      field.bytes.size() == static_cast<std::size_t>(field.size()) * size_of(field.dtype),
      "field '{}' of block '{}' has {} bytes, which do not fill its shape", field.name, block.name,
      field.bytes.size());
  FILIGREE_REQUIRE(field.components() > 0 || n_entities == 0,
                   "field '{}' of block '{}' has no components", field.name, block.name);
  const std::int64_t bad = first_non_finite(field);
  if (bad < 0) return;
  const std::int64_t row = bad / field.components();
  std::string where;
  if (std::string_view(entity) == "point") where = " at " + coordinates(block, row);
  throw NumericalError(format("field '{}' of block '{}' is not finite ({}) for {} {}{}", field.name,
                              block.name, number_text(field.value(bad)), entity, row, where));
}

void validate_fields(const Block& block, const std::vector<NamedArray>& fields, const char* entity,
                     std::int64_t n_entities) {
  std::set<std::string> names;
  for (const NamedArray& field : fields) {
    FILIGREE_REQUIRE(names.insert(field.name).second,
                     "block '{}' has two {} fields named '{}'; names must differ", block.name,
                     entity, field.name);
    validate_field(block, field, entity, n_entities);
  }
}

}  // namespace

void validate(const Frame& frame) {
  FILIGREE_REQUIRE(frame.number >= 0, "frame number {} is negative", frame.number);
  if (!std::isfinite(frame.time)) {
    throw NumericalError(format("the time of frame {} is not finite", frame.number));
  }
  std::set<std::string> names;
  for (const Block& block : frame.blocks) {
    FILIGREE_REQUIRE(is_lower_snake(block.name), "block name '{}' is not lower_snake (a-z, 0-9, _)",
                     block.name);
    FILIGREE_REQUIRE(names.insert(block.name).second,
                     "frame {} has two blocks named '{}'; names must differ", frame.number,
                     block.name);
    validate_points(block);
    validate_cells(block);
    validate_fields(block, block.point_fields, "point", block.n_points());
    validate_fields(block, block.cell_fields, "cell", block.n_cells());
  }
}

}  // namespace filigree
