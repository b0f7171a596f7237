# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# filigree_options: the compile options that all our targets share.
#
# Floating-point contraction is the compiler's default (FMA where the processor has it): the same
# binary gives the same bits for any number of threads, which is what we promise. -ffast-math is
# never used: sums would be reordered and NaN checks removed.

add_library(filigree_options INTERFACE)
target_compile_features(filigree_options INTERFACE cxx_std_20)

set(filigree_warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
if(NOT "CUDA" IN_LIST Kokkos_DEVICES)  # nvcc's code is not pedantic, its headers test unset macros
  list(APPEND filigree_warnings -Wpedantic -Wundef)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 and 13 report these inside std::vector and std::string where nothing is wrong (its own
  # inlining at -O3 confuses it). The sanitizer builds find the real ones.
  list(APPEND filigree_warnings -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
       -Wno-restrict)
  if(FILIGREE_SANITIZE)  # instrumented code defeats the analysis: false alarms inside Kokkos' views
    list(APPEND filigree_warnings -Wno-maybe-uninitialized)
  endif()
endif()
if(FILIGREE_WERROR)
  list(APPEND filigree_warnings -Werror)
endif()
target_compile_options(filigree_options INTERFACE
  "$<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:${filigree_warnings}>")

set(filigree_extra_flags)
if(FILIGREE_NATIVE)
  list(APPEND filigree_extra_flags -march=native)
endif()
if(FILIGREE_SANITIZE)
  list(APPEND filigree_extra_flags -fsanitize=${FILIGREE_SANITIZE} -fno-omit-frame-pointer)
  if(FILIGREE_SANITIZE MATCHES "undefined")
    list(APPEND filigree_extra_flags -fno-sanitize-recover=undefined)
  endif()
  target_link_options(filigree_options INTERFACE -fsanitize=${FILIGREE_SANITIZE})
endif()
target_compile_options(filigree_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${filigree_extra_flags}>")
