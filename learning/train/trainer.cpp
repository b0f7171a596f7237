// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/train/trainer.hpp"

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/optim/clip.hpp"

namespace filigree::learning {

Trainer::Trainer(const TrainingOptions& options, const Parameters& all,
                 std::function<void()> project)
    : options_(options),
      all_(all),
      trained_(trained(all)),
      project_(std::move(project)),
      optimizer_(options.optimizer, trained_) {
  if (options.average) average_.emplace(*options.average, all_);
  stopping_.patience = options.patience.value_or(0);
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
      if (project_) project_();
      if (average_) average_->update(all_);
    }
  }
  tape_.reset();
  return update;
}

Trainer::Shown::Shown(Trainer& trainer, Use use) : trainer_(trainer), others_(nullptr) {
  if (trainer.average_) others_ = &*trainer.average_;
  if (use == Use::kBest && trainer.best_) others_ = &*trainer.best_;
  if (others_ != nullptr) others_->swap(trainer_.all_);
}
Trainer::Shown::~Shown() {
  if (others_ != nullptr) others_->swap(trainer_.all_);
}

std::vector<double> Trainer::predict(const std::function<Tensor()>& answer, Use use) {
  const Shown shown(*this, use);
  const Unrecorded inference;
  return to_vector(answer());
}

bool Trainer::judge(double score) {
  const bool is_best = stopping_.improves(score);
  if (is_best) {
    const Shown shown(*this);
    best_.emplace(optim::AverageOptions{}, all_);
  }
  return is_best;
}

void Trainer::reflect_state(StateVisitor& visitor) {
  learning::reflect_state(all_, "model.", visitor);
  optimizer_.reflect_state(visitor);
  if (average_) average_->reflect_state(visitor);
  stopping_.reflect_state(visitor);
  if (stopping_.evaluations == 0) return;
  if (!best_) best_.emplace(optim::AverageOptions{}, all_);  // to be loaded
  best_->reflect_state(visitor, "best");
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
