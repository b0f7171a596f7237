// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/writers.hpp"

#include "io/npz_writer.hpp"
#include "io/vtk_writer.hpp"

namespace filigree {
namespace {

template <class T>
std::unique_ptr<Writer> make() {
  return std::make_unique<T>();
}

#if FILIGREE_WITH_VTK
constexpr auto make_vtk = &make<VtkWriter>;
#else
std::unique_ptr<Writer> make_vtk() {
  throw EnvironmentError(
      "format 'vtk' is not in this build: configure with -DFILIGREE_WITH_VTK=ON, or use 'npz'");
}
#endif

Registry<WriterType> make_registry() {
  Registry<WriterType> registry("output format");
  registry.add("vtk", {"VTK XML files with a time index, for ParaView", make_vtk});
  registry.add("npz", {"one NumPy archive per frame", &make<NpzWriter>});
  return registry;
}

}  // namespace

const Registry<WriterType>& writers() {
  static const Registry<WriterType> registry = make_registry();
  return registry;
}

}  // namespace filigree
