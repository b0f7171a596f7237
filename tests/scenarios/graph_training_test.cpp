// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Networks on graphs that are trained, stored, loaded and evaluated.
#include <gmock/gmock.h>

#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/weights.hpp"
#include "learning/autodiff/ops.hpp"
#include "physics/network/value_iteration.hpp"
#include "scenarios/models.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_text;
using testing_support::read_text;

constexpr const char* kValues = R"(schema: 1
scenario: { type: value_iteration }
time: { end: 12 s }
batch: 4
redraw_every: 4
evaluate_every: 4
model: { heads: 4, decoder_widths: [8], encoder: { layers: 1, hidden_width: 8 } }
training: { average: { decay: 0.9 } }
tests: [ { name: small, graphs: 3 } ]
output: { formats: [], every: 4, diagnostics_every: 1 }
checkpoint: { every: 4 }
)";

constexpr const char* kPores = R"(schema: 1
scenario: { type: pore_network }
time: { end: 300 s }
points: [13, 20]
batch: 4
redraw_every: 1000
evaluate_every: 300
model: { heads: 8, gamma: 0.9, encoder: { layers: 1, hidden_width: 32 } }
training: { optimizer: { type: adam, learning_rate: 0.01 } }
tests: [ { name: small, points: [13, 20], networks: 4 } ]
output: { formats: [], every: 100, diagnostics_every: 10 }
)";

constexpr const char* kClasses = R"(schema: 1
scenario: { type: graph_classification }
time: { end: 9 s }
generate: { graphs: 30, classes: 2, labels: 2 }
folds: 3
epochs: 3
batch: 8
model: { heads: 4, readout: graphs, encoder: { layers: 1, hidden_width: 8, aggregator: mean } }
training: { schedule: { shape: { type: cosine_restarts, period: 2 }, clock: epoch_fraction } }
output: { formats: [], every: 3, diagnostics_every: 1 }
checkpoint: { every: 1 }
)";

class GraphTrainingTest : public testing_support::LibraryRunTest {
 protected:
};

TEST_F(GraphTrainingTest, ResumedRunsHaveTheSameBits) {
  run(scenario(kValues), "whole");
  run(scenario(kValues, {"time.max_steps=7"}), "part");  // between batches and evaluations
  run(scenario(kValues), "part", {.resume = "latest"});
  EXPECT_EQ(read_text(folder_ / "part/model.safetensors"),
            read_text(folder_ / "whole/model.safetensors"));
  EXPECT_EQ(read_text(folder_ / "part/diagnostics.csv"),
            read_text(folder_ / "whole/diagnostics.csv"));
  EXPECT_EQ(metrics("part"), metrics("whole"));
}

TEST_F(GraphTrainingTest, ResumedClassificationHasTheSameBits) {
  run(scenario(kClasses), "whole");
  for (const char* steps : {"time.max_steps=2", "time.max_steps=3", "time.max_steps=7"}) {
    fs::remove_all(folder_ / "part");
    run(scenario(kClasses, {steps}), "part");
    run(scenario(kClasses), "part", {.resume = "latest"});
    EXPECT_EQ(metrics("part"), metrics("whole")) << steps;
  }
  EXPECT_EQ(value("whole", "folds_finished"), 3);
  EXPECT_DOUBLE_EQ(value("whole", "largest_class"), 0.5);
}

TEST_F(GraphTrainingTest, ResumingWithAnotherModelIsRefusedAndShowsTheDifference) {
  run(scenario(kValues, {"time.max_steps=5"}), "part");
  const std::string text = error_text(
      [&] { run(scenario(kValues, {"model.gamma=0.75"}), "part", {.resume = "latest"}); },
      ExitCode::kBadInput);
  EXPECT_THAT(text, HasSubstr("model.gamma is 0.75 but was 0.5"));
}

TEST_F(GraphTrainingTest, StoredWeightsScoreAsTheyDidWhenTheyWereTrained) {
  run(scenario(kValues), "trained");
  run(scenario(kValues, {"train=false", "weights=trained/model.safetensors"}), "loaded");
  for (const char* name : {"mse_small", "mape_small", "policy_accuracy_small"}) {
    EXPECT_EQ(value("loaded", name), value("trained", name)) << name;
  }
}

