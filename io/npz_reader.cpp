// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/npz_reader.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/npz.hpp"
#include "io/writer.hpp"

namespace filigree {
namespace {

constexpr std::int64_t kCellKinds = static_cast<std::int64_t>(CellKind::kHexahedron) + 1;
constexpr std::string_view kOfCells = "cell.";

Block& block_named(Frame& frame, std::string_view name) {
  const auto known = std::find_if(frame.blocks.begin(), frame.blocks.end(),
                                  [&](const Block& block) { return block.name == name; });
  if (known != frame.blocks.end()) return *known;
  frame.blocks.emplace_back().name = name;
  return frame.blocks.back();
}

template <class T>
std::vector<T> values_of(const NamedArray& array) {
  const std::span<const T> values = array.as<T>();
  return {values.begin(), values.end()};
}

CellKind cell_kind_of(const NamedArray& array) {
  const double kind = array.size() == 1 ? array.value(0) : -1;
  for (std::int64_t known = 0; known < kCellKinds; ++known) {
    if (kind == static_cast<double>(known)) return static_cast<CellKind>(known);
  }
  throw InputError(format("array '{}' must be one whole number from 0 (vertices) to {} (hexahedra)",
                          array.name, kCellKinds - 1));
}

/// `key` is the name of the array without its block.
void add_to(Block& block, std::string_view key, const NamedArray& array) {
  if (key == "points") {
    FILIGREE_REQUIRE(array.shape.size() == 2 && array.shape[1] == 3,
                     "array '{}' must have the shape [n, 3]", array.name);
    block.points = values_of<double>(array);
  } else if (key == "offsets") {
    block.offsets = values_of<std::int64_t>(array);
  } else if (key == "connectivity") {
    block.connectivity = values_of<std::int64_t>(array);
  } else if (key == "cell_kind") {
    block.kind = cell_kind_of(array);
  } else {
    const bool of_cells = key.starts_with(kOfCells);
    NamedArray field = array;
    field.name = of_cells ? key.substr(kOfCells.size()) : key;
    (of_cells ? block.cell_fields : block.point_fields).push_back(std::move(field));
  }
}

}  // namespace

Frame frame_of_arrays(const NamedArrays& arrays, std::int64_t number) {
  Frame frame;
  frame.number = number;
  for (const NamedArray& array : arrays) {
    if (array.name == "time" || array.name == "step") {
      FILIGREE_REQUIRE(array.size() == 1, "array '{}' must be one number", array.name);
      if (array.name == "time") frame.time = array.value(0);
      if (array.name == "step") frame.step = static_cast<std::int64_t>(array.value(0));
      continue;
    }
    const std::size_t dot = array.name.find('.');
    FILIGREE_REQUIRE(dot != std::string::npos,
                     "array '{}' belongs to no block: names are 'time', 'step' and 'BLOCK.FIELD'",
                     array.name);
    const std::string_view name = array.name;
    add_to(block_named(frame, name.substr(0, dot)), name.substr(dot + 1), array);
  }
  for (const Block& block : frame.blocks) {
    FILIGREE_REQUIRE(arrays.contains(block.name + ".points"), "there is no array '{}.points'",
                     block.name);
    FILIGREE_REQUIRE(block.offsets.empty() || arrays.contains(block.name + ".cell_kind"),
                     "block '{}' has cells but no array '{}.cell_kind' that says which: 0 "
                     "vertices, 1 lines, 2 polylines, 3 triangles, 4 quadrilaterals, 5 tetrahedra, "
                     "6 hexahedra",
                     block.name, block.name);
  }
  return frame;
}

Frame read_npz_frame(const std::filesystem::path& file) {
  const NamedArrays arrays = read_npz(file);
  try {
    return frame_of_arrays(arrays, std::max<std::int64_t>(frame_number_of(file), 0));
  } catch (const InputError& error) {
    throw InputError(format("cannot read '{}': {}", file.string(), error.what()));
  }
}

}  // namespace filigree
