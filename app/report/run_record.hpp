// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the folder of a run tells, as far as it can be read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/csv_writer.hpp"
#include "io/manifest.hpp"
#include "io/metrics.hpp"
#include "scenarios/expectations.hpp"
#include "scenarios/registry.hpp"

namespace filigree::app {

/// One resolved option: "solver.cfl".
struct Parameter {
  std::string path;
  std::string value;
  std::string unit;  ///< "" when dimensionless or not known
  std::string doc;   ///< "" when not known
};

struct RunRecord {
  std::filesystem::path folder;
  std::optional<Manifest> manifest;
  CsvTable diagnostics;  ///< complete rows; empty when there is no such file
  std::vector<Metric> metrics;
  std::vector<ExpectationResult> expectations;
  std::vector<Parameter> parameters;
  std::vector<std::string> notes;  ///< what is missing or damaged, one sentence each

  bool finished() const;  ///< it went through to its end
};

/// Reads what is there. InputError when the folder holds no run at all; a file that is missing or
/// damaged gives a note. `types` knows units and meanings of options.
RunRecord read_run(const std::filesystem::path& folder, const ScenarioRegistry& types);

}  // namespace filigree::app
