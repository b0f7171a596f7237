# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# The fuzz targets: tests/fuzz/*_fuzz.cpp with clang's libFuzzer, linked with those sources of core
# and io that need neither Kokkos nor VTK (two OpenMP run times in one process do not mix).

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "FILIGREE_FUZZ needs clang, not ${CMAKE_CXX_COMPILER_ID}: "
                      "use the fuzz preset")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED CONFIG)
find_package(nlohmann_json 3.10 REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(yaml-cpp 0.7 REQUIRED CONFIG)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
include(FindPlainLibraries)
include(Warnings)
include(Config)

execute_process(
  COMMAND "${Python3_EXECUTABLE}" scripts/source_tree.py --without kokkos,vtk core io
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE plain_sources
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" plain_sources "${plain_sources}")

set(fuzz_flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
               -fno-omit-frame-pointer)
add_library(filigree_plain STATIC ${plain_sources} "${FILIGREE_GIT_COMMIT_FILE}")
add_dependencies(filigree_plain filigree_git_commit)
target_include_directories(filigree_plain PUBLIC "${PROJECT_SOURCE_DIR}"
                           "${FILIGREE_GENERATED_DIR}")
target_compile_options(filigree_plain PUBLIC ${fuzz_flags})
target_link_libraries(filigree_plain
  PUBLIC fmt::fmt nlohmann_json::nlohmann_json yaml-cpp::yaml-cpp filigree_zstd filigree_xxhash
         OpenSSL::Crypto ZLIB::ZLIB Threads::Threads filigree_options)
file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/*_fuzz.cpp)
foreach(source IN LISTS fuzz_sources)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE filigree_plain)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
endforeach()
