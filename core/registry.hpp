// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Name -> factory, with aliases and spelling suggestions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace filigree {

/// An ordered list of named entries. Filled by an explicit list in one .cpp file: static objects
/// that register themselves are dropped by linkers and have no defined order.
template <class Entry>
class Registry {
 public:
  /// `kind` names what is registered, for messages: "scenario type", "writer".
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void add(std::string name, Entry entry) {
    if (find(name) != nullptr) {
      throw InternalError(format("{} '{}' is registered twice", kind_, name));
    }
    entries_.emplace_back(std::move(name), std::move(entry));
  }

  const Entry* find(const std::string& name) const {
    for (const auto& [known, entry] : entries_) {
      if (known == name) return &entry;
    }
    return nullptr;
  }

  /// Throws InputError with the nearest name.
  const Entry& at(const std::string& name) const {
    if (const Entry* entry = find(name)) return *entry;
    const std::string near = nearest(name, names());
    throw InputError(format("unknown {} '{}'{}; known: {}", kind_, name,
                            near.empty() ? "" : format(", did you mean '{}'?", near),
                            join(names())));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.push_back(name);
    return result;
  }

 private:
  std::string kind_;
  std::vector<std::pair<std::string, Entry>> entries_;
};

}  // namespace filigree
