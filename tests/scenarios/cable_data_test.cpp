// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Folders of recorded cables and files of their parameters, written and read back.
#include "scenarios/types/cable_data.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "scenarios/types/cable_generator.hpp"
#include "scenarios/types/cable_parameters.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

CableGuess guess() {
  return {0.04, 0.04, 300, 1, 1, 0.02, {0, 0, -9.81}};
}
class CableDataTest : public testing_support::RunTest {};
class CableParametersTest : public testing_support::RunTest {};

GeneratedCable small_cable() {
  GeneratedCableOptions options;
  options.train = 2;
  options.eval = 1;
  options.duration = 0.1;
  return generate_cable(options, guess(), 3);
}

TEST_F(CableDataTest, SetsAndRecordingsComeBack) {
  const GeneratedCable cable = small_cable();
  write_cable_set(folder_, cable.set);
  write_recordings(folder_ / "train.npz", cable.train);
  const CableSet set = read_cable_set(folder_);
  EXPECT_EQ(set.topology.edges, cable.set.topology.edges);
  EXPECT_EQ(set.topology.joints, cable.set.topology.joints);
  EXPECT_EQ(set.grasped, (std::vector<Index>{0, 1, 8, 9}));
  EXPECT_EQ(set.edge_region, cable.set.edge_region);
  ASSERT_EQ(set.rest.size(), cable.set.rest.size());
  for (std::size_t v = 0; v < set.rest.size(); ++v) EXPECT_EQ(set.rest[v], cable.set.rest[v]);
  const CableRecordings read = read_recordings(set, "train.npz");
  ASSERT_EQ(read.count, 2);
  ASSERT_EQ(read.frames, 11);
  for (Index f = 0; f < read.frames; ++f) {  // the first two frames in double, the rest in float
    for (Index v = 0; v < read.vertices; ++v) {
      const double off = norm(read.at(1, f, v) - cable.train.at(1, f, v));
      EXPECT_LE(off, f < 2 ? 0 : 1e-7);
    }
  }
}

TEST_F(CableDataTest, WindowsArePieces) {
  const GeneratedCable cable = small_cable();
  const CableRecordings pieces = windows_of(cable.train, 5, 3);
  EXPECT_EQ(pieces.count, 6);  // from frames 0, 3 and 6 of both
  EXPECT_EQ(pieces.frames, 5);
  EXPECT_EQ(pieces.at(4, 2, 7), cable.train.at(1, 5, 7));
  EXPECT_THROW(windows_of(cable.train, 12, 3), InputError);
  EXPECT_THROW(windows_of(cable.train, 2, 1), InputError);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}
void edit(const std::filesystem::path& file,
          const std::function<void(nlohmann::ordered_json&)>& change) {
  nlohmann::ordered_json json = parse_json(read_text_file(file), "file");
  change(json);
  write_file_atomically(file, json_text(json));
}

TEST_F(CableDataTest, ErrorsNameFileAndKey) {
  const GeneratedCable cable = small_cable();
  const auto problem = [&](const std::function<void(nlohmann::ordered_json&)>& change) {
    write_cable_set(folder_, cable.set);
    edit(folder_ / "meta.json", change);
    return message_of([&] { read_cable_set(folder_); });
  };
  EXPECT_EQ(problem([](auto&) {}), "");
  EXPECT_NE(problem([](auto& meta) {
              meta.erase("junctions");
            }).find("meta.json: the key 'junctions' is missing"),
            std::string::npos);
  EXPECT_NE(problem([](auto& meta) {
              meta["junctions"] = {{0, 3}, {0, 10}};
            }).find("child 2 hangs on vertex 10 of branch 0, which does not exist"),
            std::string::npos);
  EXPECT_NE(problem([](auto& meta) {
              meta["n_children"] = {11, 3};
            }).find("child 1 has 11 vertices; it must have between 2"),
            std::string::npos);
  EXPECT_NE(problem([](auto& meta) {
              meta["clamped_parent_vertices"] = {0, 0, 9};
            }).find("named twice"),
            std::string::npos);
  EXPECT_NE(problem([](auto& meta) { meta["dt"] = "ten"; }).find("the value of 'dt'"),
            std::string::npos);
  EXPECT_NE(problem([](auto& meta) { meta["n_parent"] = 12; }).find("rest_init has the shape"),
            std::string::npos);

  write_cable_set(folder_, cable.set);
  CableRecordings broken = cable.train;
  broken.positions[broken.place(1, 4, 6)] = NAN;
  write_recordings(folder_ / "train.npz", broken);
  EXPECT_NE(message_of([&] {
              read_recordings(cable.set, (folder_ / "train.npz").string());
            }).find("recording 1, frame 4, vertex 6: the position is not finite"),
            std::string::npos);
}

