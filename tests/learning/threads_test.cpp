// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Same bits for any number of threads. Kokkos takes its threads when the program starts, so the
// test runs this program again with other numbers of threads and compares digests.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <sstream>

#include "core/hash.hpp"
#include "graph/generators.hpp"
#include "graph/radius_graph.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/ops_grid.hpp"
#include "learning/nn/conv2d.hpp"
#include "learning/nn/jet.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::random_tensor;

constexpr const char* kReportVariable = "FILIGREE_LEARNING_DIGESTS";

/// "name digest" lines.
class Report {
 public:
  void add(const std::string& name, const Tensor& x) {
    const auto values = to_vector(x);
    text_ << name << ' ' << values.size() << ' '
          << hex_text(digest(std::as_bytes(std::span(values)))) << '\n';
  }
  /// The value and the gradients of its sum of squares.
  void add(const std::string& name, const Tensor& y, const std::vector<Tensor>& inputs) {
    add(name, y);
    const auto gradients = grad(sum(y * y), inputs);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      add(name + " d" + std::to_string(k), gradients[k]);
    }
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

// Sizes above the launch threshold of 16384 values, and not multiples of any block.
void add_dense(Report& report, DType dtype) {
  const Tensor x = random_tensor({1500, 67}, "x", dtype);
  const Tensor w = random_tensor({67, 33}, "w", dtype);
  const Tensor row = random_tensor({67}, "row", dtype);
  const Tensor column = random_tensor({1500, 1}, "column", dtype);
  report.add("matmul", matmul(x, w), {x, w});
  report.add("matmul at", matmul(x, x, {.a = true}), {x});
  report.add("broadcasts", x * row / (2 + column), {x, row, column});
  report.add("sum", sum(tanh(x)), {x});
  report.add("sum of rows", sum(exp(x), 0), {x});
  report.add("sum of columns", sum(sigmoid(x), 1), {x});
  report.add("max", max(x, 1), {x});
  report.add("logsumexp", logsumexp(x, 0), {x});
  report.add("transpose", transpose(x) + transpose(row * x), {x, row});
  report.add("joined", concat({gelu(x), silu(x), softplus(x)}, 1), {x});
}

void add_graph(Report& report, DType dtype) {
  Box<3> box;
  for (int k = 0; k < 3; ++k) {
    box.lower[k] = 0;
    box.upper[k] = 1;
  }
  const GraphPtr graph =
      radius_graph(random_points(3000, box, 11), {.radius = static_cast<Real>(0.1)});
  const auto n_edges = static_cast<Index>(graph->edge_count());
  const Tensor nodes = random_tensor({3000, 17}, "nodes", dtype);
  const Tensor edges = random_tensor({n_edges, 17}, "edges", dtype);
  const Tensor weights = random_tensor({n_edges, 1}, "weights", dtype);
  report.add("gather", gather_senders(nodes, graph) * gather_receivers(nodes, graph), {nodes});
  report.add("segment sum", segment_sum(edges, graph), {edges});
  report.add("by sender", segment_sum_by_sender(edges, graph), {edges});
  report.add("segment mean", segment_mean(edges, graph), {edges});
  report.add("segment max", segment_max(edges, graph), {edges});
  report.add("segment softmax", segment_softmax(edges, graph), {edges});
  report.add("spmm", spmm(weights, nodes, graph), {weights, nodes});
  report.add("spmm channels", spmm_by_sender(edges, nodes, graph), {edges, nodes});
}

void add_grid(Report& report, DType dtype) {
  const Tensor x = random_tensor({9000, 2}, "points", dtype, 0.1, 30.9);
  const Tensor values = random_tensor({9000, 5}, "values", dtype);
  const GridPoints points = locate(x, {.dimensions = 2, .extents = {32, 32, 1}});
  const Tensor nodes = splat(values, x, points);
  report.add("splat", nodes, {values, x});
  report.add("sample", sample(nodes, x, points), {values, x});
  const Tensor images = random_tensor({2, 30, 31, 7}, "images", dtype);
  const Tensor weight = random_tensor({5, 7, 3, 3}, "weight", dtype);
  report.add("conv2d", conv2d(images, weight, Tensor(), {.padding = 1}), {images, weight});
  const Tensor w = random_tensor({67, 2}, "jet weight", dtype);
  const Tensor b = random_tensor({67}, "jet bias", dtype);
  const Jet jet = jet_dense(jet_of_inputs(x), w, b, Activation::kTanh);
  report.add("jet", jet.channels, {x, w, b});
}

std::string digests() {
  Report report;
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Tape tape;
    Tape::Scope on(tape);
    add_dense(report, dtype);
    add_graph(report, dtype);
    add_grid(report, dtype);
  }
  return report.text();
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(LearningThreads, ResultsHaveTheSameBitsForAnyNumberOfThreads) {
  if (const char* path = std::getenv(kReportVariable)) {  // the run with other threads
    std::ofstream(path) << "threads " << thread_count() << '\n' << digests();
    return;
  }
  const std::string expected = digests();
  const auto folder = std::filesystem::path(::testing::TempDir()) /
                      ("filigree_learning_threads_" + std::to_string(std::random_device{}()));
  std::filesystem::create_directories(folder);
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  for (const int threads : {1, 2, 3}) {
    const auto path = folder / std::to_string(threads);
    const std::string command = format(
        "OMP_WAIT_POLICY=passive OMP_NUM_THREADS={} KOKKOS_NUM_THREADS={} {}='{}' '{}' "
        "--gtest_filter=LearningThreads.* > /dev/null",
        threads, threads, kReportVariable, path.string(), program.string());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    const std::string text = text_of(path);
    const std::size_t first_line = text.find('\n');
    if (backend_name() == "OpenMP") {
      EXPECT_EQ(text.substr(0, first_line), format("threads {}", threads));
    }
    EXPECT_EQ(text.substr(first_line + 1), expected) << threads << " threads";
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace filigree::learning
