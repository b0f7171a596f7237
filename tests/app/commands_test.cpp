// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The commands that do not run anything, and how wrong calls are answered.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "io/checkpoint.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "io/weights.hpp"
#include "tests/app/app_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class CommandsTest : public ProgramTest {
 protected:
  /// The message of a call that must fail with `code` and say nothing on stdout.
  static std::string failure(const std::vector<std::string>& arguments, int code,
                             const CallOptions& options = {}) {
    const CallResult result = call(arguments, options);
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_EQ(result.out, "");
    return result.err;
  }
};

TEST_F(CommandsTest, HelpOfEveryCommandHasAnExample) {
  const CallResult main = call({"--help"});
  EXPECT_EQ(main.code, 0);
  EXPECT_THAT(main.out, AllOf(HasSubstr("Examples:"), HasSubstr("Exit codes: 0 done")));
  for (const char* command : {"run", "check", "explain", "list", "info", "compare", "render",
                              "report", "convert", "doctor"}) {
    EXPECT_THAT(main.out, HasSubstr(std::string("\n  ") + command));
    const CallResult help = call({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out,
                AllOf(HasSubstr("Example"), HasSubstr(std::string("filigree ") + command)));
    EXPECT_EQ(help.err, "");
  }
}

TEST_F(CommandsTest, VersionNamesTheCommit) {
  const CallResult result = call({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, testing::MatchesRegex("filigree [0-9.]+ \\([a-z0-9-]+\\)\n"));
}

TEST_F(CommandsTest, WrongCallsSayWhereHelpIs) {
  EXPECT_THAT(failure({}, 2), HasSubstr("error: A subcommand is required; see 'filigree --help'"));
  EXPECT_THAT(failure({"rnu"}, 2), HasSubstr("see 'filigree --help'"));
  EXPECT_THAT(failure({"run"}, 2), HasSubstr("SCENARIO is required; see 'filigree run --help'"));
  EXPECT_THAT(failure({"run", "x.yaml", "--thread", "2"}, 2), HasSubstr("'filigree run --help'"));
  EXPECT_THAT(failure({"run", "x.yaml", "--threads", "0"}, 2), HasSubstr("--threads"));
  EXPECT_THAT(failure({"run", "x.yaml", "--log", "xml"}, 2), HasSubstr("--log"));
  EXPECT_THAT(failure({"run", "x.yaml", "--force", "--resume", "latest"}, 2),
              HasSubstr("excludes"));
}

TEST_F(CommandsTest, CheckAcceptsAValidFileAndCreatesNothing) {
  write("drop.yaml", kDrop);
  const CallResult result = call({"check", "drop.yaml"}, {.folder = folder_});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "drop.yaml: valid (type mpm, until t = 0.1 s, 21 frames)\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(CommandsTest, CheckReportsEveryProblemAtItsPlace) {
  write("bad.yaml",
        "schema: 1\nscenario: { type: mpm }\ntime: { edn: 1, end: -2 }\noutput: { formats: [vkt] "
        "}\n");
  const std::string text = failure({"check", "bad.yaml"}, 2, {.folder = folder_});
  EXPECT_THAT(text, AllOf(HasSubstr("bad.yaml:3:9: error: unknown key 'edn'"),
                          HasSubstr("bad.yaml:3:22: error: time.end = -2 is outside its range"),
                          HasSubstr("bad.yaml:4:21: error: output.formats.0 = vkt is not an output "
                                    "format"),
                          HasSubstr("did you mean 'vtk'?"),
                          HasSubstr("nothing was run. 'filigree explain mpm' lists every key.")));
}

TEST_F(CommandsTest, CheckReportsProblemsAsJson) {
  write("bad.yaml", "schema: 1\nscenario: { type: mpn }\ntime: { end: 1 }\n");
  const std::string text = failure({"check", "bad.yaml", "--log", "json"}, 2, {.folder = folder_});
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("event"), "error");
  EXPECT_EQ(json.at("exit_code"), 2);
  EXPECT_EQ(json.at("errors").at(0).at("line"), 2);
  EXPECT_THAT(json.at("errors").at(0).at("message").get<std::string>(),
              HasSubstr("scenario.type = mpn is not a scenario type"));
}

TEST_F(CommandsTest, CheckReportsAValidFileAsJson) {
  const std::string file = write("drop.yaml", kDrop).string();
  const CallResult result = call({"check", file, "--log", "json"});
  EXPECT_EQ(nlohmann::json::parse(result.out).at("options").at("time").at("end"), 0.1);
}

TEST_F(CommandsTest, OverridesAreCheckedWithTheirPlace) {
  const std::string file = write("drop.yaml", kDrop).string();
  EXPECT_THAT(failure({"check", file, "time.end=0.2", "time.end=soon"}, 2),
              HasSubstr("command line: argument 2"));
  EXPECT_THAT(failure({"check", file, "nonsense"}, 2), HasSubstr("'nonsense' is not an override"));
  EXPECT_THAT(failure({"run", file, "--seed", "-3"}, 2), HasSubstr("run.seed"));
}

TEST_F(CommandsTest, ReducedNeedsItsList) {
  const std::string file = write("drop.yaml", kDrop).string();
  EXPECT_THAT(failure({"check", file, "--reduced"}, 2),
              HasSubstr("--reduced needs a list 'reduced' of overrides in the file"));
  const std::string bad = write("bad.yaml", kDrop + "reduced: [ time.end=x, nonsense ]\n").string();
  EXPECT_THAT(failure({"check", bad, "--reduced"}, 2),
              AllOf(HasSubstr("bad.yaml:14:12: error: time.end"),
                    HasSubstr("bad.yaml:14:24: error: reduced.1 is not an override of the form "
                              "key.path=value")));
}

TEST_F(CommandsTest, ResolvedFileIsCompleteAndReadsBackTheSame) {
  write("drop.yaml", kDrop);
  const CallOptions here{.folder = folder_};
  const CallResult first = call({"check", "drop.yaml", "run.seed=5", "--resolved"}, here);
  EXPECT_THAT(first.out, AllOf(HasSubstr("seed: 5"), HasSubstr("inspect_every: 50")));
  write("resolved.yaml", first.out);
  EXPECT_EQ(call({"check", "resolved.yaml", "--resolved"}, here).out, first.out);
}

TEST_F(CommandsTest, MissingScenarioIsReported) {
  EXPECT_THAT(failure({"check", "none.yaml"}, 2),
              HasSubstr("no scenario 'none.yaml': there is neither such a file nor such a name in "
                        "the library"));
  EXPECT_THAT(failure({"run", "particles/dam_brake"}, 2),
              HasSubstr("did you mean 'particles/dam_break'?"));
}

TEST_F(CommandsTest, ExplainListsEveryKeyWithItsUnit) {
  const CallResult result = call({"explain", "mpm"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("end:"), HasSubstr("number in s, > 0"),
                                HasSubstr("diagnostics_every: 10")));
}

TEST_F(CommandsTest, ExplainWithoutTypeOrWithAWrongOneSaysWhichThereAre) {
  EXPECT_THAT(failure({"explain"}, 2),
              HasSubstr("error: give a scenario type (cable_identification"));
  EXPECT_THAT(failure({"explain", "mpn"}, 2),
              HasSubstr("unknown scenario type 'mpn', did you mean 'mpm'?"));
}

TEST_F(CommandsTest, ListShowsTypesLibraryFormatsAndBackEnd) {
  const CallResult result = call({"list"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("  mpm "), HasSubstr("  particles/dam_break "),
                                HasSubstr("  npz "), HasSubstr("Kokkos ")));
}

TEST_F(CommandsTest, LibraryIsFoundThroughTheEnvironment) {
  write("mine/ponds/drop.yaml", kDrop);
  const CallOptions options{.environment = {{"FILIGREE_SCENARIOS", path("mine")}}};
  EXPECT_THAT(call({"list"}, options).out, HasSubstr("ponds/drop"));
  EXPECT_EQ(call({"check", "ponds/drop"}, options).code, 0);
}

TEST_F(CommandsTest, LibraryIsFoundBesideTheInstalledProgram) {
  fs::create_directories(folder_ / "prefix/bin");
  fs::copy_file(FILIGREE_PROGRAM, folder_ / "prefix/bin/filigree");
  write("prefix/share/filigree/scenarios/ponds/drop.yaml", kDrop);
  const CallOptions options{.program = folder_ / "prefix/bin/filigree"};
  EXPECT_EQ(call({"check", "ponds/drop"}, options).code, 0);
}

TEST_F(CommandsTest, DoctorNamesBackEndThreadsAndLibraries) {
  const CallResult result = call({"doctor", "--threads", "1"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("precision"), HasSubstr("1 threads (Kokkos "),
                                HasSubstr("zstd"), HasSubstr("VTK"), HasSubstr("memory")));
}

TEST_F(CommandsTest, DoctorWarnsOfPinnedThreads) {
  const CallOptions options{.environment = {{"OMP_PROC_BIND", "true"}}};
  EXPECT_THAT(call({"doctor", "--threads", "1"}, options).out,
              HasSubstr("OMP_PROC_BIND=true pins threads to cores"));
}

TEST_F(CommandsTest, InfoShowsArrays) {
  const std::vector<double> values{1, 2, 4};
  const NamedArray array = make_array<double>("speeds", std::span<const double>(values));
  write_npy(folder_ / "speeds.npy", array);
  EXPECT_THAT(call({"info", path("speeds.npy")}).out,
              AllOf(HasSubstr("NPY array"), HasSubstr("speeds  f64  [3]  1 .. 4")));
  NamedArrays arrays;
  arrays.add(array);
  write_npz(folder_ / "some.npz", arrays);
  EXPECT_THAT(call({"info", path("some.npz")}).out, HasSubstr("NPZ archive, 1 arrays"));
  write_checkpoint(folder_ / "x.fgc", {.header = {{"step", 7}}, .arrays = arrays});
  EXPECT_THAT(call({"info", path("x.fgc")}).out,
              AllOf(HasSubstr("checkpoint"), HasSubstr("step             7")));
}

TEST_F(CommandsTest, InfoShowsWeightsAndConvertKeepsThem) {
  Weights weights;
  weights.arrays.add(make_array("layer.weight", DType::kF32, {2, 3}));
  weights.arrays.add(make_array("steps", DType::kI64, {}));
  weights.metadata = {{"network", "cgs"}, {"sly", "\x1b[31m"}};
  save_weights(folder_ / "net.npz", weights);
  EXPECT_EQ(call({"convert", path("net.npz"), path("net.safetensors")}).code, 0);
  EXPECT_EQ(call({"convert", path("net.safetensors"), path("again.npz")}).code, 0);
  EXPECT_EQ(load_weights(folder_ / "net.safetensors").arrays, weights.arrays);
  EXPECT_EQ(load_weights(folder_ / "again.npz").metadata, weights.metadata);
  for (const auto& [name, kind] :
       {std::pair("net.safetensors", "safetensors"), std::pair("again.npz", "NPZ archive")}) {
    EXPECT_THAT(call({"info", path(name)}).out,
                AllOf(HasSubstr(std::string(kind) + ", 2 arrays, 6 floating-point values\n"),
                      HasSubstr("  network          cgs\n"),
                      HasSubstr("  sly              \"\\u001b[31m\"\n"),
                      HasSubstr("  layer.weight  f32  [2, 3]  0 .. 0\n")));
  }
  write("cut.safetensors", std::string("\x10\0\0\0\0\0\0\0{", 9));
  EXPECT_THAT(failure({"info", path("cut.safetensors")}, 2), HasSubstr("it is cut off"));
  EXPECT_THAT(failure({"convert", path("cut.safetensors"), path("x.npz")}, 2),
              HasSubstr("it is cut off"));
  EXPECT_THAT(failure({"convert", path("net.safetensors"), path("x.vtp")}, 2),
              HasSubstr("name the file .safetensors or .npz"));
}

TEST_F(CommandsTest, InfoRefusesWhatItDoesNotKnow) {
  write("letter.txt", "dear reader");
  EXPECT_THAT(failure({"info", path("letter.txt")}, 2),
              HasSubstr("is of no kind that is known here: checkpoint (.fgc), manifest.json, "
                        ".safetensors, .npz, .npy, or the folder of a run"));
  EXPECT_THAT(failure({"info", path("none.npz")}, 2), HasSubstr("does not exist"));
  EXPECT_THAT(failure({"info", folder_.string()}, 2), HasSubstr("does not hold a run"));
  write("broken.fgc", "not a checkpoint");
  EXPECT_THAT(failure({"info", path("broken.fgc")}, 2), HasSubstr("broken.fgc"));
}

TEST_F(CommandsTest, CompareNeedsRuns) {
  EXPECT_THAT(failure({"compare", folder_.string(), folder_.string()}, 2),
              HasSubstr("does not hold a run (it has no manifest.json)"));
}

TEST_F(CommandsTest, FullStandardOutputIsReported) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "/dev/full is not here";
  EXPECT_THAT(call({"list"}, {.out_file = "/dev/full"}).err,
              HasSubstr("cannot write to standard output: No space left on device"));
}

}  // namespace
}  // namespace filigree::testing_support
