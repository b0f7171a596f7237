// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/models.hpp"

#include "io/weights.hpp"
#include "io/yaml/diagnostics.hpp"
#include "io/yaml/document.hpp"
#include "io/yaml/reader.hpp"
#include "io/yaml/writer.hpp"

namespace filigree {

namespace {

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
  const learning::CgsWidths& widths = model.widths();
  const StoredCgs stored{model.options(), {widths.nodes, widths.edges, widths.out}};
  save_weights(file, {to_arrays(learning::parameters(model)), {{"cgs", yaml::echo(stored)}}});
}

learning::Cgs load_cgs(const std::filesystem::path& file) {
  const Weights weights = load_weights(file);
  const StoredCgs stored = stored_model(weights, file);
  const auto width = [&](std::size_t k) { return static_cast<Index>(stored.widths[k]); };
  learning::Cgs model(stored.model, {width(0), width(1), width(2)});
  from_arrays(learning::parameters(model), weights.arrays);
  return model;
}

void load_parameters(const learning::Parameters& parameters, const std::filesystem::path& file) {
  from_arrays(parameters, load_weights(file).arrays);
}

}  // namespace filigree
