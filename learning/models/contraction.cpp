// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/contraction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/reduce.hpp"
#include "graph/first_bad.hpp"
#include "learning/models/contraction_checks.hpp"
#include "learning/models/contraction_system.hpp"

namespace filigree::contraction {

namespace {

struct EdgeLeavesGraph {
  Array<Index> senders, receivers, graph_of_node;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    return graph_of_node(senders(e)) != graph_of_node(receivers(e));
  }
};

void check_offsets(const std::vector<Index>& offsets, Index n_nodes) {
  FILIGREE_REQUIRE(offsets.size() >= 2 || (offsets.size() == 1 && n_nodes == 0),
                   "a batch of g graphs needs g + 1 node offsets, but there are {}",
                   offsets.size());
  FILIGREE_REQUIRE(offsets.front() == 0 && offsets.back() == n_nodes,
                   "node offsets must run from 0 to the {} nodes of the graph, but they run from "
                   "{} to {}",
                   n_nodes, offsets.front(), offsets.back());
  for (std::size_t g = 1; g < offsets.size(); ++g) {
    FILIGREE_REQUIRE(offsets[g - 1] <= offsets[g],
                     "node offsets must not decrease, but {} comes after {}", offsets[g],
                     offsets[g - 1]);
  }
}

}  // namespace

Phi contractive_activation(const std::string& name, double slope) {
  if (name == "identity") return {Activation::kIdentity, slope};
  if (name == "relu") return {Activation::kRelu, slope};
  if (name == "tanh") return {Activation::kTanh, slope};
  if (name == "leaky_relu") {
    FILIGREE_REQUIRE(slope >= 0 && slope <= 1,
                     "leaky_relu with slope {} is not a contraction's activation: the slope must "
                     "be in [0, 1]",
                     slope);
    return {Activation::kLeakyRelu, slope};
  }
  FILIGREE_REQUIRE(name != "silu" && name != "gelu",
                   "{} cannot be the activation of a contraction: its slope reaches {}, so "
                   "distances could grow and the fixed point might not exist; use identity, relu, "
                   "leaky_relu or tanh",
                   name, name == "silu" ? "1.10" : "1.13");
  FILIGREE_REQUIRE(false,
                   "'{}' is not known to keep distances (|phi(x) - phi(y)| <= |x - y|), which a "
                   "contraction needs: use identity, relu, leaky_relu or tanh",
                   name);
  return {};
}

const char* name_of(Solver solver) {
  return EnumNames<Solver>::names[static_cast<std::size_t>(solver)];
}

bool needs_linear_map(Solver solver) {
  return solver == Solver::kDirect || solver == Solver::kBicgstab || solver == Solver::kGmres;
}

Batch::Batch(std::shared_ptr<const Graph> graph, std::vector<Index> node_offsets)
    : graph_(std::move(graph)), node_offsets_(std::move(node_offsets)) {
  FILIGREE_REQUIRE(graph_ != nullptr, "the batch of a contraction has no graph");
  const Index n_nodes = graph_->n_nodes();
  if (node_offsets_.empty()) node_offsets_ = {0, n_nodes};
  check_offsets(node_offsets_, n_nodes);
  std::vector<Index> graph_of_node(static_cast<std::size_t>(n_nodes));
  std::vector<Index> slice_rows{0};
  std::vector<Index> first_slices{0};
  const HostArray<Offset> rows = to_host(graph_->row_offsets());
  for (Index g = 0; g < n_graphs(); ++g) {
    const Index begin = node_offsets_[static_cast<std::size_t>(g)];
    const Index end = node_offsets_[static_cast<std::size_t>(g) + 1];
    std::fill(graph_of_node.begin() + begin, graph_of_node.begin() + end, g);
    for (Index i = begin; i < end; i += kSliceRows) {
      slice_rows.push_back(std::min(i + kSliceRows, end));
    }
    first_slices.push_back(static_cast<Index>(slice_rows.size()) - 1);
    edge_counts_.push_back(static_cast<Index>(rows(end) - rows(begin)));
    largest_graph_ = std::max(largest_graph_, end - begin);
  }
  first_nodes_ = to_device("contraction/first_nodes", node_offsets_);
  graph_of_node_ = to_device("contraction/graph_of_node", graph_of_node);
  slice_rows_ = to_device("contraction/slice_rows", slice_rows);
  first_slices_ = to_device("contraction/first_slices", first_slices);
  const Index bad =
      first_bad("contraction/check_edges", n_edges(),
                EdgeLeavesGraph{graph_->senders(), graph_->receivers(), graph_of_node_});
  FILIGREE_REQUIRE(bad == n_edges(),
                   "edge {} joins nodes {} and {}, which the node offsets put into different "
                   "graphs of the batch",
                   bad, value_at(graph_->senders(), bad), value_at(graph_->receivers(), bad));
  graph_->transpose();  // made now, so that no solve allocates it
}

