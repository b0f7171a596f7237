// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/run_support.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "io/csv_writer.hpp"
#include "io/json.hpp"
#include "tests/scenarios/chain_simulation.hpp"

namespace filigree::testing_support {
namespace fs = std::filesystem;

const char* const kChainScenario = R"(schema: 1
scenario: { type: chain, title: a plucked chain }
run: { seed: 3 }
time: { end: 1.0 }
chain: { masses: 6, dt: 0.01 }
output: { every: 0.2, formats: [npz], diagnostics_every: 7 }
checkpoint: { every: 0.25, every_wall: 0 }
expect:
  - { quantity: kinetic_energy, at: max, within: [0.1, 10] }
  - { quantity: largest_speed, within: [0.1, 10] }
)";

std::string RecordingObserver::text() const {
  std::string text;
  for (const RunEvent& event : events) text += event.name + ": " + event.text + "\n";
  return text;
}

std::int64_t RecordingObserver::count(const std::string& name) const {
  return std::count_if(events.begin(), events.end(),
                       [&](const RunEvent& event) { return event.name == name; });
}

void RunTest::SetUp() {
  std::string pattern = (fs::path(testing::TempDir()) / "filigree_run_XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
}

void RunTest::TearDown() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

fs::path RunTest::write(const std::string& name, const std::string& text) const {
  const fs::path file = folder_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
  return file;
}

Scenario RunTest::load(const std::vector<std::string>& overrides, const std::string& text) const {
  return load_scenario({.file = write("chain.yaml", text), .overrides = overrides}, chain_types());
}

RunResult RunTest::run(const Scenario& scenario, const std::string& out, RunRequest request) {
  if (!out.empty()) request.out = folder_ / out;
  return run_scenario(scenario, request, observer_);
}

int RunTest::run_in_child(const Scenario& scenario, const std::string& out, RunRequest request) {
  const pid_t child = fork();
  if (child == 0) {
    int code = static_cast<int>(ExitCode::kInternal);
    try {
      code = static_cast<int>(run(scenario, out, request).code);
    } catch (const Error& error) {
      code = static_cast<int>(error.code());
    } catch (...) {  // the code says it
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::string read_text(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::map<std::string, std::string> folder_contents(const fs::path& folder) {
  std::map<std::string, std::string> contents;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    std::string text = read_text(entry.path());
    if (name == "manifest.json") {
      auto json = nlohmann::ordered_json::parse(text);
      for (auto& [key, value] : json.items()) {
        if (value.is_object()) {
          for (const char* changing :
               {"started", "ended", "wall_seconds", "resumed_from", "command_line"}) {
            value.erase(changing);
          }
        }
      }
      for (const char* changing :
           {"started", "ended", "wall_seconds", "resumed_from", "command_line"}) {
        json.erase(changing);
      }
      text = json.dump(1);
    }
    contents[name] = std::move(text);
  }
  return contents;
}

std::string differing_files(const fs::path& a, const fs::path& b) {
  const auto first = folder_contents(a);
  const auto second = folder_contents(b);
  std::string names;
  for (const auto& [name, text] : first) {
    const auto other = second.find(name);
    if (other == second.end()) names += name + " is missing in the second; ";
    if (other != second.end() && other->second != text) names += name + " differs; ";
  }
  for (const auto& [name, text] : second) {
    if (!first.contains(name)) names += name + " is missing in the first; ";
  }
  return names;
}

std::string error_text(const std::function<void()>& action, ExitCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

Scenario LibraryRunTest::scenario(const std::string& text,
                                  const std::vector<std::string>& overrides) const {
  return load_scenario({.file = write("scene.yaml", text), .overrides = overrides},
                       scenario_types());
}

nlohmann::ordered_json LibraryRunTest::metrics(const std::string& out) const {
  return parse_json(read_text(folder_ / out / "metrics.json"), "metrics.json");
}

double LibraryRunTest::value(const std::string& out, const char* name) const {
  return metrics(out).at(name).at("value").get<double>();
}

std::vector<double> LibraryRunTest::column(const std::string& out, const std::string& name) const {
  const CsvTable table = read_csv(folder_ / out / "diagnostics.csv");
  const auto at = std::find(table.columns.begin(), table.columns.end(), name);
  EXPECT_NE(at, table.columns.end()) << name;
  std::vector<double> values;
  for (const auto& row : table.rows) {
    values.push_back(row[static_cast<std::size_t>(at - table.columns.begin())]);
  }
  return values;
}

}  // namespace filigree::testing_support
