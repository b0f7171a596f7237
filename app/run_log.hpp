// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// How a run tells of itself: a progress bar or plain lines for people, JSON lines for programs.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/progress_bar.hpp"
#include "scenarios/runner.hpp"

namespace filigree::app {

enum class LogKind { kText, kJson, kQuiet };

/// text: events with a text as lines on stdout, warnings and progress on stderr (a bar on a
/// terminal, else a line every five seconds). json: every event on stdout, progress at most once a
/// second. quiet: warnings only.
std::unique_ptr<RunObserver> make_run_log(LogKind kind);

/// Share of the work of this program that is done, from simulated time and number of steps.
double fraction_done(const RunProgress& progress);

}  // namespace filigree::app
