// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The list of output formats by their names in `output.formats`.
#pragma once

#include <memory>
#include <string>

#include "core/registry.hpp"
#include "io/writer.hpp"

namespace filigree {

struct WriterType {
  std::string doc;                    ///< one line for `filigree list`
  std::unique_ptr<Writer> (*make)();  ///< throws EnvironmentError when this build lacks the format
};

/// "vtk", "npz". Use: `writers().at("vtk").make()->open(meta)`.
const Registry<WriterType>& writers();

}  // namespace filigree
