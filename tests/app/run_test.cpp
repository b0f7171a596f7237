// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `filigree run` and `filigree compare` as a user meets them.
#include <gmock/gmock.h>
#include <pty.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "core/types.hpp"
#include "io/checkpoint.hpp"
#include "io/manifest.hpp"
#include "tests/app/app_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ProgramRunTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    file_ = write("drop.yaml", kDrop).string();
  }

  CallResult run(const std::string& out, std::vector<std::string> more = {}) const {
    return call(arguments(out, std::move(more)));
  }
  std::vector<std::string> arguments(const std::string& out, std::vector<std::string> more) const {
    std::vector<std::string> words{"run", file_, "--out", path(out)};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  int compare(const std::string& a, const std::string& b) const {
    return call({"compare", path(a), path(b)}).code;
  }

  std::string file_;
};

TEST_F(ProgramRunTest, EndsWithCodeZeroAndSaysWhereTheResultsAre) {
  const CallResult result = run("out");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("drop -> " + path("out")), HasSubstr("done: "),
                    HasSubstr("results in " + path("out")), HasSubstr("expectations: 1 of 1 met")));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b")));
  const Manifest manifest = read_manifest(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest.status, "done");
  EXPECT_EQ(manifest.command_line.at(0), "filigree");
  EXPECT_FALSE(manifest.compiler.empty());
  EXPECT_FALSE(manifest.backend.empty());
  EXPECT_EQ(call({"info", path("out")}).code, 0);
}

TEST_F(ProgramRunTest, DefaultFolderIsNumberedAndBelowRuns) {
  const CallOptions here{.folder = folder_};
  EXPECT_EQ(call({"run", "drop.yaml", "--quiet"}, here).code, 0);
  EXPECT_EQ(call({"run", "drop.yaml", "--quiet"}, here).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs/drop-1/manifest.json"));
  EXPECT_TRUE(fs::exists(folder_ / "runs/drop-2/manifest.json"));
}

TEST_F(ProgramRunTest, QuietSaysNothing) {
  const CallResult result = run("out", {"--quiet"});
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(ProgramRunTest, EarlierRunIsKeptWithoutForce) {
  EXPECT_EQ(run("out").code, 0);
  const CallResult again = run("out");
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("holds an earlier run (status done): replace it with --force"));
  EXPECT_EQ(run("out", {"--force"}).code, 0);
}

TEST_F(ProgramRunTest, MissedExpectationGivesCodeSixAndATable) {
  const CallResult result = run("out", {"expect.0.within=[1, 2]"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("error: 1 of 1 expectations were not met"), HasSubstr("quantity"),
                    HasSubstr("drop_center_y  end  [1, 2] m"), HasSubstr("NOT MET")));
}

TEST_F(ProgramRunTest, NumericalFailureGivesCodeFourWithCauseAndAdvice) {
  const CallResult result = run("out", {"solver.dt=0.05", "bodies.0.material.bulk_modulus=2e9"});
  EXPECT_EQ(result.code, 4) << result.out;
  EXPECT_THAT(result.err, AllOf(HasSubstr("error: numerical failure at t = "), HasSubstr("what:"),
                                HasSubstr("advice:"), HasSubstr("kept:")));
  EXPECT_EQ(read_manifest(folder_ / "out/manifest.json").status, "failed");
  load_latest_checkpoint(folder_ / "out/checkpoints");  // throws unless it is sound
}

TEST_F(ProgramRunTest, SeedIsRecorded) {
  EXPECT_EQ(run("out", {"--seed", "42"}).code, 0);
  EXPECT_EQ(read_manifest(folder_ / "out/manifest.json").seed, 42U);
}

TEST_F(ProgramRunTest, ThreadsDoNotChangeABit) {
  EXPECT_EQ(run("one", {"--threads", "1"}).code, 0);
  EXPECT_EQ(run("two", {"--threads", "2"}).code, 0);
  const Manifest manifest = read_manifest(folder_ / "one/manifest.json");
  if (kKernelsRunOnHost) {  // a device's lanes cannot be chosen
    EXPECT_EQ(manifest.threads, 1);
  }
  EXPECT_EQ(compare("one", "two"), 0);
}

TEST_F(ProgramRunTest, DryRunEstimatesAndWritesNothing) {
  const CallResult result = call({"run", "drop.yaml", "--dry-run"}, {.folder = folder_});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("nothing was run, nothing was written"),
                                HasSubstr("memory"), HasSubstr("frames   21 of ")));
  const CallResult json =
      call({"run", "drop.yaml", "--dry-run", "--log", "json"}, {.folder = folder_});
  EXPECT_EQ(nlohmann::json::parse(json.out).at("frames"), 21);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(ProgramRunTest, JsonLogIsOneObjectPerLine) {
  const CallResult result = run("out", {"--log", "json"});
  EXPECT_EQ(result.code, 0);
  std::istringstream lines(result.out);
  std::vector<std::string> events;
  nlohmann::json last;
  for (std::string line; std::getline(lines, line);) {
    last = nlohmann::json::parse(line);
    events.push_back(last.at("event"));
  }
  EXPECT_EQ(events.front(), "start");
  EXPECT_EQ(std::count(events.begin(), events.end(), "frame"), 21);
  EXPECT_EQ(events.back(), "end");
  EXPECT_EQ(last.at("exit_code"), 0);
  EXPECT_EQ(last.at("expectations").at(0).at("met"), true);
}

