// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/train/trainer.hpp"

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/optim/clip.hpp"

namespace filigree::learning {

namespace {

constexpr optim::AverageOptions kCopy{.decay = 0, .warm_up = false};

}  // namespace

Trainer::Trainer(const TrainingOptions& options, const Parameters& all)
    : options_(options),
      all_(all),
      trained_(trained(all)),
      optimizer_(options.optimizer, trained_) {
  if (options.average) average_.emplace(*options.average, all_);
  if (options.patience) {
    stopping_.patience = *options.patience;
    best_.emplace(kCopy, all_);
  }
}

Update Trainer::update(const std::function<Tensor()>& loss, double epochs) {
  const double steps = static_cast<double>(updates());
  Update update;
  update.learning_rate =
      optim::learning_rate(options_.optimizer) * optim::factor(options_.schedule, {steps, epochs});
  {
    const Tape::Scope on(tape_);
    const Tensor value = loss();
    update.loss = item(value);
    std::vector<Tensor> gradients = grad(value, values(trained_));
    update.gradient_norm = optim::global_norm(gradients);
    if (std::isfinite(update.loss) && std::isfinite(update.gradient_norm)) {
      if (options_.clip_norm) {
        gradients = optim::clip_by_norm(gradients, *options_.clip_norm).gradients;
      }
      optimizer_.step(trained_, gradients, update.learning_rate);
      if (average_) average_->update(all_);
    }
  }
  tape_.reset();
  return update;
}

Trainer::Averaged::Averaged(Trainer& trainer) : trainer_(trainer) {
  if (trainer_.average_) trainer_.average_->swap(trainer_.all_);
}
Trainer::Averaged::~Averaged() {
  if (trainer_.average_) trainer_.average_->swap(trainer_.all_);
}

std::vector<double> Trainer::predict(const std::function<Tensor()>& answer) {
  std::vector<double> values;
  {
    const Averaged averaged(*this);
    const Tape::Scope on(tape_);
    const Unrecorded inference;
    values = to_vector(answer());
  }
  tape_.reset();
  return values;
}

bool Trainer::judge(double score) {
  FILIGREE_REQUIRE(best_.has_value(), "scores are judged where training.patience is given");
  const bool is_best = stopping_.improves(score);
  if (is_best) {
    const Averaged averaged(*this);
    best_.emplace(kCopy, all_);
  }
  return is_best;
}

void Trainer::restore_best() {
  best_->swap(all_);
  best_.emplace(kCopy, all_);
  if (average_) average_.emplace(*options_.average, all_);
}

void Trainer::reflect_state(StateVisitor& visitor) {
  learning::reflect_state(all_, "model.", visitor);
  optimizer_.reflect_state(visitor);
  if (average_) average_->reflect_state(visitor);
  if (best_) {
    stopping_.reflect_state(visitor);
    best_->reflect_state(visitor, "best");
  }
}

std::vector<Index> epoch_order(Index n, std::uint64_t seed, std::int64_t epoch) {
  return RandomStream(seed, "training/order").permutation(n, static_cast<std::uint32_t>(epoch));
}

bool EarlyStopping::improves(double score) {
  const bool is_better = evaluations == 0 || score < best;
  if (is_better) best = score;
  since_improvement = is_better ? 0 : since_improvement + 1;
  ++evaluations;
  return is_better;
}

void EarlyStopping::reflect_state(StateVisitor& visitor) {
  visitor("early_stopping/best", best);
  visitor("early_stopping/evaluations", evaluations);
  visitor("early_stopping/since_improvement", since_improvement);
}

}  // namespace filigree::learning
