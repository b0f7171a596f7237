// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Long computations in little memory: segments are computed again when gradients are taken.
//
//   const auto end = checkpointed_steps(
//       [=](const State& s, Index k) { return step(model, s, k); }, {x, v}, 1000);
//   const auto gradients = grad(loss(end), parameters);
//
// Of a segment the tape keeps its results alone. Its adjoint calls the function again, on a nested
// tape that is reset when the gradients are found: with n steps in sqrt(n) segments, memory grows
// with sqrt(n) and the forward computation is done twice. Gradients have the bits that they have
// without checkpoints.
//
// The function must compute the same again: random numbers come from counters (nn/dropout.hpp), and
// what it refers to must live until gradients are taken, so capture by value. Gradients go to all
// tensors it uses, whether they are passed or captured.
#pragma once

#include <functional>
#include <vector>

#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

using Segment = std::function<std::vector<Tensor>(const std::vector<Tensor>& inputs)>;

/// segment(inputs), as one record. All results have one dtype.
std::vector<Tensor> checkpointed(const Segment& segment, const std::vector<Tensor>& inputs);

/// state_{k+1} = step(state_k, k) for k in [0, n_steps), in `n_segments` checkpointed segments of
/// equal length; 0 means sqrt(n_steps), for which memory is least.
using Step = std::function<std::vector<Tensor>(const std::vector<Tensor>& state, Index k)>;
std::vector<Tensor> checkpointed_steps(const Step& step, std::vector<Tensor> state, Index n_steps,
                                       Index n_segments = 0);

/// What a record must list as inputs: `inputs`, then the other tensors that `tape` captured, each
/// once.
std::vector<Tensor> all_inputs(const std::vector<Tensor>& inputs, const Tape& tape);

/// A copy in the memory of `tape`, or in memory of its own where there is none.
Tensor copied_to(Tape* tape, const Tensor& x);

/// The part of an adjoint that recomputed y on the nested tape which is on: passes `gradient` with
/// respect to y on to `inputs`, those of the adjoint's record on `outer`.
void pass_on(Adjoint& adjoint, Tape& outer, const Tensor& y, const Tensor& gradient,
             const std::vector<Tensor>& inputs);

}  // namespace filigree::learning
