// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The documents that the program writes about itself are the ones in docs/.
#include <gtest/gtest.h>

#include "core/config.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {

void expect_fresh(const std::string& format, const std::string& file) {
  if (FILIGREE_REAL_IS_FLOAT || !FILIGREE_WITH_VTK) {
    GTEST_SKIP() << "the documents are those of the default build";
  }
  const CallResult now = call({"explain", "--all", "--format", format});
  ASSERT_EQ(now.code, 0) << now.err;
  const std::filesystem::path path = std::filesystem::path(FILIGREE_SOURCE_DIR) / "docs" / file;
  EXPECT_TRUE(slurp(path) == now.out)
      << path << " is not fresh: filigree explain --all --format " << format << " > docs/" << file;
}

TEST(GeneratedDocs, ScenarioReferenceIsFresh) {
  expect_fresh("markdown", "scenario-reference.md");
}

TEST(GeneratedDocs, JsonSchemaIsFresh) {
  expect_fresh("json-schema", "scenario.schema.json");
}

}  // namespace
}  // namespace filigree::testing_support
