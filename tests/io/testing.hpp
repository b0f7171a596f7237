// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Helpers for tests that write files and look at error messages.
#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace filigree::testing_io {

/// A fresh folder that disappears with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = ::testing::TempDir() + "/filigree_io_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  /// Names of the files directly inside, sorted, joined by blanks.
  std::string listing() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return join(names, " ");
  }

 private:
  std::filesystem::path path_;
};

/// A file system of a few pages mounted on a folder, so that it fills up.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& folder, const char* options) : folder_(folder) {
    std::filesystem::create_directories(folder);
    is_mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const { return is_mounted_; }

 private:
  std::filesystem::path folder_;
  bool is_mounted_ = false;
};

/// Root may read and write everything; for the life of this object it is nobody instead.
class Unprivileged {
 public:
  Unprivileged() : user_(::geteuid()) { is_bound_ = user_ != 0 || ::seteuid(65534) == 0; }
  ~Unprivileged() {
    if (::geteuid() != user_) static_cast<void>(::seteuid(user_) == 0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  bool is_bound() const { return is_bound_; }  ///< permissions matter now

 private:
  uid_t user_;
  bool is_bound_ = false;
};

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void put(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// What `action` throws as an ErrorType, or a text saying that it does not.
template <class ErrorType, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const ErrorType& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "no error";
}

}  // namespace filigree::testing_io

/// The statement throws ErrorType with exactly this message.
#define EXPECT_MESSAGE(ErrorType, statement, text) \
  EXPECT_EQ(::filigree::testing_io::message_of<::filigree::ErrorType>([&] { statement; }), (text))

/// The statement throws ErrorType with a message that contains the text.
#define EXPECT_MESSAGE_HAS(ErrorType, statement, text)                                        \
  EXPECT_PRED2([](const std::string& found,                                                   \
                  const std::string& part) { return found.find(part) != std::string::npos; }, \
               ::filigree::testing_io::message_of<::filigree::ErrorType>([&] { statement; }), \
               (text))
