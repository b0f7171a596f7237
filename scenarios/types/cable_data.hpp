// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Motion capture of branched cables: a folder with
//
//   meta.json       topology, which vertices grippers hold, time between frames
//   rest_shape.npz  rest_init [branches, slots, 3] (m), the cable at rest; unused slots are zero
//   train.npz, eval.npz
//                   flat [recordings, frames, vertices, 3] (m), and where it is there
//                   initial_two_frames_f64 [recordings, 2, vertices, 3], the first two in double
//
// Vertices are numbered flat: those of the parent, then those of each child without its root,
// which is a vertex of an earlier branch.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "physics/rods/rod_replay.hpp"

namespace filigree {

struct CableSet {
  std::filesystem::path folder;
  std::string name;
  nlohmann::ordered_json meta;         ///< meta.json
  std::vector<rods::Branch> branches;  ///< parent, children
  std::vector<std::string> regions;    ///< "parent", "child1", ... one per branch
  std::vector<Index> edge_region;      ///< [n_edges] branch of each edge
  std::vector<Index> grasped;          ///< vertices that grippers hold, rising
  rods::RodTopology topology;          ///< edge k of a branch joins its vertices k and k + 1
  std::vector<Vec<3, double>> rest;    ///< [n_vertices], m
  double dt = 0;                       ///< between frames, s

  Index n_vertices() const { return topology.n_vertices; }
  bool is_grasped(Index vertex) const;
};

using rods::CableRecordings;

/// Reads meta.json and rest_shape.npz. InputError names the file and the key that is wrong.
CableSet read_cable_set(const std::filesystem::path& folder);

/// Flat numbers of a branch's vertices, a child's root first.
std::vector<std::size_t> vertices_of(const CableSet& set, std::size_t branch);

/// Positions of all vertices in a frame of a recording.
std::vector<Vec<3, double>> positions_of(const CableRecordings& recordings, Index recording,
                                         Index frame);

/// A set from its meta.json, without its shape at rest. Errors name `folder`/meta.json.
CableSet make_cable_set(const std::filesystem::path& folder, nlohmann::ordered_json meta);

/// Writes meta.json and rest_shape.npz.
void write_cable_set(const std::filesystem::path& folder, const CableSet& set);
void write_recordings(const std::filesystem::path& file, const CableRecordings& recordings);

/// Reads `file` of the set's folder. InputError for arrays that do not fit the set, and for a
/// position that is not finite; the message names recording, frame and vertex.
CableRecordings read_recordings(const CableSet& set, const std::string& file);

/// The set with some of its recordings, ready to be replayed.
rods::CableExperiment experiment_of(const CableSet& set, CableRecordings recordings);

/// "" or which number stands twice in data.recordings.
std::string named_twice(const std::vector<std::int64_t>& recordings);

/// Those of `all` with these numbers.
CableRecordings chosen(const CableRecordings& all, const std::vector<Index>& numbers);

/// Pieces of `length` frames that begin every `every` frames, as recordings of their own.
CableRecordings windows_of(const CableRecordings& all, Index length, Index every);

}  // namespace filigree
