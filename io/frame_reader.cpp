// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/frame_reader.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/npz.hpp"
#include "io/npz_reader.hpp"
#include "io/npz_writer.hpp"
#include "io/pvd_index.hpp"
#include "io/vtk_reader.hpp"
#include "io/writer.hpp"

namespace filigree {
namespace fs = std::filesystem;
namespace {

#if !FILIGREE_WITH_VTK
[[noreturn]] void throw_no_vtk(const fs::path& file) {
  throw EnvironmentError(
      format("cannot read '{}': this build is without VTK, configure with -DFILIGREE_WITH_VTK=ON",
             file.string()));
}
#endif

bool is_vtk(const fs::path& file) {
  return file.extension() == ".vtp" || file.extension() == ".vtu";
}

Frame read_any(const fs::path& file) {
  if (file.extension() == ".npz") return read_npz_frame(file);
#if FILIGREE_WITH_VTK
  return file.extension() == ".vtm" ? read_vtm_file(file) : read_vtk_file(file);
#else
  throw_no_vtk(file);
#endif
}

}  // namespace

bool is_frame_file(const fs::path& file) {
  return file.extension() == ".npz" || is_vtk(file);
}

NamedArrays read_frame_arrays(const fs::path& file) {
  FILIGREE_REQUIRE(is_frame_file(file),
                   "'{}' is no frame: its name ends neither in .npz nor in "
                   ".vtp or .vtu",
                   file.string());
  if (!is_vtk(file)) return read_npz(file);
#if FILIGREE_WITH_VTK
  return frame_arrays(read_vtk_file(file));
#else
  throw_no_vtk(file);
#endif
}

Frame read_frame(const fs::path& file) {
  FILIGREE_REQUIRE(is_frame_file(file) || file.extension() == ".vtm",
                   "'{}' is no frame: its name ends in none of .npz, .vtp, .vtu, .vtm",
                   file.string());
  Frame frame = read_any(file);
  try {
    validate(frame);
  } catch (const Error& error) {
    throw Error(error.code(), format("cannot read '{}': {}", file.string(), error.what()));
  }
  return frame;
}

RunFrames find_frames(const fs::path& run) {
  RunFrames found;
  std::error_code error;
  const fs::path index = run / "scene.pvd";
  if (fs::exists(index, error)) {
    for (const IndexEntry& entry : parse_pvd(read_text_file(index), index.string())) {
      found.vtk.push_back(run / entry.file);
    }
  }
  for (fs::directory_iterator it(run / "frames", error), end; !error && it != end;
       it.increment(error)) {
    const fs::path& file = it->path();
    if (file.extension() == ".npz" && frame_number_of(file) >= 0) found.npz.push_back(file);
  }
  std::sort(found.npz.begin(), found.npz.end(), [](const fs::path& a, const fs::path& b) {
    return frame_number_of(a) < frame_number_of(b);
  });
  return found;
}

}  // namespace filigree
