// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A run that is killed without warning leaves a valid index and a usable checkpoint.
#include <signal.h>
#include <sys/wait.h>

#include "io/atomic_file.hpp"
#include "io/checkpoint.hpp"
#include "io/csv_writer.hpp"
#include "io/vtk_writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::TempFolder;

Frame frame_of(std::int64_t number) {
  Frame frame;
  frame.number = number;
  frame.time = 0.25 * static_cast<double>(number);
  for (const char* name : {"sand", "walls"}) {
    Block block;
    block.name = name;
    block.points.assign(3000, frame.time);
    frame.blocks.push_back(std::move(block));
  }
  return frame;
}

/// Writes frames, rows and checkpoints until somebody ends the process.
[[noreturn]] void write_for_ever(const std::filesystem::path& folder) {
  try {
    VtkWriter writer;
    writer.open({.title = "", .folder = folder, .digits = 6});
    CsvWriter table;
    table.open(folder / "diagnostics.csv", {{"time", "s"}});
    for (std::int64_t i = 0;; ++i) {
      Checkpoint checkpoint;
      checkpoint.header["step"] = i;
      checkpoint.arrays.add(make_array("state", DType::kF64, {1000}));
      const Frame frame = frame_of(i);
      table.row(std::span<const double>(&frame.time, 1));
      writer.write(frame);
      write_checkpoint(folder / checkpoint_name(i), checkpoint);
      prune_checkpoints(folder, 2);
    }
  } catch (...) {
    ::kill(::getpid(), SIGTERM);  // the parent sees the difference
  }
  while (true) ::pause();
}

/// Ends the process when the test leaves early.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool is_running() { return ::waitpid(id_, &status_, WNOHANG) == 0; }
  /// SIGKILL: no handler, no destructor, no flush.
  void end() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
    id_ = 0;
  }

 private:
  pid_t id_;
  int status_ = 0;
};

std::vector<IndexEntry> entries_of(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "scene.pvd")) return {};
  return parse_pvd(read_text_file(folder / "scene.pvd"), "scene.pvd");
}

void expect_usable(const std::filesystem::path& folder) {
  const std::vector<IndexEntry> entries = entries_of(folder);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].number, static_cast<std::int64_t>(i));
    const std::string text = contents(folder / entries[i].file);
    EXPECT_TRUE(text.ends_with("</VTKFile>\n")) << entries[i].file;
  }
  EXPECT_TRUE(contents(folder / "scene.vtm.series").ends_with("}\n"));
  const LatestCheckpoint latest = load_latest_checkpoint(folder);
  EXPECT_TRUE(latest.refused.empty());
  EXPECT_EQ(latest.file.filename(), checkpoint_name(latest.checkpoint.header["step"]));
}

TEST(Killed, AtAnyMomentTheFilesAreUsableAndTheRunGoesOn) {
  for (const std::size_t n_frames : {2u, 3u, 4u, 5u, 9u}) {
    const TempFolder folder;
    const pid_t id = ::fork();
    ASSERT_GE(id, 0);
    if (id == 0) write_for_ever(folder.path());
    Child child(id);
    // While the other process works, every look at the index shows a whole one.
    while (entries_of(folder.path()).size() < n_frames) {
      ASSERT_TRUE(child.is_running()) << "the writer failed";
    }
    child.end();
    expect_usable(folder.path());

    const auto step = load_latest_checkpoint(folder.path()).checkpoint.header["step"];
    const std::int64_t next = step.get<std::int64_t>() + 1;
    VtkWriter writer;
    writer.resume({.title = "", .folder = folder.path(), .digits = 6}, next);
    writer.write(frame_of(next));
    EXPECT_EQ(entries_of(folder.path()).size(), static_cast<std::size_t>(next) + 1);
    CsvWriter table;
    table.resume(folder / "diagnostics.csv", {{"time", "s"}}, frame_of(next - 1).time);
    EXPECT_EQ(read_csv(folder / "diagnostics.csv").rows.size(), static_cast<std::size_t>(next));
  }
}

}  // namespace
}  // namespace filigree
