// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "app/program.hpp"
#include "app/render/look.hpp"
#include "app/render/pictures.hpp"
#include "app/render/run_pictures.hpp"
#include "io/atomic_file.hpp"
#include "io/frame_reader.hpp"
#include "io/writer.hpp"

namespace filigree::app {
namespace {
namespace fs = std::filesystem;

struct RenderArguments {
  std::string run;
  std::string out;
  std::string size = "1280x720";
  std::string frames;
  std::string color;
  std::string camera;
  std::string sheet = "3x2";
  double zoom = 1;
  double thickness = 1;
  std::string range;
};

/// The numbers between the separators; InputError naming `option` unless all are numbers >= lowest
/// and <= highest.
template <class T>
std::vector<T> numbers_of(const std::string& text, char separator, const std::string& option,
                          const std::string& form, T lowest, T highest) {
  std::vector<T> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    T number{};
    const auto [next, error] = std::from_chars(at, end, number);
    const bool good = error == std::errc() && number >= lowest && number <= highest &&
                      (next == end || *next == separator);
    FILIGREE_REQUIRE(good, "{} {}: expected {} with numbers from {} to {}", option, text, form,
                     lowest, highest);
    numbers.push_back(number);
    if (next == end) return numbers;
    at = next + 1;
  }
}

std::array<int, 2> pair_of(const std::string& text, const std::string& option,
                           const std::string& form, int lowest, int highest) {
  const std::vector<int> numbers = numbers_of<int>(text, 'x', option, form, lowest, highest);
  FILIGREE_REQUIRE(numbers.size() == 2, "{} {}: expected {}", option, text, form);
  return {numbers[0], numbers[1]};
}

LookOptions look_options(const RenderArguments& arguments) {
  LookOptions options;
  options.color = arguments.color;
  options.zoom = arguments.zoom;
  options.thickness = arguments.thickness;
  const auto two = [](const std::string& text, const char* option, const char* form, double most) {
    const std::vector<double> numbers = numbers_of<double>(text, ',', option, form, -most, most);
    FILIGREE_REQUIRE(numbers.size() == 2, "{} {}: expected {}", option, text, form);
    return std::array<double, 2>{numbers[0], numbers[1]};
  };
  if (!arguments.camera.empty()) {
    options.camera = two(arguments.camera, "--camera", "AZIMUTH,ELEVATION", 360);
  }
  if (!arguments.range.empty()) {
    options.range = two(arguments.range, "--range", "LOW,HIGH", 1e300);
    FILIGREE_REQUIRE((*options.range)[0] < (*options.range)[1],
                     "--range {}: LOW must be less than HIGH", arguments.range);
  }
  return options;
}

/// The frames whose numbers are asked for.
std::vector<fs::path> chosen_frames(const std::vector<fs::path>& all, const std::string& text) {
  if (text.empty()) return all;
  if (text == "last") return {all.back()};
  constexpr std::int64_t kMost = 1'000'000'000;
  std::vector<std::int64_t> range =
      numbers_of<std::int64_t>(text, ':', "--frames", "'last', N or FIRST:LAST:STRIDE", 0, kMost);
  FILIGREE_REQUIRE(range.size() <= 3, "--frames {}: expected 'last', N or FIRST:LAST:STRIDE", text);
  if (range.size() == 1) range.push_back(range[0]);
  if (range.size() == 2) range.push_back(1);
  FILIGREE_REQUIRE(range[2] > 0, "--frames {}: the stride must be at least 1", text);
  std::vector<fs::path> chosen;
  for (const fs::path& file : all) {
    const std::int64_t number = frame_number_of(file);
    if (number < range[0] || number > range[1] || (number - range[0]) % range[2] != 0) continue;
    chosen.push_back(file);
  }
  FILIGREE_REQUIRE(!chosen.empty(), "--frames {}: the run has frames {} to {}, none of these", text,
                   frame_number_of(all.front()), frame_number_of(all.back()));
  return chosen;
}

void render(const RenderArguments& arguments) {
  const auto [width, height] = pair_of(arguments.size, "--size", "WIDTHxHEIGHT", 64, 8192);
  const auto [columns, rows] = pair_of(arguments.sheet, "--sheet", "COLUMNSxROWS", 1, 20);
  const LookOptions wanted = look_options(arguments);
  const std::vector<fs::path> all = frames_to_draw(arguments.run);
  const std::vector<fs::path> chosen = chosen_frames(all, arguments.frames);
  const Painter painter;  // before the long look at every frame: is there a way to draw?
  const Look look = choose_look(all, wanted, options_of_run(arguments.run));
  const fs::path out =
      arguments.out.empty() ? fs::path(arguments.run) / "pictures" : fs::path(arguments.out);
  create_folder(out);
  for (const fs::path& file : chosen) {
    const Frame frame = read_frame(file);
    const std::vector<std::byte> png =
        painter.draw(look, {.frames = {&frame, 1}, .width = width, .height = height});
    write_file_atomically(out / (frame_file_stem("frame", frame.number, 6) + ".png"), png);
  }
  write_file_atomically(out / "contact_sheet.png",
                        draw_contact_sheet(painter, look, chosen, columns, rows, height));
  print(format("{} pictures and contact_sheet.png in {}\n", chosen.size(), out.string()));
}

}  // namespace

void add_render(CLI::App& app, Program&) {
  const auto arguments = std::make_shared<RenderArguments>();
  CLI::App* command = app.add_subcommand("render", "draw the frames of a run as PNG pictures");
  command->footer(
      "Camera and colours are the same in all pictures, chosen from all frames of the run. "
      "Besides\n"
      "the pictures there is contact_sheet.png: frames at even distances on one sheet. No screen "
      "is\n"
      "needed: without one the program starts Xvfb (package xvfb) for itself.\n"
      "Examples:\n"
      "  filigree render runs/dam_break-1\n"
      "  filigree render runs/dam_break-1 --frames 0:50:10 --color pressure --out pictures\n"
      "  filigree render runs/showcase-1 --frames last --camera 30,15 --zoom 1.2 --size "
      "1920x1080\n"
      "  filigree render runs/pore_network-1 --color pressure --range 0,1 --thickness 3\n");
  command->add_option("RUN", arguments->run, "folder of a run")->required();
  command->add_option("--out", arguments->out, "folder; default: pictures in the run's folder");
  command->add_option("--size", arguments->size, "of a picture, in pixels; default 1280x720")
      ->type_name("WIDTHxHEIGHT");
  command->add_option("--frames", arguments->frames, "numbers of frames; default: all")
      ->type_name("FIRST:LAST:STRIDE|last");
  command
      ->add_option("--color", arguments->color,
                   "a field of the frames (vectors by their size), or none for plain blocks; "
                   "default: speed on the largest block")
      ->type_name("FIELD");
  command
      ->add_option("--camera", arguments->camera,
                   "degrees around the vertical axis and above the horizon; default 20,20 in 3D")
      ->type_name("AZIMUTH,ELEVATION");
  command
      ->add_option("--range", arguments->range,
                   "of the colours, rounded outward; default: from the values of all frames")
      ->type_name("LOW,HIGH");
  command
      ->add_option("--thickness", arguments->thickness,
                   "2 draws points and lines twice as thick as they are")
      ->check(CLI::Range(0.01, 100.0));
  command->add_option("--zoom", arguments->zoom, "2 shows everything twice as large")
      ->check(CLI::Range(0.01, 100.0));
  command->add_option("--sheet", arguments->sheet, "of the contact sheet; default 3x2")
      ->type_name("COLUMNSxROWS");
  command->callback([arguments] { render(*arguments); });
}

}  // namespace filigree::app
