// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/checkpointed.hpp"

#include <algorithm>
#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

/// All results as one vector, or the only one as it is: a record has one output.
Tensor join(const std::vector<Tensor>& parts) {
  FILIGREE_REQUIRE(!parts.empty(), "checkpointed: the segment returned nothing");
  if (parts.size() == 1) return parts[0];
  std::vector<Tensor> flat;
  for (const Tensor& part : parts) flat.push_back(reshape(part, {part.size()}));
  return concat(flat, 0);
}

std::vector<Tensor> split(const Tensor& joined, const std::vector<Shape>& shapes) {
  if (shapes.size() == 1) return {joined};
  std::vector<Tensor> parts;
  Index begin = 0;
  for (const Shape& shape : shapes) {
    const auto end = static_cast<Index>(begin + shape.size());
    parts.push_back(reshape(slice(joined, 0, begin, end), shape));
    begin = end;
  }
  return parts;
}

}  // namespace

std::vector<Tensor> all_inputs(const std::vector<Tensor>& inputs, const Tape& tape) {
  std::vector<Tensor> all;
  const auto add = [&all](const Tensor& x) {
    const bool is_there = std::any_of(all.begin(), all.end(),
                                      [&](const Tensor& other) { return other.id() == x.id(); });
    if (!is_there) all.push_back(x);
  };
  for (const Tensor& x : inputs) add(x);
  for (const Tensor& x : tape.captured()) add(x);
  return all;
}

Tensor copied_to(Tape* tape, const Tensor& x) {
  if (tape == nullptr) return keep(x);
  const Tape::Scope on(*tape);
  return TensorAccess::copied(x);
}

void pass_on(Adjoint& adjoint, Tape& outer, const Tensor& y, const Tensor& gradient,
             const std::vector<Tensor>& inputs) {
  std::vector<std::size_t> wanted;
  std::vector<Tensor> wrt, sums;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (!adjoint.wants(k)) continue;
    wanted.push_back(k);
    wrt.push_back(inputs[k]);
    sums.push_back(adjoint.so_far(k));  // so that sums go on in the order of a single tape
  }
  const auto totals = vjp(std::vector<Tensor>{y}, {gradient}, wrt, {}, sums);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (sums[i].is_defined() && totals[i].id() == sums[i].id()) continue;
    adjoint.replace(wanted[i], copied_to(&outer, totals[i]));
  }
}

std::vector<Tensor> checkpointed(const Segment& segment, const std::vector<Tensor>& inputs) {
  Tape* outer = Tape::current();
  if (outer == nullptr || !Tape::is_recording()) return segment(inputs);
  Tensor result;
  std::vector<Shape> shapes;
  std::vector<Tensor> uses;
  {
    NestedScope nested;
    const auto outputs = segment(inputs);
    for (const Tensor& y : outputs) shapes.push_back(y.shape());
    result = copied_to(outer, join(outputs));
    uses = all_inputs(inputs, nested.tape());
  }
  result = record("checkpointed", uses, result, [=](Adjoint& a) {
    if (a.create_graph()) return give_composed(a, join(segment(inputs)), uses);
    Tape& outer_tape = *Tape::current();
    const NestedScope nested;
    pass_on(a, outer_tape, join(segment(inputs)), a.gradient(), uses);
  });
  return split(result, shapes);
}

std::vector<Tensor> checkpointed_steps(const Step& step, std::vector<Tensor> state, Index n_steps,
                                       Index n_segments) {
  FILIGREE_REQUIRE(n_steps >= 0 && n_segments >= 0,
                   "checkpointed_steps: {} steps in {} segments: neither may be negative", n_steps,
                   n_segments);
  const auto least = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(n_steps))));
  const Index n = std::min(n_segments == 0 ? least : n_segments, n_steps);
  for (Index s = 0; s < n; ++s) {
    const auto begin = static_cast<Index>(Offset(n_steps) * s / n);
    const auto end = static_cast<Index>(Offset(n_steps) * (s + 1) / n);
    const auto segment = [=](std::vector<Tensor> x) {
      for (Index k = begin; k < end; ++k) x = step(x, k);
      return x;
    };
    state = checkpointed(segment, state);
  }
  return state;
}

}  // namespace filigree::learning
