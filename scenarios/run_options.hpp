// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The blocks that every scenario file has, whatever its type: what is run, how long, what is
// written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/reflect.hpp"

namespace filigree {

struct ScenarioHeader {
  std::string type;
  std::string title;

  template <class V>
  void reflect(V& v) {
    v("type", type, About{.doc = "scenario type, see 'filigree list'", .required = true});
    v("title", title, About{.doc = "one line for people, written into the output files"});
  }
};

struct RunControl {
  std::uint64_t seed = 0;
  bool deterministic = true;

  template <class V>
  void reflect(V& v) {
    v("seed", seed, About{.doc = "of every random number of the run"});
    v("deterministic", deterministic,
      About{.doc = "same bits for any number of threads; false permits faster variants"});
  }
};

struct TimeOptions {
  double end = 0;
  std::optional<std::int64_t> max_steps;

  template <class V>
  void reflect(V& v) {
    v("end", end,
      About{.doc = "simulated time to reach", .unit = "s", .above = 0, .required = true});
    v("max_steps", max_steps,
      About{.doc = "stop after so many steps, even before `end`", .min = 1});
  }
};

struct OutputOptions {
  std::optional<double> every;
  std::optional<std::int64_t> frames;
  std::vector<std::string> fields;
#if FILIGREE_WITH_VTK
  std::vector<std::string> formats{"vtk"};
#else
  std::vector<std::string> formats{"npz"};
#endif
  std::int64_t diagnostics_every = 10;
  std::string folder = "runs/{scenario}-{n}";

  template <class V>
  void reflect(V& v) {
    v("every", every,
      About{.doc = "simulated time between frames; steps are shortened to meet them exactly",
            .unit = "s",
            .above = 0});
    v("frames", frames,
      About{.doc = "number of frames after the initial one; 50 when `every` is absent too",
            .min = 1,
            .max = 10'000'000});
    v("fields", fields, About{.doc = "fields to write; an empty list means all"});
    v("formats", formats, About{.doc = "see 'filigree list'; an empty list means no frames"});
    v("diagnostics_every", diagnostics_every,
      About{.doc = "steps between rows of diagnostics.csv; frames and the end have a row anyway",
            .min = 1});
    v("folder", folder,
      About{.doc =
                "where the run is written unless --out says otherwise; {scenario} is the name of "
                "the file, {n} the first free number"});
  }

  std::string validate() const;
};

struct CheckpointOptions {
  std::optional<double> every;
  double every_wall = 300;
  int keep = 2;

  template <class V>
  void reflect(V& v) {
    v("every", every,
      About{.doc = "simulated time between checkpoints, written after the step that passes it",
            .unit = "s",
            .above = 0});
    v("every_wall", every_wall,
      About{.doc = "wall-clock time between checkpoints; 0 for none", .unit = "s", .min = 0});
    v("keep", keep, About{.doc = "number of checkpoints kept", .min = 1, .max = 1000});
  }
};

struct WatchdogOptions {
  std::int64_t inspect_every = 50;
  double energy_growth = 1e4;

  template <class V>
  void reflect(V& v) {
    v("inspect_every", inspect_every,
      About{.doc = "steps between looks at every value of the state; frames and checkpoints are "
                   "always preceded by one",
            .min = 1});
    v("energy_growth", energy_growth,
      About{.doc = "an energy above this multiple of the largest one up to the last frame is a "
                   "blow-up; 0 for no such limit",
            .min = 0});
  }
};

/// At which moment of the run a quantity is looked at.
enum class Moment { kEnd, kMax, kMin };
template <>
struct EnumNames<Moment> {
  static constexpr std::array names{"end", "max", "min"};
};

struct Expectation {
  std::string quantity;
  std::optional<Moment> at;
  std::optional<double> time;
  std::array<double, 2> within{};

  template <class V>
  void reflect(V& v) {
    v("quantity", quantity,
      About{.doc = "column of diagnostics.csv or name in metrics.json, without its unit",
            .required = true});
    v("at", at, About{.doc = "moment of the run; `end` when `time` is absent too"});
    v("time", time,
      About{.doc = "simulated time, interpolated between rows of diagnostics.csv",
            .unit = "s",
            .min = 0});
    v("within", within,
      About{.doc = "lowest and highest value, in the unit of the quantity", .required = true});
  }

  std::string validate() const;
};

/// A version of the scenario: `run --variant NAME` runs one, `sweep` all of them.
struct Variant {
  std::string name;
  std::vector<std::string> set;

  template <class V>
  void reflect(V& v) {
    v("name", name,
      About{.doc = "letters, digits, '_', '-', '.' and '='; the name of its folder in a sweep",
            .required = true});
    v("set", set, About{.doc = "overrides 'key.path=value'", .required = true});
  }
  std::string validate() const;
};

struct RunOptions {
  int schema = 1;
  ScenarioHeader scenario;
  RunControl run;
  TimeOptions time;
  OutputOptions output;
  CheckpointOptions checkpoint;
  WatchdogOptions watchdog;
  std::vector<Expectation> expect;
  std::vector<std::string> reduced;
  std::vector<Variant> variants;

  template <class V>
  void reflect(V& v) {
    v("schema", schema,
      About{.doc = "version of the file format", .min = 1, .max = 1, .required = true});
    v("scenario", scenario, About{.doc = "what is run", .required = true});
    v("run", run, About{.doc = "how it is run"});
    v("time", time, About{.doc = "how long", .required = true});
    v("output", output, About{.doc = "what is written"});
    v("checkpoint", checkpoint, About{.doc = "when the state is saved for --resume"});
    v("watchdog", watchdog, About{.doc = "when a run counts as failed"});
    v("expect", expect, About{.doc = "what must come out, else the exit code is 6"});
    v("reduced", reduced,
      About{.doc = "overrides 'key.path=value' of the quick version that --reduced runs"});
    v("variants", variants, About{.doc = "versions of the scenario, for --variant and sweep"});
  }
  std::string validate() const;
};

/// The exact times of the frames: 0, then multiples of `output.every` (or of `time.end` divided by
/// `output.frames`), and `time.end` last.
class FrameTimes {
 public:
  FrameTimes(double end, const OutputOptions& output);
  /// Number of frames, the initial one and the one at the end included.
  std::int64_t count() const { return count_; }
  /// s, for 0 <= number < count(); a pure function, so that a resumed run meets the same times.
  double time(std::int64_t number) const;

 private:
  double end_;
  double every_ = 0;  ///< s, or 0 when `divisions_` counts
  std::int64_t divisions_ = 0;
  std::int64_t count_;
};

}  // namespace filigree