TEST_F(ProgramRunTest, JsonLogReportsFailuresOnStderr) {
  const CallResult result =
      run("out", {"solver.dt=0.05", "bodies.0.material.bulk_modulus=2e9", "--log", "json"});
  EXPECT_EQ(nlohmann::json::parse(result.err).at("exit_code"), 4);
}

TEST_F(ProgramRunTest, FolderThatCannotBeWrittenGivesCodeThree) {
  write("file", "");
  const CallResult result = run("file/out");
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("error: cannot "));
  EXPECT_EQ(run("/proc/filigree").code, 3);
}

/// Sends `signal` once the run has said that it started.
CallResult interrupt(const std::vector<std::string>& arguments, int signal) {
  RunningProgram program(arguments, {});
  while (program.out().find("\"checkpoint\"") == std::string::npos) {
    if (kill(program.pid(), 0) != 0) break;
    sched_yield();
  }
  kill(program.pid(), signal);
  return program.wait();
}

TEST_F(ProgramRunTest, TerminationWritesACheckpointAndResumingGivesTheSameFiles) {
  const std::vector<std::string> longer{"time.end=0.5", "expect=[]", "--threads", "1",
                                        "--log",        "json"};
  EXPECT_EQ(run("whole", longer).code, 0);
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string out = "out" + std::to_string(signal);
    const CallResult stopped = interrupt(arguments(out, longer), signal);
    EXPECT_EQ(stopped.code, 5) << stopped.err;
    EXPECT_THAT(stopped.out, HasSubstr("continue with --resume latest"));
    EXPECT_EQ(read_manifest(folder_ / out / "manifest.json").status, "interrupted");
    auto resumed = longer;
    resumed.insert(resumed.end(), {"--resume", "latest"});
    EXPECT_EQ(run(out, resumed).code, 0);
    EXPECT_EQ(compare("whole", out), 0);
  }
}

TEST_F(ProgramRunTest, KillingAtAnyMomentAndResumingGivesTheSameFiles) {
  const std::vector<std::string> longer{"time.end=0.5", "expect=[]", "--threads", "1",
                                        "--log",        "json"};
  EXPECT_EQ(run("whole", longer).code, 0);
  for (int i = 0; i < 3; ++i) {
    const std::string out = "out" + std::to_string(i);
    EXPECT_EQ(interrupt(arguments(out, longer), SIGKILL).code, -SIGKILL);
    auto resumed = longer;
    resumed.insert(resumed.end(), {"--resume", "latest"});
    EXPECT_EQ(run(out, resumed).code, 0);
    EXPECT_EQ(compare("whole", out), 0);
  }
}