TEST_F(GraphTrainingTest, ModelsKnowTheirOptions) {
  run(scenario(kValues), "trained");
  const learning::Cgs model = load_cgs(folder_ / "trained/model.safetensors");
  EXPECT_EQ(model.options().heads, 4);
  EXPECT_EQ(model.options().encoder.hidden_width, 8);
  EXPECT_EQ(model.widths().nodes, 1);
}

TEST_F(GraphTrainingTest, EndsEarlyWithTheBestParameters) {
  // A rate this large makes the error jump up and down from one evaluation to the next.
  const std::vector<std::string> restless{
      "time.end=200 s",        "evaluate_every=1",
      "training.patience=3",   "output.every=200 s",
      "checkpoint.every=10 s", "training.optimizer={type: adam, learning_rate: 0.3}"};
  run(scenario(kValues, restless), "whole");
  const double updates = value("whole", "updates");
  EXPECT_GT(updates, 3);
  EXPECT_LT(updates, 200);
  const double best = value("whole", "mse_small");
  const std::vector<double> errors = column("whole", "mse_small");
  EXPECT_EQ(*std::min_element(errors.begin() + 1, errors.end()), best);
  // The best, three that are worse, and the end, which training does not get to.
  const auto worse = testing::Gt(best);
  const std::vector<double> last(errors.end() - 5, errors.end());
  EXPECT_THAT(last, testing::ElementsAre(best, worse, worse, worse, worse));

  run(scenario(kValues, {"time.end=1 s", "train=false", "weights=whole/model.safetensors"}),
      "read");
  EXPECT_EQ(value("read", "mse_small"), best);

  std::vector<std::string> stopped = restless;
  stopped.push_back(format("time.max_steps={}", static_cast<int>(updates) - 1));
  run(scenario(kValues, stopped), "part");
  run(scenario(kValues, restless), "part", {.resume = "latest"});
  EXPECT_EQ(metrics("part"), metrics("whole"));
  EXPECT_EQ(read_text(folder_ / "part/model.safetensors"),
            read_text(folder_ / "whole/model.safetensors"));
}

TEST_F(GraphTrainingTest, WeightsOfAnotherModelAreNotScored) {
  run(scenario(kValues, {"model.gamma=0.75"}), "trained");
  const std::vector<std::string> others{"weights=trained/model.safetensors"};
  run(scenario(kValues, others), "begun");
  EXPECT_THAT(observer_.text(), HasSubstr("model.gamma is 0.5 but was 0.75"));
  std::vector<std::string> only = others;
  only.push_back("train=false");
  EXPECT_THAT(error_text([&] { run(scenario(kValues, only), "bad"); }, ExitCode::kBadInput),
              HasSubstr("model.gamma is 0.5 but was 0.75"));
  only.push_back("model.gamma=0.75");
  only.push_back("model.solver=gmres");  // how it is solved does not matter
  run(scenario(kValues, only), "same");
  EXPECT_NEAR(value("same", "mse_small"), value("trained", "mse_small"), 1e-4);
}

TEST_F(GraphTrainingTest, ModelsOfFoldsAreStoredAndTestedAgain) {
  const std::vector<std::string> all{"folds=3", "epochs=6", "time.end=18 s"};
  run(scenario(kClasses, all), "trained");
  const auto accuracies =
      metrics("trained").at("accuracy_nested_of_folds").at("values").get<std::vector<double>>();
  for (int fold = 0; fold < 3; ++fold) {
    EXPECT_TRUE(fs::exists(folder_ / format("trained/model_fold_{}.safetensors", fold)));
  }
  run(scenario(kClasses, {"weights=trained/model_fold_2.safetensors"}), "tested");
  // On all graphs, a third of which are those that the fold tested on.
  EXPECT_GE(value("tested", "accuracy"), accuracies[2] / 3);
  EXPECT_LE(value("tested", "accuracy"), 1);
  EXPECT_THAT(error_text(
                  [&] {
                    run(scenario(kClasses,
                                 {"weights=trained/model_fold_0.safetensors", "generate.labels=5"}),
                        "bad");
                  },
                  ExitCode::kBadInput),
              HasSubstr("a model for 2 labels of nodes and 2 classes, but the set has 5 and 2"));
}

