// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/tu_data.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "io/npz.hpp"

namespace filigree {

namespace {

/// The arrays of a file as lists of whole numbers.
class Reader {
 public:
  Reader(const NamedArrays& arrays, const std::string& name) : arrays_(arrays), name_(name) {}

  template <class... Values>
  void require(bool condition, std::string_view what, const Values&... values) const {
    if (condition) return;
    throw InputError(format("graph set '{}' cannot be used: {}", name_, format(what, values...)));
  }

  bool has(const std::string& key) const { return arrays_.contains(key); }

  /// An array with `columns` values per row (1: a plain list).
  std::vector<Index> list(const std::string& key, std::int64_t columns = 1) const {
    require(has(key), "it has no array '{}'", key);
    const NamedArray& array = arrays_.at(key);
    const bool is_list = columns == 1 && array.shape.size() == 1;
    const bool is_table = array.shape.size() == 2 && array.shape[1] == columns;
    require(is_list || is_table, "array '{}' must have the shape [{}]", key,
            columns == 1 ? "n" : format("n, {}", columns));
    require(array.dtype != DType::kF32 && array.dtype != DType::kF64,
            "array '{}' must hold whole numbers, not {}", key, name_of(array.dtype));
    std::vector<Index> values;
    values.reserve(static_cast<std::size_t>(array.size()));
    for (std::int64_t i = 0; i < array.size(); ++i) {
      const double value = array.value(i);
      require(
          value >= std::numeric_limits<Index>::min() && value <= std::numeric_limits<Index>::max(),
          "value {} of array '{}' does not fit 32 bits", i, key);
      values.push_back(static_cast<Index>(value));
    }
    return values;
  }

  /// Starts of rows: from 0, ascending, to `end`.
  std::vector<Index> starts(const std::string& key, std::size_t n, std::size_t end) const {
    const std::vector<Index> values = list(key);
    require(values.size() == n + 1, "array '{}' has {} values, but {} graphs need {}", key,
            values.size(), n, n + 1);
    require(values.front() == 0 && values.back() == static_cast<Index>(end) &&
                std::is_sorted(values.begin(), values.end()),
            "array '{}' must ascend from 0 to {}", key, end);
    return values;
  }

 private:
  const NamedArrays& arrays_;
  const std::string& name_;
};

/// Numbers 0 ... n - 1 for the distinct values, in their order; returns n.
Index renumber(std::vector<Index>& values) {
  const std::set<Index> distinct(values.begin(), values.end());
  const std::vector<Index> sorted(distinct.begin(), distinct.end());
  for (Index& value : values) {
    value =
        static_cast<Index>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
  }
  return static_cast<Index>(sorted.size());
}

}  // namespace

FoundData find_tu_data(const std::string& name, const std::filesystem::path& scenario_folder) {
  const std::string file = name.ends_with(".npz") ? name : name + ".npz";
  return find_data({"FILIGREE_GRAPH_DATA", "graphs", ""}, file, scenario_folder);
}

LabelledGraphSet tu_set_of_arrays(const NamedArrays& arrays, const std::string& name) {
  const Reader reader(arrays, name);
  const std::vector<Index> classes = reader.list("graph_label");
  std::vector<Index> labels = reader.list("node_label");
  const std::vector<Index> edges = reader.list("edges", 2);
  const std::size_t n_graphs = classes.size();
  const std::vector<Index> node_start = reader.starts("graph_ptr", n_graphs, labels.size());
  const std::vector<Index> edge_start = reader.starts("edge_ptr", n_graphs, edges.size() / 2);
  reader.require(n_graphs > 0, "it holds no graphs");
  LabelledGraphSet set;
  set.name = name;
  set.n_labels = renumber(labels);
  const Index last_class = *std::max_element(classes.begin(), classes.end());
  reader.require(last_class < static_cast<Index>(n_graphs),
                 "{} graphs have the class {}; classes are numbered from 0 without gaps", n_graphs,
                 last_class);
  set.n_classes = last_class + 1;
  for (Index c = 0; c < set.n_classes; ++c) {
    reader.require(std::find(classes.begin(), classes.end(), c) != classes.end(),
                   "no graph has the class {}, though classes go up to {}", c, set.n_classes - 1);
  }
  for (std::size_t g = 0; g < n_graphs; ++g) {
    LabelledGraph graph;
    const Index first = node_start[g];
    const Index end = node_start[g + 1];
    graph.n_nodes = end - first;
    graph.graph_class = classes[g];
    graph.labels.assign(labels.begin() + first, labels.begin() + end);
    for (Index e = edge_start[g]; e < edge_start[g + 1]; ++e) {
      const Index u = edges[2 * static_cast<std::size_t>(e)];
      const Index v = edges[2 * static_cast<std::size_t>(e) + 1];
      reader.require(first <= u && u < v && v < end,
                     "edge {} joins {} and {}, but graph {} has the nodes {} to {} and edges name "
                     "the smaller node first",
                     e, u, v, g, first, end - 1);
      graph.edges.emplace_back(u - first, v - first);
      graph.edges.emplace_back(v - first, u - first);
    }
    set.graphs.push_back(std::move(graph));
  }
  for (int fold = 1; reader.has(format("fold_test_{}", fold)); ++fold) {
    set.folds.push_back(reader.list(format("fold_test_{}", fold)));
    std::sort(set.folds.back().begin(), set.folds.back().end());
  }
  validate(set);
  return set;
}

NamedArrays tu_arrays(const LabelledGraphSet& set) {
  std::vector<Index> graph_ptr{0}, edge_ptr{0}, edges, node_label, graph_label;
  for (const LabelledGraph& graph : set.graphs) {
    const Index first = graph_ptr.back();
    for (const auto& [from, to] : graph.edges) {
      if (from > to) continue;
      edges.push_back(first + from);
      edges.push_back(first + to);
    }
    node_label.insert(node_label.end(), graph.labels.begin(), graph.labels.end());
    graph_label.push_back(graph.graph_class);
    graph_ptr.push_back(first + graph.n_nodes);
    edge_ptr.push_back(static_cast<Index>(edges.size() / 2));
  }
  NamedArrays arrays;
  const auto add = [&](const std::string& name, const std::vector<Index>& values,
                       std::vector<std::int64_t> shape = {}) {
    if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
    arrays.add(make_array(name, std::span<const Index>(values), std::move(shape)));
  };
  add("graph_ptr", graph_ptr);
  add("edge_ptr", edge_ptr);
  add("edges", edges, {static_cast<std::int64_t>(edges.size() / 2), 2});
  add("node_label", node_label);
  add("graph_label", graph_label);
  for (std::size_t f = 0; f < set.folds.size(); ++f) {
    add(format("fold_test_{}", f + 1), set.folds[f]);
  }
  return arrays;
}

LabelledGraphSet read_tu_data(const std::filesystem::path& file) {
  return tu_set_of_arrays(read_npz(file), file.stem().string());
}

}  // namespace filigree
