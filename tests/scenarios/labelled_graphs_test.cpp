// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sets of labelled graphs: made here, read from files, split into folds.
#include "scenarios/types/labelled_graphs.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <numeric>
#include <set>

#include "core/error.hpp"
#include "io/npz.hpp"
#include "scenarios/types/graph_set_generator.hpp"
#include "scenarios/types/tu_data.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

class TuDataTest : public testing_support::RunTest {};
class DataFolderTest : public testing_support::RunTest {};

/// What `action` throws as an InputError.
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

Index components(const LabelledGraph& graph) {
  std::vector<Index> root(static_cast<std::size_t>(graph.n_nodes));
  std::iota(root.begin(), root.end(), 0);
  const std::function<Index(Index)> find = [&](Index v) {
    return root[v] == v ? v : root[v] = find(root[v]);
  };
  for (const auto& [a, b] : graph.edges) root[find(a)] = find(b);
  Index count = 0;
  for (Index v = 0; v < graph.n_nodes; ++v) count += root[v] == v;
  return count;
}

Index triangles(const LabelledGraph& graph) {
  const std::set<std::pair<Index, Index>> edges(graph.edges.begin(), graph.edges.end());
  Index count = 0;
  for (const auto& [a, b] : edges) {
    for (Index c = b + 1; a < b && c < graph.n_nodes; ++c) {
      count += edges.contains({a, c}) && edges.contains({b, c});
    }
  }
  return count;
}

TEST(GraphSetGenerator, ClassesAreWhatTheyAreCalled) {
  const LabelledGraphSet set = generate_graph_set({.graphs = 90}, 5);
  validate(set);
  ASSERT_EQ(set.graphs.size(), 90u);
  for (const LabelledGraph& graph : set.graphs) {
    const auto n_edges = static_cast<Index>(graph.edges.size() / 2);
    EXPECT_EQ(components(graph), 1);
    EXPECT_GE(graph.n_nodes, 12);
    EXPECT_LE(graph.n_nodes, 30);
    if (graph.graph_class == 0) EXPECT_EQ(n_edges, graph.n_nodes - 1);
    if (graph.graph_class == 1) EXPECT_EQ(n_edges, graph.n_nodes);
    if (graph.graph_class == 2) {
      EXPECT_EQ(n_edges, graph.n_nodes - 1 + std::max(2, graph.n_nodes / 6));
      EXPECT_GE(triangles(graph), std::max(2, graph.n_nodes / 6));
    } else {
      EXPECT_EQ(triangles(graph), 0);
    }
  }
}

TEST(GraphSetGenerator, AGraphDependsOnTheSeedAndItsNumberAlone) {
  const LabelledGraphSet many = generate_graph_set({.graphs = 12}, 1);
  const LabelledGraphSet few = generate_graph_set({.graphs = 6}, 1);
  const LabelledGraphSet other = generate_graph_set({.graphs = 6}, 2);
  EXPECT_EQ(many.graphs[5].edges, few.graphs[5].edges);
  EXPECT_EQ(many.graphs[5].labels, few.graphs[5].labels);
  EXPECT_NE(other.graphs[5].edges, few.graphs[5].edges);
}

TEST(GraphSetGenerator, OptionsOutOfRangeAreRefused) {
  const auto message = [](const GeneratedGraphsOptions& options) {
    return message_of([&] { generate_graph_set(options, 1); });
  };
  EXPECT_EQ(message({.graphs = 0}), "a set of 0 graphs cannot be made: at least 1");
  EXPECT_EQ(message({.min_nodes = 7}),
            "graphs of 7 to 30 nodes cannot be made: at least 8, and the larger number last");
  EXPECT_EQ(message({.max_nodes = 9}),
            "graphs of 12 to 9 nodes cannot be made: at least 8, and the larger number last");
  EXPECT_EQ(message({.labels = 0}), "0 labels cannot be given: at least 1");
  EXPECT_EQ(message({.classes = 4}), "there are 2 or 3 classes of graphs, not 4");
}

