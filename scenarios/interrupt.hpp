// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a flag that the run loop looks at between steps.
#pragma once

#include <csignal>

namespace filigree {

/// While it lives, the first of these signals sets the flag; the next one ends the program at once.
/// Signals that were ignored before (nohup) stay ignored. One object at a time.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  /// The signal that came, 0 for none.
  static int signal_received();

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction old_[3];
};

/// "SIGINT", "SIGTERM", "SIGHUP".
const char* signal_name(int signal);

}  // namespace filigree
