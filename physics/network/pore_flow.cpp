// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/pore_flow.hpp"

#include <cmath>

#include "graph/components.hpp"
#include "graph/first_bad.hpp"

namespace filigree::network {

namespace {

/// Conductances of the two directions may differ by this part: they may have been computed apart.
constexpr double kSymmetry = 1e-12;

struct BadConductance {
  Array<double> k;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    return !(k(e) > 0) || !Kokkos::isfinite(k(e));
  }
};

/// Sum of the conductances from sender j to receiver i.
FILIGREE_FUNCTION double total_conductance(const GraphView& rows, const Array<double>& k, Index i,
                                           Index j) {
  auto low = static_cast<Index>(rows.row_begin(i));
  const auto end = static_cast<Index>(rows.row_end(i));
  auto high = end;
  while (low < high) {
    const Index middle = low + (high - low) / 2;
    if (rows.senders(middle) < j) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  double total = 0;
  for (; low < end && rows.senders(low) == j; ++low) total += k(low);
  return total;
}

struct OneWay {
  GraphView rows;
  Array<Index> receivers;
  Array<double> k;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    const Index i = receivers(e);
    const Index j = rows.senders(e);
    if (j >= i) return false;
    const double here = total_conductance(rows, k, i, j);
    const double there = total_conductance(rows, k, j, i);
    return Kokkos::abs(here - there) > kSymmetry * here;
  }
};

struct MissesReverse {
  GraphView rows;
  Array<Index> receivers;
  Array<double> k;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    return !(total_conductance(rows, k, rows.senders(e), receivers(e)) > 0);
  }
};

struct BadFixed {
  Array<Index> is_fixed;
  Array<double> pressures;
  FILIGREE_FUNCTION bool operator()(Index i) const {
    return is_fixed(i) != 0 && !Kokkos::isfinite(pressures(i));
  }
};

void require_conductances(const FlowProblem& problem) {
  const auto n_edges = static_cast<Index>(problem.graph->edge_count());
  const GraphView rows = problem.graph->view();
  const Array<Index> receivers = problem.graph->receivers();
  const Array<double> k = problem.conductances;
  Index bad = first_bad("network/check_conductances", n_edges, BadConductance{k});
  FILIGREE_REQUIRE(bad == n_edges,
                   "the throat into pore {} from pore {} has a conductance of {}: it must be "
                   "positive and finite",
                   value_at(receivers, bad), value_at(rows.senders, bad), value_at(k, bad));
  bad = first_bad("network/check_reverse", n_edges, MissesReverse{rows, receivers, k});
  FILIGREE_REQUIRE(bad == n_edges,
                   "the throat into pore {} from pore {} has no edge the other way: a throat is "
                   "two edges",
                   value_at(receivers, bad), value_at(rows.senders, bad));
  bad = first_bad("network/check_symmetry", n_edges, OneWay{rows, receivers, k});
  FILIGREE_REQUIRE(bad == n_edges,
                   "the throat between pores {} and {} conducts {} one way and not as much the "
                   "other way",
                   value_at(receivers, bad), value_at(rows.senders, bad), value_at(k, bad));
}

/// Throws when a part of the network has no fixed pore.
void require_boundary(const FlowProblem& problem) {
  const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
  const Components parts = connected_components(*problem.graph);
  std::vector<bool> is_held(parts.sizes.size(), false);
  for (std::size_t i = 0; i < is_fixed.size(); ++i) {
    if (is_fixed[i] != 0) is_held[static_cast<std::size_t>(parts.component[i])] = true;
  }
  for (std::size_t i = 0; i < is_fixed.size(); ++i) {
    const auto part = static_cast<std::size_t>(parts.component[i]);
    if (is_held[part]) continue;
    throw InputError(format(
        "pore {} belongs to a part of {} of the {} pores without a pore of fixed pressure, where "
        "pressures are undetermined: fix one there or leave the part out",
        i, parts.sizes[part], is_fixed.size()));
  }
}

