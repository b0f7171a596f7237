// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail(const char* action, const fs::path& file, const std::string& reason) {
  throw EnvironmentError(format("cannot {} '{}': {}", action, file.string(), reason));
}

/// An open file that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

int open_retrying(const fs::path& file, int flags) {
  int descriptor;
  do {
    descriptor = ::open(file.c_str(), flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/// Writes everything; the error number, 0 when all is written.
int write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n =
        ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

/// Writes, flushes and closes `part`; the error number, 0 when all is on the disk.
int write_part(const fs::path& part, std::span<const std::byte> bytes) {
  Descriptor descriptor(open_retrying(part, O_WRONLY | O_CREAT | O_TRUNC));
  if (descriptor.get() < 0) return errno;
  if (const int error = write_all(descriptor.get(), bytes)) return error;
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL) return errno;
  return ::close(descriptor.release()) == 0 ? 0 : errno;
}

/// Makes the rename itself durable. File systems that cannot do this say so; that is no failure.
void flush_folder(const fs::path& folder) {
  const Descriptor descriptor(open_retrying(folder, O_RDONLY | O_DIRECTORY));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

/// Replacing anything but a regular file (a folder, /dev/null) by a rename would be a disaster.
void require_replaceable(const fs::path& file) {
  struct stat status;
  if (::stat(file.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) fail("write", file, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail("write", file, "it is not a regular file");
}

}  // namespace

void write_file_atomically(const fs::path& file, std::span<const std::byte> bytes) {
  require_replaceable(file);
  fs::path part = file;
  part += ".part";
  int error = write_part(part, bytes);
  if (error == 0 && ::rename(part.c_str(), file.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(part.c_str());
    fail("write", file, reason_of(error));
  }
  flush_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

void write_file_atomically(const fs::path& file, std::string_view text) {
  write_file_atomically(file, std::as_bytes(std::span(text.data(), text.size())));
}

std::vector<std::byte> read_file(const fs::path& file, std::uint64_t max_bytes) {
  const Descriptor descriptor(open_retrying(file, O_RDONLY | O_NONBLOCK));
  struct stat status;
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0) {
    fail("read", file, reason_of(errno));
  }
  if (S_ISDIR(status.st_mode)) fail("read", file, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail("read", file, "it is not a regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    fail("read", file,
         format("it has {}, more than the {} allowed here", size_text(size), size_text(max_bytes)));
  }
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(descriptor.get(), bytes.data() + done,
                             std::min<std::size_t>(bytes.size() - done, 1 << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", file, reason_of(errno));
    if (n == 0) fail("read", file, "it became shorter while it was read");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

std::string read_text_file(const fs::path& file, std::uint64_t max_bytes) {
  const std::vector<std::byte> bytes = read_file(file, max_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void create_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw EnvironmentError(
        format("cannot create the folder '{}': {}", folder.string(), error.message()));
  }
  if (!fs::is_directory(folder, error)) {
    throw EnvironmentError(
        format("cannot create the folder '{}': a file has this name", folder.string()));
  }
}

}  // namespace filigree