/// 37 graphs of class 0, 52 of class 1, 11 of class 2, mixed.
std::vector<Index> some_classes() {
  std::vector<Index> classes;
  for (Index g = 0; g < 100; ++g) classes.push_back(g % 9 == 0 && g < 99 ? 2 : g * 7 % 100 < 42);
  return classes;
}

TEST(StratifiedFolds, EveryGraphIsTestedOnceAndClassesAreSharedOut) {
  const std::vector<Index> classes = some_classes();
  const Folds folds = stratified_folds(classes, 10, 3);
  std::vector<Index> all;
  for (const auto& fold : folds) {
    EXPECT_EQ(fold.size(), 10u);
    EXPECT_TRUE(std::is_sorted(fold.begin(), fold.end()));
    all.insert(all.end(), fold.begin(), fold.end());
    for (const Index c : {0, 1, 2}) {
      const auto in_all = std::count(classes.begin(), classes.end(), c);
      const auto here =
          std::count_if(fold.begin(), fold.end(), [&](Index g) { return classes[g] == c; });
      EXPECT_GE(here, in_all / 10) << c;
      EXPECT_LE(here, in_all / 10 + 1) << c;
    }
  }
  std::sort(all.begin(), all.end());
  for (Index g = 0; g < 100; ++g) EXPECT_EQ(all[g], g);
}

TEST(StratifiedFolds, DependOnTheSeed) {
  EXPECT_EQ(stratified_folds(some_classes(), 10, 3), stratified_folds(some_classes(), 10, 3));
  EXPECT_NE(stratified_folds(some_classes(), 10, 3), stratified_folds(some_classes(), 10, 4));
  // The same on every machine: written down once.
  EXPECT_EQ(stratified_folds({0, 1, 0, 1, 0, 1, 1}, 3, 0), (Folds{{0, 3, 6}, {4, 5}, {1, 2}}));
}

TEST(StratifiedFolds, TrainingGraphsAreTheRest) {
  const Folds folds{{0, 3}, {1, 4}};
  EXPECT_EQ(training_graphs(folds, 1, 6), (std::vector<Index>{0, 2, 3, 5}));
  EXPECT_EQ(message_of([&] { training_graphs(folds, 2, 6); }),
            "there is no fold 2: folds go from 0 to 1");
  EXPECT_EQ(message_of([] {
              stratified_folds({0, 1, 0}, 4, 1);
            }),
            "3 graphs cannot be split into 4 folds: use 2 to 3");
  EXPECT_EQ(message_of([] {
              stratified_folds({0, 1, 0}, 1, 1);
            }),
            "3 graphs cannot be split into 1 folds: use 2 to 3");
}

TEST_F(TuDataTest, ASetComesBackFromItsFile) {
  LabelledGraphSet set = generate_graph_set({.graphs = 30}, 7);
  set.folds = stratified_folds(classes_of(set), 5, 1);
  write_npz(folder_ / "made.npz", tu_arrays(set));
  const LabelledGraphSet read = read_tu_data(folder_ / "made.npz");
  EXPECT_EQ(read.name, "made");
  EXPECT_EQ(read.n_labels, 3);
  EXPECT_EQ(read.n_classes, 3);
  EXPECT_EQ(read.folds, set.folds);
  ASSERT_EQ(read.graphs.size(), 30u);
  for (std::size_t g = 0; g < 30; ++g) {
    EXPECT_EQ(read.graphs[g].n_nodes, set.graphs[g].n_nodes);
    EXPECT_EQ(read.graphs[g].labels, set.graphs[g].labels);
    EXPECT_EQ(read.graphs[g].graph_class, set.graphs[g].graph_class);
    auto edges = read.graphs[g].edges;
    std::sort(edges.begin(), edges.end());
    EXPECT_EQ(edges, set.graphs[g].edges);
  }
}

/// Two graphs: a path of three nodes and a single edge.
NamedArrays small_arrays() {
  NamedArrays arrays;
  const auto add = [&](const std::string& name, std::vector<Index> values,
                       std::vector<std::int64_t> shape = {}) {
    arrays.add(make_array(name, std::span<const Index>(values), std::move(shape)));
  };
  add("graph_ptr", {0, 3, 5});
  add("edge_ptr", {0, 2, 3});
  add("edges", {0, 1, 1, 2, 3, 4}, {3, 2});
  add("node_label", {8, 3, 8, 35, 3});
  add("graph_label", {0, 1});
  add("fold_test_1", {1});
  add("fold_test_2", {0});
  return arrays;
}

