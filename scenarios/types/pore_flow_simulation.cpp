// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/pore_flow_simulation.hpp"

#include <chrono>
#include <cmath>

#include "core/text.hpp"
#include "scenarios/types/pore_frame.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

using network::FlowBalance;
using network::PoreNetwork;

network::PoreDiameters diameters_of(const PoreDiameterOptions& options) {
  return {options.median, options.spread, options.limit};
}

network::RandomNetwork random_of(const RandomPores& options, std::uint64_t seed) {
  network::RandomNetwork random;
  random.n_points = static_cast<Index>(options.points);
  random.size = {options.size[0], options.size[1], options.size[2]};
  random.diameters = diameters_of(options.diameters);
  random.seed = seed;
  return random;
}

struct MakeNetwork {
  std::uint64_t seed;
  PoreNetwork operator()(const DelaunayPores& pores) const {
    return network::delaunay_network(random_of(pores, seed));
  }
  PoreNetwork operator()(const VoronoiPores& pores) const {
    return network::voronoi_network(random_of(pores, seed));
  }
  PoreNetwork operator()(const LatticePores& pores) const {
    network::LatticeNetwork lattice;
    for (int k = 0; k < 3; ++k) {
      lattice.pores[k] = static_cast<Index>(pores.pores[static_cast<std::size_t>(k)]);
    }
    lattice.spacing = pores.spacing;
    lattice.diameters = diameters_of(pores.diameters);
    lattice.seed = seed;
    return network::lattice_network(lattice);
  }
};

/// What the two kinds of physics call their quantities.
struct Words {
  const char* potential;
  const char* potential_unit;
  const char* flow_unit;
  const char* conductance_unit;
};

/// What goes through the throats.
struct Transport {
  Words words;
  double front = 0;
  double back = 0;
  double viscosity = 0;  ///< Pa s, of a fluid; a solute has none
  Array<double> conductances;
};

struct MakeTransport {
  const PoreNetwork& pores;
  Transport operator()(const StokesFlow& flow) const {
    return {{"pressure", "Pa", "m^3/s", "m^3/(s Pa)"},
            flow.front,
            flow.back,
            flow.viscosity,
            network::stokes_conductances(pores, flow.viscosity)};
  }
  Transport operator()(const SoluteDiffusion& solute) const {
    return {{"concentration", "mol/m^3", "mol/s", "m^3/s"},
            solute.front,
            solute.back,
            0,
            network::diffusion_conductances(pores, solute.diffusivity)};
  }
};

class PoreFlowSimulation final : public Simulation {
 public:
  explicit PoreFlowSimulation(const PoreFlowOptions& options) : options_(options) {}

  void initialize(const RunContext& context) override;
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override { return std::nullopt; }  // solved or refused
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return clock_.time; }
  std::vector<std::string> random_streams() const override {
    return {"network/points", "network/pore_diameters"};
  }
  void evaluate(Recorder& metrics) const override;

 private:
  void set_pressures(const std::vector<double>& values);
  Block pore_block(const std::vector<double>& values) const;
  Block throat_block(const std::vector<double>& values) const;

  PoreFlowOptions options_;
  PoreNetwork pores_;
  Transport transport_;
  network::FlowProblem problem_;
  Array<double> pressures_;
  std::vector<double> guess_;  ///< straight from front to back
  std::int64_t iterations_ = 0;
  double residual_ = 0;
  FlowBalance balance_;
  StepClock clock_;  ///< the one step goes to the end of the run
};

void PoreFlowSimulation::initialize(const RunContext& context) {
  clock_.interval = context.end_time;
  pores_ = std::visit(MakeNetwork{context.seed}, options_.network);
  transport_ = std::visit(MakeTransport{pores_}, options_.physics);
  problem_ =
      network::front_to_back(pores_, transport_.conductances, transport_.front, transport_.back);
  network::validate(problem_);
  for (const Vec<3, double>& x : to_vector(pores_.positions)) {
    guess_.push_back(transport_.front +
                     (transport_.back - transport_.front) * x[0] / pores_.size[0]);
  }
  set_pressures(guess_);
}

void PoreFlowSimulation::set_pressures(const std::vector<double>& values) {
  pressures_ = to_device("network/pressures", values);
  balance_ = network::flow_balance(problem_, pressures_);
}

Estimate PoreFlowSimulation::estimate() const {
  Estimate estimate;
  const auto n = static_cast<double>(pores_.n_pores());
  const auto n_edges = static_cast<double>(pores_.graph->edge_count());
  // The network, its copy without fixed pores, half as much again for coarser ones, and making
  // those.
  estimate.bytes = static_cast<std::uint64_t>(n_edges * 100 + n * 300);
  estimate.dt = clock_.interval;
  estimate.steps = 1;
  estimate.seconds_per_step = 1e-6 * n_edges;
  estimate.summary =
      format("{} pores, {} throats", pores_.n_pores(), pores_.graph->edge_count() / 2);
  return estimate;
}

