// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Functions of newer C and C++ run time libraries that the packaged Kokkos calls, for systems whose
// own libraries are older.
#include <cstdlib>
#include <cstring>
#include <iostream>  // its initialiser sets up the standard streams, which newer libraries do alone
#include <string>

extern "C" {

// C23 strtol. The binary prefix "0b" it also knows is not used by Kokkos.
long __isoc23_strtol(const char* text, char** end, int base) {
  return std::strtol(text, end, base);
}

// std::ios_base_library_init(): newer headers call it to pull in the stream initialiser.
void _ZSt21ios_base_library_initv() {}

// std::string::_M_replace_cold(place, n_old, source, n_new, n_after): replaces inside the buffer
// when `source` may overlap it; the caller has checked that the result fits.
void _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm(
    std::string*, char* place, std::size_t n_old, const char* source, std::size_t n_new,
    std::size_t n_after) {
  const std::string copy(source, n_new);
  if (n_after != 0 && n_old != n_new) {
    std::memmove(place + n_new, place + n_old, n_after);
  }
  if (n_new != 0) {
    std::memcpy(place, copy.data(), n_new);
  }
}
}
