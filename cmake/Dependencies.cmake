# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Finds the libraries the project is built on. scripts/setup installs them.

include(FetchContent)
find_package(Threads REQUIRED)

# --- Kokkos: found (Kokkos_ROOT, the system, the cache of scripts/setup), else downloaded.
set(FILIGREE_KOKKOS_VERSION 4.5)
set(FILIGREE_KOKKOS_RELEASE 5.2.2)
if(DEFINED ENV{FILIGREE_CACHE})
  set(filigree_cache "$ENV{FILIGREE_CACHE}")
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(filigree_cache "$ENV{XDG_CACHE_HOME}/filigree")
else()
  set(filigree_cache "$ENV{HOME}/.cache/filigree")
endif()
if(NOT FETCHCONTENT_SOURCE_DIR_KOKKOS)
  find_package(Kokkos ${FILIGREE_KOKKOS_VERSION} QUIET CONFIG PATHS "${filigree_cache}/kokkos")
endif()
if(NOT Kokkos_FOUND)
  if(NOT FILIGREE_FETCH AND NOT FETCHCONTENT_SOURCE_DIR_KOKKOS)
    message(FATAL_ERROR "Kokkos >= ${FILIGREE_KOKKOS_VERSION} not found: run scripts/setup, or set "
                        "Kokkos_ROOT, or allow the download with -DFILIGREE_FETCH=ON")
  endif()
  message(STATUS "Kokkos not found: building ${FILIGREE_KOKKOS_RELEASE} as part of this build")
  if(FILIGREE_BACKEND STREQUAL "ANY")
    find_package(OpenMP QUIET COMPONENTS CXX)
    set(Kokkos_ENABLE_OPENMP ${OpenMP_CXX_FOUND} CACHE BOOL "OpenMP back end of Kokkos")
    set(Kokkos_ENABLE_SERIAL ON CACHE BOOL "serial back end of Kokkos")
  else()
    set(Kokkos_ENABLE_${FILIGREE_BACKEND} ON CACHE BOOL "back end of Kokkos" FORCE)
  endif()
  FetchContent_Declare(Kokkos GIT_REPOSITORY https://github.com/kokkos/kokkos.git
                       GIT_TAG ${FILIGREE_KOKKOS_RELEASE} GIT_SHALLOW ON)
  FetchContent_MakeAvailable(Kokkos)
  set(Kokkos_DEVICES)
  foreach(device IN ITEMS SERIAL OPENMP THREADS CUDA HIP SYCL)
    if(Kokkos_ENABLE_${device})
      list(APPEND Kokkos_DEVICES ${device})
    endif()
  endforeach()
endif()
string(REPLACE ";" " " filigree_devices "${Kokkos_DEVICES}")
message(STATUS "Kokkos ${Kokkos_VERSION} with ${filigree_devices} (${Kokkos_DIR})")
if(NOT FILIGREE_BACKEND STREQUAL "ANY" AND NOT FILIGREE_BACKEND IN_LIST Kokkos_DEVICES)
  message(FATAL_ERROR "this Kokkos has ${filigree_devices}, not ${FILIGREE_BACKEND}: "
                      "set Kokkos_ROOT to one that has it")
endif()

# --- The rest, from the system's packages.
find_package(fmt REQUIRED CONFIG)
find_package(nanoflann 1.4 REQUIRED CONFIG)
find_package(nlohmann_json 3.10 REQUIRED CONFIG)
find_package(CLI11 2 REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Eigen3 REQUIRED CONFIG)  # version 5 answers no to "3.4": ask for any, then compare
if(Eigen3_VERSION VERSION_LESS 3.4)
  message(FATAL_ERROR "Eigen ${Eigen3_VERSION} is too old: 3.4 or newer is needed")
endif()
find_package(yaml-cpp 0.7 REQUIRED CONFIG)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)  # before 0.8 the target had the bare name
endif()

# Libraries without a CMake package everywhere. The packaged project finds them the same way.
include(FindPlainLibraries)

set(FILIGREE_VTK_LIBRARIES)
if(FILIGREE_WITH_VTK)
  find_package(VTK 9.1 REQUIRED COMPONENTS CommonCore CommonDataModel IOGeometry IOXML)
  set(FILIGREE_VTK_LIBRARIES VTK::CommonCore VTK::CommonDataModel VTK::IOGeometry VTK::IOXML)
endif()
if(FILIGREE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(FILIGREE_BENCHMARKS)
  find_package(benchmark REQUIRED CONFIG)
endif()
