// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/tape.hpp"

#include <atomic>
#include <unordered_set>

namespace filigree::learning {

namespace {

// Life numbers of all tapes: 0 where there is none. A tensor remembers the number of its tape and
// the life it belongs to, so that a tensor which outlived either is noticed.
constexpr std::size_t kMaxTapes = 4096;
std::array<std::atomic<std::uint64_t>, kMaxTapes>& lives() {
  static std::array<std::atomic<std::uint64_t>, kMaxTapes> lives{};
  return lives;
}
std::uint64_t next_life() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

struct Current {
  Tape* tape = nullptr;
  bool records = false;
};
Current& here() {
  thread_local Current current;
  return current;
}

}  // namespace

Tape::Tape(std::size_t block_bytes)
    : arena_("tape", block_bytes), life_(next_life()), block_bytes_(block_bytes) {
  scratch_ = std::make_unique<Scratch>(arena_);
  for (std::size_t i = 0; i < kMaxTapes; ++i) {
    std::uint64_t none = 0;
    if (lives()[i].compare_exchange_strong(none, life_)) {
      number_ = static_cast<std::int32_t>(i);
      return;
    }
  }
  throw InternalError(format("more than {} tapes at once", kMaxTapes));
}

Tape::~Tape() {
  lives()[static_cast<std::size_t>(number_)] = 0;
}

bool Tape::is_alive(std::int32_t number, std::uint64_t life) {
  return number >= 0 && lives()[static_cast<std::size_t>(number)] == life;
}

void Tape::reset() {
  records_.clear();
  scratch_.reset();
  scratch_ = std::make_unique<Scratch>(arena_);
  life_ = next_life();
  lives()[static_cast<std::size_t>(number_)] = life_;
}

std::size_t Tape::high_water() const {
  return arena_.high_water() + (nested_ == nullptr ? 0 : nested_->high_water());
}

Tape& Tape::nested() {
  if (nested_ == nullptr) nested_ = std::make_unique<Tape>(block_bytes_);
  return *nested_;
}

std::vector<Tensor> Tape::captured() const {
  std::vector<Tensor> found;
  std::unordered_set<std::uint64_t> seen;
  for (const Record& record : records_) {
    for (const Tensor& x : record.inputs) {
      const bool is_in_memory = x.memory_tape_ == number_ && x.version_ == life_;
      if (is_in_memory || TensorAccess::is_recorded(x, life_)) continue;
      if (seen.insert(x.id()).second) found.push_back(x);
    }
  }
  return found;
}

Tape* Tape::current() {
  return here().tape;
}
bool Tape::is_recording() {
  return here().tape != nullptr && here().records;
}

Tape::Scope::Scope(Tape& tape) : before_(here().tape), recorded_before_(here().records) {
  here() = {&tape, true};
}
Tape::Scope::~Scope() {
  here() = {before_, recorded_before_};
}

NestedScope::NestedScope() {
  if (Tape::current() == nullptr) own_.emplace(std::size_t{1} << 20);
  tape_ = own_ ? &*own_ : &Tape::current()->nested();
  on_.emplace(*tape_);
}
NestedScope::~NestedScope() {
  on_.reset();
  tape_->reset();
}

Unrecorded::Unrecorded() : before_(here().records) {
  here().records = false;
}
Unrecorded::~Unrecorded() {
  here().records = before_;
}

Tensor record(const char* operation, std::vector<Tensor> inputs, const Tensor& output,
              AdjointFunction adjoint) {
  if (!Tape::is_recording()) return output;
  Tape& tape = *Tape::current();
  Tensor result = output;
  TensorAccess::set_record(result, tape.life_, tape.records_.size());
  tape.records_.push_back({operation, std::move(inputs), result, std::move(adjoint)});
  return result;
}

}  // namespace filigree::learning