void require_pore_values(const FlowProblem& problem, const Array<double>& values,
                         const char* what) {
  FILIGREE_REQUIRE(values.size() == problem.graph->n_nodes(),
                   "there are {} {} for {} pores: one for each is needed", values.size(), what,
                   problem.graph->n_nodes());
}

/// Numbers of the free pores and their list.
struct FreePores {
  Array<Index> number;
  Array<Index> list;
};

FreePores free_pores(const Array<Index>& is_fixed) {
  const Index n = is_fixed.size();
  const Array<Index> place("network/free_places", n);
  for_each(
      "network/free_flags", n, FILIGREE_LAMBDA(Index i) { place(i) = is_fixed(i) == 0; });
  const Index n_free = exclusive_scan("network/free_places", place);
  const FreePores pores{Array<Index>("network/free_numbers", n),
                        Array<Index>("network/free_pores", n_free)};
  for_each(
      "network/free_pores", n, FILIGREE_LAMBDA(Index i) {
        pores.number(i) = is_fixed(i) == 0 ? place(i) : -1;
        if (is_fixed(i) == 0) pores.list(place(i)) = i;
      });
  return pores;
}

/// The network of the free pores, with fixed ones as the ground.
GroundedNetwork free_network(const FlowProblem& problem, const FreePores& pores) {
  const Index n = pores.list.size();
  const GraphView rows = problem.graph->view();
  const Array<double> k = problem.conductances;
  const Array<Index> degrees("network/degrees", n);
  for_each(
      "network/free_degrees", n, FILIGREE_LAMBDA(Index f) {
        const Index i = pores.list(f);
        Index degree = 0;
        for (Offset e = rows.row_begin(i); e < rows.row_end(i); ++e) {
          degree += pores.number(rows.sender(e)) >= 0 && rows.sender(e) != i;
        }
        degrees(f) = degree;
      });
  GroundedNetwork free;
  free.rows.row_offsets = Array<Offset>("network/row_offsets", n + 1);
  const auto n_edges = static_cast<Index>(
      offsets_from_counts("network/row_offsets", degrees, free.rows.row_offsets));
  free.rows.senders = Array<Index>("network/senders", n_edges);
  free.values = Array<double>("network/values", n_edges);
  free.ground = Array<double>("network/ground", n);
  const GroundedNetwork to = free;
  for_each(
      "network/free_network", n, FILIGREE_LAMBDA(Index f) {
        const Index i = pores.list(f);
        auto place = static_cast<Index>(to.rows.row_begin(f));
        double ground = 0;
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          const Index j = rows.senders(e);
          if (j == i) continue;
          if (pores.number(j) < 0) {
            ground += k(e);
          } else {
            to.rows.senders(place) = pores.number(j);
            to.values(place++) = k(e);
          }
        }
        to.ground(f) = ground;
      });
  fill_diagonal(free);
  return free;
}

/// residual = b - A x, row by row from differences of pressures; returns its squared length.
double residual_of(const GroundedNetwork& a, const Array<double>& b, const Array<double>& x,
                   const Array<double>& residual, Reducer& reducer) {
  for_each(
      "network/residual", a.size(), FILIGREE_LAMBDA(Index i) {
        double sum = b(i) - a.ground(i) * x(i);
        for (auto e = static_cast<Index>(a.rows.row_begin(i)); e < a.rows.row_end(i); ++e) {
          sum += a.values(e) * (x(a.rows.senders(e)) - x(i));
        }
        residual(i) = sum;
      });
  return reducer.sum(
      "network/residual_norm", a.size(), 0.0,
      FILIGREE_LAMBDA(Index i) { return residual(i) * residual(i); });
}

double product(const Array<double>& x, const Array<double>& y, Reducer& reducer) {
  return reducer.sum(
      "network/product", x.size(), 0.0, FILIGREE_LAMBDA(Index i) { return x(i) * y(i); });
}

/// p = z + beta p
void turn(const Array<double>& p, double beta, const Array<double>& z) {
  for_each(
      "network/direction", p.size(),
      FILIGREE_LAMBDA(Index i) { p(i) = beta == 0 ? z(i) : z(i) + beta * p(i); });
}

