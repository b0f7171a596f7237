// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/state_visitor.hpp"

namespace filigree {

void StateSaver::operator()(const std::string& name, double& value) {
  arrays.add(make_array<double>(name, std::span<const double>(&value, 1)));
}

void StateSaver::operator()(const std::string& name, std::int64_t& value) {
  arrays.add(make_array<std::int64_t>(name, std::span<const std::int64_t>(&value, 1)));
}

void StateSaver::operator()(const std::string& name, NamedArray& array) {
  NamedArray copy = array;
  copy.name = name;
  arrays.add(std::move(copy));
}

void StateLoader::operator()(const std::string& name, double& value) {
  const auto values = arrays_.at(name).as<double>();
  FILIGREE_REQUIRE(values.size() == 1, "state '{}' should be one number but holds {}", name,
                   values.size());
  value = values[0];
}

void StateLoader::operator()(const std::string& name, std::int64_t& value) {
  const auto values = arrays_.at(name).as<std::int64_t>();
  FILIGREE_REQUIRE(values.size() == 1, "state '{}' should be one integer but holds {}", name,
                   values.size());
  value = values[0];
}

void StateLoader::operator()(const std::string& name, NamedArray& array) {
  array = arrays_.at(name);
}

}  // namespace filigree
