// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/cgs.hpp"

#include "learning/autodiff/ops.hpp"
#include "learning/nn/dense.hpp"

namespace filigree::learning {

namespace {

/// mlp([e_e | x_{s(e)} | x_{d(e)}]) for every edge.
Tensor on_edges(const Mlp& mlp, const CgsEncoderLayer::Values& x, const GraphPtr& graph) {
  const Linear& first = mlp.layers.front();
  Tensor y = dense_on_edges(x.edges, x.nodes, graph, first.weight.value, first.bias.value,
                            mlp.activation_after(0));
  for (std::size_t l = 1; l < mlp.layers.size(); ++l) {
    y = mlp.layers[l](y, mlp.activation_after(l));
  }
  return y;
}

}  // namespace

std::string CgsOptions::validate() const {
  try {
    contraction::contractive_activation(phi);
  } catch (const InputError& error) {
    return error.what();
  }
  if (normalizer == contraction::Normalizer::kNone) {
    return "normalizer 'none' gives no bound on the weights, so that the solve may not converge: "
           "use clip, sigmoid or softmax";
  }
  if (needs_linear_map(solver) && phi != "identity") {
    return format(
        "solver '{}' solves linear maps, phi = identity: use automatic, picard or "
        "anderson with phi = {}",
        name_of(solver), phi);
  }
  return "";
}

CgsInput cgs_input(std::shared_ptr<const contraction::Batch> batch, const Tensor& nodes,
                   const Tensor& edges) {
  GraphPtr groups = grouping(batch->node_offsets());
  return {std::move(batch), nodes, edges, std::move(groups)};
}

CgsEncoderLayer::Values CgsEncoderLayer::operator()(const Values& x, const GraphPtr& graph) const {
  const Tensor messages = on_edges(edge, x, graph);
  const Tensor attentions = segment_softmax(on_edges(attention, x, graph), graph);
  const Tensor weighted = messages * attentions;
  const Tensor gathered =
      aggregator == Aggregator::kSum ? segment_sum(weighted, graph) : segment_mean(weighted, graph);
  return {node(concat({gathered, x.nodes})), messages};
}

Cgs::Cgs(const CgsOptions& options, const CgsWidths& widths, DType dtype)
    : options_(options), widths_(widths), solver_(std::make_shared<FixedPointSolver>()) {
  const std::string problem = options.validate();
  FILIGREE_REQUIRE(problem.empty(), "{}", problem);
  if (options.core == CgsCore::kFixedPoint) {
    dtype == DType::kF32 ? contraction::attainable_error<float>(options.gamma)
                         : contraction::attainable_error<double>(options.gamma);
  }
  phi_ = contraction::contractive_activation(options.phi);
  const CgsEncoderOptions& o = options.encoder;
  Index n = widths.nodes, m = widths.edges;
  for (int l = 0; l < o.layers; ++l) {
    const bool is_last = l + 1 == o.layers;
    const Index n_out = is_last ? options.heads : o.node_width;
    const Index m_out = is_last ? options.heads : o.edge_width;
    const Index u = m + 2 * n;
    encoder_.push_back({Mlp({u, o.hidden_width, m_out}, o.activation, o.activation, dtype),
                        Mlp({u, o.hidden_width, 1}, o.activation, o.activation, dtype),
                        Mlp({m_out + n, o.hidden_width, n_out}, o.activation, o.activation, dtype),
                        o.aggregator});
    n = n_out;
    m = m_out;
  }
  std::vector<Index> decoder{options.heads};
  decoder.insert(decoder.end(), options.decoder_widths.begin(), options.decoder_widths.end());
  decoder.push_back(widths.out);
  decoder_ = Mlp(decoder, o.activation, Activation::kIdentity, dtype);
  if (options.core == CgsCore::kImplicit) {
    implicit_.emplace(options.heads, dtype);
    implicit_->tolerance = options.tolerance;
  }
  if (options.core == CgsCore::kSteadyState) steady_state_.emplace(options.heads, dtype);
  for (contraction::SolveOptions* solve : {&solver_->forward, &solver_->adjoint}) {
    solve->solver = options.solver;
    solve->tolerance = options.tolerance;
    solve->max_iterations = options.max_iterations;
  }
}

void Cgs::project() {
  if (implicit_) implicit_->project();
}

CgsReport Cgs::report() const {
  if (implicit_) {
    const ImplicitReport& solves = *implicit_->report;
    return {solves.forward.iterations, solves.adjoint.iterations, solves.forward.residual};
  }
  if (steady_state_) return {steady_state_->sweeps, 1, 0};
  if (options_.core == CgsCore::kEncoderOnly) return {};
  return {solver_->last_forward.iterations(), solver_->last_adjoint.iterations(),
          solver_->last_forward.error()};
}

CgsOutput Cgs::operator()(const CgsInput& input) const {
  const GraphPtr& graph = input.batch->graph_pointer();
  CgsEncoderLayer::Values x{input.nodes, input.edges};
  for (const CgsEncoderLayer& layer : encoder_) x = layer(x, graph);
  CgsOutput output;
  output.z = x.nodes;
  if (options_.core == CgsCore::kFixedPoint) {
    const FixedPointMap map{.batch = input.batch,
                            .gamma = options_.gamma,
                            .phi = phi_,
                            .orientation = options_.orientation};
    output.weights = normalized_weights(x.edges, map, options_.normalizer);
    output.z = fixed_point(output.weights, x.nodes, map, solver_);
  }
  if (implicit_) output.z = (*implicit_)(x.nodes, graph);
  if (steady_state_) output.z = (*steady_state_)(x.nodes, graph);
  const Tensor decoded =
      options_.readout == Readout::kGraphs ? segment_sum(output.z, input.groups) : output.z;
  output.y = decoder_(decoded);
  return output;
}

}  // namespace filigree::learning
