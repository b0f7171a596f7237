// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The YAML reader with arbitrary bytes: the text up to the first 0xFF byte is a scenario, what
// follows are overrides, separated by 0xFF. What is accepted must be echoed identically.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "io/yaml/writer.hpp"
#include "tests/io/yaml_options.hpp"

using filigree::yaml_test::read_text;
using filigree::yaml_test::Reading;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> parts{""};
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0xFF) {
      parts.emplace_back();
    } else {
      parts.back() += static_cast<char>(data[i]);
    }
  }
  const filigree::yaml::ReadContext context{.check_files = false};
  const std::vector<std::string> overrides(parts.begin() + 1, parts.end());
  const Reading reading = read_text(parts[0], overrides, context);
  (void)reading.diagnostics.text();
  if (!reading.diagnostics.ok()) {
    using nlohmann::json;
    (void)reading.diagnostics.json().dump(-1, ' ', false, json::error_handler_t::replace);
    return 0;
  }
  const std::string echo = filigree::yaml::echo(reading.common, reading.scene);
  const Reading again = read_text(echo, {}, context);
  if (!again.diagnostics.ok() || filigree::yaml::echo(again.common, again.scene) != echo) {
    __builtin_trap();
  }
  return 0;
}
