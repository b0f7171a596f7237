// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/batch.hpp"
#include "learning/models/contraction.hpp"
#include "tests/support/contractions.hpp"
#include "tests/support/thread_runs.hpp"

namespace filigree::contraction {
namespace {

using namespace filigree::testing;

template <class T>
void add_solves(testing_support::Report& report) {
  std::vector<std::shared_ptr<const Graph>> graphs;
  for (unsigned k = 0; k < 12; ++k) {
    graphs.push_back(messy_graph(30 + Index(5 * k), Index(250 + 20 * k), k));
  }
  const auto small = std::make_shared<const Batch>(batch_graphs(graphs));
  graphs.push_back(messy_graph(1500, 9000, 99));
  const auto mixed = std::make_shared<const Batch>(batch_graphs(graphs));
  for (const Solver solver :
       {Solver::kPicard, Solver::kAnderson, Solver::kDirect, Solver::kBicgstab, Solver::kGmres}) {
    const auto& batch = solver == Solver::kDirect ? small : mixed;
    const Map<T> map = messy_map<T>(batch, 37, 0.8, {}, Orientation::kSenderRow, 3);
    const Array<T, 2> b = random_matrix<T>(batch->n_nodes(), 37, -1, 1, 4);
    const Array<T, 2> z = like(b);
    const Array<T, 2> y = like(b);
    const Array<T, 2> dw = like(map.weights);
    Workspace workspace;
    solve(map, b, {.solver = solver}, workspace, z);
    solve_adjoint(map, z, b, {.solver = solver}, workspace, y);
    weight_gradient(map, z, y, dw);
    report.add(format("{} z", name_of(solver)), flat(z));
    report.add(format("{} y", name_of(solver)), flat(y));
    report.add(format("{} dw", name_of(solver)), flat(dw));
    report.add(format("{} dgamma", name_of(solver)),
               std::vector<double>{gamma_gradient(map, z, y)});
  }
}

std::string digests() {
  testing_support::Report report;
  add_solves<float>(report);
  add_solves<double>(report);
  return report.text();
}

TEST(ContractionThreads, ResultsHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("ContractionThreads.*", digests);
}

}  // namespace
}  // namespace filigree::contraction
