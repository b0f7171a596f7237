// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fixed points of contractions on graphs, and their gradients.
//
//   F_h(z) = phi(gamma A_h z + b_h)      for each head h,      z* = F(z*)
//
// A_h is sparse: edge e puts the weight w_e,h >= 0 at (row(e), col(e)), parallel edges add up.
// Heads share the graph and nothing else. Weights w are [n_edges, heads] in the order of the
// graph's edges; b, z and what belongs to them are [n_nodes, heads]; heads are contiguous. T is
// float or double, and everything is in T.
//
// When the rows of A_h sum to at most 1, gamma < 1 and phi does not stretch distances, F_h
// contracts by gamma in the largest norm, for any weights and any input: there is one fixed point,
// Picard iteration reaches it, and
//
//   |z_k - z*| <= gamma/(1 - gamma) |z_k - z_{k-1}|.
//
// Given g = dL/dz*, with D = diag phi'(gamma A z* + b), the gradients follow from one linear solve:
//
//   (I - gamma A^T D) y = g,    dL/db = D y,    dL/dw_e,h = gamma (D y)_row(e),h z*_col(e),h.
//
// Same bits for any number of threads; a graph of a batch gets the bits it gets alone. Wrong shapes
// and options throw InputError.
// Source: park2022cgs (Park, Choo and Park, ICLR 2022); what differs from the
// published program is in docs/decisions/021-contraction-layout.md.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/arena.hpp"
#include "core/reflect.hpp"
#include "graph/batch.hpp"
#include "graph/graph.hpp"

namespace filigree::contraction {

/// Which end of an edge names its row of A.
enum class Orientation {
  kSenderRow,    ///< A[sender, receiver], the published one: values move against the edges
  kReceiverRow,  ///< A[receiver, sender]: values move along the edges
};

enum class Activation { kIdentity, kRelu, kLeakyRelu, kTanh };

/// A function of one number that does not stretch distances, |phi(x) - phi(y)| <= |x - y|, with
/// phi(0) = 0.
struct Phi {
  Activation kind = Activation::kIdentity;
  double slope = 0.01;  ///< of kLeakyRelu below 0, in [0, 1]
};

/// identity, relu, leaky_relu or tanh. Throws InputError for any other name, with the reason for
/// those that would stretch distances or have no fixed bound.
Phi contractive_activation(const std::string& name, double slope = 0.01);

/// Why the map contracts.
enum class Bound {
  kRowSums,    ///< rows of A sum to at most 1 (every normaliser below); gamma in [0, 1)
  kDeclared,   ///< gamma A v <= factor v for some v > 0, see measured_factor
  kAbsorbing,  ///< rows sum to at most 1, and from every node a path of positive weights leads to a
               ///< row that sums to less: gamma in [0, 1]. Networks with fixed values
};

/// A graph, cut into independent parts: made once, used by many solves. Edges join nodes of the
/// same part; convergence is judged for each part alone.
class Batch {
 public:
  /// Part g has the nodes [node_offsets[g], node_offsets[g + 1]); without offsets there is one
  /// part.
  explicit Batch(std::shared_ptr<const Graph> graph, std::vector<Index> node_offsets = {});
  explicit Batch(const GraphBatch& batch) : Batch(batch.graph, batch.receiver_offsets) {}

  const Graph& graph() const { return *graph_; }
  const std::shared_ptr<const Graph>& graph_pointer() const { return graph_; }
  Index n_graphs() const { return static_cast<Index>(node_offsets_.size()) - 1; }
  Index n_nodes() const { return node_offsets_.back(); }
  Index n_edges() const { return static_cast<Index>(graph_->edge_count()); }
  const std::vector<Index>& node_offsets() const { return node_offsets_; }
  const std::vector<Index>& edge_counts() const { return edge_counts_; }  ///< [n_graphs]
  Index largest_graph() const { return largest_graph_; }                  ///< nodes

  /// For kernels.
  const Array<Index>& first_nodes() const { return first_nodes_; }      ///< [n_graphs + 1]
  const Array<Index>& graph_of_node() const { return graph_of_node_; }  ///< [n_nodes]
  const Array<Index>& slice_rows() const { return slice_rows_; }        ///< [n_slices + 1]
  const Array<Index>& first_slices() const { return first_slices_; }    ///< [n_graphs + 1]
  Index n_slices() const { return slice_rows_.size() - 1; }

