# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
# Install rules and the package that find_package(filigree) reads.

include(CMakePackageConfigHelpers)
set(filigree_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/filigree")

get_property(filigree_layers GLOBAL PROPERTY FILIGREE_LAYERS)
foreach(layer IN LISTS filigree_layers)
  install(TARGETS filigree_${layer} EXPORT filigree_targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${layer}"
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/filigree" FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(FILES "${FILIGREE_GENERATED_DIR}/core/config.hpp"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/filigree/core")
if(TARGET filigree)
  install(TARGETS filigree RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET filigree_render)
  install(TARGETS filigree_render LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/filigree")
endif()
if(EXISTS "${PROJECT_SOURCE_DIR}/scenarios/library")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/scenarios/library/"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/filigree/scenarios")
endif()

if(filigree_layers)
  install(EXPORT filigree_targets NAMESPACE filigree:: DESTINATION "${filigree_package_dir}")
  configure_package_config_file(cmake/filigreeConfig.cmake.in
    "${CMAKE_CURRENT_BINARY_DIR}/filigreeConfig.cmake"
    INSTALL_DESTINATION "${filigree_package_dir}")
  write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/filigreeConfigVersion.cmake"
                                   COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/filigreeConfig.cmake"
                "${CMAKE_CURRENT_BINARY_DIR}/filigreeConfigVersion.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/FindPlainLibraries.cmake"
          DESTINATION "${filigree_package_dir}")
endif()
