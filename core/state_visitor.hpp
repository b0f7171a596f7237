// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// One list of everything a restart needs, read and written by the same code.
//
//   void MpmSimulation::reflect_state(StateVisitor& v) {
//     v("time", time_);
//     particles_.reflect_state(v);
//   }
#pragma once

#include <cstdint>
#include <string>

#include "core/named_arrays.hpp"

namespace filigree {

/// Visits named state. When loading, the value is replaced by the stored one; otherwise it is
/// recorded.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual bool loading() const = 0;
  virtual void operator()(const std::string& name, double& value) = 0;
  virtual void operator()(const std::string& name, std::int64_t& value) = 0;
  /// Saving: `array` holds what is to be kept (its own name is ignored). Loading: replaced, any
  /// shape.
  virtual void operator()(const std::string& name, NamedArray& array) = 0;
};

/// Collects state into NamedArrays.
class StateSaver final : public StateVisitor {
 public:
  bool loading() const override { return false; }
  void operator()(const std::string& name, double& value) override;
  void operator()(const std::string& name, std::int64_t& value) override;
  void operator()(const std::string& name, NamedArray& array) override;
  NamedArrays arrays;
};

/// Hands stored state out again; a missing or ill-typed entry is an InputError that names it.
class StateLoader final : public StateVisitor {
 public:
  explicit StateLoader(const NamedArrays& arrays) : arrays_(arrays) {}
  bool loading() const override { return true; }
  void operator()(const std::string& name, double& value) override;
  void operator()(const std::string& name, std::int64_t& value) override;
  void operator()(const std::string& name, NamedArray& array) override;

 private:
  const NamedArrays& arrays_;
};

}  // namespace filigree
