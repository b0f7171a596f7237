// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Learning the pressures in random pore networks between two fixed pressures. The answer of a pore
// is its pressure over the larger of the two.
//
// Features, published: (x, y, z, is fixed, fixed pressure) of pores and (diameter, length,
// conductance) of throats, in SI units but for the pressure. Normalized: coordinates over the size
// of the box and, as one more feature of pores, the number of throats over its mean; logarithms of
// what throats have over the mean in the network.
#include "scenarios/types/pore_training_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"
#include "graph/batch.hpp"
#include "physics/network/pore_flow.hpp"
#include "scenarios/types/graph_training_simulation.hpp"
#include "scenarios/types/pore_frame.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

constexpr double kViscosity = 1e-5;    // Pa s
constexpr double kDiffusivity = 1e-9;  // m^2/s

/// A network with exact pressures between 1 on its front and 0 on its back.
struct SolvedNetwork {
  network::PoreNetwork network;
  network::FlowProblem problem;
  std::vector<double> pressures;
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> pore_features(const SolvedNetwork& solved, const PoreTrainingOptions& o) {
  const bool normalized = o.features == PoreFeatures::kNormalized;
  const auto positions = to_vector(solved.network.positions);
  const auto is_fixed = to_vector(solved.problem.is_fixed);
  const auto fixed = to_vector(solved.problem.fixed_pressures);
  const auto rows = to_vector(solved.network.graph->row_offsets());
  const double mean_degree =
      static_cast<double>(rows.back()) / static_cast<double>(positions.size());
  std::vector<double> values;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (int a = 0; a < 3; ++a) values.push_back(positions[i][a] / (normalized ? o.size : 1));
    values.push_back(is_fixed[i]);
    values.push_back(is_fixed[i] != 0 ? fixed[i] : 0);
    if (normalized) values.push_back(static_cast<double>(rows[i + 1] - rows[i]) / mean_degree);
  }
  return values;
}

std::vector<double> throat_features(const SolvedNetwork& solved, const PoreTrainingOptions& o) {
  std::vector<std::vector<double>> columns{to_vector(solved.network.throat_diameters),
                                           to_vector(solved.network.throat_lengths),
                                           to_vector(solved.problem.conductances)};
  if (o.features == PoreFeatures::kNormalized) {
    for (std::vector<double>& column : columns) {
      const double mean = mean_of(column);
      for (double& value : column) value = std::log(value / mean);
    }
  }
  std::vector<double> values;
  for (std::size_t e = 0; e < columns[0].size(); ++e) {
    for (const std::vector<double>& column : columns) values.push_back(column[e]);
  }
  return values;
}

class PoreTrainingTask final : public GraphTask {
 public:
  PoreTrainingTask(const PoreTrainingOptions& options, std::uint64_t seed);

  learning::CgsWidths widths() const override;
  GraphSample batch(std::int64_t number) const override;
  std::vector<GraphScore> score(const Predict& predict) const override;
  void describe(Frame& frame, const Predict& predict) const override;
  std::vector<std::string> random_streams() const override;
  std::string summary() const override;

 private:
  /// Networks of one set with what a model sees of them.
  struct Set {
    std::vector<SolvedNetwork> networks;
    GraphSample sample;
  };
  SolvedNetwork draw(const std::array<std::int64_t, 2>& points, std::uint32_t number) const;
  Set draw_set(const std::array<std::int64_t, 2>& points, std::uint32_t first,
               std::int64_t count) const;

  PoreTrainingOptions options_;
  std::uint64_t seed_;
  std::vector<Set> tests_;
};

/// Networks of tests have numbers that training does not get to.
std::uint32_t first_network_of_test(std::size_t test) {
  return (std::uint32_t{1} << 31) + (static_cast<std::uint32_t>(test) << 20);
}

PoreTrainingTask::PoreTrainingTask(const PoreTrainingOptions& options, std::uint64_t seed)
    : options_(options), seed_(seed) {
  for (std::size_t t = 0; t < options.tests.size(); ++t) {
    tests_.push_back(
        draw_set(options.tests[t].points, first_network_of_test(t), options.tests[t].networks));
  }
}

learning::CgsWidths PoreTrainingTask::widths() const {
  return {.nodes = options_.features == PoreFeatures::kNormalized ? 6 : 5, .edges = 3, .out = 1};
}

SolvedNetwork PoreTrainingTask::draw(const std::array<std::int64_t, 2>& points,
                                     std::uint32_t number) const {
  const RandomStream sizes(seed_, "pore_network/points");
  network::RandomNetwork random;
  random.n_points = static_cast<Index>(
      points[0] + sizes.integer(static_cast<std::uint64_t>(points[1] - points[0] + 1), number));
  random.size = {options_.size, options_.size, options_.size};
  random.seed = seed_;
  random.number = number;
  SolvedNetwork solved;
  solved.network = options_.structure == PoreStructure::kDelaunay
                       ? network::delaunay_network(random)
                       : network::voronoi_network(random);
  const Array<double> conductances =
      options_.physics == LearnedPhysics::kStokes
          ? network::stokes_conductances(solved.network, kViscosity)
          : network::diffusion_conductances(solved.network, kDiffusivity);
  solved.problem = network::front_to_back(solved.network, conductances, 1, 0);
  solved.pressures = to_vector(network::solve_flow(solved.problem).pressures);
  return solved;
}

