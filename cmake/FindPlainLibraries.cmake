# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Targets for libraries that have no CMake package on every system: filigree_zstd, filigree_xxhash.

foreach(library IN ITEMS zstd xxhash)
  if(TARGET filigree_${library})
    continue()
  endif()
  find_path(FILIGREE_${library}_INCLUDE_DIR ${library}.h)
  find_library(FILIGREE_${library}_LIBRARY ${library})
  mark_as_advanced(FILIGREE_${library}_INCLUDE_DIR FILIGREE_${library}_LIBRARY)
  if(NOT FILIGREE_${library}_INCLUDE_DIR OR NOT FILIGREE_${library}_LIBRARY)
    message(FATAL_ERROR "lib${library} not found: run scripts/setup or install lib${library}-dev")
  endif()
  add_library(filigree_${library} UNKNOWN IMPORTED)
  set_target_properties(filigree_${library} PROPERTIES
    IMPORTED_LOCATION "${FILIGREE_${library}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${FILIGREE_${library}_INCLUDE_DIR}")
endforeach()
