// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `graph_classification`: classes of graphs, learned, with
// cross-validation.
#pragma once

#include <optional>
#include <string>

#include "core/reflect.hpp"
#include "learning/models/cgs.hpp"
#include "learning/train/trainer.hpp"

namespace filigree {

/// How accuracy is measured.
enum class ClassificationProtocol {
  kNested,     ///< a test fold, a validation fold that picks the epoch, the rest to train on
  kPublished,  ///< all but one fold to train on; the epoch is picked by the accuracy on that fold
};
template <>
struct EnumNames<ClassificationProtocol> {
  static constexpr std::array names{"nested", "published"};
};

/// Invented graphs: trees, rings with trees on them, and trees with triangles.
struct InventedGraphs {
  std::int64_t graphs = 150;
  std::array<std::int64_t, 2> nodes{12, 30};
  std::int64_t labels = 3;
  std::int64_t classes = 3;

  template <class V>
  void reflect(V& v) {
    v("graphs", graphs, About{.doc = "how many", .min = 20, .max = 1000000});
    v("nodes", nodes, About{.doc = "fewest and most nodes of one", .min = 8, .max = 100000});
    v("labels", labels,
      About{.doc = "of nodes, random: they say nothing about the class", .min = 1, .max = 1000});
    v("classes", classes,
      About{.doc = "2: trees and rings; 3: trees with triangles too", .min = 2, .max = 3});
  }
};

struct GraphClassificationOptions {
  std::string set;
  std::optional<InventedGraphs> generate;
  ClassificationProtocol protocol = ClassificationProtocol::kNested;
  std::int64_t folds = 10;
  std::int64_t epochs = 500;
  std::int64_t batch = 128;
  learning::CgsOptions model;
  learning::TrainingOptions training;
  std::optional<FilePath> weights;

  template <class V>
  void reflect(V& v) {
    v("set", set,
      About{.doc = "graphs with classes: a file, or a name below $FILIGREE_GRAPH_DATA; absent: "
                   "`generate`"});
    v("generate", generate, About{.doc = "invented graphs instead"});
    v("protocol", protocol,
      About{.doc = "`nested`: an epoch is picked on graphs that are neither trained nor tested on; "
                   "`published`: on the tested ones, which flatters"});
    v("folds", folds, About{.doc = "parts of the set; each is tested on once", .min = 3});
    v("epochs", epochs, About{.doc = "of training for each fold", .min = 1});
    v("batch", batch, About{.doc = "graphs in a batch", .min = 1});
    v("model", model, About{});
    v("training", training, About{});
    v("weights", weights,
      About{.doc = "model_fold_3.safetensors of a run: instead of training, its accuracy on every "
                   "graph of the set (`model` is then that of the file)"});
  }
  std::string validate() const;
};

}  // namespace filigree
