// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The tape: what was computed, in order, so that gradients can be taken.
//
//   Tape tape;
//   for (...) {
//     Tape::Scope on(tape);                        // records, and lends its memory
//     const Tensor loss = model(x);
//     const std::vector<Tensor> gradients = grad(loss, parameters);     // grad.hpp
//     ...
//     tape.reset();                                // forgets all, keeps the memory
//   }
//
// While a scope is on, every operation on this thread is recorded and its result lies in the tape's
// arena: once the arena has grown to what a step needs, steps allocate nothing. Outside a scope the
// same operations just compute. There is no flag that marks tensors for differentiation: a gradient
// can be asked for with respect to any tensor that was used.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/arena.hpp"
#include "core/gemm.hpp"
#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

class Tape;

/// What the adjoint of an operation works with: the gradient of the loss with respect to the
/// operation's result comes in, those with respect to its inputs go out.
class Adjoint {
 public:
  virtual const Tensor& gradient() const = 0;
  virtual Tensor output() const = 0;  ///< what the operation returned
  /// False: nobody asks for the gradient with respect to this input, do not compute it.
  virtual bool wants(std::size_t input) const = 0;
  /// True: what the adjoint does is to be recorded, so write it with operations.
  virtual bool create_graph() const = 0;
  virtual void give(std::size_t input, const Tensor& gradient) = 0;

  /// For adjoints that go on summing in an order of their own: the gradient with respect to this
  /// input that has come together so far, undefined if none has, and what it becomes.
  virtual Tensor so_far(std::size_t input) const = 0;
  virtual void replace(std::size_t input, const Tensor& total) = 0;

 protected:
  ~Adjoint() = default;
};
using AdjointFunction = std::function<void(Adjoint&)>;

class Tape {
 public:
  explicit Tape(std::size_t block_bytes = std::size_t{32} << 20);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Turns the tape on for the calling thread while the object lives. Scopes nest: the innermost
  /// counts.
  class Scope {
   public:
    explicit Scope(Tape& tape);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Tape* before_;
    bool recorded_before_;
  };

  /// Forgets all records and tensors; keeps the memory for the next ones.
  void reset();

  std::size_t n_records() const { return records_.size(); }
  std::size_t bytes_in_use() const { return arena_.bytes_in_use(); }
  /// Most bytes ever in use, here and on the tapes nested in this one.
  std::size_t high_water() const;
  Arena& arena() { return arena_; }
  GemmWorkspace& gemm_workspace() { return gemm_workspace_; }

  /// The tape for work within operations on this one (NestedScope), made when first asked for.
  Tape& nested();
  /// The tensors that recorded operations used but that were not made here, each once, in the order
  /// of their use.
  std::vector<Tensor> captured() const;

  /// True while the tape of this number has not been reset since the life of this number.
  static bool is_alive(std::int32_t number, std::uint64_t life);

  /// The tape that is on for this thread, or null.
  static Tape* current();
  static bool is_recording();

 private:
  friend class Unrecorded;
  friend class Sweep;
  friend struct TensorAccess;
  friend Tensor record(const char*, std::vector<Tensor>, const Tensor&, AdjointFunction);
  friend class Tensor;

  struct Record {
    const char* operation;
    std::vector<Tensor> inputs;
    Tensor output;
    AdjointFunction adjoint;
  };

  template <class T>
  T* take(Index n) {
    return scratch_->take<T>(n).data();
  }

  Arena arena_;
  GemmWorkspace gemm_workspace_;
  std::unique_ptr<Scratch> scratch_;
  std::vector<Record> records_;
  std::int32_t number_;  ///< among the tapes that live
  std::uint64_t life_;   ///< changes with every reset
  std::size_t block_bytes_;
  std::unique_ptr<Tape> nested_;
};

/// Turns on the tape nested in the one that is on, and resets it in the end: memory and records of
/// work within an operation. What is to stay is copied before (TensorAccess::copied).
class NestedScope {
 public:
  NestedScope();
  ~NestedScope();
  NestedScope(const NestedScope&) = delete;
  NestedScope& operator=(const NestedScope&) = delete;

  Tape& tape() { return *tape_; }

 private:
  std::optional<Tape> own_;  ///< where no tape was on
  Tape* tape_;
  std::optional<Tape::Scope> on_;
};

/// Operations use the tape's memory but are not recorded while the object lives: inference without
/// allocation, and parts of a computation that gradients do not go through.
class Unrecorded {
 public:
  Unrecorded();
  ~Unrecorded();
  Unrecorded(const Unrecorded&) = delete;
  Unrecorded& operator=(const Unrecorded&) = delete;

 private:
  bool before_;
};

/// Every operation ends with this: notes how `output` came from `inputs` when a tape records, and
/// returns the output. A custom operation is a call of it with a hand-written adjoint:
///
///   return record("rod_step", {x, v}, y, [=](Adjoint& a) {
///     if (a.wants(0)) a.give(0, rod_step_adjoint(x, v, a.gradient()));
///   });
///
/// The adjoint must use operations only if it is to be differentiated in turn.
Tensor record(const char* operation, std::vector<Tensor> inputs, const Tensor& output,
              AdjointFunction adjoint);

}  // namespace filigree::learning
