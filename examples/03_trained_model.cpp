// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A trained network in a program of your own: from a file of weights to answers.
//
// Build:  cmake --build build --target example_03_trained_model
// Run:    build/example_03_trained_model                      an untrained network, made at once
//         build/example_03_trained_model model.safetensors    one that `filigree run
//                                                             graph/value_iteration` has written
//
// You will see how to load a network, give it a graph with features, and read its answers: here the
// values of states of a decision process, beside the exact ones.
#include <filesystem>
#include <iostream>

#include "core/text.hpp"
#include "learning/autodiff/ops.hpp"
#include "physics/network/value_iteration.hpp"
#include "scenarios/models.hpp"

using namespace filigree;  // short names are fine in a program of one page
using namespace filigree::learning;

namespace {

std::filesystem::path untrained_model() {
  const auto file = std::filesystem::temp_directory_path() / "filigree_example_03.safetensors";
  CgsOptions options;
  options.encoder.layers = 2;
  Cgs model(options, {.nodes = 1, .edges = 1, .out = 1});
  initialize(parameters(model), 1);
  save_cgs(file, model);
  return file;
}

}  // namespace

int main(int n_words, char** words) {
  const KokkosScope kokkos;
  try {
    const std::filesystem::path file = n_words > 1 ? words[1] : untrained_model();

    // 1. The network. The file knows its layers.
    const Cgs model = load_cgs(file);
    // 2. A graph with features: 1 for every state, the reward for every edge.
    const network::DecisionProcess process = network::random_decision_process(40, 6, 1, 0);
    const auto graph = std::make_shared<const contraction::Batch>(process.graph);
    const Tensor rewards = tensor({graph->n_edges(), 1}, to_vector(process.rewards));
    const Tensor states = ones({graph->n_nodes(), 1});
    // 3. The answers.
    const std::vector<double> values = to_vector(model(cgs_input(graph, states, rewards)).y);

    const network::StateValues exact = network::iterate_values(process);
    const auto score = network::score_values(process, to_device("values", values), exact.values);
    std::cout << format("{} states: mean squared error {:.3g}, {:.0f} % of the best moves found\n",
                        graph->n_nodes(), score.mse, 100 * score.policy_accuracy);
    for (std::size_t i = 0; i < 3; ++i) {
      std::cout << format("state {}: {:.3f}, exactly {:.3f}\n", i, values[i],
                          to_vector(exact.values)[i]);
    }
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(error.code());
  }
  return 0;
}
