// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/registry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace filigree {
namespace {

Registry<int> sample() {
  Registry<int> registry("writer");
  registry.add("vtk", 1);
  registry.add("npz", 2);
  registry.add("csv", 3);
  return registry;
}

template <class Kind, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Registry, EntriesAreFoundByNameAndListedInOrder) {
  const Registry<int> registry = sample();
  EXPECT_EQ(registry.at("npz"), 2);
  ASSERT_NE(registry.find("csv"), nullptr);
  EXPECT_EQ(*registry.find("csv"), 3);
  EXPECT_EQ(registry.find("CSV"), nullptr);
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"vtk", "npz", "csv"}));
}

TEST(Registry, UnknownNamesGetASuggestionAndTheList) {
  const Registry<int> registry = sample();
  EXPECT_EQ(error_of<InputError>([&] { registry.at("vtx"); }),
            "unknown writer 'vtx', did you mean 'vtk'?; known: vtk, npz, csv");
  EXPECT_EQ(error_of<InputError>([&] { registry.at("hologram"); }),
            "unknown writer 'hologram'; known: vtk, npz, csv");
}

TEST(Registry, ANameCanBeRegisteredOnce) {
  Registry<int> registry = sample();
  EXPECT_EQ(error_of<InternalError>([&] { registry.add("npz", 9); }),
            "writer 'npz' is registered twice");
  EXPECT_EQ(registry.at("npz"), 2);
}

}  // namespace
}  // namespace filigree
