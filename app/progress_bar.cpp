// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"

namespace filigree::app {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

int terminal_width() {
  winsize size{};
  constexpr int kUnknown = 80;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknown;
}

}  // namespace

bool ProgressBar::possible() {
  return isatty(STDERR_FILENO) == 1 && !variable("TERM").empty() && variable("TERM") != "dumb";
}

void ProgressBar::draw(double fraction, const std::string& text) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  const std::string tail = format(" {:3.0f} %  {}", std::floor(100 * fraction), text);
  const int room = terminal_width() - 1;
  const int width = std::min(40, room - static_cast<int>(tail.size()));
  const std::string bar = width >= 5 ? bar_text(fraction, width, speaks_utf8()) : "";
  const std::string line =
      bar.empty() ? tail.substr(0, static_cast<std::size_t>(std::max(room, 0))) : bar + tail;
  std::fprintf(stderr, "\r\x1b[2K%s", line.c_str());
  std::fflush(stderr);
  drawn_ = Clock::now();
  visible_ = true;
}

void ProgressBar::erase() {
  if (!visible_) return;
  std::fputs("\r\x1b[2K", stderr);
  std::fflush(stderr);
  visible_ = false;
}

std::string bar_text(double fraction, int width, bool utf8) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int parts = utf8 ? 8 : 1;
  const int filled = static_cast<int>(std::floor(fraction * width * parts));
  std::string text;
  for (int i = 0; i < filled / parts; ++i) text += utf8 ? "█" : "#";
  const int rest = filled % parts;
  text += kEighths[rest];
  const int drawn = filled / parts + (rest > 0 ? 1 : 0);
  text.append(static_cast<std::size_t>(width - drawn), utf8 ? ' ' : '.');
  return text;
}

}  // namespace filigree::app