/// x += alpha p, r -= alpha A p; returns the squared length of r.
double advance(double alpha, const Array<double>& p, const Array<double>& ap,
               const Array<double>& x, const Array<double>& r, Reducer& reducer) {
  return reducer.sum(
      "network/step", p.size(), 0.0, FILIGREE_LAMBDA(Index i) {
        x(i) += alpha * p(i);
        const double rest = r(i) - alpha * ap(i);
        r(i) = rest;
        return rest * rest;
      });
}

}  // namespace

FlowProblem front_to_back(const PoreNetwork& network, const Array<double>& conductances,
                          double front, double back) {
  const Index n = network.n_pores();
  FlowProblem problem{network.graph, conductances, Array<Index>("network/is_fixed", n),
                      Array<double>("network/fixed_pressures", n)};
  const Array<Index> faces = network.faces;
  const Index both = first_bad(
      "network/check_faces", n,
      FILIGREE_LAMBDA(Index i) { return (faces(i) & kFront) != 0 && (faces(i) & kBack) != 0; });
  FILIGREE_REQUIRE(both == n, "pore {} lies on the front and on the back face", both);
  const FlowProblem to = problem;
  for_each(
      "network/front_to_back", n, FILIGREE_LAMBDA(Index i) {
        const bool is_front = (faces(i) & kFront) != 0;
        to.is_fixed(i) = is_front || (faces(i) & kBack) != 0;
        to.fixed_pressures(i) = is_front ? front : back;
      });
  return problem;
}

void validate(const FlowProblem& problem) {
  FILIGREE_REQUIRE(problem.graph != nullptr, "a flow problem needs a graph");
  const Index n = problem.graph->n_nodes();
  FILIGREE_REQUIRE(problem.conductances.size() == problem.graph->edge_count(),
                   "there are {} conductances for {} edges: one for each is needed",
                   problem.conductances.size(), problem.graph->edge_count());
  FILIGREE_REQUIRE(problem.is_fixed.size() == n && problem.fixed_pressures.size() == n,
                   "{} pores need as many flags and fixed pressures, but there are {} and {}", n,
                   problem.is_fixed.size(), problem.fixed_pressures.size());
  require_conductances(problem);
  const Index bad =
      first_bad("network/check_fixed", n, BadFixed{problem.is_fixed, problem.fixed_pressures});
  FILIGREE_REQUIRE(bad == n, "the fixed pressure of pore {} is {}: it must be finite", bad,
                   value_at(problem.fixed_pressures, bad));
  require_boundary(problem);
}

FlowSolver::FlowSolver(const FlowProblem& problem, const FlowOptions& options)
    : problem_(problem), options_(options) {
  validate(problem);
  FILIGREE_REQUIRE(options.tolerance > 0 && options.max_iterations > 0,
                   "a tolerance of {} in {} iterations cannot be met: both must be positive",
                   options.tolerance, options.max_iterations);
  const FreePores pores = free_pores(problem.is_fixed);
  free_pores_ = pores.list;
  free_number_ = pores.number;
  free_ = free_network(problem, pores);
  if (free_.size() == 0) return;
  const bool is_small = free_.size() <= options.largest_elimination;
  if (options.method == FlowMethod::kElimination ||
      (options.method == FlowMethod::kAutomatic && is_small)) {
    direct_ = std::make_unique<StarMesh>(to_host(free_));
  } else {
    multigrid_ = std::make_unique<NetworkMultigrid>(free_, options.multigrid);
  }
}

void FlowSolver::eliminate(const Array<double>& b, const Array<double>& x) {
  std::vector<double> values = to_vector(b);
  direct_->solve(values);
  copy(x, to_device("network/solution", values));
}

FlowSolver::Outcome FlowSolver::solve_free(const Array<double>& b, const Array<double>& x) {
  if (free_.size() == 0) return {0, 0};
  if (!direct_) return iterate(b, x);
  eliminate(b, x);
  const double b2 = product(b, b, reducer_);
  const Array<double> residual("network/residual", free_.size());
  const double r2 = residual_of(free_, b, x, residual, reducer_);
  return {0, b2 > 0 ? std::sqrt(r2 / b2) : 0};
}