bool Report::is_converged() const {
  return std::all_of(graphs.begin(), graphs.end(),
                     [](const GraphResult& result) { return result.is_converged; });
}

Index Report::iterations() const {
  Index most = 0;
  for (const GraphResult& result : graphs) most = std::max(most, result.iterations);
  return most;
}

void require_converged(const Report& report, const std::string& what) {
  if (report.is_converged()) return;
  const GraphResult& worst = report.graphs[static_cast<std::size_t>(report.worst)];
  const auto n_missed =
      std::count_if(report.graphs.begin(), report.graphs.end(),
                    [](const GraphResult& result) { return !result.is_converged; });
  throw NumericalError(
      format("{} did not converge in {} of {} graphs: after {} iterations of {} the worst, graph "
             "{}, has an error of {:.3g} where {:.3g} is allowed; allow more iterations or a "
             "larger tolerance, use double precision, or lower gamma",
             what, n_missed, report.graphs.size(), worst.iterations, name_of(report.solver),
             report.worst, worst.error, report.tolerance));
}

namespace {

/// The factor of the contraction.
template <class T>
double factor_of(const Map<T>& map) {
  return map.bound == Bound::kDeclared ? map.factor : map.gamma;
}

/// Sweeps until gamma^k is below the tolerance.
double expected_sweeps(double factor, double tolerance) {
  if (factor <= 0) return 1;
  return factor < 1 ? std::log(tolerance) / std::log(factor)
                    : std::numeric_limits<double>::infinity();
}

/// Picard while it is cheaper than one dense factorisation of a typical graph.
Solver automatic_solver(const Batch& batch, double sweeps, bool is_linear) {
  constexpr double kFewSweeps = 60;
  if (sweeps <= kFewSweeps) return Solver::kPicard;
  if (!is_linear) return Solver::kAnderson;
  return batch.largest_graph() <= kDirectNodes ? Solver::kDirect : Solver::kGmres;
}

}  // namespace

template <class T>
double attainable_error(double factor) {
  constexpr double kUseless = 0.01;
  constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  // Sweeps settle to within a few units in the last place of z, whose size is |b|/(1 - q).
  const double error = 4 * kEpsilon / (1 - factor);
  FILIGREE_REQUIRE(error < kUseless,
                   "a contraction by gamma = {} cannot be solved in {} precision, round-off hides "
                   "the changes of its sweeps: gamma can be at most {}{}",
                   factor, std::is_same_v<T, float> ? "single" : "double",
                   1 - 4 * kEpsilon / kUseless,
                   std::is_same_v<T, float> ? ", or more in double precision" : "");
  return error;
}

template double attainable_error<float>(double);
template double attainable_error<double>(double);

template <class T>
Plan plan_of(const System<T>& system, const SolveOptions& options) {
  FILIGREE_REQUIRE(options.tolerance >= 0 && options.tolerance < 1,
                   "the tolerance of a solve must be in [0, 1), not {} (0 takes the default)",
                   options.tolerance);
  FILIGREE_REQUIRE(options.max_iterations >= 1, "a solve needs at least 1 iteration, not {}",
                   options.max_iterations);
  double tolerance = options.tolerance;
  if (tolerance == 0) tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-12;
  if (system.factor < 1) tolerance = std::max(tolerance, attainable_error<T>(system.factor));
  Solver solver = options.solver;
  if (solver == Solver::kAutomatic) {
    solver = automatic_solver(*system.batch, expected_sweeps(system.factor, tolerance),
                              system.is_linear());
  }
  FILIGREE_REQUIRE(system.is_linear() || !needs_linear_map(solver),
                   "the solver {} solves linear maps, phi = identity: use picard or anderson",
                   name_of(solver));
  FILIGREE_REQUIRE(
      solver != Solver::kDirect || system.batch->largest_graph() <= kDirectNodes,
      "the direct solver takes graphs of at most {} nodes, but one has {}: use picard, "
      "anderson, bicgstab or gmres",
      kDirectNodes, system.batch->largest_graph());
  return {solver, static_cast<double>(static_cast<T>(tolerance)), options.max_iterations,
          options.start_from_z, options.reuse_factors};
}

