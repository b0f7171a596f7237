// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/html.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace filigree::app {
namespace {

/// The text with U+FFFD in place of bytes that are not UTF-8.
std::string as_utf8(const std::string& text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : as_utf8(text)) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (c == '\'') {
      result += "&#39;";
    } else if ((code < 0x20 && c != '\n' && c != '\t') || code == 0x7f) {
      result += "\xef\xbf\xbd";  // U+FFFD
    } else {
      result += c;
    }
  }
  return result;
}

std::string html_table(const HtmlRow& head, const std::vector<HtmlRow>& rows) {
  const auto line = [](const HtmlRow& cells, const std::string& tag) {
    std::string text = "<tr>";
    for (const std::string& cell : cells) {
      text += "<" + tag + ">";
      text += cell;
      text += "</" + tag + ">";
    }
    return text + "</tr>\n";
  };
  std::string text = "<table>\n";
  if (!head.empty()) text += "<thead>" + line(head, "th") + "</thead>\n";
  text += "<tbody>\n";
  for (const HtmlRow& row : rows) text += line(row, "td");
  return text + "</tbody>\n</table>\n";
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group =
          group << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace filigree::app