TEST_F(TuDataTest, LabelsAreRenumberedAndEdgesComeBothWays) {
  const LabelledGraphSet set = tu_set_of_arrays(small_arrays(), "small");
  EXPECT_EQ(set.n_labels, 3);  // 3, 8 and 35
  EXPECT_EQ(set.graphs[0].labels, (std::vector<Index>{1, 0, 1}));
  EXPECT_EQ(set.graphs[1].labels, (std::vector<Index>{2, 0}));
  EXPECT_EQ(set.graphs[0].edges,
            (std::vector<std::pair<Index, Index>>{{0, 1}, {1, 0}, {1, 2}, {2, 1}}));
  EXPECT_EQ(set.graphs[1].edges, (std::vector<std::pair<Index, Index>>{{0, 1}, {1, 0}}));
  EXPECT_EQ(set.folds, (Folds{{1}, {0}}));
}

TEST_F(TuDataTest, WrongContentIsExplained) {
  const auto with = [](const std::string& name, std::vector<Index> values,
                       std::vector<std::int64_t> shape = {}) {
    NamedArrays arrays;
    for (const NamedArray& array : small_arrays()) {
      arrays.add(array.name == name ? make_array(name, std::span<const Index>(values), shape)
                                    : array);
    }
    return message_of([&] { tu_set_of_arrays(arrays, "small"); });
  };
  const std::string start = "graph set 'small' cannot be used: ";
  EXPECT_EQ(with("graph_ptr", {0, 3}),
            start + "array 'graph_ptr' has 2 values, but 2 graphs need 3");
  EXPECT_EQ(with("graph_ptr", {0, 3, 6}), start + "array 'graph_ptr' must ascend from 0 to 5");
  EXPECT_EQ(with("edge_ptr", {0, 4, 3}), start + "array 'edge_ptr' must ascend from 0 to 3");
  EXPECT_EQ(with("edges", {0, 1, 1, 2, 3, 4}), start + "array 'edges' must have the shape [n, 2]");
  EXPECT_EQ(with("edges", {0, 1, 2, 3, 3, 4}, {3, 2}),
            start +
                "edge 1 joins 2 and 3, but graph 0 has the nodes 0 to 2 and edges name the smaller "
                "node first");
  EXPECT_EQ(with("edges", {0, 1, 2, 1, 3, 4}, {3, 2}),
            start +
                "edge 1 joins 2 and 1, but graph 0 has the nodes 0 to 2 and edges name the smaller "
                "node first");
  EXPECT_EQ(with("edges", {0, 1, 0, 1, 3, 4}, {3, 2}),
            "graph 0 of 'small' has the edge from 0 to 1 twice");
  EXPECT_EQ(with("graph_label", {1, 1}),
            start + "no graph has the class 0, though classes go up to 1");
  EXPECT_EQ(with("graph_label", {0, 9}),
            start + "2 graphs have the class 9; classes are numbered from 0 without gaps");
  EXPECT_EQ(with("graph_label", {0, -1}),
            "graph 1 of 'small' has the class -1; classes go from 0 to 0");
  EXPECT_EQ(
      with("graph_ptr", {0, 0, 5}),
      start +
          "edge 0 joins 0 and 1, but graph 0 has the nodes 0 to -1 and edges name the smaller "
          "node first");
  EXPECT_EQ(with("fold_test_2", {2}), "fold 1 of 'small' tests graph 2 of 2");
  EXPECT_EQ(with("fold_test_2", {1}), "graph 1 of 'small' is tested by folds 0 and 1");
  NamedArrays none;
  EXPECT_EQ(message_of([&] { tu_set_of_arrays(none, "small"); }),
            start + "it has no array 'graph_label'");
  none.add(make_array("graph_label", DType::kF32, {2}));
  EXPECT_EQ(message_of([&] { tu_set_of_arrays(none, "small"); }),
            start + "array 'graph_label' must hold whole numbers, not f32");
  NamedArrays large;
  const std::vector<std::int64_t> value{std::int64_t{1} << 40};
  large.add(make_array("graph_label", std::span<const std::int64_t>(value)));
  EXPECT_EQ(message_of([&] { tu_set_of_arrays(large, "small"); }),
            start + "value 0 of array 'graph_label' does not fit 32 bits");
}

