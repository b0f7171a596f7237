// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads a PNG file of 8 bits per channel, as far as tests need it.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace filigree::testing_support {

struct Png {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;  ///< row by row

  /// How many different colours there are.
  std::size_t n_colors() const {
    std::set<std::vector<std::uint8_t>> colors;
    for (std::size_t i = 0; i < pixels.size(); i += static_cast<std::size_t>(channels)) {
      colors.insert({pixels.begin() + long(i), pixels.begin() + long(i) + channels});
    }
    return colors.size();
  }
  /// How many pixels are not white paper.
  std::size_t n_inked() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < pixels.size(); i += static_cast<std::size_t>(channels)) {
      count += pixels[i] != 255 || pixels[i + 1] != 255 || pixels[i + 2] != 255;
    }
    return count;
  }
};

/// What filter `kind` of the PNG format predicts from the left, upper and upper left neighbour.
inline int png_prediction(int kind, int left, int up, int corner) {
  if (kind == 1) return left;
  if (kind == 2) return up;
  if (kind == 3) return (left + up) / 2;
  if (kind != 4) return 0;
  const int guess = left + up - corner;
  const int to_left = std::abs(guess - left);
  const int to_up = std::abs(guess - up);
  const int to_corner = std::abs(guess - corner);
  if (to_left <= to_up && to_left <= to_corner) return left;
  return to_up <= to_corner ? up : corner;
}

/// An empty picture, and a failed test, when it is no such file.
inline Png read_png(const std::string& bytes) {
  Png png;
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::uint8_t(bytes.at(at + i));
    return value;
  };
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  if (bytes.size() < 33) return png;
  std::string packed;
  for (std::size_t at = 8; at + 12 <= bytes.size(); at += 12 + number(at)) {
    if (bytes.substr(at + 4, 4) == "IDAT") packed += bytes.substr(at + 8, number(at));
  }
  const std::string head = bytes.substr(24, 5);
  EXPECT_EQ(head[0], 8);
  EXPECT_EQ(head[4], 0);
  png.width = static_cast<int>(number(16));
  png.height = static_cast<int>(number(20));
  png.channels = head[1] == 6 ? 4 : 3;
  const std::size_t n_row = static_cast<std::size_t>(png.width) * std::size_t(png.channels);
  std::vector<std::uint8_t> raw((n_row + 1) * std::size_t(png.height));
  uLongf size = raw.size();
  EXPECT_EQ(
      uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
      Z_OK);
  EXPECT_EQ(size, raw.size());
  png.pixels.resize(n_row * std::size_t(png.height));
  const auto n_pixel = static_cast<std::size_t>(png.channels);
  for (std::size_t y = 0; y < std::size_t(png.height); ++y) {
    for (std::size_t i = 0; i < n_row; ++i) {
      const auto at = [&](bool back, bool above) {
        if ((back && i < n_pixel) || (above && y == 0)) return 0;
        return int(png.pixels[(y - above) * n_row + i - (back ? n_pixel : 0)]);
      };
      const int predicted =
          png_prediction(raw[y * (n_row + 1)], at(true, false), at(false, true), at(true, true));
      png.pixels[y * n_row + i] = std::uint8_t(raw[y * (n_row + 1) + 1 + i] + predicted);
    }
  }
  return png;
}

}  // namespace filigree::testing_support