TEST_F(ProgramRunTest, ResumingNothingIsReported) {
  const CallResult result = run("none", {"--resume", "latest"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("does not hold a run (it has no manifest.json)"));
}

/// Runs `action` in a child process that sees a disk of `size` at `folder`. The child's exit code
/// is the number of failed checks, or 77 when such a disk cannot be had.
int with_small_disk(const fs::path& folder, const std::string& size,
                    const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      _exit(77);
    }
    action();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_F(ProgramRunTest, FullDiskGivesCodeThreeKeepsCompleteFilesAndCanBeContinued) {
  const fs::path disk = folder_ / "disk";
  fs::create_directories(disk);
  EXPECT_EQ(run("whole").code, 0);
  const int code = with_small_disk(disk, "size=128k", [&] {
    const CallResult full = run("disk/out");
    EXPECT_EQ(full.code, 3) << full.err;
    EXPECT_THAT(full.err, AllOf(HasSubstr("error: cannot write '"),
                                HasSubstr("No space left on device"), HasSubstr("kept:")));
    for (const auto& entry : fs::recursive_directory_iterator(disk)) {
      EXPECT_NE(entry.path().extension(), ".part");
    }
    load_latest_checkpoint(disk / "out/checkpoints");  // throws unless it is sound
    EXPECT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=10m"), 0);
    EXPECT_EQ(run("disk/out", {"--resume", "latest"}).code, 0);
    EXPECT_EQ(compare("whole", "disk/out"), 0);
  });
  if (code == 77) GTEST_SKIP() << "mounting a small disk needs privileges";
  EXPECT_EQ(code, 0);
}

TEST_F(ProgramRunTest, TerminalShowsABarAndErasesIt) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child < 0) GTEST_SKIP() << "no pseudo-terminals here: " << std::strerror(errno);
  if (child == 0) {
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    const std::string out = path("out");
    execl(FILIGREE_PROGRAM, "filigree", "run", file_.c_str(), "--out", out.c_str(),
          static_cast<char*>(nullptr));
    _exit(126);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(terminal, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(terminal);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(text, AllOf(HasSubstr(" %  t = "), HasSubstr("\r\x1b[2K")));
  const std::size_t last = text.rfind(" %  t = ");
  EXPECT_NE(text.find("\r\x1b[2K", last), std::string::npos);
  EXPECT_THAT(text.substr(text.rfind("\x1b[2K")), HasSubstr("done: "));
}

TEST_F(ProgramRunTest, ManifestNamesTheRandomStreams) {
  EXPECT_EQ(run("lattice").code, 0);
  EXPECT_EQ(read_manifest(folder_ / "lattice/manifest.json").random_streams.size(), 0U);
  EXPECT_EQ(run("a", {"bodies.0.jitter=0.2"}).code, 0);
  EXPECT_EQ(run("b", {"bodies.0.jitter=0.2", "--seed", "7"}).code, 0);
  EXPECT_THAT(read_manifest(folder_ / "a/manifest.json").random_streams,
              testing::ElementsAre("mpm/jitter/drop"));
  EXPECT_EQ(compare("a", "b"), 6);
}

TEST_F(ProgramRunTest, CompareShowsWhatDiffers) {
  EXPECT_EQ(run("a", {"output.formats=[npz]"}).code, 0);
  EXPECT_EQ(run("b", {"output.formats=[npz]", "bodies.0.material.bulk_modulus=20001"}).code, 0);
  const CallResult exact = call({"compare", path("a"), path("b")});
  EXPECT_EQ(exact.code, 6);
  EXPECT_THAT(exact.out,
              AllOf(HasSubstr("bodies.0.material.bulk_modulus: 20000 | 20001"),
                    HasSubstr("differs by at most"), HasSubstr("frames, drop.pressure: differs"),
                    HasSubstr("of them, first in scene_000001.npz"), HasSubstr("final state, "),
                    HasSubstr("the runs are not equal bit for bit")));
  const CallResult loose = call({"compare", path("a"), path("b"), "--rtol", "0.5", "--atol", "10"});
  EXPECT_EQ(loose.code, 0) << loose.out;
  EXPECT_THAT(loose.out, HasSubstr("the runs are equal within the tolerance"));
  EXPECT_EQ(run("c", {"output.formats=[npz]", "time.end=0.05", "expect=[]"}).code, 0);
  const CallResult shorter =
      call({"compare", path("a"), path("c"), "--rtol", "1", "--atol", "1e9"});
  EXPECT_EQ(shorter.code, 6);
  EXPECT_THAT(shorter.out, HasSubstr("only in the first run"));
}

#if FILIGREE_WITH_VTK
TEST_F(ProgramRunTest, CompareLooksIntoVtkFrames) {
  EXPECT_EQ(run("a").code, 0);
  EXPECT_EQ(run("b", {"bodies.0.material.bulk_modulus=20001"}).code, 0);
  const CallResult exact = call({"compare", path("a"), path("b")});
  EXPECT_EQ(exact.code, 6);
  EXPECT_THAT(exact.out, AllOf(HasSubstr("frames, drop.pressure: differs"),
                               HasSubstr("of them, first in drop_000001.vtp")));
  EXPECT_EQ(call({"compare", path("a"), path("b"), "--rtol", "0.5", "--atol", "10"}).code, 0);
}
#endif

}  // namespace
}  // namespace filigree::testing_support
