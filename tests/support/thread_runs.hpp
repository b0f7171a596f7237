// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Same bits for any number of threads: Kokkos takes its threads when the program starts, so a test
// runs its own program again with other numbers of threads and compares digests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/hash.hpp"

namespace filigree::testing_support {

/// Lines "name count digest".
class Report {
 public:
  template <class T>
  void add(const std::string& name, const std::vector<T>& values) {
    text_ << name << ' ' << values.size() << ' '
          << hex_text(digest(std::as_bytes(std::span(values)))) << '\n';
  }
  template <class T>
  void add(const std::string& name, const Array<T>& values) {
    add(name, to_vector(values));
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

/// Checks that digests(), a report of results, is the same with 1 and 2 threads as here. `filter`
/// selects the test that calls this.
inline void expect_same_for_any_threads(const std::string& filter, std::string (*digests)()) {
  constexpr const char* kVariable = "FILIGREE_THREAD_DIGESTS";
  if (const char* path = std::getenv(kVariable)) {  // the run with other threads
    std::ofstream(path) << "threads " << thread_count() << '\n' << digests();
    return;
  }
  const std::string expected = digests();
  const auto folder = std::filesystem::path(::testing::TempDir()) /
                      ("filigree_threads_" + std::to_string(std::random_device{}()));
  std::filesystem::create_directories(folder);
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  for (const int threads : {1, 2}) {
    const auto path = folder / std::to_string(threads);
    const std::string command = format(
        "OMP_WAIT_POLICY=passive OMP_NUM_THREADS={} KOKKOS_NUM_THREADS={} {}='{}' '{}' "
        "--gtest_filter='{}' > /dev/null",
        threads, threads, kVariable, path.string(), program.string(), filter);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::ostringstream stream;
    stream << std::ifstream(path).rdbuf();
    const std::string text = stream.str();
    const std::size_t first_line = text.find('\n');
    if (backend_name() == "OpenMP") {
      EXPECT_EQ(text.substr(0, first_line), format("threads {}", threads));
    }
    EXPECT_EQ(text.substr(first_line + 1), expected) << threads << " threads";
  }
  std::filesystem::remove_all(folder);
}

}  // namespace filigree::testing_support
