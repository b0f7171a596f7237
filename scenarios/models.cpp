// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/models.hpp"

#include "io/weights.hpp"
#include "io/yaml/diagnostics.hpp"
#include "io/yaml/document.hpp"
#include "io/yaml/reader.hpp"
#include "io/yaml/writer.hpp"
#include "scenarios/checkpointer.hpp"
#include "scenarios/scenario_file.hpp"

namespace filigree {

namespace {

StoredCgs described(const learning::Cgs& model) {
  const learning::CgsWidths& widths = model.widths();
  return {model.options(), {widths.nodes, widths.edges, widths.out}};
}

nlohmann::ordered_json json_of(const StoredCgs& stored) {
  yaml::Diagnostics diagnostics;
  const auto document = yaml::Document::parse_text(yaml::echo(stored), "model", diagnostics);
  diagnostics.throw_if_any();
  return to_json(document.root());
}

/// How a model is solved does not change what its weights mean.
bool is_of_solver(const std::string& path) {
  return path == "model.solver" || path == "model.tolerance" || path == "model.max_iterations";
}

StoredCgs stored_model(const Weights& weights, const std::filesystem::path& file) {
  const auto found = weights.metadata.find("cgs");
  FILIGREE_REQUIRE(found != weights.metadata.end(),
                   "{} does not say which model its weights belong to: it needs 'cgs' in its "
                   "metadata, as runs of this program write it",
                   file.string());
  StoredCgs stored;
  yaml::Diagnostics diagnostics;
  const yaml::Document document =
      yaml::Document::parse_text(found->second, file.string(), diagnostics);
  if (diagnostics.ok()) yaml::read(document.root(), stored, diagnostics);
  diagnostics.throw_if_any();
  return stored;
}

}  // namespace

void save_cgs(const std::filesystem::path& file, learning::Cgs& model) {
  save_weights(file,
               {to_arrays(learning::parameters(model)), {{"cgs", yaml::echo(described(model))}}});
}

learning::Cgs load_cgs(const std::filesystem::path& file) {
  const Weights weights = load_weights(file);
  const StoredCgs stored = stored_model(weights, file);
  const auto width = [&](std::size_t k) { return static_cast<Index>(stored.widths[k]); };
  learning::Cgs model(stored.model, {width(0), width(1), width(2)});
  from_arrays(learning::parameters(model), weights.arrays);
  return model;
}

std::vector<std::string> load_parameters(learning::Cgs& model, const std::filesystem::path& file) {
  const Weights weights = load_weights(file);
  std::vector<std::string> differing;
  if (weights.metadata.contains("cgs")) {
    differing =
        differences(json_of(stored_model(weights, file)), json_of(described(model)), is_of_solver);
  }
  from_arrays(learning::parameters(model), weights.arrays);
  return differing;
}

}  // namespace filigree