TEST_F(CableParametersTest, ComeBackBitForBit) {
  const GeneratedCable cable = small_cable();
  const auto file = folder_ / "parameters.json";
  write_file_atomically(file, json_text(to_json("generated", cable.set.topology, cable.truth)));
  const rods::CableFit read = read_cable_fit(file, cable.set.topology);
  const rods::RodParameters& a = read.parameters;
  const rods::RodParameters& b = cable.truth.parameters;
  EXPECT_EQ(a.rest_length, b.rest_length);
  EXPECT_EQ(a.junction_compliance, b.junction_compliance);
  EXPECT_EQ(a.joint_half_turn, b.joint_half_turn);
  EXPECT_EQ(a.damping, b.damping);
  EXPECT_EQ(a.gravity, b.gravity);
  EXPECT_EQ(read.roll, cable.truth.roll);
  for (std::size_t e = 0; e < a.edges.size(); ++e) {
    EXPECT_EQ(a.edges[e].bending_stiffness, b.edges[e].bending_stiffness);
    EXPECT_EQ(a.edges[e].twist_stiffness, b.edges[e].twist_stiffness);
    EXPECT_EQ(a.edges[e].line_density, b.edges[e].line_density);
  }
  for (std::size_t j = 0; j < a.joint_rest.size(); ++j) {
    EXPECT_EQ(a.joint_rest[j], b.joint_rest[j]);
  }
}

TEST_F(CableParametersTest, ErrorsNameFileAndKey) {
  const GeneratedCable cable = small_cable();
  const auto file = folder_ / "parameters.json";
  const auto problem = [&](const std::function<void(nlohmann::ordered_json&)>& change) {
    write_file_atomically(file, json_text(to_json("generated", cable.set.topology, cable.truth)));
    edit(file, change);
    return message_of([&] { read_cable_fit(file, cable.set.topology); });
  };
  EXPECT_EQ(problem([](auto&) {}), "");
  EXPECT_NE(problem([](auto& json) { json["format"] = "other"; }).find("not a file of cable"),
            std::string::npos);
  EXPECT_NE(problem([](auto& json) { json["edges"][0][0] = 5; }).find("those of another cable"),
            std::string::npos);
  EXPECT_NE(problem([](auto& json) { json.erase("rest_kappa"); }).find("'rest_kappa' is missing"),
            std::string::npos);
  EXPECT_NE(problem([](auto& json) {
              json["rest_length"]["unit"] = "mm";
            }).find("the unit of 'rest_length' must be \"m\""),
            std::string::npos);
  EXPECT_NE(problem([](auto& json) {
              json["bending_stiffness"]["values"][2] = {1};
            }).find("value 2 of 'bending_stiffness' must be a list of 2 numbers"),
            std::string::npos);
  EXPECT_NE(problem([](auto& json) {
              json["added_mass"]["values"].push_back(1);
            }).find("'added_mass' must have 15 values"),
            std::string::npos);
  write_file_atomically(file, std::string_view("{"));
  EXPECT_NE(message_of([&] { read_cable_fit(file, cable.set.topology); }).find("not valid JSON"),
            std::string::npos);
}

}  // namespace
}  // namespace filigree