StepReport PoreFlowSimulation::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  network::FlowOptions solver;
  solver.method = options_.solver.method;
  solver.tolerance = options_.solver.tolerance;
  solver.max_iterations = options_.solver.max_iterations;
  try {
    const network::FlowSolution solution = network::solve_flow(problem_, solver);
    iterations_ = solution.iterations;
    residual_ = solution.residual;
    set_pressures(to_vector(solution.pressures));
  } catch (const NumericalError& error) {
    Trouble trouble;
    trouble.what = error.what();
    trouble.where = format("{} pores", pores_.n_pores());
    trouble.cause = "throats differ by too much, or the tolerance is below rounding";
    trouble.advice = "raise solver.tolerance or solver.max_iterations";
    report.trouble = trouble;
    return report;
  }
  report.iterations = iterations_;
  report.residual = residual_;
  clock_.advance(until, report);
  return report;
}

void PoreFlowSimulation::diagnose(Recorder& recorder) const {
  recorder.add("inflow", balance_.inflow, transport_.words.flow_unit);
  recorder.add("outflow", balance_.outflow, transport_.words.flow_unit);
  recorder.add("imbalance", balance_.imbalance, transport_.words.flow_unit);
  recorder.add("iterations", static_cast<double>(iterations_));
  recorder.add("residual", residual_);
}

Block PoreFlowSimulation::pore_block(const std::vector<double>& values) const {
  const PorePotential potential{transport_.words.potential, transport_.words.potential_unit,
                                values};
  Block block = pore_points("pores", pores_, potential);
  add_field(block, "faces", "", to_vector(pores_.faces));
  return block;
}

Block PoreFlowSimulation::throat_block(const std::vector<double>& values) const {
  const PorePotential potential{transport_.words.potential, transport_.words.potential_unit,
                                values};
  ThroatLines lines = throat_lines("throats", pores_, potential);
  std::vector<double> flows = to_vector(network::edge_flows(problem_, pressures_));
  for (double& flow : flows) flow = std::abs(flow);
  const auto add = [&](const char* name, const char* unit, const std::vector<double>& of_edges) {
    add_cell_field(lines.block, name, unit, lines.picked(of_edges));
  };
  add("length", "m", to_vector(pores_.throat_lengths));
  add("conductance", transport_.words.conductance_unit, to_vector(transport_.conductances));
  add("flow", transport_.words.flow_unit, flows);
  return std::move(lines.block);
}

void PoreFlowSimulation::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  const std::vector<double> values = to_vector(pressures_);
  frame.blocks.push_back(pore_block(values));
  if (options_.show_throats) frame.blocks.push_back(throat_block(values));
}

void PoreFlowSimulation::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  visitor("iterations", iterations_);
  visitor("residual", residual_);
  std::vector<double> values = to_vector(pressures_);
  reflect_rows<double>(visitor, "pressures", values);
  if (visitor.loading()) set_pressures(values);
}

void PoreFlowSimulation::evaluate(Recorder& metrics) const {
  const Words& words = transport_.words;
  const double drop = transport_.front - transport_.back;
  const double flow = network::inflow_through(pores_, problem_, pressures_, network::kFront);
  metrics.add("pores", pores_.n_pores());
  metrics.add("throats", static_cast<double>(pores_.graph->edge_count() / 2));
  metrics.add("flow", flow, words.flow_unit);
  metrics.add("relative_imbalance", balance_.imbalance / std::abs(flow));
  metrics.add("solver_iterations", static_cast<double>(iterations_));
  metrics.add("solver_residual", residual_);
  if (transport_.viscosity > 0) {
    metrics.add("permeability", network::permeability(pores_, flow, transport_.viscosity, drop),
                "m^2");
  } else {
    metrics.add("effective_diffusivity", network::permeability(pores_, flow, 1, drop), "m^2/s");
  }
  // The trivial answer, of which any prediction should be better.
  double sum = 0;
  const std::vector<double> values = to_vector(pressures_);
  for (std::size_t i = 0; i < values.size(); ++i)
    sum += std::pow((values[i] - guess_[i]) / drop, 2);
  metrics.add("straight_line_mse", sum / static_cast<double>(values.size()));
}

}  // namespace

std::string PoreFlowOptions::validate() const {
  const auto ends = [](const auto& transport) { return transport.front == transport.back; };
  if (std::visit(ends, physics)) {
    return "physics.back: it equals physics.front, so that nothing flows; make them differ";
  }
  const auto* const lattice = std::get_if<LatticePores>(&network);
  if (lattice != nullptr && lattice->pores[0] < 2) {
    return "network.pores: along x there must be at least 2, one at the front and one at the back";
  }
  return "";
}

std::unique_ptr<Simulation> make_pore_flow(const PoreFlowOptions& options) {
  return std::make_unique<PoreFlowSimulation>(options);
}

}  // namespace filigree