template Plan plan_of(const System<float>&, const SolveOptions&);
template Plan plan_of(const System<double>&, const SolveOptions&);

void start_report(const Batch& batch, const Plan& plan, Report& report) {
  report.solver = plan.solver;
  report.tolerance = plan.tolerance;
  report.graphs.assign(static_cast<std::size_t>(batch.n_graphs()), GraphResult{});
  report.worst = 0;
}

const Report& finish_report(const Plan& plan, Report& report) {
  for (std::size_t g = 0; g < report.graphs.size(); ++g) {
    GraphResult& result = report.graphs[g];
    result.is_converged = result.error <= plan.tolerance;
    if (result.error > report.graphs[static_cast<std::size_t>(report.worst)].error) {
      report.worst = static_cast<Index>(g);
    }
  }
  return report;
}

namespace {

template <class T>
void solve_by_plan(const System<T>& system, const Plan& plan, Workspace& workspace) {
  std::vector<Index>& local = workspace.local_graphs;
  local.clear();
  switch (plan.solver) {
    case Solver::kDirect:
      return solve_directly(system, plan, workspace);
    case Solver::kAnderson:
      return solve_by_mixing(system, plan, workspace);
    case Solver::kBicgstab:
      return solve_by_bicgstab(system, plan, workspace);
    case Solver::kGmres:
      return solve_by_gmres(system, plan, workspace);
    default:
      break;
  }
  for (Index g = 0; g < system.batch->n_graphs(); ++g) {
    if (fits_locally(*system.batch, g)) local.push_back(g);
  }
  solve_locally(system, plan, local, workspace);
  if (static_cast<Index>(local.size()) < system.batch->n_graphs()) {
    solve_by_sweeps(system, plan, workspace);
  }
}

/// Throws for a result that is not finite: names the input that is not, if there is one.
template <class T>
void explain_not_finite(const Map<T>& map, const System<T>& system, const char* b_name) {
  require_finite("the weights of the contraction", map.weights);
  require_finite(b_name, system.b);
  throw NumericalError(
      format("the solution of the contraction is not finite although {} and all weights are: their "
             "values are too large for this precision, or the map does not contract",
             b_name));
}

template <class T>
const Report& run(const Map<T>& map, const System<T>& system, const SolveOptions& options,
                  const char* b_name, Workspace& workspace) {
  const Plan plan = plan_of(system, options);
  if (map.bound == Bound::kAbsorbing && map.gamma == 1) require_absorbing(map, workspace);
  if (system.b.data() == system.z.data()) {
    FILIGREE_REQUIRE(system.z.size() == 0, "a solve cannot write over its own {}", b_name);
  }
  Report& report = workspace.report;
  start_report(*system.batch, plan, report);
  solve_by_plan(system, plan, workspace);
  for (const GraphResult& result : report.graphs) {
    if (std::isnan(result.error)) explain_not_finite(map, system, b_name);
  }
  return finish_report(plan, report);
}

/// phi'(x) as a function of phi(x).
template <class T>
struct SlopeOf {
  Activation kind;
  T below;  ///< slope of leaky_relu below 0
  FILIGREE_FUNCTION T operator()(T z) const {
    if (kind == Activation::kIdentity) return T(1);
    if (kind == Activation::kTanh) return T(1) - z * z;
    return z > 0 ? T(1) : (kind == Activation::kRelu ? T(0) : below);
  }
};
template <class T>
SlopeOf<T> slope_of(const Phi& phi) {
  return {phi.kind, static_cast<T>(phi.slope)};
}

/// result = phi'(z) y, row by row.
template <class T>
struct TimesSlope {
  SlopeOf<T> slope;
  const T* z;
  const T* y;  ///< null: 1
  T* result;
  Index heads;
  FILIGREE_FUNCTION void operator()(Index i) const {
    const std::ptrdiff_t first = std::ptrdiff_t(i) * heads;
    for (std::ptrdiff_t k = first; k < first + heads; ++k) {
      result[k] = slope(z[k]) * (y == nullptr ? T(1) : y[k]);
    }
  }
};

template <class T>
struct ApplyRow {
  Rows<T> rows;
  const T* b;
  const T* z;
  T* result;
  FILIGREE_FUNCTION void operator()(Index i) const {
    const std::ptrdiff_t first = std::ptrdiff_t(i) * rows.heads;
    Index h = 0;
    for (; h + kLanes<T> <= rows.heads; h += kLanes<T>) put<kLanes<T>>(i, h, first + h);
    for (; h < rows.heads; ++h) put<1>(i, h, first + h);
  }
  template <int N>
  FILIGREE_FUNCTION void put(Index i, Index h, std::ptrdiff_t at) const {
    (product<N>(rows, i, h, z + h) + Pack<T, N>::load(b + at)).store(result + at);
  }
};

template <class T, class PhiOf>
struct MapRow {
  PhiOf phi;
  T* values;
  Index heads;
  FILIGREE_FUNCTION void operator()(Index i) const {
    for (Index h = 0; h < heads; ++h) {
      T* value = values + std::ptrdiff_t(i) * heads + h;
      phi(Pack<T, 1>::load(value)).store(value);
    }
  }
};

template <class T>
struct WeightGradient {
  Array<Index> rows, columns;  ///< [n_edges]
  const T* db;
  const T* z;
  T* result;
  T gamma;
  Index heads;
  FILIGREE_FUNCTION void operator()(Index e) const {
    const T* of_row = db + std::ptrdiff_t(rows(e)) * heads;
    const T* of_column = z + std::ptrdiff_t(columns(e)) * heads;
    T* to = result + std::ptrdiff_t(e) * heads;
    for (Index h = 0; h < heads; ++h) to[h] = gamma * of_row[h] * of_column[h];
  }
};

template <class T>
struct GammaTerm {
  Array<Index> rows, columns;
  const T* weights;
  const T* db;
  const T* z;
  Index heads;
  FILIGREE_FUNCTION double operator()(Index e) const {
    double total = 0;
    for (Index h = 0; h < heads; ++h) {
      total += double(weights[std::ptrdiff_t(e) * heads + h]) *
               double(db[std::ptrdiff_t(rows(e)) * heads + h]) *
               double(z[std::ptrdiff_t(columns(e)) * heads + h]);
    }
    return total;
  }
};

template <class T>
const Array<Index>& row_of_edge(const Map<T>& map) {
  const Graph& graph = map.batch->graph();
  return map.orientation == Orientation::kSenderRow ? graph.senders() : graph.receivers();
}
template <class T>
const Array<Index>& column_of_edge(const Map<T>& map) {
  const Graph& graph = map.batch->graph();
  return map.orientation == Orientation::kSenderRow ? graph.receivers() : graph.senders();
}

/// The linear solve with slopes of phi at z: adjoint or tangent.
template <class T>
const Report& solve_linearised(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& right,
                               const char* name, bool is_adjoint, const SolveOptions& options,
                               Workspace& workspace, const Array<T, 2>& result) {
  require_valid(map);
  require_nodes("the fixed point z", map, z);
  require_nodes(name, map, right);
  require_nodes("the solution", map, result);
  Scratch scratch(workspace.arena);
  System<T> system{map.batch.get(), Rows<T>(map, is_adjoint), right, result, {}, factor_of(map),
                   is_adjoint};
  if (map.phi.kind != Activation::kIdentity) {
    const Array<T, 2> slopes = scratch.take<T>(z.extent(0), z.extent(1));
    for_each("contraction/slopes", z.extent(0),
             TimesSlope<T>{slope_of<T>(map.phi), z.data(), nullptr, slopes.data(), map.heads()});
    system.rows.slopes = slopes.data();
    system.rows.scale_by = is_adjoint ? ScaleBy::kNeighbour : ScaleBy::kRow;
    if (!is_adjoint) {
      system.b = scratch.take<T>(z.extent(0), z.extent(1));
      for_each("contraction/scale", z.extent(0),
               TimesSlope<T>{slope_of<T>(map.phi), z.data(), right.data(), system.b.data(),
                             map.heads()});
    }
  }
  return run(map, system, options, name, workspace);
}

}  // namespace

