# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=... -DSOURCE=... -DKOKKOS=... -P run.cmake
# installs the build into a fresh prefix, then configures, builds and runs the consumer against it.

set(work "${BUILD}/package_test")
file(REMOVE_RECURSE "${work}")
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/prefix")
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${work}/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DKokkos_DIR=${KOKKOS}")
run("${CMAKE_COMMAND}" --build "${work}/build")
run("${work}/build/consumer")
if(EXISTS "${work}/prefix/bin/filigree")
  run("${work}/prefix/bin/filigree" check particles/dam_break)
endif()
