// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What VTK's readers have to say about a file, as text instead of on stderr.
#pragma once

#include <memory>
#include <string>

class vtkObject;

namespace filigree {

class VtkProblems {
 public:
  /// Listens to the errors and warnings of `reader` from now on; both must live while it reads.
  explicit VtkProblems(vtkObject& reader);
  /// The first problem without VTK's own source location before it; "" when there is none.
  std::string first() const;

 private:
  std::shared_ptr<std::string> first_;
};

}  // namespace filigree