template <class T>
const Report& solve(const Map<T>& map, const Array<T, 2>& b, const SolveOptions& options,
                    Workspace& workspace, const Array<T, 2>& z) {
  require_valid(map);
  require_nodes("the bias b", map, b);
  require_nodes("the solution z", map, z);
  const System<T> system{map.batch.get(), Rows<T>(map, false), b,    z,
                         map.phi,         factor_of(map),      false};
  return run(map, system, options, "the bias b", workspace);
}

template <class T>
const Report& solve_adjoint(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& g,
                            const SolveOptions& options, Workspace& workspace,
                            const Array<T, 2>& y) {
  return solve_linearised(map, z, g, "the incoming gradient g", true, options, workspace, y);
}

template <class T>
const Report& solve_tangent(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& u,
                            const SolveOptions& options, Workspace& workspace,
                            const Array<T, 2>& t) {
  return solve_linearised(map, z, u, "the change u of the bias", false, options, workspace, t);
}

template <class T>
void apply(const Map<T>& map, const Array<T, 2>& b, const Array<T, 2>& z,
           const Array<T, 2>& result) {
  require_valid(map);
  require_nodes("the bias b", map, b);
  require_nodes("z", map, z);
  require_nodes("the result", map, result);
  FILIGREE_REQUIRE(result.data() != z.data() || z.size() == 0,
                   "apply cannot write over its own argument z");
  for_each("contraction/apply", z.extent(0),
           ApplyRow<T>{Rows<T>(map, false), b.data(), z.data(), result.data()});
  with_phi<T>(map.phi, [&](const auto& phi) {
    for_each("contraction/phi", z.extent(0),
             MapRow<T, std::decay_t<decltype(phi)>>{phi, result.data(), map.heads()});
  });
}

