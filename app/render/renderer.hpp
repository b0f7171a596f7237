// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the drawing module offers. It is a shared library of its own, loaded only when pictures are
// asked for: the libraries behind it would make every start of the program slower.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/frame.hpp"

namespace filigree::app {

using Point = std::array<double, 3>;
using Color = std::array<double, 3>;  ///< red, green, blue from 0 to 1

struct BlockLook {
  std::string name;
  double radius = 0;      ///< m, of a particle or a tube
  double thickness = 1;   ///< factor of the field `radius`, where the block has one
  Color color{};          ///< where it is not coloured by the field
  bool by_field = false;  ///< as far as it has the field
};

/// How all pictures of a series look.
struct Look {
  std::string title;
  Point low{};  ///< m, the box that is in view
  Point high{};
  bool outline = false;           ///< draw the box
  bool flat = false;              ///< without perspective
  Point right{}, up{}, toward{};  ///< unit vectors of the picture; `toward` the viewer
  double zoom = 1;                ///< 2: everything twice as large
  std::string field;              ///< colours; "" for none
  std::string field_label;        ///< "speed [m/s]"
  std::vector<double> ticks;      ///< of the colour bar, which runs from first to last
  std::vector<std::string> tick_labels;
  std::vector<BlockLook> blocks;
};

/// Frames side by side, row by row, with one title and one colour bar.
struct Sheet {
  std::span<const Frame> frames;
  int columns = 1;
  int rows = 1;
  int width = 0;  ///< pixels, of the whole picture
  int height = 0;
};

/// Connects to an X display; nullptr when that is not possible. `name` is nullptr for $DISPLAY.
using ConnectDisplay = void* (*)(const char* name);
using DisconnectDisplay = void (*)(void* connection);
/// The picture as a PNG file. Needs a display that ConnectDisplay could connect to: without one VTK
/// ends the program. EnvironmentError when there is no OpenGL.
using DrawSheet = void (*)(const Look& look, const Sheet& sheet, std::vector<std::byte>& png);

}  // namespace filigree::app