TEST_F(GraphTrainingTest, ImplicitLayersStayContractions) {
  // Steps this large leave the set of weights with a fixed point, unless they are brought back.
  run(scenario(kValues, {"model.core=ignn", "training.optimizer={type: adam, learning_rate: 0.3}"}),
      "run");
  const Weights weights = load_weights(folder_ / "run/model.safetensors");
  int n_found = 0;
  for (const NamedArray& array : weights.arrays) {
    if (array.name != "implicit.weight") continue;
    ++n_found;
    const std::int64_t width = array.shape.at(1);
    for (std::int64_t i = 0; i < array.shape.at(0); ++i) {
      double norm = 0;
      for (std::int64_t j = 0; j < width; ++j) norm += std::abs(array.value(i * width + j));
      EXPECT_LE(norm, 0.9 + 1e-6) << "row " << i;
    }
  }
  EXPECT_EQ(n_found, 1);
  EXPECT_GT(column("run", "sweeps").back(), 0);
}

TEST_F(GraphTrainingTest, LearnsPressuresBetterThanAStraightLine) {
  // 300 updates on four small networks: the error falls by an order of magnitude from the start.
  run(scenario(kPores), "run");
  EXPECT_LT(value("run", "mse_small"), value("run", "linear_mse_small"));
}

TEST_F(GraphTrainingTest, WrongOptionsAndFilesAreExplained) {
  const auto problem = [&](const char* text, const std::vector<std::string>& overrides) {
    return error_text([&] { run(scenario(text, overrides), "bad"); }, ExitCode::kBadInput);
  };
  EXPECT_THAT(problem(kValues, {"model.phi=silu"}), HasSubstr("silu"));
  EXPECT_THAT(problem(kValues, {"model.normalizer=none"}), HasSubstr("no bound on the weights"));
  EXPECT_THAT(problem(kValues, {"train=false"}), HasSubstr("weights: name a file"));
  EXPECT_THAT(problem(kValues, {"training.schedule.clock=epoch"}), HasSubstr("must be `step`"));
  EXPECT_THAT(problem(kValues, {"model.solver=direct", "model.phi=relu"}),
              HasSubstr("solver 'direct' solves linear maps"));
  EXPECT_THAT(problem(kValues, {"model.gamma=0.99999"}), HasSubstr("single precision"));
  EXPECT_THAT(problem(kValues, {"tests=[{name: a}, {name: a}]"}), HasSubstr("two sets are called"));
  EXPECT_THAT(problem(kValues, {"sizes.states=[9, 9]"}), HasSubstr("at least 11"));
  EXPECT_THAT(problem(kClasses, {"model.readout=nodes"}), HasSubstr("must be `graphs`"));
  EXPECT_THAT(problem(kClasses, {"set=tu_MUTAG_gin"}), HasSubstr("leave it out"));
  EXPECT_THAT(problem(kClasses, {"training.patience=3"}), HasSubstr("the protocol picks"));
  run(scenario(kValues), "trained");
  EXPECT_THAT(problem(kValues, {"weights=trained/model.safetensors", "model.heads=5"}),
              HasSubstr("is [4, 8] but the model's parameter is [5, 8]"));
  save_weights(folder_ / "foreign.safetensors", {{}, {}});
  EXPECT_THAT(error_text([&] { load_cgs(folder_ / "foreign.safetensors"); }, ExitCode::kBadInput),
              HasSubstr("which model its weights belong to"));
  EXPECT_FALSE(fs::exists(folder_ / "bad"));
}

TEST_F(GraphTrainingTest, SetsThatAreNotThereEndTheRunWell) {
  const RunResult result =
      run(scenario("schema: 1\nscenario: { type: graph_classification }\ntime: { end: 1 s }\n"
                   "set: not_there\nmodel: { readout: graphs }\n"),
          "run");
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_THAT(observer_.text(), HasSubstr("FILIGREE_GRAPH_DATA"));
}

}  // namespace
}  // namespace filigree