FlowSolver::Outcome FlowSolver::iterate(const Array<double>& b, const Array<double>& x) {
  const Index n = free_.size();
  const Array<double> r("network/residual", n);
  const Array<double> z("network/preconditioned", n);
  const Array<double> p("network/direction", n);
  const Array<double> ap("network/direction_image", n);
  fill(x, 0.0);
  copy(r, b);
  const double b2 = product(b, b, reducer_);
  if (b2 == 0) return {0, 0};
  const double goal2 = options_.tolerance * options_.tolerance * b2;
  double before2 = b2;
  int iterations = 0;
  while (true) {
    // Flexible conjugate gradients: directions are made orthogonal to the last one explicitly,
    // because the preconditioner is not quite the same operator each time.
    double r2 = before2;
    double curvature = 0;
    for (bool is_first = true; r2 > goal2 && iterations < options_.max_iterations;
         is_first = false) {
      multigrid_->apply(r, z);
      const double beta = is_first ? 0 : -product(z, ap, reducer_) / curvature;
      turn(p, beta, z);
      filigree::network::apply(free_, p, ap);
      curvature = product(p, ap, reducer_);
      if (!(curvature > 0)) break;
      r2 = advance(product(p, r, reducer_) / curvature, p, ap, x, r, reducer_);
      ++iterations;
    }
    // The recursion drifts from the true residual by rounding: start again from that while it
    // helps.
    const double true2 = residual_of(free_, b, x, r, reducer_);
    if (true2 <= goal2) return {iterations, std::sqrt(true2 / b2)};
    if (iterations >= options_.max_iterations || !(true2 < before2 / 4)) {
      throw NumericalError(
          format("the flow solver stopped after {} iterations at a relative residual of {}, above "
                 "the tolerance {}: allow more iterations or a larger tolerance",
                 iterations, std::sqrt(true2 / b2), options_.tolerance));
    }
    before2 = true2;
  }
}

FlowSolution FlowSolver::solve() {
  const Index n = problem_.graph->n_nodes();
  const Array<Index> is_fixed = problem_.is_fixed;
  const Array<double> fixed = problem_.fixed_pressures;
  const double lowest = -max(
      "network/lowest", n, -std::numeric_limits<double>::infinity(), FILIGREE_LAMBDA(Index i) {
        return is_fixed(i) != 0 ? -fixed(i) : -Kokkos::Experimental::infinity_v<double>;
      });
  const GraphView rows = problem_.graph->view();
  const Array<double> k = problem_.conductances;
  const Array<Index> free_pores = free_pores_;
  const Array<Index> free_number = free_number_;
  const Array<double> b("network/right_side", free_.size());
  const Array<double> x("network/free_pressures", free_.size());
  for_each(
      "network/right_side", b.size(), FILIGREE_LAMBDA(Index f) {
        const Index i = free_pores(f);
        double sum = 0;
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          const Index j = rows.senders(e);
          if (is_fixed(j) != 0) sum += k(e) * (fixed(j) - lowest);
        }
        b(f) = sum;
      });
  const Outcome outcome = solve_free(b, x);
  FlowSolution solution{Array<double>("network/pressures", n), outcome.iterations,
                        outcome.residual};
  const Array<double> pressures = solution.pressures;
  for_each(
      "network/pressures", n, FILIGREE_LAMBDA(Index i) {
        pressures(i) = is_fixed(i) != 0 ? fixed(i) : lowest + x(free_number(i));
      });
  return solution;
}

Array<double> FlowSolver::respond(const Array<double>& sources) {
  require_pore_values(problem_, sources, "sources");
  const Array<double> b("network/right_side", free_.size());
  const Array<double> x("network/response", free_.size());
  const Array<Index> free_pores = free_pores_;
  const Array<Index> free_number = free_number_;
  for_each(
      "network/sources", b.size(), FILIGREE_LAMBDA(Index f) { b(f) = sources(free_pores(f)); });
  solve_free(b, x);
  const Array<double> response("network/response", sources.size());
  for_each(
      "network/response", response.size(),
      FILIGREE_LAMBDA(Index i) { response(i) = free_number(i) < 0 ? 0 : x(free_number(i)); });
  return response;
}

