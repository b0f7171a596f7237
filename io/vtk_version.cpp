// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <vtkVersion.h>

#include "io/library_versions.hpp"

namespace filigree {

std::string vtk_version() {
  return vtkVersion::GetVTKVersion();
}

}  // namespace filigree
