# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# One function per kind of target. Sources are globbed, so a new file needs no CMake line.

# filigree_layer(NAME SOURCES patterns LAYERS lower layers LINK public LINK_PRIVATE private)
# makes the static library filigree_NAME, or nothing when no source matches.
function(filigree_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LINK;LINK_PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${ARG_SOURCES})
  if(NOT FILIGREE_WITH_VTK)
    list(FILTER sources EXCLUDE REGEX "/vtk_[^/]*\\.cpp$")
  endif()
  list(FILTER sources EXCLUDE REGEX "${FILIGREE_GEMM_UNUSED}")
  if(NOT sources)
    return()
  endif()
  if(name STREQUAL "core")
    list(APPEND sources "${FILIGREE_GIT_COMMIT_FILE}")
  endif()
  add_library(filigree_${name} STATIC ${sources})
  add_library(filigree::${name} ALIAS filigree_${name})
  set_target_properties(filigree_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(filigree_${name} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR};${FILIGREE_GENERATED_DIR}>"
    "$<INSTALL_INTERFACE:include/filigree>")
  filigree_link_layers(filigree_${name} PUBLIC ${ARG_LAYERS})
  target_link_libraries(filigree_${name} PUBLIC ${ARG_LINK}
                        PRIVATE ${ARG_LINK_PRIVATE} $<BUILD_INTERFACE:filigree_options>)
  if(name STREQUAL "core")
    add_dependencies(filigree_core filigree_git_commit)
    if("CUDA" IN_LIST Kokkos_DEVICES)  # fmt distrusts nvcc, whose host compiler then refuses it
      target_compile_definitions(filigree_core PUBLIC FMT_USE_CONSTEXPR=1)
      if(NOT Kokkos_CXX_COMPILER_ID MATCHES "Clang")  # nvcc: kernels call constexpr functions
        target_compile_options(filigree_core PUBLIC  # 20012: of Eigen's defaulted functions
          $<$<COMPILE_LANGUAGE:CXX>:--expt-relaxed-constexpr>
          "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xcudafe --diag_suppress=20012>")
      endif()
    endif()
    if(FILIGREE_CHECK_BOUNDS)
      target_compile_definitions(filigree_core PUBLIC KOKKOS_ENABLE_DEBUG_BOUNDS_CHECK)
    endif()
  elseif(name STREQUAL "scenarios")
    target_compile_definitions(filigree_scenarios PRIVATE
      "FILIGREE_SOURCE_LIBRARY=\"${PROJECT_SOURCE_DIR}/scenarios/library\"")
  endif()
  set_property(GLOBAL APPEND PROPERTY FILIGREE_LAYERS ${name})
endfunction()

# Links the layers that exist.
function(filigree_link_layers target visibility)
  foreach(layer IN LISTS ARGN)
    if(TARGET filigree_${layer})
      target_link_libraries(${target} ${visibility} filigree_${layer})
    endif()
  endforeach()
endfunction()

# filigree_program(NAME SOURCES patterns LAYERS ... LINK_PRIVATE ...)
function(filigree_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LINK_PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${ARG_SOURCES})
  if(NOT sources OR NOT TARGET filigree_core)
    return()
  endif()
  list(FILTER sources EXCLUDE REGEX "/vtk_[^/]*\\.cpp$")  # those belong to the drawing module
  add_executable(${name} ${sources})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)  # finds Kokkos again
  filigree_link_layers(${name} PRIVATE ${ARG_LAYERS})
  target_link_libraries(${name} PRIVATE filigree_core filigree_options ${ARG_LINK_PRIVATE})
endfunction()

# filigree_drawing_module(SOURCES patterns) makes filigree_render.so, which the program loads when
# it is to draw pictures. The program itself links neither VTK's rendering nor X11: loading those
# takes longer than everything else at its start.
function(filigree_drawing_module)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${ARG_SOURCES})
  if(NOT FILIGREE_DRAWING_LIBRARIES OR NOT TARGET filigree)
    return()
  endif()
  add_library(filigree_render MODULE ${sources})
  set_target_properties(filigree_render PROPERTIES PREFIX "" SUFFIX ".so"
                        INSTALL_RPATH_USE_LINK_PATH ON)
  target_link_libraries(filigree_render PRIVATE filigree_core filigree_options
                        VTK::CommonCore VTK::CommonDataModel ${FILIGREE_DRAWING_LIBRARIES})
  vtk_module_autoinit(TARGETS filigree_render
                      MODULES VTK::RenderingOpenGL2 VTK::RenderingFreeType)
  add_dependencies(filigree filigree_render)