 private:
  std::shared_ptr<const Graph> graph_;
  std::vector<Index> node_offsets_, edge_counts_;
  Index largest_graph_ = 0;
  // Runs of at most kSliceRows rows of one graph: sums over a graph add the sums of its slices.
  Array<Index> first_nodes_, graph_of_node_, slice_rows_, first_slices_;
};

template <class T>
struct Map {
  std::shared_ptr<const Batch> batch;
  Array<T, 2> weights;  ///< [n_edges, heads], >= 0
  double gamma = 0.5;
  Phi phi;
  Orientation orientation = Orientation::kSenderRow;
  Bound bound = Bound::kRowSums;
  double factor = 0;  ///< in (0, 1), read with Bound::kDeclared

  Index heads() const { return weights.extent(1); }
};

enum class Solver {
  kAutomatic,  ///< chosen from the expected number of sweeps, the sizes and phi
  kPicard,     ///< z <- F(z); graphs that fit into the cache are iterated there
  kAnderson,   ///< mixes the last five Picard steps; falls back to Picard steps
  kDirect,     ///< dense LU for each graph and head; linear maps of at most kDirectNodes nodes
  kBicgstab,   ///< linear maps
  kGmres,      ///< linear maps, restarted after 20 vectors
};
const char* name_of(Solver solver);
/// Solves phi = identity only.
bool needs_linear_map(Solver solver);

inline constexpr Index kDirectNodes = 128;

struct SolveOptions {
  Solver solver = Solver::kAutomatic;
  /// Of `error` below; 0 means 1e-6 in float and 1e-12 in double. Raised to what T can hold.
  double tolerance = 0;
  Index max_iterations = 10000;
  bool start_from_z = false;   ///< z (or y) holds a guess; else the start is 0
  bool reuse_factors = false;  ///< kDirect: the workspace still has the factors of this very map
};

/// The relative error at which round-off hides what sweeps change, for a contraction by `factor` <
/// 1 in T: 4 epsilon/(1 - factor). Throws InputError when it is a hundredth or more: T is too
/// short.
template <class T>
double attainable_error(double factor);

/// How one graph of the batch ended, the worst of its heads.
struct GraphResult {
  Index iterations = 0;  ///< applications of the map
  /// Bound on the distance to the fixed point, relative to |b_h|/(1 - q) with q the factor of the
  /// contraction: q |z_k - z_{k-1}|/|b_h| with z_k = F(z_{k-1}), or |F(z) - z|/|b_h| for kDirect,
  /// kBicgstab and kGmres. With q = 1 it is a residual only. The norm is the largest entry, for
  /// adjoints the sum of entries.
  double error = 0;
  bool is_converged = false;
};

struct Report {
  Solver solver = Solver::kPicard;  ///< the one that was used
  double tolerance = 0;             ///< the one that was used
  std::vector<GraphResult> graphs;
  Index worst = 0;  ///< graph with the largest error

  bool is_converged() const;
  Index iterations() const;  ///< most of any graph
  double error() const { return graphs.empty() ? 0 : graphs[std::size_t(worst)].error; }
};

/// Throws NumericalError, with graph, solver, iterations and error, when a graph is not converged.
/// `what` names the solve: "the forward solve of layer 2".
void require_converged(const Report& report, const std::string& what);

/// Which system the factors of a kDirect solve belong to.
struct Factors {
  Index n_graphs = -1, n_nodes = 0, n_edges = 0, heads = 0;
  std::size_t value_bytes = 0;
  bool use_senders = false, is_scaled = false;
  bool operator==(const Factors&) const = default;
};

/// Scratch of solves: grows once, then nothing is allocated. Not for several host threads at once.
struct Workspace {
  Arena arena{"contraction"};
  Report report;  ///< of the last solve
  Factors factors;
  Array<double, 2> factor_memory;  ///< of the last kDirect solve
  std::vector<double> host_values;
  std::vector<Index> host_counts, host_marks, local_graphs;
  std::vector<Offset> host_offsets;
};

/// z* of the map, [n_nodes, heads]. The report stays in the workspace until its next solve. Entries
/// of b or weights that are not finite throw InputError, naming the first.
template <class T>
const Report& solve(const Map<T>& map, const Array<T, 2>& b, const SolveOptions& options,
                    Workspace& workspace, const Array<T, 2>& z);

/// y of (I - gamma A^T D) y = g at the fixed point z, [n_nodes, heads]. phi' is a function of z.
/// With phi = identity this is also the solve of the map with the other orientation.
template <class T>
const Report& solve_adjoint(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& g,
                            const SolveOptions& options, Workspace& workspace,
                            const Array<T, 2>& y);

/// t of (I - gamma D A) t = D u: how the fixed point z moves when b moves by u, [n_nodes, heads].
template <class T>
const Report& solve_tangent(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& u,
                            const SolveOptions& options, Workspace& workspace,
                            const Array<T, 2>& t);

/// One application: result = phi(gamma A z + b), not in place.
template <class T>
void apply(const Map<T>& map, const Array<T, 2>& b, const Array<T, 2>& z,
           const Array<T, 2>& result);

/// dL/db = D y from the solution y of the adjoint. result may be y.
template <class T>
void bias_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& y,
                   const Array<T, 2>& result);

