// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/run_options.hpp"

#include <cmath>

#include "core/error.hpp"

namespace filigree {
namespace {

constexpr std::int64_t kDefaultFrames = 50;
constexpr double kMostFrames = 1e7;

std::string check_placeholders(const std::string& folder) {
  for (std::size_t open = folder.find('{'); open != std::string::npos;
       open = folder.find('{', open + 1)) {
    const std::size_t close = folder.find('}', open);
    const std::string word =
        close == std::string::npos ? folder.substr(open) : folder.substr(open, close - open + 1);
    if (word != "{scenario}" && word != "{n}") {
      return format("folder: '{}' is not a placeholder; {{scenario}} and {{n}} are", word);
    }
    if (word == "{n}" && folder.find('/', close) != std::string::npos) {
      return "folder: {n} must be in the last part of the path";
    }
  }
  return "";
}

}  // namespace

std::string OutputOptions::validate() const {
  if (every && frames) return "frames: give either `every` or `frames`, not both";
  if (folder.empty()) return "folder: must not be empty; the default is runs/{scenario}-{n}";
  return check_placeholders(folder);
}

std::string Expectation::validate() const {
  if (at && time) return "time: give either `at` or `time`, not both";
  if (within[0] > within[1]) {
    return format("within: the lowest value {} is above the highest value {}", within[0],
                  within[1]);
  }
  return "";
}

std::string Variant::validate() const {
  const bool plain = !name.empty() && name[0] != '.' && name[0] != '-' &&
                     name.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=") ==
                         std::string::npos;
  if (plain) return "";
  return format(
      "name: '{}' must be made of letters, digits, '_', '-', '.' and '=' and not begin with '-' or "
      "'.'",
      name);
}

std::string RunOptions::validate() const {
  for (std::size_t i = 0; i < variants.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (variants[i].name == variants[j].name) {
        return format("variants.{}.name: two variants are called '{}'", i, variants[i].name);
      }
    }
  }
  return "";
}

FrameTimes::FrameTimes(double end, const OutputOptions& output) : end_(end) {
  if (output.every) {
    every_ = *output.every;
    // A multiple that misses the end by round-off is the end, not a frame of its own.
    const double intervals = std::ceil(end / every_ - 1e-9);
    FILIGREE_REQUIRE(intervals <= kMostFrames,
                     "output.every = {} s makes {} frames until time.end = {} s; at most {} are "
                     "possible, choose a longer interval",
                     every_, intervals, end, kMostFrames);
    count_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(intervals)) + 1;
  } else {
    divisions_ = output.frames.value_or(kDefaultFrames);
    count_ = divisions_ + 1;
  }
}

double FrameTimes::time(std::int64_t number) const {
  if (number >= count_ - 1) return end_;
  const double n = static_cast<double>(number);
  return divisions_ > 0 ? n * end_ / static_cast<double>(divisions_) : n * every_;
}

}  // namespace filigree
