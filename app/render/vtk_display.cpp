// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The drawing module: asks whether VTK will find a display, because VTK does not ask before it
// ends the program.
#include <X11/Xlib.h>

extern "C" void* filigree_connect_display(const char* name) {
  return XOpenDisplay(name);
}

extern "C" void filigree_disconnect_display(void* connection) {
  XCloseDisplay(static_cast<Display*>(connection));
}
