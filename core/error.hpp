// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Errors that a user can cause, as exceptions that carry the exit code of the program.
//
// FILIGREE_REQUIRE checks what users and callers pass in, always.
// FILIGREE_ASSERT checks what only a bug of ours can break, in debug builds.
#pragma once

#include <stdexcept>
#include <string>

#include "core/config.hpp"
#include "core/text.hpp"

namespace filigree {

/// Exit codes of the program.
enum class ExitCode : int {
  kDone = 0,
  kInternal = 1,       ///< a bug of ours
  kBadInput = 2,       ///< nothing was run, nothing was written
  kFailedToStart = 3,  ///< device, files, memory
  kNumerical = 4,      ///< the computation lost its validity; the last good state was kept
  kInterrupted = 5,    ///< stopped by a signal after a safe checkpoint
  kExpectationMissed = 6,
};

/// Base of every error the project throws on purpose.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// The input (scenario, file, argument, value) is wrong.
class InputError : public Error {
 public:
  explicit InputError(const std::string& text) : Error(ExitCode::kBadInput, text) {}
};

/// The surroundings do not allow the job: files that cannot be read or written, missing devices.
class EnvironmentError : public Error {
 public:
  explicit EnvironmentError(const std::string& text) : Error(ExitCode::kFailedToStart, text) {}
};

/// The computation blew up, stalled or left its domain.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& text) : Error(ExitCode::kNumerical, text) {}
};

/// A condition that only a bug of ours can break.
class InternalError : public Error {
 public:
  explicit InternalError(const std::string& text) : Error(ExitCode::kInternal, text) {}
};

namespace detail {
[[noreturn]] void throw_assertion(const char* condition, const char* file, int line,
                                  const std::string& text);
}  // namespace detail

}  // namespace filigree

/// Throws InputError with the formatted text unless `condition` holds. The text says what was wrong
/// with the value, what is allowed, and what to do.
#define FILIGREE_REQUIRE(condition, ...)                             \
  do {                                                               \
    if (!(condition)) {                                              \
      throw ::filigree::InputError(::filigree::format(__VA_ARGS__)); \
    }                                                                \
  } while (false)

/// Throws InternalError in builds with bounds checks unless `condition` holds.
#if FILIGREE_CHECK_BOUNDS
#define FILIGREE_ASSERT(condition, ...)                                     \
  do {                                                                      \
    if (!(condition)) {                                                     \
      ::filigree::detail::throw_assertion(#condition, __FILE__, __LINE__,   \
                                          ::filigree::format(__VA_ARGS__)); \
    }                                                                       \
  } while (false)
#else
#define FILIGREE_ASSERT(condition, ...) \
  do {                                  \
  } while (false)
#endif