template <class T>
void bias_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& y,
                   const Array<T, 2>& result) {
  require_valid(map);
  require_nodes("the fixed point z", map, z);
  require_nodes("the adjoint solution y", map, y);
  require_nodes("the gradient of b", map, result);
  for_each("contraction/bias_gradient", z.extent(0),
           TimesSlope<T>{slope_of<T>(map.phi), z.data(), y.data(), result.data(), map.heads()});
}

template <class T>
void weight_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& db,
                     const Array<T, 2>& result) {
  require_valid(map);
  require_nodes("the fixed point z", map, z);
  require_nodes("the gradient of b", map, db);
  require_shape("the gradient of the weights", result, map.batch->n_edges(), map.heads());
  for_each("contraction/weight_gradient", map.batch->n_edges(),
           WeightGradient<T>{row_of_edge(map), column_of_edge(map), db.data(), z.data(),
                             result.data(), static_cast<T>(map.gamma), map.heads()});
}

template <class T>
double gamma_gradient(const Map<T>& map, const Array<T, 2>& z, const Array<T, 2>& db) {
  require_valid(map);
  require_nodes("the fixed point z", map, z);
  require_nodes("the gradient of b", map, db);
  return sum("contraction/gamma_gradient", map.batch->n_edges(),
             GammaTerm<T>{row_of_edge(map), column_of_edge(map), map.weights.data(), db.data(),
                          z.data(), map.heads()});
}

#define FILIGREE_INSTANTIATE(T)                                                                    \
  template const Report& solve(const Map<T>&, const Array<T, 2>&, const SolveOptions&, Workspace&, \
                               const Array<T, 2>&);                                                \
  template const Report& solve_adjoint(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&,      \
                                       const SolveOptions&, Workspace&, const Array<T, 2>&);       \
  template const Report& solve_tangent(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&,      \
                                       const SolveOptions&, Workspace&, const Array<T, 2>&);       \
  template void apply(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&, const Array<T, 2>&);  \
  template void bias_gradient(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&,               \
                              const Array<T, 2>&);                                                 \
  template void weight_gradient(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&,             \
                                const Array<T, 2>&);                                               \
  template double gamma_gradient(const Map<T>&, const Array<T, 2>&, const Array<T, 2>&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::contraction