FlowGradient FlowSolver::gradient(const Array<double>& pressures, const Array<double>& dl_dp) {
  require_pore_values(problem_, pressures, "pressures");
  const Array<double> y = respond(dl_dp);
  const Index n = problem_.graph->n_nodes();
  const GraphView rows = problem_.graph->view();
  const Array<double> k = problem_.conductances;
  const Array<Index> is_fixed = problem_.is_fixed;
  const FlowGradient gradient{Array<double>("network/dl_dk", k.size()),
                              Array<double>("network/dl_dfixed", n)};
  for_each(
      "network/gradient", n, FILIGREE_LAMBDA(Index i) {
        double fed = 0;
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          const Index j = rows.senders(e);
          gradient.conductances(e) = y(i) * (pressures(j) - pressures(i));
          fed += k(e) * y(j);
        }
        gradient.fixed_pressures(i) = is_fixed(i) != 0 ? dl_dp(i) + fed : 0;
      });
  return gradient;
}

FlowSolution solve_flow(const FlowProblem& problem, const FlowOptions& options) {
  return FlowSolver(problem, options).solve();
}

Array<double> edge_flows(const FlowProblem& problem, const Array<double>& pressures) {
  require_pore_values(problem, pressures, "pressures");
  const GraphView rows = problem.graph->view();
  const Array<double> k = problem.conductances;
  const Array<double> flows("network/flows", k.size());
  for_each(
      "network/flows", rows.n_receivers(), FILIGREE_LAMBDA(Index i) {
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          flows(e) = k(e) * (pressures(rows.senders(e)) - pressures(i));
        }
      });
  return flows;
}

Array<double> pore_outflows(const FlowProblem& problem, const Array<double>& pressures) {
  require_pore_values(problem, pressures, "pressures");
  const GraphView rows = problem.graph->view();
  const Array<double> k = problem.conductances;
  const Array<double> outflows("network/outflows", pressures.size());
  for_each(
      "network/outflows", outflows.size(), FILIGREE_LAMBDA(Index i) {
        double sum = 0;
        for (auto e = static_cast<Index>(rows.row_begin(i)); e < rows.row_end(i); ++e) {
          sum += k(e) * (pressures(i) - pressures(rows.senders(e)));
        }
        outflows(i) = sum;
      });
  return outflows;
}

FlowBalance flow_balance(const FlowProblem& problem, const Array<double>& pressures) {
  const Array<double> outflows = pore_outflows(problem, pressures);
  const Array<Index> is_fixed = problem.is_fixed;
  const auto fed = sum_vec<2>(
      "network/fed", outflows.size(), FILIGREE_LAMBDA(Index i) {
        const double q = is_fixed(i) != 0 ? outflows(i) : 0;
        return Vec<2, double>{q > 0 ? q : 0, q < 0 ? -q : 0};
      });
  const double imbalance = max(
      "network/imbalance", outflows.size(), 0.0,
      FILIGREE_LAMBDA(Index i) { return is_fixed(i) != 0 ? 0.0 : Kokkos::abs(outflows(i)); });
  return {fed[0], fed[1], imbalance};
}

double inflow_through(const PoreNetwork& network, const FlowProblem& problem,
                      const Array<double>& pressures, Face face) {
  const Array<double> outflows = pore_outflows(problem, pressures);
  const Array<Index> faces = network.faces;
  return sum(
      "network/inflow", outflows.size(),
      FILIGREE_LAMBDA(Index i) { return (faces(i) & face) != 0 ? outflows(i) : 0.0; });
}

double permeability(const PoreNetwork& network, double flow, double viscosity,
                    double pressure_difference) {
  FILIGREE_REQUIRE(pressure_difference != 0,
                   "without a pressure difference there is no permeability to speak of");
  return flow * viscosity * network.size[0] /
         (network.size[1] * network.size[2] * pressure_difference);
}

}  // namespace filigree::network
