// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Names and versions of the libraries this layer is linked with, for `filigree doctor`.
#pragma once

#include <string>
#include <vector>

namespace filigree {

struct LibraryVersion {
  std::string name;
  std::string version;
};

std::vector<LibraryVersion> library_versions();

/// In a file of its own, which is left out of builds without VTK.
std::string vtk_version();

}  // namespace filigree