endfunction()

# filigree_tests(NAME LAYERS ... [LINK ...] [SOURCES patterns] [PROGRAM] [DISCOVER]) makes
# filigree_NAME_tests of tests/NAME/*.cpp. SOURCES are parts of the program that the tests call
# directly; with PROGRAM they may also start the program. Without DISCOVER ctest runs the
# executable as one test, which saves a process start per case; with it every case is a test of its
# own, so that long cases run side by side.
function(filigree_tests name)
  cmake_parse_arguments(ARG "DISCOVER;PROGRAM" "" "LAYERS;LINK;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS tests/${name}/*.cpp ${ARG_SOURCES})
  list(FILTER sources EXCLUDE REGEX "app/render/vtk_[^/]*\\.cpp$")
  if(NOT FILIGREE_WITH_VTK)
    list(FILTER sources EXCLUDE REGEX "/vtk_[^/]*\\.cpp$")
  endif()
  if(NOT sources OR NOT TARGET filigree_core)
    return()
  endif()
  set(target filigree_${name}_tests)
  add_executable(${target} ${sources} tests/main.cpp)
  filigree_link_layers(${target} PRIVATE ${ARG_LAYERS})
  target_link_libraries(${target} PRIVATE filigree_core filigree_options GTest::gmock
                        Eigen3::Eigen ${ARG_LINK})  # Eigen: a second opinion on linear algebra
  target_compile_definitions(${target} PRIVATE "FILIGREE_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\""
                             EIGEN_DONT_VECTORIZE)  # GCC 12 warns inside of vectorised Eigen
  if(ARG_PROGRAM AND TARGET filigree)
    add_dependencies(${target} filigree)
    target_compile_definitions(${target} PRIVATE "FILIGREE_PROGRAM=\"$<TARGET_FILE:filigree>\"")
  endif()
  set(properties LABELS ${name} TIMEOUT 900)
  if(ARG_DISCOVER)
    include(GoogleTest)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         TEST_PREFIX "${name}." TEST_FILTER "-*Slow.*" PROPERTIES ${properties})
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         TEST_PREFIX "${name}." TEST_FILTER "*Slow.*" TEST_LIST ${name}_slow
                         PROPERTIES LABELS slow TIMEOUT 900)
  else()
    add_test(NAME ${name} COMMAND ${target} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES ${properties})
  endif()
endfunction()

# A program that computes cases, and a script that computes them again with PyTorch where that is
# installed (label external).
function(filigree_torch_comparison)
  if(NOT TARGET filigree_learning OR NOT TARGET filigree_io)
    return()
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_executable(filigree_torch_cases tests/external/torch_cases.cpp)
  target_link_libraries(filigree_torch_cases PRIVATE filigree_learning filigree_io filigree_options)
  add_test(NAME external.torch
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/external/compare_torch.py"
                   "$<TARGET_FILE:filigree_torch_cases>")
  set_tests_properties(external.torch PROPERTIES LABELS external SKIP_RETURN_CODE 77)
endfunction()

# One executable example_<file> per source; ctest runs each, and it has to end with 0.
function(filigree_examples)
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(example_${name} ${source})
    filigree_link_layers(example_${name} PRIVATE scenarios physics learning graph io core)
    target_link_libraries(example_${name} PRIVATE filigree_options)
    add_test(NAME example.${name} COMMAND example_${name})
    set_tests_properties(example.${name} PROPERTIES LABELS example)
  endforeach()
endfunction()

# One executable bench_<file> per source.
function(filigree_benchmarks)
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(bench_${name} ${source})
    filigree_link_layers(bench_${name} PRIVATE scenarios physics graph io core)
    target_link_libraries(bench_${name} PRIVATE filigree_options benchmark::benchmark
                          nanoflann::nanoflann Eigen3::Eigen)  # which some run beside ours
  endforeach()
endfunction()
