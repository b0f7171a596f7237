// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Runs the program as a user would and keeps what it says.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace filigree::testing_support {

struct CallResult {
  int code = -1;  ///< exit code, or minus the signal that ended the program
  std::string out;
  std::string err;
};

struct CallOptions {
  std::filesystem::path folder{};                                  ///< working folder
  std::vector<std::pair<std::string, std::string>> environment{};  ///< added variables
  std::function<void()> before_exec{};                             ///< in the child
  std::filesystem::path out_file{};                                ///< stdout goes there instead
  std::filesystem::path program = FILIGREE_PROGRAM;
};

inline std::string slurp(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// A program that was started and is to be waited for.
class RunningProgram {
 public:
  RunningProgram(std::vector<std::string> arguments, const CallOptions& options) {
    std::string pattern =
        (std::filesystem::path(testing::TempDir()) / "filigree_call_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    arguments.insert(arguments.begin(), options.program.string());
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    redirect(options.out_file.empty() ? folder_ / "out" : options.out_file, STDOUT_FILENO);
    redirect(folder_ / "err", STDERR_FILENO);
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(125);
    for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
    if (options.before_exec) options.before_exec();
    execv(words[0], words.data());
    _exit(126);
  }

  ~RunningProgram() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  pid_t pid() const { return pid_; }
  /// What it has written to stdout so far.
  std::string out() const { return slurp(folder_ / "out"); }

  CallResult wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    return {WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), out(),
            slurp(folder_ / "err")};
  }

 private:
  static void redirect(const std::filesystem::path& file, int descriptor) {
    const int target = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (target < 0 || dup2(target, descriptor) < 0) _exit(124);
    close(target);
  }

  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

inline CallResult call(std::vector<std::string> arguments, const CallOptions& options = {}) {
  return RunningProgram(std::move(arguments), options).wait();
}

/// A test with a fresh folder of its own.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::path(testing::TempDir()) / "filigree_app_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

}  // namespace filigree::testing_support
