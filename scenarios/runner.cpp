// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/runner.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include "core/state_visitor.hpp"
#include "io/atomic_file.hpp"
#include "scenarios/checkpointer.hpp"
#include "scenarios/frame_output.hpp"
#include "scenarios/interrupt.hpp"
#include "scenarios/library.hpp"
#include "scenarios/preparation.hpp"
#include "scenarios/program_info.hpp"
#include "scenarios/run_folder.hpp"
#include "scenarios/watchdog.hpp"

namespace filigree {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

class Runner {
 public:
  Runner(const Scenario& scenario, const RunRequest& request, RunObserver& observer)
      : scenario_(scenario),
        request_(request),
        observer_(observer),
        frames_(scenario.run),
        folder_(open_folder()),
        checkpointer_(scenario, folder_.checkpoints()),
        watchdog_(scenario.run.watchdog) {}

  RunResult run();

 private:
  RunFolder open_folder() const;
  void load_checkpoint();
  void initialize();
  void start_files();
  void copy_named_files() const;
  void start_manifest();
  void end_without_data(const std::string& missing);
  void loop();
  void step();
  void finish();
  std::vector<Metric> write_figures();
  void end(const char* status, ExitCode code);
  void record_last_row();

  void write_row(bool scheduled);
  void write_frame(bool scheduled);
  void write_checkpoint(bool scheduled);
  void require_valid(const std::optional<Trouble>& trouble) const;
  void inspect();
  std::string kept() const;
  RunPosition position() const;
  bool finished() const;
  bool resuming() const { return !request_.resume.empty(); }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void tell(std::string name, std::string text, nlohmann::ordered_json data = {});

