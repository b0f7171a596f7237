# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Tests that read the sources instead of running them.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(check IN ITEMS layers forbidden_words format shell)
  add_test(NAME lint.${check}
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/lint/${check}_test.py")
  set_tests_properties(lint.${check} PROPERTIES LABELS lint SKIP_RETURN_CODE 77)
endforeach()

# Each header compiles alone, and twice in one source.
set(filigree_alone_sources)
get_property(filigree_layers GLOBAL PROPERTY FILIGREE_LAYERS)
foreach(layer IN LISTS filigree_layers)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" ${layer}/*.hpp)
  foreach(header IN LISTS headers)
    string(REPLACE "/" "_" name "${header}")
    set(source "${FILIGREE_GENERATED_DIR}/alone/${name}.cpp")
    set(text "#include \"${header}\"\n#include \"${header}\"  // NOLINT\n")
    file(CONFIGURE OUTPUT "${source}" CONTENT "${text}")
    list(APPEND filigree_alone_sources "${source}")
  endforeach()
endforeach()
if(filigree_alone_sources)
  add_library(filigree_headers_alone OBJECT EXCLUDE_FROM_ALL ${filigree_alone_sources})
  foreach(layer IN LISTS filigree_layers)
    target_link_libraries(filigree_headers_alone PRIVATE filigree_${layer})
  endforeach()
  target_link_libraries(filigree_headers_alone PRIVATE filigree_options)
  target_compile_options(filigree_headers_alone PRIVATE -O0)
  add_test(NAME lint.headers_alone
           COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target filigree_headers_alone)
  set_tests_properties(lint.headers_alone PROPERTIES LABELS lint PROCESSORS 2)
endif()
