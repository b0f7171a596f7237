// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/surface_reader.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/vtk_surface_reader.hpp"

namespace filigree {
namespace {

#if FILIGREE_WITH_VTK
void check(const SurfaceData& data, const std::filesystem::path& file) {
  FILIGREE_REQUIRE(!data.triangles.empty(),
                   "cannot read '{}': it has no faces; export the surface as triangles",
                   file.string());
  for (std::size_t i = 0; i < data.points.size(); ++i) {
    const auto& x = data.points[i];
    FILIGREE_REQUIRE(
        std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); }),
        "cannot read '{}': the coordinates of point {} are not finite; export the surface again",
        file.string(), i);
  }
}
#endif

}  // namespace

SurfaceData read_surface(const std::filesystem::path& file) {
#if FILIGREE_WITH_VTK
  SurfaceData data = read_vtk_surface(file);
  check(data, file);
  return data;
#else
  throw EnvironmentError(
      format("cannot read '{}': this build is without VTK, configure with -DFILIGREE_WITH_VTK=ON",
             file.string()));
#endif
}

}  // namespace filigree
