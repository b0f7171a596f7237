// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/render/pictures.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "core/error.hpp"

namespace filigree::app {
namespace fs = std::filesystem;
namespace {

/// The module beside the program (build folder) or in the library folder (installed).
fs::path find_module() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {here, here / ".." / FILIGREE_MODULE_FOLDER}) {
    const fs::path file = folder / "filigree_render.so";
    if (fs::exists(file, error)) return file;
  }
  throw EnvironmentError(
      "this build has no pictures: configure with -DFILIGREE_WITH_RENDERING=ON and a VTK that has "
      "the component RenderingOpenGL2");
}

template <class Function>
Function symbol(void* library, const char* name) {
  void* const address = ::dlsym(library, name);
  if (address == nullptr) throw EnvironmentError(format("the drawing module lacks '{}'", name));
  return reinterpret_cast<Function>(address);
}

}  // namespace

Painter::Painter() {
  const fs::path file = find_module();
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // until the program ends
  if (library == nullptr) {
    throw EnvironmentError(format("cannot load the drawing module: {}", ::dlerror()));
  }
  draw_ = symbol<DrawSheet>(library, "filigree_draw_sheet");
  display_ =
      std::make_unique<Display>(symbol<ConnectDisplay>(library, "filigree_connect_display"),
                                symbol<DisconnectDisplay>(library, "filigree_disconnect_display"));
}

std::vector<std::byte> Painter::draw(const Look& look, const Sheet& sheet) const {
  std::vector<std::byte> png;
  draw_(look, sheet, png);
  return png;
}

std::vector<std::size_t> evenly_chosen(std::size_t n, std::size_t count) {
  std::vector<std::size_t> chosen;
  if (n <= count) count = n;
  for (std::size_t k = 0; k < count; ++k) {
    chosen.push_back(count == 1 ? n - 1 : (k * (n - 1) + (count - 1) / 2) / (count - 1));
  }
  return chosen;
}

}  // namespace filigree::app
