// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What convergent graph solvers promise as a whole: f32 as f64, any order of the nodes, graphs of a
// batch as graphs alone, bounded weights for any features, and messages for what does not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/batch.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/cgs_testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::AllOf;
using testing::error_of;
using testing::FeaturedEdge;
using ::testing::HasSubstr;
using testing::random_tensor;
using testing::small_batch;
using testing::small_options;

constexpr CgsWidths kWidths{.nodes = 2, .edges = 1, .out = 2};

Cgs model_of(const CgsOptions& options, DType dtype) {
  Cgs model(options, kWidths, dtype);
  initialize(parameters(model), 3);
  model.project();
  return model;
}

class CgsOf : public ::testing::TestWithParam<CgsCore> {
 protected:
  CgsOptions options(double tolerance) const {
    CgsOptions options = small_options(tolerance);
    options.core = GetParam();
    return options;
  }
};

// Sums of some dozen terms per layer, seven layers and two solves to 1e-6: errors of a few 1e-6,
// relative to the largest entry of a parameter's gradient. Softmax does not see that all values are
// shifted: the gradients of attention biases are 0, with what round-off leaves of the others.
TEST_P(CgsOf, HasTheGradientsOfDoubleInFloat) {
  Cgs in_double = model_of(options(1e-13), DType::kF64);
  Cgs in_float = model_of(options(1e-7), DType::kF32);
  from_arrays(parameters(in_double), to_arrays(parameters(in_float)));
  std::vector<std::vector<double>> gradients[2];
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Cgs& model = dtype == DType::kF32 ? in_float : in_double;
    const auto input =
        cgs_input(small_batch(), cast(random_tensor({5, 2}, "x", DType::kF32), dtype),
                  cast(random_tensor({7, 1}, "e", DType::kF32), dtype));
    Tape tape;
    const Tape::Scope on(tape);
    const Tensor y = model(input).y;
    const Tensor loss = sum(y * cast(random_tensor(y.shape(), "g", DType::kF32), dtype));
    for (const Tensor& g : grad(loss, values(parameters(model)))) {
      gradients[dtype == DType::kF64].push_back(to_vector(g));
    }
  }
  double largest_of_all = 0;
  for (const auto& gradient : gradients[1]) {
    for (const double g : gradient) largest_of_all = std::max(largest_of_all, std::abs(g));
  }
  const Parameters all = parameters(in_double);
  for (std::size_t k = 0; k < all.size(); ++k) {
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < gradients[1][k].size(); ++i) {
      const double exact = gradients[1][k][i];
      largest = std::max(largest, std::abs(exact));
      error = std::max(error, std::abs(gradients[0][k][i] - exact));
    }
    EXPECT_LE(error, 1e-4 * largest + 1e-7 * largest_of_all) << all[k].name;
  }
}

/// y of the small graph with node i renamed to order[i], in the old order of the nodes.
std::vector<double> renamed(const Cgs& model, const std::vector<Index>& order) {
  const auto at = [&](Index i) { return order[static_cast<std::size_t>(i)]; };
  std::vector<FeaturedEdge> edges = testing::small_edges();
  for (FeaturedEdge& edge : edges) {
    edge.sender = at(edge.sender);
    edge.receiver = at(edge.receiver);
  }
  testing::sort_edges(edges);
  std::vector<Index> rows, inverse(order.size());
  for (const FeaturedEdge& edge : edges) rows.push_back(edge.features);
  for (std::size_t i = 0; i < order.size(); ++i) {
    inverse[static_cast<std::size_t>(order[i])] = static_cast<Index>(i);
  }
  const auto batch = std::make_shared<const contraction::Batch>(testing::graph_of(5, edges));
  const Tensor x = gather_senders(random_tensor({5, 2}, "x"), selection(inverse, 5));
  const Tensor e = gather_senders(random_tensor({7, 1}, "e"), selection(rows, 7));
  const Tensor y = model(cgs_input(batch, x, e)).y;
  if (model.options().readout == Readout::kGraphs) return to_vector(y);
  return to_vector(gather_senders(y, selection(order, 5)));
}

// Sums run in another order: round-off alone.
TEST_P(CgsOf, GivesNodesTheSameValuesInAnyOrder) {
  for (const Aggregator aggregator : {Aggregator::kSum, Aggregator::kMean}) {
    for (const Readout readout : {Readout::kNodes, Readout::kGraphs}) {
      CgsOptions some = options(1e-14);
      some.encoder.aggregator = aggregator;
      some.readout = readout;
      const Cgs model = model_of(some, DType::kF64);
      const auto expected = renamed(model, {0, 1, 2, 3, 4});
      for (const auto& order : {std::vector<Index>{4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}}) {
        const auto found = renamed(model, order);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12);
      }
    }
  }
}

