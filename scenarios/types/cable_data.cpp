// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_data.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/npz.hpp"

namespace filigree {

namespace {

namespace fs = std::filesystem;

template <class T>
T value_of(const CableSet& set, const char* key) {
  const std::string file = (set.folder / "meta.json").string();
  FILIGREE_REQUIRE(set.meta.contains(key), "{}: the key '{}' is missing", file, key);
  try {
    return set.meta.at(key).get<T>();
  } catch (const nlohmann::json::exception& wrong) {
    throw InputError(
        format("{}: the value of '{}' is not as expected: {}", file, key, wrong.what()));
  }
}

std::vector<double> doubles_of(const NamedArray& array) {
  if (array.dtype == DType::kF64) {
    const auto values = array.as<double>();
    return {values.begin(), values.end()};
  }
  const auto values = array.as<float>();
  return {values.begin(), values.end()};
}

const NamedArray& array_of(const NamedArrays& arrays, const char* name, const fs::path& file) {
  FILIGREE_REQUIRE(arrays.contains(name), "{}: there is no array '{}'", file.string(), name);
  return arrays.at(name);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += format("{}{}", i > 0 ? ", " : "", shape[i]);
  }
  return text + "]";
}

void read_branches(CableSet& set) {
  const auto parent = value_of<Index>(set, "n_parent");
  const auto children = value_of<std::vector<Index>>(set, "n_children");
  const auto junctions = value_of<std::vector<std::array<Index, 2>>>(set, "junctions");
  const std::string file = (set.folder / "meta.json").string();
  FILIGREE_REQUIRE(children.size() == junctions.size(),
                   "{}: {} children but {} junctions are given", file, children.size(),
                   junctions.size());
  set.branches = {{-1, parent}};
  set.regions = {"parent"};
  std::vector<std::vector<Index>> vertices(1);  // of each branch, its root first
  for (Index v = 0; v < parent; ++v) vertices[0].push_back(v);
  Index next = parent;
  FILIGREE_REQUIRE(parent >= 2, "{}: n_parent is {}; a parent has two vertices or more", file,
                   parent);
  for (std::size_t c = 0; c < children.size(); ++c) {
    const auto [host, at] = junctions[c];
    FILIGREE_REQUIRE(
        children[c] >= 2 && children[c] <= parent,
        "{}: child {} has {} vertices; it must have between 2 (its root counts) and {}, "
        "as many as the parent",
        file, c + 1, children[c], parent);
    FILIGREE_REQUIRE(
        host >= 0 && static_cast<std::size_t>(host) < vertices.size() && at >= 0 &&
            static_cast<std::size_t>(at) < vertices[static_cast<std::size_t>(host)].size(),
        "{}: child {} hangs on vertex {} of branch {}, which does not exist", file, c + 1, at,
        host);
    vertices.push_back({vertices[static_cast<std::size_t>(host)][static_cast<std::size_t>(at)]});
    set.branches.push_back({vertices.back()[0], children[c] - 1});
    set.regions.push_back(format("child{}", c + 1));
    for (Index k = 1; k < children[c]; ++k) vertices.back().push_back(next++);
  }
  set.topology = rods::make_topology(set.branches);
  for (std::size_t b = 0; b < vertices.size(); ++b) {
    for (std::size_t k = 1; k < vertices[b].size(); ++k) {
      set.edge_region.push_back(static_cast<Index>(b));
    }
  }
  set.grasped = value_of<std::vector<Index>>(set, "clamped_parent_vertices");
  std::sort(set.grasped.begin(), set.grasped.end());
  FILIGREE_REQUIRE(std::adjacent_find(set.grasped.begin(), set.grasped.end()) == set.grasped.end(),
                   "{}: a vertex is named twice in clamped_parent_vertices", file);
  FILIGREE_REQUIRE(static_cast<Index>(set.grasped.size()) < set.n_vertices(),
                   "{}: every vertex is grasped, so there is nothing to predict", file);
  for (const Index v : set.grasped) {
    FILIGREE_REQUIRE(v >= 0 && v < parent, "{}: the grasped vertex {} is none of the parent's {}",
                     file, v, parent);
  }
}

void read_rest(CableSet& set) {
  const fs::path file = set.folder / "rest_shape.npz";
  const NamedArrays arrays = read_npz(file);
  const NamedArray& rest = array_of(arrays, "rest_init", file);
  const auto n_branches = static_cast<std::int64_t>(set.branches.size());
  const std::int64_t slots = set.branches[0].vertices;
  FILIGREE_REQUIRE(rest.shape == (std::vector<std::int64_t>{n_branches, slots, 3}),
                   "{}: rest_init has the shape {}, the topology asks for [{}, {}, 3]",
                   file.string(), shape_text(rest.shape), n_branches, slots);
  const std::vector<double> values = doubles_of(rest);
  for (const double value : values) {
    FILIGREE_REQUIRE(std::isfinite(value), "{}: a position of rest_init is not finite",
                     file.string());
  }
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    const bool child = b > 0;  // slot 0 of a child is its root
    for (Index k = 0; k < set.branches[b].vertices; ++k) {
      const std::size_t at =
          (b * static_cast<std::size_t>(slots) + static_cast<std::size_t>(k + (child ? 1 : 0))) * 3;
      set.rest.push_back({values[at], values[at + 1], values[at + 2]});
    }
  }
}

}  // namespace

