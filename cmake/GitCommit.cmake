# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE_DIR=... -DOUTPUT=... -P GitCommit.cmake
# writes the current commit into a source file.

set(commit "unknown")
find_program(git git)
if(git AND EXISTS "${SOURCE_DIR}/.git")
  execute_process(COMMAND "${git}" describe --always --dirty --abbrev=12 --match=NONE
                  WORKING_DIRECTORY "${SOURCE_DIR}" OUTPUT_VARIABLE found
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(result EQUAL 0)
    set(commit "${found}")
  endif()
endif()
set(text "// Written by cmake/GitCommit.cmake at build time.
#include \"core/config.hpp\"

namespace filigree {
const char* git_commit() { return \"${commit}\"; }
}  // namespace filigree
")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE "${OUTPUT}" "${text}")
endif()
