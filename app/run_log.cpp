// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/run_log.hpp"

#include <algorithm>
#include <cstdio>

#include "core/text.hpp"

namespace filigree::app {
namespace {

using Clock = std::chrono::steady_clock;

/// A full disk behind stdout must not end a run: its results go elsewhere.
void tell(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string progress_text(const RunProgress& progress, double elapsed) {
  const double done = fraction_done(progress);
  const std::string left =
      done > 0 ? format(", {} left", duration_text(elapsed * (1 - done) / done)) : "";
  if (progress.loss) return format("update {}, loss {:.4g}{}", progress.step, *progress.loss, left);
  return format("t = {:.4g} s, step {}, dt = {:.2g} s{}", progress.time, progress.step, progress.dt,
                left);
}

class TextLog final : public RunObserver {
 public:
  void event(const RunEvent& event) override {
    if (event.text.empty()) return;
    bar_.erase();
    if (event.name == "warning") {
      std::fprintf(stderr, "warning: %s\n", event.text.c_str());
    } else {
      tell(event.text);
    }
  }

  void progress(const RunProgress& progress) override {
    if (terminal_) {
      if (bar_.due()) bar_.draw(fraction_done(progress), progress_text(progress, elapsed()));
      return;
    }
    if (seconds_since(last_line_) < kSecondsBetweenLines) return;
    last_line_ = Clock::now();
    std::fprintf(stderr, "%3.0f %%  %s\n", 100 * fraction_done(progress),
                 progress_text(progress, elapsed()).c_str());
  }

 private:
  static constexpr double kSecondsBetweenLines = 5;
  double elapsed() const { return seconds_since(start_); }

  bool terminal_ = ProgressBar::possible();
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_line_ = Clock::now();
  ProgressBar bar_;
};

class JsonLog final : public RunObserver {
 public:
  void event(const RunEvent& event) override {
    nlohmann::ordered_json json{{"event", event.name}};
    for (const auto& [key, value] : event.data.items()) json[key] = value;
    if (!event.text.empty()) json["text"] = event.text;
    tell(json.dump());
  }

  void progress(const RunProgress& progress) override {
    if (seconds_since(last_) < 1) return;
    last_ = Clock::now();
    nlohmann::ordered_json values{
        {"time", progress.time},     {"end", progress.end},
        {"step", progress.step},     {"dt", progress.dt},
        {"frames", progress.frames}, {"fraction", fraction_done(progress)}};
    if (progress.loss) values["loss"] = *progress.loss;
    event({"progress", "", std::move(values)});
  }

 private:
  Clock::time_point last_ = Clock::now();
};

class QuietLog final : public RunObserver {
 public:
  void event(const RunEvent& event) override {
    if (event.name == "warning") std::fprintf(stderr, "warning: %s\n", event.text.c_str());
  }
  void progress(const RunProgress&) override {}
};

}  // namespace

double fraction_done(const RunProgress& progress) {
  const double span = progress.end - progress.start_time;
  double done = span > 0 ? (progress.time - progress.start_time) / span : 1;
  if (progress.max_steps > progress.start_step) {
    const auto steps = static_cast<double>(progress.step - progress.start_step);
    done = std::max(done, steps / static_cast<double>(progress.max_steps - progress.start_step));
  }
  return std::clamp(done, 0.0, 1.0);
}

std::unique_ptr<RunObserver> make_run_log(LogKind kind) {
  switch (kind) {
    case LogKind::kJson:
      return std::make_unique<JsonLog>();
    case LogKind::kQuiet:
      return std::make_unique<QuietLog>();
    case LogKind::kText:
      break;
  }
  return std::make_unique<TextLog>();
}

}  // namespace filigree::app
