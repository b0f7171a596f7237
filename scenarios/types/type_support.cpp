// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/type_support.hpp"

#include "core/text.hpp"

namespace filigree {

std::string check_name(const std::string& name, const char* example) {
  const bool lower_snake =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (lower_snake) return "";
  return format(
      "name: '{}' must be made of a-z, 0-9 and _ and begin with a letter, for example "
      "'{}'",
      name, example);
}

void visit_values(StateVisitor& visitor, const std::string& name, std::vector<double>& values) {
  NamedArray array = make_array<double>(name, std::span<const double>(values));
  visitor(name, array);
  const auto stored = std::as_const(array).as<double>();
  values.assign(stored.begin(), stored.end());
}

}  // namespace filigree