PoreTrainingTask::Set PoreTrainingTask::draw_set(const std::array<std::int64_t, 2>& points,
                                                 std::uint32_t first, std::int64_t count) const {
  Set set;
  std::vector<std::shared_ptr<const Graph>> graphs;
  std::vector<double> nodes, edges, targets;
  for (std::int64_t k = 0; k < count; ++k) {
    set.networks.push_back(draw(points, first + static_cast<std::uint32_t>(k)));
    const SolvedNetwork& solved = set.networks.back();
    graphs.push_back(solved.network.graph);
    const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(nodes, pore_features(solved, options_));
    append(edges, throat_features(solved, options_));
    append(targets, solved.pressures);
  }
  const auto batch = std::make_shared<const contraction::Batch>(batch_graphs(graphs));
  const learning::CgsWidths width = widths();
  set.sample.input =
      learning::cgs_input(batch, learning::tensor({batch->n_nodes(), width.nodes}, nodes),
                          learning::tensor({batch->n_edges(), width.edges}, edges));
  set.sample.target = learning::tensor({batch->n_nodes(), 1}, targets);
  return set;
}

GraphSample PoreTrainingTask::batch(std::int64_t number) const {
  return draw_set(options_.points, static_cast<std::uint32_t>(number * options_.batch),
                  options_.batch)
      .sample;
}

/// Mean over networks of the mean squared error of pressures, and of the relative error of the flow
/// into the front.
struct PoreScore {
  double mse = 0, flow_error = 0;
};

PoreScore score_networks(const std::vector<SolvedNetwork>& networks,
                         const std::vector<double>& predicted) {
  PoreScore score;
  std::size_t at = 0;
  for (const SolvedNetwork& solved : networks) {
    const std::size_t n = solved.pressures.size();
    const std::vector<double> mine(predicted.begin() + static_cast<std::ptrdiff_t>(at),
                                   predicted.begin() + static_cast<std::ptrdiff_t>(at + n));
    at += n;
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      squares += (mine[i] - solved.pressures[i]) * (mine[i] - solved.pressures[i]);
    }
    score.mse += squares / static_cast<double>(n);
    const auto flow = [&](const std::vector<double>& pressures) {
      return network::inflow_through(solved.network, solved.problem,
                                     to_device("pressures", pressures), network::kFront);
    };
    const double exact = flow(solved.pressures);
    score.flow_error += std::abs(flow(mine) - exact) / exact;
  }
  const auto count = static_cast<double>(networks.size());
  return {score.mse / count, score.flow_error / count};
}

std::vector<GraphScore> PoreTrainingTask::score(const Predict& predict) const {
  std::vector<GraphScore> scores;
  for (std::size_t t = 0; t < tests_.size(); ++t) {
    const std::string& name = options_.tests[t].name;
    const auto add = [&](const std::string& who, const std::vector<double>& pressures) {
      const PoreScore score = score_networks(tests_[t].networks, pressures);
      scores.push_back({who + "mse_" + name, score.mse, "", t == 0 && who.empty()});
      scores.push_back({who + "flow_error_" + name, score.flow_error, "", t == 0 && who.empty()});
    };
    add("", predict(tests_[t].sample.input));
    std::vector<double> linear;
    for (const SolvedNetwork& solved : tests_[t].networks) {
      for (const Vec<3, double>& x : to_vector(solved.network.positions)) {
        linear.push_back(1 - x[0] / options_.size);
      }
    }
    add("linear_", linear);
  }
  return scores;
}

void PoreTrainingTask::describe(Frame& frame, const Predict& predict) const {
  const Set shown = draw_set(options_.tests[0].points, first_network_of_test(0), 1);
  const SolvedNetwork& solved = shown.networks[0];
  const std::vector<double> predicted = predict(shown.sample.input);
  const auto add = [&](const std::string& name, const std::vector<double>& pressures,
                       double shift) {
    const PorePotential potential{"pressure", "", pressures};
    Block pores = pore_points(name + "_pores", solved.network, potential, shift);
    std::vector<double> error;
    for (std::size_t i = 0; i < pressures.size(); ++i) {
      error.push_back(pressures[i] - solved.pressures[i]);
    }
    add_field(pores, "error", "", error);
    frame.blocks.push_back(std::move(pores));
    frame.blocks.push_back(throat_lines(name + "_throats", solved.network, potential, shift).block);
  };
  add("exact", solved.pressures, 0);
  add("predicted", predicted, 1.3 * options_.size);
}

std::vector<std::string> PoreTrainingTask::random_streams() const {
  return {"pore_network/points", "network/points", "network/pore_diameters"};
}

std::string PoreTrainingTask::summary() const {
  return format("batches of {} networks of {} to {} base points", options_.batch,
                options_.points[0], options_.points[1]);
}

std::string check_points(const std::array<std::int64_t, 2>& points) {
  return points[0] <= points[1] ? "" : "points: the fewest are more than the most";
}

}  // namespace

std::string PoreTest::validate() const {
  const std::string problem = check_name(name, "large_networks");
  return problem.empty() ? check_points(points) : problem;
}

std::string PoreTrainingOptions::validate() const {
  std::string problem = check_tests(tests);
  if (problem.empty()) problem = check_points(points);
  return problem.empty() ? GraphTrainingOptions::validate() : problem;
}

std::unique_ptr<Simulation> make_pore_training(const PoreTrainingOptions& options) {
  return make_graph_training(options, [options](const RunContext& context) {
    return std::make_unique<PoreTrainingTask>(options, context.seed);
  });
}

}  // namespace filigree
