// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A display to draw on: the one of the user, or one of our own that nobody sees (Xvfb).
#pragma once

#include <sys/types.h>

#include "app/render/renderer.hpp"

namespace filigree::app {

/// While it lives, $DISPLAY names a display that VTK can use.
class Display {
 public:
  /// EnvironmentError when there is neither a display nor Xvfb to make one.
  Display(ConnectDisplay connect, DisconnectDisplay disconnect);
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

 private:
  void start_server(ConnectDisplay connect);
  void stop_server();

  DisconnectDisplay disconnect_;
  void* connection_ = nullptr;
  pid_t server_ = 0;  ///< of our own Xvfb; 0 when there is none
};

}  // namespace filigree::app
