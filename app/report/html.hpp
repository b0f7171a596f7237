// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Pieces of an HTML page. Everything written is also well-formed XML.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::app {

/// Text for a page: & < > and quotes as entities, what is neither UTF-8 nor printable replaced.
std::string escaped(const std::string& text);

/// A row of cells that are HTML already.
using HtmlRow = std::vector<std::string>;
/// A table; an empty `head` gives none.
std::string html_table(const HtmlRow& head, const std::vector<HtmlRow>& rows);

/// The bytes in base64, for data: links.
std::string base64(std::span<const std::byte> bytes);

}  // namespace filigree::app
