// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/ticks.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace filigree::app {
namespace {

constexpr double kHuge = 1e150;  // differences and products stay finite
constexpr double kTiny = 1e-150;

std::string label(double value, int step_exponent, int exponent) {
  if (value == 0) return "0";
  const int decimals = std::max(0, exponent - step_exponent);
  const std::string digits = format("{:.{}f}", value / std::pow(10.0, exponent), decimals);
  return exponent == 0 ? digits : format("{}e{}", digits, exponent);
}

}  // namespace

Ticks nice_ticks(double low, double high, int most) {
  low = std::clamp(low, -kHuge, kHuge);
  high = std::clamp(high, -kHuge, kHuge);
  const double size = std::max({std::abs(low), std::abs(high), kTiny});
  if (high - low <= 1e-9 * size) {  // the same but for round-off
    const double room = size > kTiny ? 0.1 * size : 1;
    low -= room;
    high += room;
  }
  const double wanted = (high - low) / (most - 1);
  int exponent = static_cast<int>(std::floor(std::log10(wanted)));
  double factor = 10;
  for (const double candidate : {1.0, 2.0, 5.0}) {
    if (candidate * std::pow(10.0, exponent) >= wanted * (1 - 1e-9)) {
      factor = candidate;
      break;
    }
  }
  if (factor == 10) {
    factor = 1;
    ++exponent;
  }
  const double step = factor * std::pow(10.0, exponent);
  const auto first = static_cast<long long>(std::floor(low / step + 1e-9));
  const auto last = static_cast<long long>(std::ceil(high / step - 1e-9));
  const double largest = step * static_cast<double>(std::max(std::llabs(first), std::llabs(last)));
  const bool plain = largest < 99999.5 && step > 0.99e-4;
  const int shown = plain ? 0 : static_cast<int>(std::floor(std::log10(largest) + 1e-9));
  Ticks ticks;
  for (long long i = first; i <= std::max(last, first + 1); ++i) {
    const double value = factor * static_cast<double>(i) * std::pow(10.0, exponent);
    ticks.values.push_back(value);
    ticks.labels.push_back(label(value, exponent, shown));
  }
  return ticks;
}

}  // namespace filigree::app
