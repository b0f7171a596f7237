// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <thread>

#include "app/program.hpp"
#include "core/gemm.hpp"
#include "core/types.hpp"
#include "io/library_versions.hpp"
#include "scenarios/library.hpp"
#include "scenarios/program_info.hpp"

namespace filigree::app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> warnings(const Manifest& here, const std::string& proc_bind) {
  std::vector<std::string> found;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  if (here.backend == "OpenMP" && here.threads > cores) {
    found.push_back(
        format("{} threads on {} cores are slower than {}: set OMP_NUM_THREADS={} or "
               "use --threads",
               here.threads, cores, cores, cores));
  }
  if (here.backend == "OpenMP" && here.threads < cores) {
    found.push_back(format("{} of {} cores are used: OMP_NUM_THREADS or --threads says so",
                           here.threads, cores));
  }
  if (proc_bind == "true" || proc_bind == "close" || proc_bind == "master") {
    found.push_back(
        format("OMP_PROC_BIND={} pins threads to cores: two programs at a time would "
               "share the same ones; unset it unless the machine is yours alone",
               proc_bind));
  }
  if (variable("OMP_DYNAMIC") == "true") {
    found.push_back("OMP_DYNAMIC=true lets the number of threads vary; unset it");
  }
  if (here.build_type != "Release") {
    found.push_back(format("this is a {} build: slower than Release", here.build_type));
  }
  if (FILIGREE_CHECK_BOUNDS) found.push_back("array accesses are checked: runs are much slower");
  if (library_folders().empty()) {
    found.push_back("the scenario library was not found: set FILIGREE_SCENARIOS to its folder");
  }
  return found;
}

void doctor(int threads, const Program& program) {
  const std::string proc_bind = variable("OMP_PROC_BIND");  // before the start sets a default
  program.start_kokkos(threads);
  const Manifest here = program_manifest();
  std::string text =
      format("filigree {} ({}{}), {} precision\n", here.version, here.commit,
             here.dirty ? ", with local changes" : "", here.real) +
      format("  compiler   {}, {}, {}\n", here.compiler, here.build_type, here.compiler_flags) +
      format("  back end   {}, {} threads (Kokkos {})\n", here.backend, here.threads,
             here.kokkos_version) +
      format("  products   {}\n", gemm_name()) + format("  device     {}\n", here.device) +
      format("  system     {}\n", here.os) +
      format("  cores      {}\n", std::thread::hardware_concurrency()) +
      format("  memory     {} of {} available\n", size_text(available_memory()),
             size_text(total_memory()));
  text += "libraries:\n";
  for (const LibraryVersion& library : library_versions()) {
    text += format("  {:<10} {}\n", library.name, library.version);
  }
  text += format("  {:<10} {}\n", "CLI11", CLI11_VERSION);
  text += "scenario library:\n";
  for (const auto& folder : library_folders()) text += format("  {}\n", folder.string());
  const std::vector<std::string> found = warnings(here, proc_bind);
  text += found.empty() ? "no warnings\n" : "warnings:\n";
  for (const std::string& warning : found) text += format("  {}\n", warning);
  print(text);
}

}  // namespace

void add_doctor(CLI::App& app, Program& program) {
  const auto threads = std::make_shared<int>(0);
  CLI::App* command = app.add_subcommand(
      "doctor", "show back end, threads, libraries, memory, and settings that cost time");
  command->footer("Example:\n  filigree doctor --threads 2\n");
  command->add_option("--threads", *threads, "default: OMP_NUM_THREADS, else all cores")
      ->check(CLI::Range(1, 4096));
  command->callback([threads, &program] { doctor(*threads, program); });
}

}  // namespace filigree::app
