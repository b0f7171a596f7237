// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Single values: numbers with units, names, texts, files.
#pragma once

#include <string>

#include "io/yaml/reader.hpp"

namespace filigree::yaml {

/// One value to be read: where it stands, what it may be and where it goes.
struct Slot {
  const Node& node;
  Position where;    ///< of the value, of its key when the value is empty
  std::string path;  ///< "time.dt"
  const About& about;
  const Type& type;  ///< a boolean, integer, real, text, file or choice
  void* object;
};

/// Stores the value or reports why it cannot be one.
void read_value(const Slot& slot, Diagnostics& diagnostics, const ReadContext& context);

/// "> 0 s", "0 to 1", ">= 2"; "" when there are no bounds.
std::string range_text(const About& about);

/// Closest candidate as a question, "" when there is none. Case and '-' for '_' do not count.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// "a list", "a block", "nothing", "'text'".
std::string node_text(const Node& node);

}  // namespace filigree::yaml