/// dL/dw_e,h = gamma db_row(e),h z_col(e),h from the gradient of b. [n_edges, heads]
template <class T>
void weight_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& db,
                     const Array<T, 2>& result);

/// dL/dgamma = sum over heads of db^T A z.
template <class T>
double gamma_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& db);

/// From logits a [n_edges, heads] to weights. A row's edges are those out of a node (kSenderRow) or
/// into it (kReceiverRow); parallel edges count each.
enum class Normalizer {
  kClip,     ///< min(max(a, 0), 1)/degree; no gradient outside (0, 1)
  kSigmoid,  ///< 1/(1 + exp(-a))/degree
  kSoftmax,  ///< exp(a)/(sum of exp(a) over the row)
  kNone,     ///< a, which the caller promises to be >= 0 with a bound of its own
};

template <class T>
void normalize(const Graph& graph, Orientation orientation, Normalizer normalizer,
               const Array<T, 2>& logits, const Array<T, 2>& weights);

/// Gradient of the logits from the weights that normalize made and their gradient. [n_edges, heads]
/// result may be weight_gradients.
template <class T>
void normalize_gradient(const Graph& graph, Orientation orientation, Normalizer normalizer,
                        const Array<T, 2>& logits, const Array<T, 2>& weights,
                        const Array<T, 2>& weight_gradients, const Array<T, 2>& result);

/// Smallest c with gamma A_h v <= c v for all heads, v > 0 [n_nodes]; without v the largest row
/// sum. Where c < 1 the map contracts by c in the norm max |x_i|/v_i: declare it as `factor`.
/// Throws InputError for weights that are negative or not finite and for v that is not positive.
template <class T>
double measured_factor(const Map<T>& map, const Array<T>& v = Array<T>());

/// Throws InputError, naming a node, unless Bound::kAbsorbing holds in every head. Solves with
/// gamma = 1 call it. O(n_edges heads).
template <class T>
void require_absorbing(const Map<T>& map, Workspace& workspace);

/// Network with fixed values: w_e = k_e/(sum of k over the row) on free rows and 0 on rows of fixed
/// nodes (is_fixed != 0), [n_edges, heads] from conductances k > 0 of the same shape. With gamma =
/// 1, phi = identity, Bound::kAbsorbing and b = the value of fixed nodes (free nodes: source/sum of
/// k) the fixed point solves sum_j k_ij (z_i - z_j) = source_i exactly. Rows without edges are
/// empty.
template <class T>
void dirichlet_weights(const Graph& graph, Orientation orientation, const Array<T, 2>& conductances,
                       const Array<Index>& is_fixed, const Array<T, 2>& weights);

/// Gradient of the conductances from the weights that dirichlet_weights made and their gradient.
template <class T>
void dirichlet_weights_gradient(const Graph& graph, Orientation orientation,
                                const Array<T, 2>& conductances, const Array<T, 2>& weights,
                                const Array<T, 2>& weight_gradients, const Array<T, 2>& result);

}  // namespace filigree::contraction

template <>
struct filigree::EnumNames<filigree::contraction::Solver> {
  static constexpr std::array names{"automatic", "picard",   "anderson",
                                    "direct",    "bicgstab", "gmres"};
};
