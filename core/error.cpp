// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

namespace filigree::detail {

void throw_assertion(const char* condition, const char* file, int line, const std::string& text) {
  throw InternalError(
      format("internal error: '{}' does not hold at {}:{}: {}", condition, file, line, text));
}

}  // namespace filigree::detail
