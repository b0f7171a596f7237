// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/render/display.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/error.hpp"

extern char** environ;

namespace filigree::app {
namespace {

constexpr int kDescriptor = 3;        // where the server writes its number
constexpr int kMostWait = 60 * 1000;  // ms, until it has done so

/// What stands up to the end of the line; "" when nothing comes in time.
std::string read_line(int descriptor) {
  std::string line;
  char c = 0;
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  while (line.size() < 20) {
    const int ready = ::poll(&waiting, 1, kMostWait);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || ::read(descriptor, &c, 1) != 1) return "";
    if (c == '\n') return line;
    line += c;
  }
  return "";
}

/// Starts Xvfb, which writes its number to `output`. The error number; 0 when it has started.
int spawn_server(int output, pid_t& server) {
  // -terminate: it ends when our connection does, also when this program is killed.
  std::array<const char*, 9> words{"Xvfb",         "-displayfd", "3",   "-screen",   "0",
                                   "1280x1024x24", "-nolisten",  "tcp", "-terminate"};
  std::array<char*, words.size() + 1> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = const_cast<char*>(words[i]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, kDescriptor);
  const int error = ::posix_spawnp(&server, "Xvfb", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Display::Display(ConnectDisplay connect, DisconnectDisplay disconnect) : disconnect_(disconnect) {
  if (std::getenv("DISPLAY") != nullptr) connection_ = connect(nullptr);
  if (connection_ == nullptr) start_server(connect);
}

void Display::start_server(ConnectDisplay connect) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw EnvironmentError(format("cannot start Xvfb: {}", std::strerror(errno)));
  }
  // Above 3: a descriptor that is copied onto itself would be closed on the way.
  const int output = ::fcntl(ends[1], F_DUPFD_CLOEXEC, kDescriptor + 1);
  ::close(ends[1]);
  const int error = spawn_server(output, server_);
  ::close(output);
  const std::string number = error == 0 ? read_line(ends[0]) : "";
  ::close(ends[0]);
  if (error != 0) {
    server_ = 0;
    throw EnvironmentError(
        error == ENOENT
            ? std::string("pictures need a display: DISPLAY does not name one, and Xvfb, which "
                          "makes one, is not installed; install the package xvfb")
            : format("cannot start Xvfb: {}", std::strerror(error)));
  }
  const std::string name = ":" + number;
  if (!number.empty()) connection_ = connect(name.c_str());
  if (connection_ == nullptr) {
    stop_server();
    throw EnvironmentError("pictures need a display: Xvfb is installed but does not start");
  }
  ::setenv("DISPLAY", name.c_str(), 1);
}

void Display::stop_server() {
  if (server_ == 0) return;
  ::kill(server_, SIGTERM);
  while (::waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {
  }
  server_ = 0;
}

Display::~Display() {
  if (connection_ != nullptr) disconnect_(connection_);
  stop_server();
}

}  // namespace filigree::app
