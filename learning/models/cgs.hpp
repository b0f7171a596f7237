// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Convergent Graph Solvers: a network that makes a contraction on a graph from the graph's
// features, its fixed point, and a decoder of the fixed point.
//
//   (x, e)  --encoder-->  (b [N, H], logits [E, H])  --normalizer-->  weights A_h
//   z_h = phi(gamma A_h z_h + b_h)  for each head h,      y_i = decoder(z_i) or decoder(sum_i z_i)
//
// The encoder is a stack of attention message-passing layers. With u_e = [e_e | x_{s(e)} |
// x_{d(e)}] for an edge e from s(e) to d(e), a layer is
//
//   e'_e = edge(u_e),  a_e = softmax over the edges into d(e) of attention(u_e),
//   g_i = sum of a_e e'_e over the edges into i,      x'_i = node([g_i | x_i]).
//
//   CgsOptions options;  // the published sizes for value iteration
//   Cgs model(options, {.nodes = 1, .edges = 1, .out = 1});
//   from_arrays(parameters(model), load_weights("model.safetensors"));
//   const Tensor values = model(input).y;
//
// Source: Park, Choo and Park, "Convergent graph solvers", ICLR 2022.
#pragma once

#include <string>
#include <vector>

#include "learning/autodiff/ops_graph.hpp"
#include "learning/models/cgs_baselines.hpp"
#include "learning/models/contraction_op.hpp"
#include "learning/nn/linear.hpp"

namespace filigree::learning {

/// What becomes of the values that the edges bring to a node.
enum class Aggregator {
  kSum,   ///< weighted by attention, which sums to 1
  kMean,  ///< divided by the number of edges once more, as published for graph classification
};
/// What is decoded.
enum class Readout { kNodes, kGraphs };
/// Where the decoded values come from.
enum class CgsCore {
  kFixedPoint,   ///< the fixed point of the contraction
  kEncoderOnly,  ///< the bias b: a baseline without the solve
  kImplicit,     ///< ImplicitGraphLayer of the bias, a baseline
  kSteadyState,  ///< SteadyStateLayer of the bias, a baseline
};

}  // namespace filigree::learning

template <>
struct filigree::EnumNames<filigree::learning::Aggregator> {
  static constexpr std::array names{"sum", "mean"};
};
template <>
struct filigree::EnumNames<filigree::learning::Readout> {
  static constexpr std::array names{"nodes", "graphs"};
};
template <>
struct filigree::EnumNames<filigree::learning::CgsCore> {
  static constexpr std::array names{"fixed_point", "encoder_only", "ignn", "sse"};
};
template <>
struct filigree::EnumNames<filigree::contraction::Orientation> {
  static constexpr std::array names{"sender_row", "receiver_row"};
};
template <>
struct filigree::EnumNames<filigree::contraction::Normalizer> {
  static constexpr std::array names{"clip", "sigmoid", "softmax", "none"};
};

namespace filigree::learning {

struct CgsEncoderOptions {
  static constexpr const char* kDoc = "attention message passing that makes the contraction";
  int layers = 4;
  int node_width = 64;
  int edge_width = 64;
  int hidden_width = 128;
  Activation activation = Activation::kLeakyRelu;
  Aggregator aggregator = Aggregator::kSum;

  template <class V>
  void reflect(V& v) {
    v("layers", layers, About{.doc = "message-passing layers", .min = 1});
    v("node_width", node_width, About{.doc = "values per node between layers", .min = 1});
    v("edge_width", edge_width, About{.doc = "values per edge between layers", .min = 1});
    v("hidden_width", hidden_width, About{.doc = "hidden width of every MLP", .min = 1});
    v("activation", activation, About{.doc = "after every linear layer of the encoder"});
    v("aggregator", aggregator, About{.doc = "how a node joins what its edges bring"});
  }
};

struct CgsOptions {
  static constexpr const char* kDoc = "a convergent graph solver";
  CgsCore core = CgsCore::kFixedPoint;
  int heads = 64;
  double gamma = 0.5;
  std::string phi = "identity";
  contraction::Orientation orientation = contraction::Orientation::kSenderRow;
  contraction::Normalizer normalizer = contraction::Normalizer::kClip;
  contraction::Solver solver = contraction::Solver::kAutomatic;
  double tolerance = 1e-6;
  int max_iterations = 10000;
  CgsEncoderOptions encoder;
  std::vector<int> decoder_widths{64, 32};
  Readout readout = Readout::kNodes;

