// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `value_iteration`: values of random decision processes, learned.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "scenarios/types/graph_task.hpp"

namespace filigree {

/// Sizes from which graphs are drawn, bounds included.
struct ProcessSizes {
  std::array<std::int64_t, 2> states{20, 49};
  std::array<std::int64_t, 2> actions{5, 9};

  template <class V>
  void reflect(V& v) {
    v("states", states, About{.doc = "fewest and most states", .min = 2, .max = 100000});
    v("actions", actions, About{.doc = "fewest and most actions of a state", .min = 1});
  }
  std::string validate() const;
};

/// Graphs to test on, which training never sees.
struct ProcessTest {
  std::string name;
  ProcessSizes sizes;
  std::int64_t graphs = 64;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "of its scores: lower_snake", .required = true});
    v("sizes", sizes, About{.doc = "of its graphs"});
    v("graphs", graphs, About{.doc = "how many", .min = 1});
  }
  std::string validate() const;
};

struct ValueIterationOptions : GraphTrainingOptions {
  ProcessSizes sizes;
  std::int64_t batch = 64;
  double discount = 0.9;
  std::vector<ProcessTest> tests{{"train_sizes", {}, 64}};

  template <class V>
  void reflect(V& v) {
    v("sizes", sizes, About{.doc = "of the graphs that are trained on"});
    v("batch", batch, About{.doc = "graphs in a batch", .min = 1});
    v("discount", discount, About{.doc = "worth of a reward one move later", .min = 0, .below = 1});
    v("tests", tests, About{.doc = "sets of graphs that scores are taken on; the first judges"});
    GraphTrainingOptions::reflect(v);
  }
  std::string validate() const;
};

}  // namespace filigree