struct KnownSet {
  const char* name;
  Index graphs, nodes, edges, labels, classes, tested;
};

/// Sizes as published with the collection; needs the data.
TEST_F(TuDataTest, KnownSetsHaveTheirPublishedSizes) {
  for (const KnownSet& known : {KnownSet{"tu_MUTAG_gin", 188, 3371, 3721, 7, 2, 180},
                                KnownSet{"tu_PROTEINS", 1113, 43471, 81044, 3, 2, 1110},
                                KnownSet{"tu_PTC_gin", 344, 8792, 8931, 19, 2, 340},
                                KnownSet{"tu_IMDBMULTI", 1500, 19502, 98903, 1, 3, 1500}}) {
    const FoundData found = find_tu_data(known.name, folder_);
    if (!found.missing.empty()) GTEST_SKIP() << found.missing;
    const LabelledGraphSet set = read_tu_data(found.path);
    Index nodes = 0, edges = 0, tested = 0;
    for (const LabelledGraph& graph : set.graphs) {
      nodes += graph.n_nodes;
      edges += static_cast<Index>(graph.edges.size() / 2);
    }
    for (const auto& fold : set.folds) tested += static_cast<Index>(fold.size());
    EXPECT_EQ(static_cast<Index>(set.graphs.size()), known.graphs) << known.name;
    EXPECT_EQ(nodes, known.nodes) << known.name;
    EXPECT_EQ(edges, known.edges) << known.name;
    EXPECT_EQ(set.n_labels, known.labels) << known.name;
    EXPECT_EQ(set.n_classes, known.classes) << known.name;
    EXPECT_EQ(set.folds.size(), 10u) << known.name;
    EXPECT_EQ(tested, known.tested) << known.name;
  }
}

/// A variable of the environment for the life of the object.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_.empty()) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, before_.c_str(), 1);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

TEST_F(DataFolderTest, SetsAreFoundByVariableThenBesideTheScenario) {
  constexpr const char* kVariable = "FILIGREE_TEST_DATA";
  const DataKind files{kVariable, "graphs", ""};
  const DataKind folders{kVariable, "recordings", "meta.json"};
  const auto all = folder_ / "all", beside = folder_ / "beside";
  EXPECT_EQ(find_data(files, "a.npz", beside).missing,
            "the graphs 'a.npz' are not part of the program and were not found; set "
            "FILIGREE_TEST_DATA to the folder that holds them");
  std::filesystem::create_directories(all / "set");
  std::filesystem::create_directories(beside);
  write_npz(beside / "a.npz", {});
  EXPECT_EQ(find_data(files, "a.npz", beside).path, beside / "a.npz");
  const Variable variable(kVariable, all.string());
  EXPECT_EQ(find_data(files, "a.npz", beside).path, beside / "a.npz");
  write_npz(all / "a.npz", {});
  EXPECT_EQ(find_data(files, "a.npz", beside).path, all / "a.npz");
  EXPECT_EQ(find_data(files, (beside / "a.npz").string(), all).path, beside / "a.npz");
  EXPECT_EQ(find_data(files, "b.npz", beside).missing,
            "FILIGREE_TEST_DATA is " + all.string() + ", where there is no file 'b.npz'");
  EXPECT_EQ(find_data(files, (all / "b.npz").string(), beside).missing,
            "there is no file " + (all / "b.npz").string());
  EXPECT_EQ(find_data(folders, "set", beside).missing,
            "FILIGREE_TEST_DATA is " + all.string() + ", where no folder 'set' holds a meta.json");
  write_npz(all / "set" / "meta.json", {});
  EXPECT_EQ(find_data(folders, "set", beside).path, all / "set");
}

}  // namespace
}  // namespace filigree
