// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/manifest.hpp"

#include <cmath>

#include "io/sha256.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::put;
using testing_io::TempFolder;

Manifest example() {
  Manifest m;
  m.version = "1.2.3";
  m.commit = "abc";
  m.dirty = true;
  m.compiler = "GNU 12.2";
  m.compiler_flags = "-O3";
  m.build_type = "Release";
  m.kokkos_version = "5.2.2";
  m.backend = "OpenMP";
  m.real = "double";
  m.threads = 2;
  m.device = "cpu";
  m.os = "Linux";
  m.command_line = {"filigree", "run", "a.yaml"};
  m.seed = 18446744073709551615u;
  m.inputs = {{"a.yaml", 12, sha256_text("x")}};
  m.options = {{"time", {{"end", 0.1}}}, {"a", 1}};
  m.random_streams = {"seeding"};
  m.started = "2024-05-01T12:00:00Z";
  m.ended = "2024-05-01T12:00:09Z";
  m.status = "done";
  m.exit_code = 6;
  m.steps = 123456789012;
  m.wall_seconds = 9.25;
  m.resumed_from = "checkpoint_000000000007.fgc";
  m.outputs = {{"frames/a_000000.vtp", 5, sha256_text("y")}};
  m.diagnostics = {{"time [s]", 0.1}};
  return m;
}

TEST(Manifest, EveryFieldReadsBack) {
  const TempFolder folder;
  const Manifest m = example();
  write_manifest(folder / "manifest.json", m);
  const Manifest r = read_manifest(folder / "manifest.json");
  EXPECT_EQ(to_json(r), to_json(m));
  EXPECT_EQ(r.seed, m.seed);
  EXPECT_EQ(r.inputs, m.inputs);
  EXPECT_EQ(r.outputs, m.outputs);
  EXPECT_EQ(r.options.dump(), "{\"time\":{\"end\":0.1},\"a\":1}");
  EXPECT_EQ(r.diagnostics, m.diagnostics);
  EXPECT_EQ(to_json(m)["program"]["dirty"], true);
  EXPECT_EQ(to_json(m)["result"]["steps"], 123456789012);
}

TEST(Manifest, EveryMissingOrIllTypedKeyIsNamed) {
  const auto good = to_json(example());
  const std::string text = ": not a manifest of this program: '";
  for (const auto& [section, value] : good.items()) {
    auto broken = good;
    broken.erase(section);
    EXPECT_MESSAGE_HAS(InputError, manifest_from_json(broken, "f"), "f" + text + section);
    if (!value.is_object()) continue;
    for (const auto& [key, inner] : value.items()) {
      broken = good;
      broken[section].erase(key);
      EXPECT_MESSAGE(InputError, manifest_from_json(broken, "f"),
                     "f" + text + section + "." + key + "' is missing or of another type");
    }
  }
  auto broken = good;
  broken["machine"]["threads"] = "two";
  EXPECT_MESSAGE_HAS(InputError, manifest_from_json(broken, "f"), "'machine.threads'");
  EXPECT_MESSAGE_HAS(InputError, manifest_from_json(nlohmann::ordered_json::array(), "f"), text);
}

TEST(Manifest, RefusesAnotherSchemaAndNonFiniteDiagnostics) {
  auto json = to_json(example());
  json["schema"] = 2;
  EXPECT_MESSAGE(InputError, manifest_from_json(json, "f"),
                 "f: the manifest has schema 2, this program reads schema 1");
  const TempFolder folder;
  Manifest m = example();
  m.diagnostics["energy [J]"] = NAN;
  EXPECT_MESSAGE(NumericalError, write_manifest(folder / "m.json", m),
                 "diagnostic 'energy [J]' is not finite (nan); '" + (folder / "m.json").string() +
                     "' was not written");
}

TEST(Manifest, FolderRecordsAreSortedCompleteAndWithoutTheManifest) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "frames");
  put(folder / "z.csv", "abc");
  put(folder / "frames/a.vtp", "");
  put(folder / "frames/b.vtp.part", "x");
  put(folder / "manifest.json", "{}");
  const std::vector<FileRecord> records = record_folder(folder.path());
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].path, "frames/a.vtp");
  EXPECT_EQ(records[1], (FileRecord{"z.csv", 3, sha256_text("abc")}));
  EXPECT_MESSAGE_HAS(EnvironmentError, record_folder(folder / "none"), "No such file or directory");
}

TEST(Manifest, TimestampIsIso8601) {
  std::string shape = utc_timestamp();
  for (char& c : shape) c = c >= '0' && c <= '9' ? '0' : c;
  EXPECT_EQ(shape, "0000-00-00T00:00:00Z");
}

TEST(Sha256, MatchesThePublishedVectors) {
  // FIPS 180-2, appendix B.
  EXPECT_EQ(sha256_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const TempFolder folder;
  put(folder / "million", std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(folder / "million"),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_MESSAGE(EnvironmentError, sha256_file(folder / "none"),
                 "cannot read '" + (folder / "none").string() + "': No such file or directory");
  EXPECT_MESSAGE_HAS(EnvironmentError, sha256_file(folder.path()), "Is a directory");
}

}  // namespace
}  // namespace filigree
