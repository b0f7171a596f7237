// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/frame_reader.hpp"

#include "core/error.hpp"
#include "io/npz.hpp"
#include "io/npz_writer.hpp"
#include "io/vtk_reader.hpp"

namespace filigree {
namespace {

bool is_vtk(const std::filesystem::path& file) {
  return file.extension() == ".vtp" || file.extension() == ".vtu";
}

}  // namespace

bool is_frame_file(const std::filesystem::path& file) {
  return file.extension() == ".npz" || is_vtk(file);
}

NamedArrays read_frame_arrays(const std::filesystem::path& file) {
  FILIGREE_REQUIRE(is_frame_file(file),
                   "'{}' is no frame: its name ends neither in .npz nor in "
                   ".vtp or .vtu",
                   file.string());
  if (!is_vtk(file)) return read_npz(file);
#if FILIGREE_WITH_VTK
  return frame_arrays(read_vtk_file(file));
#else
  throw EnvironmentError(
      format("cannot read '{}': this build is without VTK, configure with -DFILIGREE_WITH_VTK=ON",
             file.string()));
#endif
}

}  // namespace filigree