bool CableSet::is_grasped(Index vertex) const {
  return std::binary_search(grasped.begin(), grasped.end(), vertex);
}

std::vector<std::size_t> vertices_of(const CableSet& set, std::size_t branch) {
  std::size_t next = 0;
  for (std::size_t b = 0; b < branch; ++b) {
    next += static_cast<std::size_t>(set.branches[b].vertices);
  }
  std::vector<std::size_t> vertices;
  if (branch > 0) vertices.push_back(static_cast<std::size_t>(set.branches[branch].root));
  for (Index k = 0; k < set.branches[branch].vertices; ++k) vertices.push_back(next++);
  return vertices;
}

std::vector<Vec<3, double>> positions_of(const CableRecordings& recordings, Index recording,
                                         Index frame) {
  std::vector<Vec<3, double>> positions;
  for (Index v = 0; v < recordings.vertices; ++v) {
    positions.push_back(recordings.at(recording, frame, v));
  }
  return positions;
}

CableSet make_cable_set(const fs::path& folder, nlohmann::ordered_json meta) {
  CableSet set;
  set.folder = folder;
  set.meta = std::move(meta);
  set.name = value_of<std::string>(set, "name");
  set.dt = value_of<double>(set, "dt");
  FILIGREE_REQUIRE(set.dt > 0, "{}: dt is {} s; it must be positive",
                   (folder / "meta.json").string(), set.dt);
  read_branches(set);
  return set;
}

CableSet read_cable_set(const fs::path& folder) {
  const fs::path file = folder / "meta.json";
  CableSet set = make_cable_set(folder, parse_json(read_text_file(file), file.string()));
  read_rest(set);
  return set;
}

void write_cable_set(const fs::path& folder, const CableSet& set) {
  const auto slots = static_cast<std::size_t>(set.branches[0].vertices);
  std::vector<double> rest(set.branches.size() * slots * 3, 0);
  std::vector<std::uint8_t> valid(set.branches.size() * slots, 0);
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    const std::vector<std::size_t> vertices = vertices_of(set, b);
    for (std::size_t k = 0; k < vertices.size(); ++k) {
      const std::size_t slot = b * slots + k;
      valid[slot] = 1;
      for (int a = 0; a < 3; ++a) {
        rest[3 * slot + static_cast<std::size_t>(a)] = set.rest[vertices[k]][a];
      }
    }
  }
  const auto n = static_cast<std::int64_t>(set.branches.size());
  const auto m = static_cast<std::int64_t>(slots);
  NamedArrays arrays;
  arrays.add(make_array<double>("rest_init", std::span<const double>(rest), {n, m, 3}, "m"));
  arrays.add(make_array<std::uint8_t>("slot_valid", std::span<const std::uint8_t>(valid), {n, m}));
  create_folder(folder);
  write_file_atomically(folder / "meta.json", json_text(set.meta));
  write_npz(folder / "rest_shape.npz", arrays);
}

void write_recordings(const fs::path& file, const CableRecordings& recordings) {
  const std::vector<float> flat(recordings.positions.begin(), recordings.positions.end());
  std::vector<double> first;
  for (Index r = 0; r < recordings.count; ++r) {
    const auto from =
        recordings.positions.begin() + static_cast<std::ptrdiff_t>(recordings.place(r, 0, 0));
    first.insert(first.end(), from,
                 from + 2 * static_cast<std::ptrdiff_t>(recordings.vertices) * 3);
  }
  NamedArrays arrays;
  arrays.add(make_array<float>("flat", std::span<const float>(flat),
                               {recordings.count, recordings.frames, recordings.vertices, 3}, "m"));
  arrays.add(make_array<double>("initial_two_frames_f64", std::span<const double>(first),
                                {recordings.count, 2, recordings.vertices, 3}, "m"));
  write_npz(file, arrays);
}

