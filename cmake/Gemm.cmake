# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Chooses what multiplies matrices (core/gemm.hpp): one of core/gemm_host.cpp, core/gemm_cuda.cpp,
# or, with REFERENCE, neither, so that the plain loops of core/gemm_reference.cpp do it.

set(filigree_gemm "${FILIGREE_GEMM}")
set(filigree_on_device OFF)
foreach(device IN ITEMS CUDA HIP SYCL)
  if(device IN_LIST Kokkos_DEVICES)
    set(filigree_on_device ON)
  endif()
endforeach()
if(filigree_gemm STREQUAL "AUTO")
  if("CUDA" IN_LIST Kokkos_DEVICES)
    set(filigree_gemm CUDA)
  elseif(filigree_on_device)
    set(filigree_gemm REFERENCE)
  else()
    set(filigree_gemm HOST)
  endif()
endif()
if(filigree_gemm STREQUAL "HOST" AND filigree_on_device)
  message(FATAL_ERROR "FILIGREE_GEMM=HOST cannot reach the memory of the device this Kokkos is "
                      "built for: use AUTO, CUDA or REFERENCE")
elseif(filigree_gemm STREQUAL "CUDA" AND NOT "CUDA" IN_LIST Kokkos_DEVICES)
  message(FATAL_ERROR "FILIGREE_GEMM=CUDA needs a Kokkos with the CUDA back end: use AUTO")
endif()

set(FILIGREE_GEMM_LIBRARIES)
if(filigree_gemm STREQUAL "HOST")
  set(FILIGREE_GEMM_UNUSED "/gemm_cuda\\.cpp$")
elseif(filigree_gemm STREQUAL "CUDA")
  set(FILIGREE_GEMM_UNUSED "/gemm_(host|tiles)\\.cpp$")
  find_package(CUDAToolkit REQUIRED)
  set(FILIGREE_GEMM_LIBRARIES CUDA::cublas)
elseif(filigree_gemm STREQUAL "REFERENCE")
  set(FILIGREE_GEMM_UNUSED "/gemm_(host|tiles|cuda)\\.cpp$")
  set_source_files_properties(core/gemm.cpp PROPERTIES
                              COMPILE_DEFINITIONS FILIGREE_GEMM_IS_REFERENCE)
else()
  message(FATAL_ERROR "FILIGREE_GEMM is '${FILIGREE_GEMM}': use AUTO, HOST, CUDA or REFERENCE")
endif()
message(STATUS "Products of matrices: ${filigree_gemm}")