  const Scenario& scenario_;
  const RunRequest& request_;
  RunObserver& observer_;
  Clock::time_point start_ = Clock::now();
  FrameOutput frames_;  // before the folder: a missing format must not leave a folder behind
  RunFolder folder_;
  Checkpointer checkpointer_;
  Watchdog watchdog_;
  std::unique_ptr<Simulation> simulation_;
  CsvWriter diagnostics_;
  Manifest manifest_;
  RunProgress progress_;
  RunResult result_;
  std::optional<LatestCheckpoint> loaded_;
  std::int64_t inspected_step_ = -1;
  double last_row_time_ = -1;  ///< of any row
  double last_scheduled_row_time_ = -1;
  double wall_before_ = 0;  ///< s, of the runs that this one continues
};

RunFolder Runner::open_folder() const {
  const FolderRequest request{.out = request_.out,
                              .pattern = scenario_.run.output.folder,
                              .scenario = scenario_.name,
                              .force = request_.force};
  return resuming() ? RunFolder::reopen(request, request_.resume) : RunFolder::create(request);
}

void Runner::tell(std::string name, std::string text, nlohmann::ordered_json data) {
  observer_.event({std::move(name), std::move(text), std::move(data)});
}

RunResult Runner::run() {
  result_.folder = folder_.path();
  try {
    if (resuming()) load_checkpoint();
    initialize();
  } catch (...) {
    folder_.discard();
    throw;
  }
  try {
    if (const std::string missing = simulation_->missing_data(); !missing.empty()) {
      end_without_data(missing);
      return result_;
    }
    for (const std::string& warning : simulation_->warnings()) tell("warning", warning);
    start_files();
    loop();
    if (result_.code != ExitCode::kInterrupted) finish();
  } catch (const EnvironmentError& error) {
    end("failed", error.code());
    folder_.discard();
    throw EnvironmentError(format("{}\n  kept:   {}", error.what(), kept()));
  } catch (const Error& error) {
    end("failed", error.code());
    throw;
  } catch (const std::bad_alloc&) {
    end("failed", ExitCode::kFailedToStart);
    throw;
  } catch (...) {
    end("failed", ExitCode::kInternal);
    throw;
  }
  return result_;
}

std::vector<FileRecord> input_records(const Scenario& scenario) {
  const std::vector<fs::path> library = library_folders();
  std::vector<FileRecord> records;
  for (const fs::path& input : scenario.inputs) {
    records.push_back(record_file(input, publishable_path(library_relative(input, library))));
  }
  return records;
}

/// The files that the scenario names must be those that the run began with; the scenario file
/// itself may differ, its options have been compared.
void require_same_files(const std::vector<FileRecord>& before, const std::vector<FileRecord>& now) {
  for (std::size_t i = 1; i < now.size(); ++i) {
    for (const FileRecord& old : before) {
      FILIGREE_REQUIRE(old.path != now[i].path || old.sha256 == now[i].sha256,
                       "{} has changed since the run began, so it cannot go on as before; restore "
                       "the file, or start a new run",
                       now[i].path);
    }
  }
}

void Runner::load_checkpoint() {
  if (request_.resume == "latest") {
    loaded_ = load_latest_checkpoint(folder_.checkpoints());
    for (const std::string& reason : loaded_->refused) tell("warning", "passed over: " + reason);
  } else {
    loaded_ = LatestCheckpoint{request_.resume, read_checkpoint(request_.resume), {}};
  }
  require_same_run(loaded_->checkpoint, scenario_, loaded_->file.string());
  require_same_files(read_manifest(folder_.manifest()).inputs, input_records(scenario_));
  const auto version = loaded_->checkpoint.header.value("version", std::string());
  if (version != FILIGREE_VERSION) {
    tell("warning", format("the checkpoint was made by version {}: results may differ in the last "
                           "digits from those of an uninterrupted run",
                           version));
  }
}

void Runner::initialize() {
  simulation_ = scenario_.make();
  simulation_->initialize(context_of(scenario_, folder_.path()));
  const std::string missing = simulation_->missing_data();
  FILIGREE_REQUIRE(missing.empty() || !loaded_, "the run cannot go on: {}", missing);
  check_names(scenario_, *simulation_, frames_);
  if (loaded_) {
    StateLoader loader(loaded_->checkpoint.arrays);
    simulation_->reflect_state(loader);
    const RunPosition at = run_position(loaded_->checkpoint, loaded_->file.string());
    progress_.step = at.step;
    last_row_time_ = last_scheduled_row_time_ = at.last_row_time;
    watchdog_.set_energies(at.energies);
  }
  progress_.start_step = progress_.step;
  progress_.start_time = progress_.time = simulation_->time();
  progress_.end = scenario_.run.time.end;
  progress_.max_steps = scenario_.run.time.max_steps.value_or(0);
  progress_.frames_total = frames_.total();
  inspect();
}

void Runner::start_manifest() {
  manifest_ = program_manifest();
  manifest_.command_line = publishable(request_.command_line);
  manifest_.seed = scenario_.run.run.seed;
  manifest_.inputs = input_records(scenario_);
  manifest_.options = scenario_.resolved_json;
  manifest_.random_streams = simulation_->random_streams();
  manifest_.started = utc_timestamp();
  if (loaded_) {
    manifest_.resumed_from = loaded_->file.filename().string();
    const Manifest before = read_manifest(folder_.manifest());
    manifest_.started = before.started;
    wall_before_ = before.wall_seconds;
  }
  write_manifest(folder_.manifest(), manifest_);
}

/// Files that the scenario names in or below its own folder go to the same place beside
/// resolved.yaml, so that it can be run again; others keep their paths.
void Runner::copy_named_files() const {
  for (std::size_t i = 1; i < scenario_.inputs.size(); ++i) {
    const fs::path& file = scenario_.inputs[i];
    const fs::path place = file.lexically_relative(scenario_.file.parent_path()).lexically_normal();
    if (place.empty() || place.is_absolute() || *place.begin() == "..") continue;
    create_folder((folder_.path() / place).parent_path());
    write_file_atomically(folder_.path() / place, read_file(file));
  }
}

void Runner::start_files() {
  start_manifest();
  Recorder row;
  simulation_->diagnose(row);
  std::vector<CsvColumn> columns{{"time", "s"}, {"step", ""}};
  for (const Recorder::Row& entry : row.rows()) columns.push_back({entry.name, entry.unit});
  if (loaded_) {
    folder_.remove_parts();
    std::error_code ignored;
    fs::remove(folder_.metrics(), ignored);
    checkpointer_.resume_from(loaded_->file, loaded_->checkpoint);
    frames_.resume(folder_.path(),
                   run_position(loaded_->checkpoint, loaded_->file.string()).frames);
    diagnostics_.resume(folder_.diagnostics(), columns, last_scheduled_row_time_);
  } else {
    folder_.clear();
    copy_named_files();
    frames_.open(folder_.path());
    diagnostics_.open(folder_.diagnostics(), columns);
  }
  write_file_atomically(folder_.resolved(), scenario_.resolved);
  tell("start",
       format("{} -> {}{}", scenario_.name, folder_.path().string(),
              loaded_
                  ? format(", continued from step {}, t = {:.6g} s", progress_.step, progress_.time)
                  : ""),
       {{"scenario", scenario_.name},
        {"type", scenario_.type_name},
        {"folder", folder_.path().generic_string()},
        {"seed", manifest_.seed},
        {"threads", manifest_.threads},
        {"step", progress_.step},
        {"time", progress_.time},
        {"end", progress_.end}});
  if (loaded_) {
    loaded_.reset();  // the arrays have been handed out
    return;
  }
  write_row(true);
  write_frame(true);
  write_checkpoint(true);
}

/// Leaves a manifest that says so.
void Runner::end_without_data(const std::string& missing) {
  folder_.clear();
  start_manifest();
  write_file_atomically(folder_.resolved(), scenario_.resolved);
  tell("warning", format("nothing was run: {}", missing));
  end("without_data", ExitCode::kDone);
}

bool Runner::finished() const {
  return progress_.time >= progress_.end ||
         (progress_.max_steps > 0 && progress_.step >= progress_.max_steps);
}

void Runner::loop() {
  while (!finished()) {
    const int signal = request_.stop_signal ? request_.stop_signal() : 0;
    if (signal != 0) {
      if (checkpointer_.last_step() != progress_.step) write_checkpoint(false);
      tell("interrupted",
           format("stopped by {} at t = {:.6g} s, step {}; continue with --resume latest",
                  signal_name(signal), progress_.time, progress_.step),
           {{"signal", signal_name(signal)}, {"time", progress_.time}, {"step", progress_.step}});
      result_.code = ExitCode::kInterrupted;
      end("interrupted", ExitCode::kInterrupted);
      return;
    }
    step();
  }
}

void Runner::step() {
  const double before = progress_.time;
  const double until = frames_.next_time();
  const StepReport report = simulation_->step(until);
  ++progress_.step;
  progress_.time = simulation_->time();
  progress_.dt = report.dt;
  if (report.loss) progress_.loss = report.loss;
  require_valid(watchdog_.check_step(report, before, progress_.time, until));
  if (watchdog_.inspection_due(progress_.step)) inspect();
  const bool frame_due = frames_.due(progress_.time);
  if (frame_due || progress_.step % scenario_.run.output.diagnostics_every == 0) write_row(true);
  if (frame_due) write_frame(true);
  if (checkpointer_.due(before, progress_.time)) write_checkpoint(true);
  observer_.progress(progress_);
}

void Runner::require_valid(const std::optional<Trouble>& trouble) const {
  if (!trouble) return;
  throw NumericalError(trouble_text(*trouble, progress_.time, progress_.step, kept()));
}

std::string Runner::kept() const {
  std::string text;
  if (frames_.written() > 0) {
    text = format("{} frame{} up to t = {:.6g} s", frames_.written(),
                  frames_.written() == 1 ? "" : "s", frames_.last_time());
  }
  if (checkpointer_.last_step() >= 0) {
    text += format("{}checkpoint {} of t = {:.6g} s", text.empty() ? "" : ", ",
                   checkpointer_.last_file().filename().string(), checkpointer_.last_time());
  }
  return text.empty() ? "nothing was written yet" : text + " in " + folder_.path().string();
}

void Runner::inspect() {
  if (inspected_step_ == progress_.step) return;
  require_valid(simulation_->inspect());
  inspected_step_ = progress_.step;
}

void Runner::write_row(bool scheduled) {
  Recorder row;
  simulation_->diagnose(row);
  require_valid(watchdog_.check_row(row, *simulation_));
  std::vector<double> values{progress_.time, static_cast<double>(progress_.step)};
  for (const Recorder::Row& entry : row.rows()) values.push_back(entry.value);
  diagnostics_.row(values);
  last_row_time_ = progress_.time;
  if (scheduled) last_scheduled_row_time_ = progress_.time;
}

void Runner::write_frame(bool scheduled) {
  inspect();
  watchdog_.set_reference();
  frames_.write(*simulation_, progress_.step, scheduled);
  if (!frames_.active()) return;
  progress_.frames = frames_.written();
  tell("frame", "", {{"number", frames_.written() - 1}, {"time", progress_.time}});
}

RunPosition Runner::position() const {
  return {.step = progress_.step,
          .time = progress_.time,
          .frames = frames_.next_number(),
          .last_row_time = last_scheduled_row_time_,
          .energies = watchdog_.energies()};
}

void Runner::write_checkpoint(bool scheduled) {
  inspect();
  checkpointer_.write(position(), *simulation_, scheduled);
  tell("checkpoint", "",
       {{"file", checkpointer_.last_file().filename().string()}, {"time", progress_.time}});
}

void Runner::finish() {
  const RunPosition here = position();  // before a last row and frame that are not on schedule
  if (checkpointer_.last_step() != here.step) write_checkpoint(true);
  if (last_row_time_ < progress_.time) write_row(false);
  if (frames_.active() && frames_.last_time() < progress_.time) write_frame(false);
  diagnostics_.close();
  frames_.close();
  const std::vector<Metric> metrics = write_figures();
  result_.expectations =
      evaluate_expectations(scenario_.run.expect, read_csv(folder_.diagnostics()), metrics);
  std::int64_t missed = 0;
  for (const ExpectationResult& result : result_.expectations) missed += result.met ? 0 : 1;
  result_.code = missed == 0 ? ExitCode::kDone : ExitCode::kExpectationMissed;
  end(missed == 0 ? "done" : "expectation_missed", result_.code);
}

std::vector<Metric> Runner::write_figures() {
  Recorder figures;
  simulation_->evaluate(figures);
  std::vector<Metric> metrics;
  for (const Recorder::Row& row : figures.rows()) {
    if (std::isfinite(row.value)) {
      metrics.push_back({row.name, row.value, row.unit});
    } else {
      tell("warning",
           format("the run does not determine '{}': it is left out of metrics.json", row.name));
    }
  }
  if (!metrics.empty() || !figures.lists().empty()) {
    write_metrics(folder_.metrics(), metrics, figures.lists());
  }
  return metrics;
}

void Runner::end(const char* status, ExitCode code) {
  result_.steps = progress_.step;
  result_.time = progress_.time;
  result_.wall_seconds = seconds();
  manifest_.status = status;
  manifest_.exit_code = static_cast<int>(code);
  manifest_.steps = progress_.step;
  manifest_.wall_seconds = wall_before_ + result_.wall_seconds;
  manifest_.ended = utc_timestamp();
  const bool failed = std::string_view(status) == "failed";
  try {
    record_last_row();
    manifest_.outputs = record_folder(folder_.path());
    write_manifest(folder_.manifest(), manifest_);
  } catch (const Error&) {
    if (!failed) throw;  // else the reason of the failure matters more than the manifest
  }
}

void Runner::record_last_row() {
  std::error_code ignored;
  if (!fs::exists(folder_.diagnostics(), ignored)) return;
  const CsvTable table = read_csv(folder_.diagnostics());
  if (table.rows.empty()) return;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    manifest_.diagnostics[table.columns[i]] = table.rows.back()[i];
  }
}

}  // namespace

RunResult run_scenario(const Scenario& scenario, const RunRequest& request, RunObserver& observer) {
  return Runner(scenario, request, observer).run();
}

}  // namespace filigree