// The same bits, but for the implicit baseline: one iteration for the whole batch ends when all
// have converged, with residuals of 1e-6 and distances of ten times that.
TEST_P(CgsOf, SolvesDifferentGraphsOfABatchAsItSolvesThemAlone) {
  const GraphPtr graphs[] = {
      testing::graph_of(5, testing::small_edges()),
      testing::graph_of(3, {{2, 0, 0}, {0, 1, 1}, {1, 2, 2}, {1, 2, 3}}),
  };
  const double tolerance = GetParam() == CgsCore::kImplicit ? 1e-5 : 0;
  for (const Readout readout : {Readout::kNodes, Readout::kGraphs}) {
    CgsOptions some = options(1e-6);
    some.readout = readout;
    const Cgs model = model_of(some, DType::kF32);
    std::vector<double> alone;
    std::vector<Tensor> nodes, edges;
    for (const GraphPtr& graph : graphs) {
      const auto n_edges = static_cast<Index>(graph->edge_count());
      nodes.push_back(random_tensor({graph->n_nodes(), 2}, "x", DType::kF32));
      edges.push_back(random_tensor({n_edges, 1}, "e", DType::kF32, -3, 3));
      const auto batch = std::make_shared<const contraction::Batch>(graph);
      for (const double y : to_vector(model(cgs_input(batch, nodes.back(), edges.back())).y)) {
        alone.push_back(y);
      }
    }
    const auto batch =
        std::make_shared<const contraction::Batch>(batch_graphs({graphs[0], graphs[1]}));
    const auto both = to_vector(model(cgs_input(batch, concat(nodes, 0), concat(edges, 0))).y);
    ASSERT_EQ(both.size(), alone.size());
    for (std::size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], alone[i], tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, CgsOf,
                         ::testing::Values(CgsCore::kFixedPoint, CgsCore::kEncoderOnly,
                                           CgsCore::kImplicit, CgsCore::kSteadyState));

/// The largest sum over the edges of a row, and the smallest weight.
void expect_bounded(const CgsOutput& output, const CgsOptions& options, DType dtype) {
  const GraphPtr graph = small_batch()->graph_pointer();
  const Tensor sums = options.orientation == contraction::Orientation::kSenderRow
                          ? segment_sum_by_sender(output.weights, graph)
                          : segment_sum(output.weights, graph);
  // A row has three edges at most: as many roundings of shares, and of their sum.
  const double epsilon = dtype == DType::kF32 ? 0x1p-23 : 0x1p-52;
  for (const double row : to_vector(sums)) EXPECT_LE(row, 1 + 6 * epsilon);
  for (const double weight : to_vector(output.weights)) EXPECT_GE(weight, 0);
  for (const double z : to_vector(output.z)) EXPECT_TRUE(std::isfinite(z));
  for (const double y : to_vector(output.y)) EXPECT_TRUE(std::isfinite(y));
}

TEST(CgsBounds, HoldForHugeFeatures) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    for (const auto normalizer : {contraction::Normalizer::kClip, contraction::Normalizer::kSigmoid,
                                  contraction::Normalizer::kSoftmax}) {
      for (const auto orientation :
           {contraction::Orientation::kSenderRow, contraction::Orientation::kReceiverRow}) {
        CgsOptions options = small_options(1e-6);
        options.gamma = 0.9;
        options.normalizer = normalizer;
        options.orientation = orientation;
        const Cgs model = model_of(options, dtype);
        const auto input = cgs_input(small_batch(), random_tensor({5, 2}, "x", dtype, -1e6, 1e6),
                                     random_tensor({7, 1}, "e", dtype, -1e6, 1e6));
        expect_bounded(model(input), options, dtype);
        EXPECT_TRUE(model.solver().last_forward.is_converged());
      }
    }
  }
}

TEST(CgsErrors, NameTheFeaturesThatDoNotFit) {
  const Cgs model = model_of(small_options(1e-6), DType::kF32);
  const auto error = [&](const Shape& nodes, const Shape& edges) {
    return error_of<InputError>(
        [&] { model(cgs_input(small_batch(), zeros(nodes), zeros(edges))); });
  };
  // The first layer's weights are [6, 1 + 2 * 2].
  EXPECT_EQ(error({5, 3}, {7, 1}),
            "dense_on_edges: values [7, 1] and [5, 3] and weights [6, 5] do not fit together: the "
            "weights must have 7 columns");
  EXPECT_EQ(error({5, 2}, {7, 2}),
            "dense_on_edges: values [7, 2] and [5, 2] and weights [6, 5] do not fit together: the "
            "weights must have 6 columns");
  EXPECT_THAT(error({4, 2}, {7, 1}),
              AllOf(HasSubstr("dense_on_edges"), HasSubstr("[4, 2]"), HasSubstr("5 nodes")));
  EXPECT_THAT(error({5, 2}, {6, 1}),
              AllOf(HasSubstr("dense_on_edges"), HasSubstr("[6, 1]"), HasSubstr("7 edges")));
}

}  // namespace
}  // namespace filigree::learning