  template <class V>
  void reflect(V& v) {
    v("core", core,
      About{
          .doc =
              "what is decoded: the fixed point, or a baseline: the bias alone, the fixed "
              "point of an implicit graph network, a steady-state embedding. Baselines use heads, "
              "tolerance, encoder and decoder only"});
    v("heads", heads, About{.doc = "independent scalar contractions", .min = 1});
    v("gamma", gamma, About{.doc = "contraction factor", .min = 0, .below = 1});
    v("phi", phi, About{.doc = "function around the affine map: identity, relu, leaky_relu, tanh"});
    v("orientation", orientation,
      About{.doc = "whose row an edge belongs to: its sender's (published) or its receiver's"});
    v("normalizer", normalizer, About{.doc = "how logits become weights"});
    v("solver", solver, About{.doc = "of the fixed point and its adjoint"});
    v("tolerance", tolerance,
      About{.doc = "relative error bound of the fixed point and its adjoint",
            .above = 0,
            .below = 1});
    v("max_iterations", max_iterations,
      About{.doc = "sweeps after which a solve gives up with an error", .min = 1});
    v("encoder", encoder, About{});
    v("decoder_widths", decoder_widths, About{.doc = "hidden widths of the decoder", .min = 1});
    v("readout", readout, About{.doc = "one answer per node, or per graph"});
  }
  /// "" or why these options cannot be used.
  std::string validate() const;
};

/// Widths that the task decides.
struct CgsWidths {
  Index nodes = 1;  ///< features per node
  Index edges = 1;  ///< features per edge
  Index out = 1;    ///< answers per node or graph
};

/// One graph or a batch of graphs.
struct CgsInput {
  std::shared_ptr<const contraction::Batch> batch;
  Tensor nodes;  ///< [n_nodes, features]
  Tensor edges;  ///< [n_edges, features]
  /// Groups the nodes of each graph (grouping() of the node offsets); read for Readout::kGraphs.
  GraphPtr groups;
};
/// Fills in the groups.
CgsInput cgs_input(std::shared_ptr<const contraction::Batch> batch, const Tensor& nodes,
                   const Tensor& edges);

struct CgsOutput {
  Tensor y;        ///< [n_nodes or n_graphs, out]
  Tensor z;        ///< [n_nodes, heads], what was decoded
  Tensor weights;  ///< [n_edges, heads]; undefined for baselines
};

struct CgsEncoderLayer {
  Mlp edge, attention, node;
  Aggregator aggregator = Aggregator::kSum;

  template <class V>
  void reflect(V& v) {
    v("edge", edge);
    v("attention", attention);
    v("node", node);
  }

  struct Values {
    Tensor nodes, edges;
  };
  Values operator()(const Values& x, const GraphPtr& graph) const;
};

/// How the last solves of a model went, whatever its core.
struct CgsReport {
  Index sweeps = 0;          ///< of the forward solve
  Index adjoint_sweeps = 0;  ///< when gradients were last taken
  double error = 0;          ///< of the forward solve, what its solver calls so
};

class Cgs {
 public:
  /// Throws InputError for options that break the guarantee, with the reason.
  Cgs(const CgsOptions& options, const CgsWidths& widths, DType dtype = DType::kF32);

  template <class V>
  void reflect(V& v) {
    v("encoder", encoder_);
    v("implicit", implicit_);
    v("steady_state", steady_state_);
    v("decoder", decoder_);
  }

  /// To be called after every change of the parameters: keeps the promises of the core.
  void project();

  CgsOutput operator()(const CgsInput& input) const;

  const CgsOptions& options() const { return options_; }
  const CgsWidths& widths() const { return widths_; }
  CgsReport report() const;
  /// Of the fixed point: tolerances of each direction, reports of each graph.
  const FixedPointSolver& solver() const { return *solver_; }
  FixedPointSolver& solver() { return *solver_; }

 private:
  CgsOptions options_;
  CgsWidths widths_;
  contraction::Phi phi_;
  std::vector<CgsEncoderLayer> encoder_;
  std::optional<ImplicitGraphLayer> implicit_;
  std::optional<SteadyStateLayer> steady_state_;
  Mlp decoder_;
  FixedPointSolverPtr solver_;
};

}  // namespace filigree::learning