CableRecordings read_recordings(const CableSet& set, const std::string& name) {
  const fs::path file = set.folder / name;
  const NamedArrays arrays = read_npz(file);
  const NamedArray& flat = array_of(arrays, "flat", file);
  FILIGREE_REQUIRE(flat.shape.size() == 4 && flat.shape[0] >= 1 && flat.shape[1] >= 3 &&
                       flat.shape[2] == set.n_vertices() && flat.shape[3] == 3,
                   "{}: flat has the shape {}; [recordings, frames, {}, 3] with 3 frames or more "
                   "is needed",
                   file.string(), shape_text(flat.shape), set.n_vertices());
  CableRecordings all;
  all.count = static_cast<Index>(flat.shape[0]);
  all.frames = static_cast<Index>(flat.shape[1]);
  all.vertices = static_cast<Index>(flat.shape[2]);
  all.positions = doubles_of(flat);
  const auto frame_size = static_cast<std::size_t>(all.vertices) * 3;
  if (arrays.contains("initial_two_frames_f64")) {
    const NamedArray& exact = arrays.at("initial_two_frames_f64");
    FILIGREE_REQUIRE(exact.shape == (std::vector<std::int64_t>{flat.shape[0], 2, flat.shape[2], 3}),
                     "{}: initial_two_frames_f64 has the shape {}, which does not fit flat",
                     file.string(), shape_text(exact.shape));
    const std::vector<double> first = doubles_of(exact);
    for (std::size_t r = 0; r < static_cast<std::size_t>(all.count); ++r) {
      std::copy_n(
          first.begin() + static_cast<std::ptrdiff_t>(r * 2 * frame_size), 2 * frame_size,
          all.positions.begin() +
              static_cast<std::ptrdiff_t>(r * static_cast<std::size_t>(all.frames) * frame_size));
    }
  }
  for (std::size_t i = 0; i < all.positions.size(); ++i) {
    FILIGREE_REQUIRE(std::isfinite(all.positions[i]),
                     "{}: recording {}, frame {}, vertex {}: the position is not finite",
                     file.string(), i / (frame_size * static_cast<std::size_t>(all.frames)),
                     i / frame_size % static_cast<std::size_t>(all.frames), i % frame_size / 3);
  }
  return all;
}

rods::CableExperiment experiment_of(const CableSet& set, CableRecordings recordings) {
  rods::CableExperiment experiment;
  experiment.topology = set.topology;
  experiment.rest.positions = set.rest;
  experiment.grasped = set.grasped;
  experiment.recordings = std::move(recordings);
  experiment.dt = set.dt;
  return experiment;
}

std::string named_twice(const std::vector<std::int64_t>& recordings) {
  for (auto it = recordings.begin(); it != recordings.end(); ++it) {
    if (std::find(recordings.begin(), it, *it) == it) continue;
    return format("data.recordings.{}: recording {} is named twice", it - recordings.begin(), *it);
  }
  return "";
}

CableRecordings chosen(const CableRecordings& all, const std::vector<Index>& numbers) {
  CableRecordings some = all;
  some.count = static_cast<Index>(numbers.size());
  some.positions.clear();
  const auto size = static_cast<std::ptrdiff_t>(all.frames) * all.vertices * 3;
  for (const Index number : numbers) {
    FILIGREE_REQUIRE(number >= 0 && number < all.count, "there is no recording {}; there are {}",
                     number, all.count);
    const auto from = all.positions.begin() + number * size;
    some.positions.insert(some.positions.end(), from, from + size);
  }
  return some;
}

CableRecordings windows_of(const CableRecordings& all, Index length, Index every) {
  FILIGREE_REQUIRE(length >= 3 && length <= all.frames && every >= 1,
                   "windows of {} frames, {} apart, are asked for in recordings of {} frames; they "
                   "need 3 frames or more",
                   length, every, all.frames);
  CableRecordings some = all;
  some.count = 0;
  some.frames = length;
  some.positions.clear();
  for (Index r = 0; r < all.count; ++r) {
    for (Index f = 0; f + length <= all.frames; f += every) {
      const auto from = all.positions.begin() + static_cast<std::ptrdiff_t>(all.place(r, f, 0));
      some.positions.insert(some.positions.end(), from,
                            from + static_cast<std::ptrdiff_t>(length) * all.vertices * 3);
      ++some.count;
    }
  }
  return some;
}

}  // namespace filigree
