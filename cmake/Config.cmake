# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Generates core/config.hpp (when configuring) and core/git_commit.cpp (at each build).

set(FILIGREE_GENERATED_DIR "${CMAKE_CURRENT_BINARY_DIR}/generated")
string(TOUPPER "${CMAKE_BUILD_TYPE}" filigree_build_type)
string(JOIN " " FILIGREE_CXX_FLAGS_TEXT ${CMAKE_CXX_FLAGS}
       ${CMAKE_CXX_FLAGS_${filigree_build_type}} ${filigree_extra_flags})
string(REGEX REPLACE " +" " " FILIGREE_CXX_FLAGS_TEXT "${FILIGREE_CXX_FLAGS_TEXT}")
if(FILIGREE_REAL STREQUAL "float")
  set(FILIGREE_REAL_IS_FLOAT ON)
else()
  set(FILIGREE_REAL_IS_FLOAT OFF)
endif()
configure_file(core/config.hpp.in "${FILIGREE_GENERATED_DIR}/core/config.hpp")

# The commit is looked up at every build, and only one small file is compiled again when it changed.
set(FILIGREE_GIT_COMMIT_FILE "${FILIGREE_GENERATED_DIR}/core/git_commit.cpp")
add_custom_target(filigree_git_commit
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${CMAKE_CURRENT_SOURCE_DIR}"
          "-DOUTPUT=${FILIGREE_GIT_COMMIT_FILE}"
          -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/GitCommit.cmake"
  BYPRODUCTS "${FILIGREE_GIT_COMMIT_FILE}"
  COMMENT "Looking up the git commit")
