// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Training: one update after the other, with everything that an exact restart needs.
//
//   Trainer trainer(options, parameters(model));
//   for (...) {
//     const Update u = trainer.update([&] { return mse(model(batch.input), batch.target); });
//   }
//   {
//     const Trainer::Shown shown(trainer);  // evaluates with the running averages, if any
//     ...
//   }
#pragma once

#include <functional>
#include <optional>

#include "core/state_visitor.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/optim/average.hpp"
#include "learning/optim/optimizer.hpp"
#include "learning/optim/schedule.hpp"

namespace filigree::learning {

/// Notices when a score has stopped improving.
struct EarlyStopping {
  std::int64_t patience = 0;  ///< evaluations without improvement that are allowed; 0: any number
  double best = 0;
  std::int64_t evaluations = 0;        ///< so far
  std::int64_t since_improvement = 0;  ///< evaluations

  /// Notes a score, smaller is better; true when it is the best so far.
  bool improves(double score);
  bool is_over() const { return patience > 0 && since_improvement >= patience; }
  void reflect_state(StateVisitor& visitor);
};

struct TrainingOptions {
  static constexpr const char* kDoc = "how the parameters are found";
  optim::OptimizerOptions optimizer = optim::Adam{};
  optim::Schedule schedule;
  std::optional<double> clip_norm;
  std::optional<optim::AverageOptions> average;
  std::optional<std::int64_t> patience;

  template <class V>
  void reflect(V& v) {
    v("optimizer", optimizer, About{.doc = "the rule that turns gradients into steps"});
    v("schedule", schedule, About{});
    v("clip_norm", clip_norm,
      About{.doc = "longest gradient, all parameters together; absent: any", .above = 0});
    v("average", average, About{.doc = "absent: the last values are used"});
    v("patience", patience,
      About{.doc =
                "evaluations in a row, by the first figure of the first test set, that are no "
                "better than the best: then training ends. The best parameters are kept; absent: "
                "trains to the end and keeps the last",
            .min = 1});
  }
};

/// How one update went.
struct Update {
  double loss = 0;
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
};

class Trainer {
 public:
  /// The parameters must outlive the trainer. `project` is called after every step of the optimizer
  /// and before averages are taken: it brings parameters back to where the model keeps its
  /// promises.
  Trainer(const TrainingOptions& options, const Parameters& all,
          std::function<void()> project = {});

  /// Evaluates the loss on the trainer's tape, takes its gradient and a step of the optimizer.
  /// `epochs`, with the share of the running one, is what schedules by epoch count. A loss or
  /// gradient that is not finite changes nothing: the update says so.
  Update update(const std::function<Tensor()>& loss, double epochs = 0);

  /// Which values of the parameters a model is evaluated with.
  enum class Use {
    kPresent,  ///< the running averages, or the last values where there are none
    kBest,     ///< those of the best score, or the present ones before the first score
  };
  /// Others take the place of the parameters while the object lives.
  class Shown {
   public:
    explicit Shown(Trainer& trainer, Use use = Use::kPresent);
    ~Shown();
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

   private:
    Trainer& trainer_;
    optim::Average* others_;  ///< none: the parameters themselves
  };

  /// Values of what a model answers, without a record. What is not needed any more is given back on
  /// the way: graphs may be much larger than those of training.
  std::vector<double> predict(const std::function<Tensor()>& answer, Use use = Use::kPresent);

  /// Notes the score of the present parameters, or of their averages; smaller is better. True when
  /// it is the best so far: a copy is kept.
  bool judge(double score);
  /// No better score came within `patience`.
  bool is_over() const { return stopping_.is_over(); }

  std::int64_t updates() const { return optimizer_.steps(); }
  const Tape& tape() const { return tape_; }
  /// Parameters, moments, averages and the best so far: a run that goes on from them gets the same
  /// bits.
  void reflect_state(StateVisitor& visitor);

 private:
  TrainingOptions options_;
  Parameters all_, trained_;
  std::function<void()> project_;
  optim::Optimizer optimizer_;
  std::optional<optim::Average> average_;
  EarlyStopping stopping_;
  std::optional<optim::Average> best_;  ///< a copy: an average that is not updated
  Tape tape_;
};

/// The order in which an epoch visits n samples: a permutation that is a function of the seed and
/// the number of the epoch alone, so that there is nothing to store.
std::vector<Index> epoch_order(Index n, std::uint64_t seed, std::int64_t epoch);

}  // namespace filigree::learning
