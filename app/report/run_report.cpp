// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/run_report.hpp"

#include <cmath>

#include "app/report/html.hpp"
#include "app/report/run_plots.hpp"
#include "core/text.hpp"

namespace filigree::app {
namespace {

constexpr std::size_t kMostFiles = 1000;
constexpr std::size_t kMostPlots = 100;

constexpr const char* kStyle = R"(
body { font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff;
  max-width: 1160px; margin: 0 auto; padding: 24px; }
h1 { font-size: 26px; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 34px 0 10px; border-bottom: 1px solid #d5dae1; padding-bottom: 4px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
.sub, .note, footer { color: #5b6673; }
.note { background: #f6f3e8; padding: 6px 12px; border-left: 4px solid #c9a227; }
.mark { display: inline-block; padding: 0 9px; border-radius: 9px; color: #fff; font-weight: bold;
  font-size: 13px; }
.good { background: #1a7f4b; } .bad { background: #b3261e; } .open { background: #6b7480; }
img { width: 100%; border: 1px solid #d5dae1; }
table { border-collapse: collapse; font-size: 13.5px; margin: 6px 0; }
th, td { text-align: left; vertical-align: top; padding: 3px 14px 3px 0;
  border-bottom: 1px solid #e8ebef; overflow-wrap: anywhere; }
th { color: #5b6673; font-weight: normal; white-space: nowrap; }
code { font: 13px "DejaVu Sans Mono", monospace; }
.wide { overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr));
  gap: 18px; }
svg { width: 100%; height: auto; font: 11px "DejaVu Sans", Verdana, sans-serif; fill: #333; }
svg .title { font-size: 13px; font-weight: bold; fill: #222; }
svg .grid { stroke: #e4e8ec; } svg .axis { stroke: #8a939d; }
svg path { fill: none; stroke-linejoin: round; }
details { margin: 6px 0; } summary { cursor: pointer; }
@media print { .plots { grid-template-columns: 1fr 1fr; } }
)";

std::string code(const std::string& text) {
  return "<code>" + escaped(text) + "</code>";
}

std::string mark(const std::string& kind, const std::string& text) {
  return format("<span class=\"mark {}\">{}</span>", kind, escaped(text));
}

std::string with_unit(const std::string& number, const std::string& unit) {
  return escaped(unit.empty() ? number : number + " " + unit);
}

std::string figure(double value) {
  return std::isfinite(value) ? format("{:.6g}", value) : "-";
}

std::string title_of(const RunRecord& record) {
  if (record.manifest) {
    const nlohmann::ordered_json::json_pointer key("/scenario/title");
    const auto& options = record.manifest->options;
    if (options.contains(key) && options.at(key).is_string()) {
      const auto title = options.at(key).get<std::string>();
      if (!title.empty()) return title;
    }
  }
  return "Run " + std::filesystem::absolute(record.folder).lexically_normal().filename().string();
}

std::string status_text(const RunRecord& record) {
  if (!record.manifest) return mark("open", "status not known");
  const std::string& status = record.manifest->status;
  if (status == "done") return mark("good", "done");
  if (status == "expectation_missed") return mark("bad", "an expectation was missed");
  if (status == "failed") return mark("bad", "failed");
  if (status == "without_data") return mark("open", "nothing was run: its data was not there");
  if (status == "running") return mark("open", "not finished: running, or ended without notice");
  return mark("open", status);
}

std::string summary(const RunRecord& record) {
  std::vector<std::string> facts;
  if (!record.diagnostics.rows.empty()) {
    facts.push_back(format("simulated to t = {:.6g} s", record.diagnostics.rows.back()[0]));
  }
  if (record.manifest) {
    const Manifest& m = *record.manifest;
    if (!m.ended.empty()) {
      facts.push_back(format("{} steps in {}", m.steps, duration_text(m.wall_seconds)));
    }
    facts.push_back(m.ended.empty() ? "started " + m.started
                                    : format("{} to {}", m.started, m.ended));
  }
  return escaped(join(facts, ", "));
}

std::string picture_section(const ReportPicture& picture) {
  if (picture.png.empty() && picture.note.empty()) return "";
  std::string text = "<h2>Pictures</h2>\n";
  if (picture.png.empty()) return text + "<p class=\"note\">" + escaped(picture.note) + "</p>\n";
  return text + "<p><img alt=\"frames of the run\" src=\"data:image/png;base64," +
         base64(picture.png) + "\"/></p>\n";
}

std::string expectation_section(const RunRecord& record) {
  if (record.expectations.empty()) return "";
  std::vector<HtmlRow> rows;
  for (const ExpectationResult& e : record.expectations) {
    const std::string verdict = !record.finished() ? mark("open", "open")
                                : e.met            ? mark("good", "met")
                                                   : mark("bad", "missed");
    rows.push_back({code(e.quantity), escaped(e.at),
                    with_unit(format("{:.6g} to {:.6g}", e.lowest, e.highest), e.unit),
                    with_unit(figure(e.got), std::isfinite(e.got) ? e.unit : ""), verdict});
  }
  return "<h2>Expectations</h2>\n" + html_table({"quantity", "at", "expected", "found", ""}, rows);
}

std::string metric_section(const RunRecord& record) {
  if (record.metrics.empty()) return "";
  std::vector<HtmlRow> rows;
  for (const Metric& m : record.metrics) {
    rows.push_back({code(m.name), with_unit(figure(m.value), m.unit)});
  }
  return "<h2>Figures of the whole run</h2>\n" + html_table({}, rows);
}

std::string plot_section(const RunRecord& record) {
  const std::vector<Plot> plots = run_plots(record.diagnostics);
  if (plots.empty()) return "";
  std::string text = "<h2>Diagnostics</h2>\n<div class=\"plots\">\n";
  for (std::size_t i = 0; i < std::min(plots.size(), kMostPlots); ++i) {
    text += "<div>" + svg_text(plots[i]) + "</div>\n";
  }
  text += "</div>\n";
  if (plots.size() > kMostPlots) {
    text += format(
        "<p class=\"note\">{} more plots would follow; diagnostics.csv has all "
        "columns.</p>\n",
        plots.size() - kMostPlots);
  }
  return text;
}

std::string parameter_section(const RunRecord& record) {
  if (record.parameters.empty()) return "";
  std::vector<HtmlRow> rows;
  for (const Parameter& p : record.parameters) {
    rows.push_back({code(p.path), escaped(p.value), escaped(p.unit), escaped(p.doc)});
  }
  return "<h2>Parameters</h2>\n<div class=\"wide\">" +
         html_table({"key", "value", "unit", "meaning"}, rows) + "</div>\n";
}

std::string file_table(const std::vector<FileRecord>& files) {
  std::vector<HtmlRow> rows;
  for (std::size_t i = 0; i < std::min(files.size(), kMostFiles); ++i) {
    rows.push_back({code(files[i].path), size_text(files[i].bytes), code(files[i].sha256)});
  }
  std::string text = html_table({"file", "size", "SHA-256"}, rows);
  if (files.size() > kMostFiles) {
    text += format("<p>and {} more, listed in manifest.json</p>\n", files.size() - kMostFiles);
  }
  return text;
}

std::string manifest_section(const RunRecord& record) {
  if (!record.manifest) return "";
  const Manifest& m = *record.manifest;
  std::vector<HtmlRow> rows{
      {"program", escaped(format("filigree {} ({}{}), {} precision", m.version, m.commit,
                                 m.dirty ? ", with local changes" : "", m.real))},
      {"built with", escaped(format("{}, {}, {}", m.compiler, m.build_type, m.compiler_flags))},
      {"back end",
       escaped(format("{}, {} threads (Kokkos {})", m.backend, m.threads, m.kokkos_version))},
      {"machine", escaped(format("{}, {}", m.device, m.os))},
      {"command", code(join(m.command_line, " "))},
      {"seed", format("{}", m.seed)}};
  if (!m.random_streams.empty()) {
    rows.push_back({"random streams", escaped(join(m.random_streams))});
  }
  if (!m.resumed_from.empty()) rows.push_back({"resumed from", code(m.resumed_from)});
  if (!m.ended.empty()) rows.push_back({"exit code", format("{}", m.exit_code)});
  std::string text = "<h2>How it was made</h2>\n" + html_table({}, rows);
  if (!m.inputs.empty())
    text += "<h3>Inputs</h3>\n<div class=\"wide\">" + file_table(m.inputs) + "</div>\n";
  if (!m.outputs.empty()) {
    text += format("<details><summary>{} files of results</summary>\n<div class=\"wide\">",
                   m.outputs.size()) +
            file_table(m.outputs) + "</div></details>\n";
  }
  return text;
}

}  // namespace

std::string report_html(const RunRecord& record, const ReportPicture& picture) {
  const std::string title = escaped(title_of(record));
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" +
      title + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" + title +
      "</h1>\n<p>" + status_text(record) + " <span class=\"sub\">" + summary(record) +
      "</span></p>\n";
  for (const std::string& note : record.notes) {
    text += "<p class=\"note\">" + escaped(note) + "</p>\n";
  }
  text += picture_section(picture) + expectation_section(record) + metric_section(record) +
          plot_section(record) + parameter_section(record) + manifest_section(record);
  return text + "<footer><p>Written by filigree " + escaped(FILIGREE_VERSION) +
         ".</p></footer>\n</body>\n</html>\n";
}

}  // namespace filigree::app
