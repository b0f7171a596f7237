// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The drawing module: what app/render/renderer.hpp describes, with VTK.
#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkColorTransferFunction.h>
#include <vtkDataSetSurfaceFilter.h>
#include <vtkFloatArray.h>
#include <vtkNew.h>
#include <vtkOpenGLSphereMapper.h>
#include <vtkOutlineSource.h>
#include <vtkPNGWriter.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkPolyDataMapper2D.h>
#include <vtkProperty.h>
#include <vtkProperty2D.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>
#include <vtkTextActor.h>
#include <vtkTextProperty.h>
#include <vtkTubeFilter.h>
#include <vtkUnsignedCharArray.h>
#include <vtkUnstructuredGrid.h>
#include <vtkWindowToImageFilter.h>

#include <algorithm>
#include <cmath>

#include "app/render/renderer.hpp"
#include "core/error.hpp"

namespace filigree::app {
namespace {

constexpr Color kInk{0.13, 0.15, 0.18};
constexpr Color kFaint{0.62, 0.65, 0.70};
constexpr double kViewAngle = 26;  // degrees
constexpr const char* kValues = "values";
/// A field that says how large to draw a point or a line, m.
constexpr const char* kRadius = "radius";

double dot(const Point& a, const Point& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Dark blue to light yellow with lightness that rises evenly.
vtkSmartPointer<vtkColorTransferFunction> color_map(const Look& look) {
  auto map = vtkSmartPointer<vtkColorTransferFunction>::New();
  map->SetColorSpaceToLab();
  constexpr std::array<Color, 6> kColors{{{0.208, 0.188, 0.510},
                                          {0.157, 0.353, 0.624},
                                          {0.094, 0.522, 0.612},
                                          {0.231, 0.686, 0.541},
                                          {0.576, 0.827, 0.420},
                                          {0.953, 0.902, 0.384}}};
  const double low = look.ticks.front();
  const double high = look.ticks.back();
  for (std::size_t i = 0; i < kColors.size(); ++i) {
    const auto& [r, g, b] = kColors[i];
    map->AddRGBPoint(low + (high - low) * static_cast<double>(i) / (kColors.size() - 1), r, g, b);
  }
  return map;
}

const NamedArray* find_field(const std::vector<NamedArray>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const NamedArray& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

/// One number per row: the value, or the size of a vector.
vtkSmartPointer<vtkFloatArray> sizes_of(const NamedArray& field) {
  auto array = vtkSmartPointer<vtkFloatArray>::New();
  array->SetName(kValues);
  array->SetNumberOfValues(field.rows());
  const std::int64_t n = field.components();
  for (std::int64_t row = 0; row < field.rows(); ++row) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += std::pow(field.value(row * n + i), 2);
    array->SetValue(row, static_cast<float>(n == 1 ? field.value(row) : std::sqrt(sum)));
  }
  return array;
}

/// The field `radius` as it is drawn.
vtkSmartPointer<vtkFloatArray> radii_of(const NamedArray& field, const BlockLook& shown) {
  auto radii = sizes_of(field);
  radii->SetName(kRadius);
  for (vtkIdType i = 0; i < radii->GetNumberOfValues(); ++i) {
    radii->SetValue(i, static_cast<float>(shown.thickness * radii->GetValue(i)));
  }
  return radii;
}

template <class DataSet>
vtkSmartPointer<DataSet> with_points(const Block& block, const std::string& field) {
  auto data = vtkSmartPointer<DataSet>::New();
  vtkNew<vtkPoints> points;
  points->SetNumberOfPoints(block.n_points());
  for (vtkIdType i = 0; i < block.n_points(); ++i) {
    points->SetPoint(i, block.points.data() + 3 * i);
  }
  data->SetPoints(points);
  if (const NamedArray* of_points = find_field(block.point_fields, field)) {
    data->GetPointData()->SetScalars(sizes_of(*of_points));
  } else if (const NamedArray* of_cells = find_field(block.cell_fields, field)) {
    data->GetCellData()->SetScalars(sizes_of(*of_cells));
  }
  return data;
}

vtkSmartPointer<vtkCellArray> cells_of(const Block& block) {
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  for (std::size_t c = 0; c + 1 < block.offsets.size(); ++c) {
    const auto begin = static_cast<std::size_t>(block.offsets[c]);
    const auto end = static_cast<std::size_t>(block.offsets[c + 1]);
    cells->InsertNextCell(static_cast<vtkIdType>(end - begin));
    for (std::size_t i = begin; i < end; ++i) cells->InsertCellPoint(block.connectivity[i]);
  }
  return cells;
}

vtkSmartPointer<vtkPolyDataMapper> spheres(const Block& block, const BlockLook& shown,
                                           const std::string& field) {
  auto mapper = vtkSmartPointer<vtkOpenGLSphereMapper>::New();
  const auto data = with_points<vtkPolyData>(block, field);
  vtkNew<vtkCellArray> vertices;  // the mapper draws vertices, not points
  for (vtkIdType i = 0; i < block.n_points(); ++i) vertices->InsertNextCell(1, &i);
  data->SetVerts(vertices);
  if (const NamedArray* radius = find_field(block.point_fields, kRadius)) {
    data->GetPointData()->AddArray(radii_of(*radius, shown));
    mapper->SetScaleArray(kRadius);
  }
  mapper->SetInputData(data);
  mapper->SetRadius(static_cast<float>(shown.radius));
  return mapper;
}

/// Lines with a radius each: every line gets end points of its own, which carry it.
vtkSmartPointer<vtkPolyDataMapper> own_tubes(const Block& block, const NamedArray& radius,
                                             const BlockLook& shown, const std::string& field) {
  Block apart;
  apart.kind = CellKind::kLine;
  const NamedArray* const of_points = find_field(block.point_fields, field);
  const NamedArray* const of_cells = find_field(block.cell_fields, field);
  const auto radii = radii_of(radius, shown);
  const auto values = of_points != nullptr  ? sizes_of(*of_points)
                      : of_cells != nullptr ? sizes_of(*of_cells)
                                            : nullptr;
  vtkNew<vtkFloatArray> end_radii;
  vtkNew<vtkFloatArray> end_values;
  end_radii->SetName(kRadius);
  end_values->SetName(kValues);
  apart.offsets.push_back(0);
  for (std::size_t c = 0; c + 1 < block.offsets.size(); ++c) {
    for (std::int64_t i = block.offsets[c]; i < block.offsets[c + 1]; ++i) {
      const std::int64_t point = block.connectivity[static_cast<std::size_t>(i)];
      const double* const x = block.points.data() + 3 * point;
      apart.connectivity.push_back(apart.n_points());
      apart.points.insert(apart.points.end(), x, x + 3);
      end_radii->InsertNextValue(radii->GetValue(static_cast<vtkIdType>(c)));
      if (values == nullptr) continue;
      const std::int64_t row = of_points != nullptr ? point : static_cast<std::int64_t>(c);
      end_values->InsertNextValue(values->GetValue(row));
    }
    apart.offsets.push_back(apart.n_points());
  }
  const auto data = with_points<vtkPolyData>(apart, "");
  data->SetLines(cells_of(apart));
  data->GetPointData()->SetScalars(end_radii);
  if (values != nullptr) data->GetPointData()->AddArray(end_values);
  vtkNew<vtkTubeFilter> tube;
  tube->SetInputData(data);
  tube->SetVaryRadius(VTK_VARY_RADIUS_BY_ABSOLUTE_SCALAR);
  tube->SetNumberOfSides(12);
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetInputConnection(tube->GetOutputPort());
  mapper->SetScalarModeToUsePointFieldData();
  mapper->SelectColorArray(kValues);
  return mapper;
}

vtkSmartPointer<vtkPolyDataMapper> tubes(const Block& block, const BlockLook& shown,
                                         const std::string& field) {
  const NamedArray* const radius = find_field(block.cell_fields, kRadius);
  if (radius != nullptr && block.n_cells() > 0) return own_tubes(block, *radius, shown, field);
  const auto data = with_points<vtkPolyData>(block, field);
  data->SetLines(cells_of(block));
  vtkNew<vtkTubeFilter> tube;
  tube->SetInputData(data);
  tube->SetRadius(shown.radius);
  tube->SetNumberOfSides(12);
  tube->CappingOn();
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetInputConnection(tube->GetOutputPort());
  return mapper;
}

vtkSmartPointer<vtkPolyDataMapper> surface(const Block& block, const std::string& field) {
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  if (block.kind == CellKind::kTriangle || block.kind == CellKind::kQuad) {
    const auto data = with_points<vtkPolyData>(block, field);
    data->SetPolys(cells_of(block));
    mapper->SetInputData(data);
    return mapper;
  }
  const auto data = with_points<vtkUnstructuredGrid>(block, field);
  data->SetCells(block.kind == CellKind::kTetrahedron ? VTK_TETRA : VTK_HEXAHEDRON,
                 cells_of(block));
  vtkNew<vtkDataSetSurfaceFilter> skin;
  skin->SetInputData(data);
  mapper->SetInputConnection(skin->GetOutputPort());
  return mapper;
}

vtkSmartPointer<vtkPolyDataMapper> mapper_of(const Block& block, const BlockLook& shown,
                                             const std::string& field) {
  switch (block.kind) {
    case CellKind::kVertex:
      return spheres(block, shown, field);
    case CellKind::kLine:
    case CellKind::kPolyline:
      return tubes(block, shown, field);
    default:
      return surface(block, field);
  }
}

void add_block(vtkRenderer& scene, const Block& block, const BlockLook& shown, const Look& look) {
  if (block.n_points() == 0) return;
  const std::string field = shown.by_field ? look.field : "";
  const auto mapper = mapper_of(block, shown, field);
  mapper->SetScalarVisibility(!field.empty());
  if (!field.empty()) {
    mapper->SetLookupTable(color_map(look));
    mapper->UseLookupTableScalarRangeOn();
  }
  vtkNew<vtkActor> actor;
  actor->SetMapper(mapper);
  vtkProperty* const property = actor->GetProperty();
  property->SetColor(shown.color[0], shown.color[1], shown.color[2]);
  property->SetAmbient(look.flat ? 0.6 : 0.32);
  property->SetDiffuse(look.flat ? 0.45 : 0.75);
  property->SetSpecular(0.08);
  if (block.kind >= CellKind::kTriangle && block.n_cells() < 20000) {
    property->EdgeVisibilityOn();
    property->SetEdgeColor(0.25, 0.27, 0.30);
  }
  scene.AddActor(actor);
}

void add_outline(vtkRenderer& scene, const Look& look) {
  vtkNew<vtkOutlineSource> box;
  box->SetBounds(look.low[0], look.high[0], look.low[1], look.high[1], look.low[2], look.high[2]);
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputConnection(box->GetOutputPort());
  vtkNew<vtkActor> actor;
  actor->SetMapper(mapper);
  actor->GetProperty()->SetColor(kFaint[0], kFaint[1], kFaint[2]);
  actor->GetProperty()->SetLineWidth(1.5);
  actor->GetProperty()->LightingOff();
  scene.AddActor(actor);
}

/// How a box lies before a camera that looks at a point.
struct Fit {
  double distance = 0;     ///< from which a viewer with perspective sees all of it
  double half_height = 0;  ///< of a view without perspective
  double depth = 0;        ///< of its farthest corner from the point
  double x = 0, y = 0;     ///< of the middle of its picture, as slopes
};

Fit fit_of(const Look& look, const Point& center, double aspect) {
  double radius = 0;
  for (const BlockLook& block : look.blocks) radius = std::max(radius, block.radius);
  std::array<Point, 8> corners{};  // relative to the center, in the axes of the picture
  for (std::size_t corner = 0; corner < 8; ++corner) {
    Point p{};
    for (std::size_t a = 0; a < 3; ++a) {
      p[a] = ((corner >> a & 1) != 0 ? look.high[a] + radius : look.low[a] - radius) - center[a];
    }
    corners[corner] = {dot(p, look.right), dot(p, look.up), dot(p, look.toward)};
  }
  Fit fit;
  const double tangent = std::tan(kViewAngle * M_PI / 360);
  for (const auto& [x, y, z] : corners) {
    const double height = std::max(std::abs(x) / aspect, std::abs(y));
    fit.half_height = std::max(fit.half_height, height);
    fit.distance = std::max(fit.distance, z + height / tangent);
    fit.depth = std::max(fit.depth, std::hypot(x, y, z));
  }
  Point low{1, 1, 1};
  Point high{-1, -1, -1};
  for (const auto& [x, y, z] : corners) {
    const Point slopes{x / (fit.distance - z), y / (fit.distance - z), 0};
    for (std::size_t a = 0; a < 2; ++a) {
      low[a] = std::min(low[a], slopes[a]);
      high[a] = std::max(high[a], slopes[a]);
    }
  }
  fit.x = (low[0] + high[0]) / 2;
  fit.y = (low[1] + high[1]) / 2;
  return fit;
}

/// The camera from which the whole box of the look fits into a view of this aspect.
void place_camera(vtkRenderer& scene, const Look& look, double aspect) {
  Point center{};
  for (std::size_t a = 0; a < 3; ++a) center[a] = (look.low[a] + look.high[a]) / 2;
  Fit fit = fit_of(look, center, aspect);
  for (int i = 0; i < 4 && !look.flat; ++i) {  // perspective puts the middle elsewhere
    for (std::size_t a = 0; a < 3; ++a) {
      center[a] += fit.distance * (fit.x * look.right[a] + fit.y * look.up[a]);
    }
    fit = fit_of(look, center, aspect);
  }
  constexpr double kMargin = 1.04;
  const double distance =
      std::max(look.flat ? 4 * fit.depth : kMargin * fit.distance / look.zoom, 1e-12);
  vtkCamera* const camera = scene.GetActiveCamera();
  camera->SetParallelProjection(look.flat);
  camera->SetParallelScale(std::max(kMargin * fit.half_height / look.zoom, 1e-12));
  camera->SetViewAngle(kViewAngle);
  camera->SetFocalPoint(center.data());
  Point position{};
  for (std::size_t a = 0; a < 3; ++a) position[a] = center[a] + distance * look.toward[a];
  camera->SetPosition(position.data());
  camera->SetViewUp(look.up.data());
  camera->SetClippingRange(std::max(distance - 1.1 * fit.depth, distance / 1000),
                           distance + 1.1 * fit.depth);
}

struct Text {
  std::string words;
  double x = 0;  ///< pixels in the part of the picture
  double y = 0;
  double size = 12;
  Color color = kInk;
  bool bold = false;
  bool upright = false;  ///< turned by 90 degrees
  bool centered = false;
};

void add_text(vtkRenderer& part, const Text& text) {
  vtkNew<vtkTextActor> actor;
  actor->SetInput(text.words.c_str());
  actor->GetPositionCoordinate()->SetCoordinateSystemToViewport();
  actor->SetPosition(text.x, text.y);
  vtkTextProperty* const property = actor->GetTextProperty();
  property->SetFontFamilyToArial();
  property->SetFontSize(static_cast<int>(std::lround(text.size)));
  property->SetColor(text.color[0], text.color[1], text.color[2]);
  property->SetBold(text.bold);
  property->SetVerticalJustificationToCentered();
  if (text.centered) property->SetJustificationToCentered();
  if (text.upright) property->SetOrientation(90);
  part.AddActor2D(actor);
}

/// Are there blocks to tell apart?
bool names_blocks(const Look& look) {
  return look.blocks.size() > 1 &&
         std::any_of(look.blocks.begin(), look.blocks.end(),
                     [](const BlockLook& block) { return !block.by_field; });
}

/// Where things are, in pixels.
struct Layout {
  double font = 12;
  double header = 0;  ///< height of the strip with title and names of blocks, above
  double bar = 0;     ///< width of the strip with the colour bar, on the right
};

Layout layout_of(const Look& look, const Sheet& sheet) {
  Layout layout;
  const double tile =
      std::min<double>(sheet.height / sheet.rows, 0.7 * sheet.width / sheet.columns);
  layout.font = std::clamp(std::max(tile / 26, sheet.width / 110.0), 14.0, 60.0);
  const int lines = int{!look.title.empty()} + int{names_blocks(look)};
  layout.header = lines == 0 ? 0 : (1.7 * lines + 0.5) * layout.font;
  if (look.field.empty()) return layout;
  std::size_t longest = 0;
  for (const std::string& label : look.tick_labels) longest = std::max(longest, label.size());
  layout.bar = layout.font * (5.2 + 0.6 * static_cast<double>(longest));
  return layout;
}

class SheetDrawing {
 public:
  SheetDrawing(const Look& look, const Sheet& sheet)
      : look_(look), sheet_(sheet), layout_(layout_of(look, sheet)) {
    window_->SetOffScreenRendering(1);
    window_->SetMultiSamples(4);
    window_->SetSize(sheet.width, sheet.height);
  }

  std::vector<std::byte> run() {
    if (window_->SupportsOpenGL() == 0) {
      throw EnvironmentError(
          "the display has no OpenGL 3.2: unset DISPLAY, so that Xvfb is used, or install "
          "libgl1-mesa-dri");
    }
    const vtkSmartPointer<vtkRenderer> paper = part(0, 0, sheet_.width, sheet_.height);
    for (std::size_t i = 0; i < sheet_.frames.size(); ++i) draw_tile(static_cast<int>(i));
    if (layout_.header > 0) draw_header();
    if (layout_.bar > 0) draw_bar();
    window_->Render();
    return png();
  }

 private:
  /// A part of the window from the lower left corner, in pixels.
  vtkSmartPointer<vtkRenderer> part(double x, double y, double width, double height) {
    auto renderer = vtkSmartPointer<vtkRenderer>::New();
    renderer->SetViewport(x / sheet_.width, y / sheet_.height, (x + width) / sheet_.width,
                          (y + height) / sheet_.height);
    renderer->SetBackground(1, 1, 1);
    window_->AddRenderer(renderer);
    return renderer;
  }

  void draw_tile(int number) {
    const Frame& frame = sheet_.frames[static_cast<std::size_t>(number)];
    const double width = (sheet_.width - layout_.bar) / sheet_.columns;
    const double height = (sheet_.height - layout_.header) / sheet_.rows;
    const int column = number % sheet_.columns;
    const int row = number / sheet_.columns;
    const double line = 1.6 * layout_.font;  // for the time
    const double bottom = (sheet_.rows - 1 - row) * height;
    const auto scene = part(column * width, bottom, width, height - line);
    for (const Block& block : frame.blocks) {
      const auto shown = std::find_if(look_.blocks.begin(), look_.blocks.end(),
                                      [&](const BlockLook& b) { return b.name == block.name; });
      if (shown != look_.blocks.end()) add_block(*scene, block, *shown, look_);
    }
    if (look_.outline) add_outline(*scene, look_);
    place_camera(*scene, look_, width / (height - line));
    const auto caption = part(column * width, bottom + height - line, width, line);
    add_text(*caption, {.words = format("t = {:.4g} s", frame.time),
                        .x = width / 2,
                        .y = line / 2,
                        .size = layout_.font,
                        .centered = true});
  }

  void draw_header() {
    const double height = layout_.header;
    const auto header = part(0, sheet_.height - height, sheet_.width, height);
    const double line = 1.7 * layout_.font;
    double y = height - line / 2 - 0.4 * layout_.font;
    if (!look_.title.empty()) {
      add_text(*header, {.words = look_.title,
                         .x = layout_.font,
                         .y = y,
                         .size = 1.1 * layout_.font,
                         .bold = true});
      y -= line;
    }
    if (!names_blocks(look_)) return;
    double x = layout_.font;
    for (const BlockLook& block : look_.blocks) {
      const std::string words = block.by_field ? block.name + ": " + look_.field : block.name;
      add_text(*header, {.words = words,
                         .x = x,
                         .y = y,
                         .size = layout_.font,
                         .color = block.by_field ? kInk : block.color,
                         .bold = true});
      x += layout_.font * (1.2 + 0.6 * static_cast<double>(words.size()));
    }
  }

  void draw_bar() {
    const double height = sheet_.height - layout_.header;
    const auto strip = part(sheet_.width - layout_.bar, 0, layout_.bar, height);
    const double font = layout_.font;
    const double length = std::min(0.8 * height, 22 * font);
    const double bottom = (height - length) / 2;
    const double left = 0.8 * font;
    const double right = 1.9 * font;
    add_ramp(*strip, left, right, bottom, length);
    const double low = look_.ticks.front();
    const double high = look_.ticks.back();
    for (std::size_t i = 0; i < look_.ticks.size(); ++i) {
      add_text(*strip, {.words = look_.tick_labels[i],
                        .x = right + 0.5 * font,
                        .y = bottom + length * (look_.ticks[i] - low) / (high - low),
                        .size = font});
    }
    add_text(*strip, {.words = look_.field_label,
                      .x = layout_.bar - 1.2 * font,
                      .y = bottom + length / 2,
                      .size = font,
                      .upright = true,
                      .centered = true});
  }

  /// The colours as a stack of quadrilaterals.
  void add_ramp(vtkRenderer& strip, double left, double right, double bottom, double length) {
    constexpr int kSteps = 256;
    const auto map = color_map(look_);
    vtkNew<vtkPoints> points;
    vtkNew<vtkCellArray> quads;
    vtkNew<vtkUnsignedCharArray> colors;
    colors->SetNumberOfComponents(3);
    for (int i = 0; i <= kSteps; ++i) {
      const double y = bottom + length * i / kSteps;
      points->InsertNextPoint(left, y, 0);
      points->InsertNextPoint(right, y, 0);
      if (i == kSteps) break;
      const vtkIdType first = 2 * i;
      const std::array<vtkIdType, 4> corners{first, first + 1, first + 3, first + 2};
      quads->InsertNextCell(4, corners.data());
      const double low = look_.ticks.front();
      const double value = low + (look_.ticks.back() - low) * (i + 0.5) / kSteps;
      Color color{};
      map->GetColor(value, color.data());
      for (const double c : color) {
        colors->InsertNextValue(static_cast<unsigned char>(std::lround(255 * c)));
      }
    }
    vtkNew<vtkPolyData> ramp;
    ramp->SetPoints(points);
    ramp->SetPolys(quads);
    ramp->GetCellData()->SetScalars(colors);
    vtkNew<vtkPolyDataMapper2D> mapper;
    mapper->SetInputData(ramp);
    vtkNew<vtkActor2D> actor;
    actor->SetMapper(mapper);
    strip.AddActor2D(actor);
  }

  std::vector<std::byte> png() {
    vtkNew<vtkWindowToImageFilter> image;
    image->SetInput(window_);
    image->ReadFrontBufferOff();
    image->ShouldRerenderOff();
    vtkNew<vtkPNGWriter> writer;
    writer->SetInputConnection(image->GetOutputPort());
    writer->WriteToMemoryOn();
    writer->Write();
    vtkUnsignedCharArray* const bytes = writer->GetResult();
    if (bytes == nullptr) throw EnvironmentError("VTK cannot make the picture");
    const auto* begin = reinterpret_cast<const std::byte*>(bytes->GetPointer(0));
    return {begin, begin + bytes->GetNumberOfValues()};
  }

  const Look& look_;
  const Sheet& sheet_;
  Layout layout_;
  vtkNew<vtkRenderWindow> window_;
};

}  // namespace
}  // namespace filigree::app

extern "C" void filigree_draw_sheet(const filigree::app::Look& look,
                                    const filigree::app::Sheet& sheet,
                                    std::vector<std::byte>& png) {
  png = filigree::app::SheetDrawing(look, sheet).run();
}
