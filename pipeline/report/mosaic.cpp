#include "pipeline/report/mosaic.h"

#include <vtkFreeTypeTools.h>
#include <vtkImageData.h>
#include <vtkImageImport.h>
#include <vtkImageReslice.h>
#include <vtkNew.h>
#include <vtkStdString.h>
#include <vtkTextProperty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "imaging/morphology.h"
#include "pipeline/report/tissue_labels.h"

namespace wane {
namespace {

constexpr Color kWhite{235, 235, 235}, kGrey{150, 150, 150}, kOutline{255, 205, 30};
constexpr Color kCsf = csf_label.color, kGm = gm_label.color, kWm = wm_label.color;
constexpr double kTissueOpacity = 0.55;
constexpr double kOffMidline =
    0.04;  // of the brain's width: the slice in the very middle shows the falx, not the brain
constexpr int kGap = 6, kEdge = 14, kTitleHeight = 40, kVisitHeight = 26, kCaptionHeight = 26, kPositionHeight = 18;

// VTK's font rendering is one shared object without locks, so one picture is made at a time.
std::mutex& vtk_mutex() {
  static std::mutex mutex;
  return mutex;
}

// Anatomical axes 0 left-right, 1 front-back, 2 up-down; `voxel` is the voxel axis along each, `sign` +1 where its
// index grows to the left, back or up (LPS).
struct Axes {
  std::array<int, 3> voxel;
  std::array<int, 3> sign;
};

// The assignment whose directions agree best, over all six.
Axes nearest_axes(const Grid& grid) {
  std::array<int, 3> order{0, 1, 2}, best = order;
  double most = -1;
  do {
    double agreement = 0;
    for (int a = 0; a < 3; ++a) agreement += std::abs(grid.direction(a, order[a]));
    if (agreement > most + 1e-9) {
      most = agreement;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  Axes axes{best, {}};
  for (int a = 0; a < 3; ++a) axes.sign[a] = grid.direction(a, best[a]) >= 0 ? 1 : -1;
  return axes;
}

// How a plane lies in the picture: anatomical axes to the right, downwards and through, with the sign (LPS) in which
// they run.
struct Plane {
  int right, down, through;
  int right_sign, down_sign;
  const char *left_mark, *right_mark;
};
constexpr std::array<Plane, 3> kPlanes{{{0, 1, 2, 1, 1, "R", "L"},     // axial, seen from the feet
                                        {0, 2, 1, 1, -1, "R", "L"},    // coronal, seen from the front
                                        {1, 2, 0, 1, -1, "A", "P"}}};  // sagittal, facing left

struct Slice {
  const Plane* plane;
  double index;  // along the voxel axis of plane->through
  int width, height;
  std::string position;  // "S 12 mm"
};

Box brain_box(const std::vector<MosaicVisit>& visits) {
  const Grid& grid = visits[0].t1->grid;
  Box all;
  for (const MosaicVisit& visit : visits) {
    if (!visit.brain) continue;
    const Box box = bounding_box(*visit.brain);
    if (box.empty()) continue;
    if (all.empty()) all = box;
    for (int a = 0; a < 3; ++a) {
      all.low[a] = std::min(all.low[a], box.low[a]);
      all.high[a] = std::max(all.high[a], box.high[a]);
    }
  }
  if (all.empty()) all.high = {grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1};
  return all;
}

// What part of each voxel axis is shown, in continuous indices.
struct View {
  Axes axes;
  Box brain;
  Vec3 low, high;
};

View view_of(const std::vector<MosaicVisit>& visits, const MosaicOptions& options) {
  const Grid& grid = visits[0].t1->grid;
  View view{nearest_axes(grid), brain_box(visits), {}, {}};
  for (int a = 0; a < 3; ++a) {
    const double margin = options.margin_mm / grid.spacing_mm[a];
    view.low[a] = view.brain.low[a] - margin;
    view.high[a] = view.brain.high[a] + margin;
  }
  return view;
}

std::string position_text(const Grid& grid, const Axes& axes, int anatomical, double index) {
  constexpr const char* kPositive[] = {"L", "P", "S"};
  constexpr const char* kNegative[] = {"R", "A", "I"};
  Vec3 middle(grid.size[0] / 2.0, grid.size[1] / 2.0, grid.size[2] / 2.0);
  middle[axes.voxel[anatomical]] = index;
  const long mm = std::lround((grid.index_to_lps() * middle)[anatomical]);
  if (mm == 0) return "0 mm";
  return std::string(mm >= 0 ? kPositive[anatomical] : kNegative[anatomical]) + " " + std::to_string(std::abs(mm)) +
         " mm";
}

std::vector<Slice> slices_of(const Grid& grid, const View& view, const MosaicOptions& options) {
  std::vector<Slice> slices;
  auto pixels = [&](int anatomical) {
    const int a = view.axes.voxel[anatomical];
    return std::max(1, int(std::lround((view.high[a] - view.low[a]) * grid.spacing_mm[a] / options.pixel_mm)));
  };
  for (const Plane& plane : kPlanes) {
    const int a = view.axes.voxel[plane.through];
    for (int s = 0; s < options.slices_per_plane; ++s) {
      double part = (s + 1.0) / (options.slices_per_plane + 1.0);
      if (plane.through == 0) part += kOffMidline;
      // From below to above, back to front, right to left, whichever way the voxel axis runs.
      const bool upwards = (plane.through == 1) == (view.axes.sign[plane.through] < 0);
      const double steps = std::round(part * (view.brain.high[a] - view.brain.low[a]));
      const double at = upwards ? view.brain.low[a] + steps : view.brain.high[a] - steps;
      slices.push_back(
          {&plane, at, pixels(plane.right), pixels(plane.down), position_text(grid, view.axes, plane.through, at)});
    }
  }
  return slices;
}

// One value a pixel, top row first. VTK sees the volume in index space: origin 0, spacing 1, identity direction.
std::vector<float> resliced(vtkImageData* image, const Grid& grid, const View& view, const Slice& slice, bool linear) {
  const Plane& plane = *slice.plane;
  const int right = view.axes.voxel[plane.right], down = view.axes.voxel[plane.down];
  const int right_sign = view.axes.sign[plane.right] * plane.right_sign;
  const int down_sign = view.axes.sign[plane.down] * plane.down_sign;
  double x[3] = {0, 0, 0}, y[3] = {0, 0, 0}, z[3] = {0, 0, 0}, origin[3];
  x[right] = right_sign;
  y[down] = down_sign;
  z[view.axes.voxel[plane.through]] = 1;
  const double step_right = (view.high[right] - view.low[right]) / slice.width;
  const double step_down = (view.high[down] - view.low[down]) / slice.height;
  origin[right] = right_sign > 0 ? view.low[right] + 0.5 * step_right : view.high[right] - 0.5 * step_right;
  origin[down] = down_sign > 0 ? view.low[down] + 0.5 * step_down : view.high[down] - 0.5 * step_down;
  origin[view.axes.voxel[plane.through]] =
      std::clamp(slice.index, 0.0, grid.size[view.axes.voxel[plane.through]] - 1.0);
  vtkNew<vtkImageReslice> reslice;
  reslice->SetInputData(image);
  reslice->SetResliceAxesDirectionCosines(x, y, z);
  reslice->SetResliceAxesOrigin(origin);
  reslice->SetOutputDimensionality(2);
  reslice->SetOutputOrigin(0, 0, 0);
  reslice->SetOutputSpacing(step_right, step_down, 1);
  reslice->SetOutputExtent(0, slice.width - 1, 0, slice.height - 1, 0, 0);
  reslice->SetInterpolationMode(linear ? VTK_RESLICE_LINEAR : VTK_RESLICE_NEAREST);
  reslice->SetBackgroundLevel(0);
  reslice->SetOutputScalarType(VTK_FLOAT);
  reslice->Update();
  const auto* values = static_cast<const float*>(reslice->GetOutput()->GetScalarPointer());
  return std::vector<float>(values, values + std::size_t(slice.width) * slice.height);
}

// A view of the values for VTK, without a copy.
class VtkVolume {
 public:
  template <class T>
  explicit VtkVolume(const Image<T>& image) {
    import_->SetImportVoidPointer(const_cast<T*>(image.values.data()), 1);
    if constexpr (std::is_same_v<T, float>)
      import_->SetDataScalarTypeToFloat();
    else
      import_->SetDataScalarTypeToUnsignedChar();
    import_->SetNumberOfScalarComponents(1);
    const auto& size = image.grid.size;
    import_->SetWholeExtent(0, size[0] - 1, 0, size[1] - 1, 0, size[2] - 1);
    import_->SetDataExtentToWholeExtent();
    import_->Update();
  }
  vtkImageData* get() { return import_->GetOutput(); }

 private:
  vtkNew<vtkImageImport> import_;
};

struct Window {
  float low = 0, high = 1;
  std::uint8_t grey(float value) const {
    return std::uint8_t(std::lround(255 * std::clamp((value - low) / (high - low), 0.F, 1.F)));
  }
};

// From well below the CSF to a little above the white matter.
Window window_of(const MosaicVisit& visit) {
  std::vector<float> values;
  for (std::size_t n = 0; n < visit.t1->size(); ++n)
    if (!visit.brain || (*visit.brain)[n]) values.push_back((*visit.t1)[n]);
  if (values.empty()) values = visit.t1->values;
  auto quantile = [&](double q) {
    const auto place = values.begin() + std::ptrdiff_t(q * double(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const float dark = quantile(0.02), bright = quantile(0.99);
  const float range = std::max(bright - dark, 1e-6F);
  return {std::min(0.5F * dark, dark - 0.05F * range), bright + 0.08F * range};
}

class Canvas {
 public:
  Canvas(int width, int height) : picture_{width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3)} {}

  void set(int x, int y, Color colour) { blend(x, y, colour, 1.0); }

  void blend(int x, int y, Color colour, double opacity) {
    if (x < 0 || y < 0 || x >= picture_.width || y >= picture_.height) return;
    std::uint8_t* pixel = &picture_.rgb[3 * (std::size_t(y) * picture_.width + x)];
    const std::uint8_t channels[] = {colour.red, colour.green, colour.blue};
    for (int c = 0; c < 3; ++c) pixel[c] = std::uint8_t(std::lround(pixel[c] + opacity * (channels[c] - pixel[c])));
  }

  // `x`, `y`: left and top of the text's box. Returns the text's width.
  int text(const std::string& words, int x, int y, int size, Color colour, bool bold = false) {
    vtkNew<vtkTextProperty> property;
    property->SetFontSize(size);
    property->SetBold(bold);
    property->SetColor(1, 1, 1);
    vtkNew<vtkImageData> image;
    int box[2] = {0, 0};
    constexpr int kDpi = 72;
    if (!vtkFreeTypeTools::GetInstance()->RenderString(property, vtkStdString(words), kDpi, image, box)) return 0;
    int extent[6];
    image->GetExtent(extent);
    const int parts = image->GetNumberOfScalarComponents();
    for (int row = 0; row < box[1]; ++row)
      for (int column = 0; column < box[0]; ++column) {
        const auto* p = static_cast<const unsigned char*>(
            image->GetScalarPointer(extent[0] + column, extent[2] + box[1] - 1 - row, 0));
        blend(x + column, y + row, colour, p[parts - 1] / 255.0);
      }
    return box[0];
  }

  Picture take() { return std::move(picture_); }

 private:
  Picture picture_;
};

Color mixed(Color a, Color b, Color c, double wa, double wb, double wc) {
  const double sum = wa + wb + wc;
  auto mix = [&](double x, double y, double z) { return std::uint8_t(std::lround((wa * x + wb * y + wc * z) / sum)); };
  return {mix(a.red, b.red, c.red), mix(a.green, b.green, c.green), mix(a.blue, b.blue, c.blue)};
}

struct Layout {
  std::vector<Slice> slices;
  std::vector<int> left;  // of each slice
  int line_height = 0, width = 0, height = 0;
  int visit_top(std::size_t visit) const { return kTitleHeight + int(visit) * visit_height(); }
  int first_line(std::size_t visit, const Slice& slice) const {
    return visit_top(visit) + kVisitHeight + kPositionHeight + (line_height - slice.height) / 2;
  }
  // Of the line with the brain's outline.
  std::array<PictureTile, 3> middle_tiles(std::size_t visit, int slices_per_plane) const {
    std::array<PictureTile, 3> tiles;
    for (std::size_t plane = 0; plane < tiles.size(); ++plane) {
      const std::size_t s = plane * std::size_t(slices_per_plane) + std::size_t(slices_per_plane / 2);
      tiles[plane] = {left[s], first_line(visit, slices[s]), slices[s].width, slices[s].height};
    }
    return tiles;
  }
  int visit_height() const { return kVisitHeight + kPositionHeight + 2 * (line_height + kGap) + kGap; }
};

Layout layout_of(const Grid& grid, const View& view, const MosaicOptions& options, std::size_t visits) {
  Layout layout;
  layout.slices = slices_of(grid, view, options);
  int x = kEdge;
  for (const Slice& slice : layout.slices) {
    layout.left.push_back(x);
    x += slice.width + kGap;
    layout.line_height = std::max(layout.line_height, slice.height);
  }
  constexpr int kLeastWidth = 760;  // of the caption
  layout.width = std::max(x - kGap + kEdge, kLeastWidth);
  layout.height = kTitleHeight + int(visits) * layout.visit_height() + kCaptionHeight;
  return layout;
}

// A visit's volumes as VTK sees them.
struct VisitImages {
  VtkVolume t1;
  std::optional<VtkVolume> brain, gm, wm, csf;
  explicit VisitImages(const MosaicVisit& visit) : t1(*visit.t1) {
    if (visit.brain) brain.emplace(*visit.brain);
    if (visit.gm) gm.emplace(*visit.gm);
    if (visit.wm) wm.emplace(*visit.wm);
    if (visit.csf) csf.emplace(*visit.csf);
  }
};

class MosaicPainter {
 public:
  MosaicPainter(const Grid& grid, const View& view, const Layout& layout)
      : grid_(grid), view_(view), layout_(layout), canvas_(layout.width, layout.height) {}

  void heading(const std::string& title) { canvas_.text(title, kEdge, 12, 20, kWhite, true); }

  void visit(const MosaicVisit& visit, std::size_t number) {
    const int top = layout_.visit_top(number);
    canvas_.text(visit.name, kEdge, top + 4, 16, kOutline, true);
    VisitImages images(visit);
    const Window window = window_of(visit);
    for (std::size_t s = 0; s < layout_.slices.size(); ++s) {
      const Slice& slice = layout_.slices[s];
      const int left = layout_.left[s];
      canvas_.text(slice.position, left + 2, top + kVisitHeight, 12, kGrey);
      const int first = layout_.first_line(number, slice);
      const int second = first + layout_.line_height + kGap;
      const auto t1 = resliced(images.t1.get(), grid_, view_, slice, true);
      for (const int y : {first, second}) paint_grey(t1, slice, window, left, y);
      paint_outline(images, slice, left, first);
      paint_tissues(images, slice, left, second);
      for (const int y : {first, second}) paint_marks(slice, left, y);
    }
  }

  void caption() {
    int x = kEdge;
    const int y = layout_.height - kCaptionHeight + 2;
    x += canvas_.text("Brain outline", x, y, 13, kOutline) + 16;
    x += canvas_.text("CSF", x, y, 13, kCsf) + 12;
    x += canvas_.text("gray matter", x, y, 13, kGm) + 12;
    x += canvas_.text("white matter", x, y, 13, kWm) + 24;
    canvas_.text("Radiological convention: the person's left (L) is on the right of the picture.", x, y, 13, kGrey);
  }

  Picture take() { return canvas_.take(); }

 private:
  void paint_grey(const std::vector<float>& t1, const Slice& slice, const Window& window, int left, int top) {
    for (int y = 0; y < slice.height; ++y)
      for (int x = 0; x < slice.width; ++x) {
        const std::uint8_t grey = window.grey(t1[std::size_t(y) * slice.width + x]);
        canvas_.set(left + x, top + y, {grey, grey, grey});
      }
  }

  void paint_outline(VisitImages& images, const Slice& slice, int left, int top) {
    if (!images.brain) return;
    const auto mask = resliced(images.brain->get(), grid_, view_, slice, false);
    auto inside = [&](int x, int y) {
      return x >= 0 && y >= 0 && x < slice.width && y < slice.height && mask[std::size_t(y) * slice.width + x] > 0.5F;
    };
    for (int y = 0; y < slice.height; ++y)
      for (int x = 0; x < slice.width; ++x)
        if (inside(x, y) && !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1)))
          canvas_.set(left + x, top + y, kOutline);
  }

  void paint_tissues(VisitImages& images, const Slice& slice, int left, int top) {
    const std::size_t pixels = std::size_t(slice.width) * slice.height;
    auto map = [&](std::optional<VtkVolume>& volume) {
      return volume ? resliced(volume->get(), grid_, view_, slice, true) : std::vector<float>(pixels, 0.F);
    };
    const auto csf = map(images.csf), gm = map(images.gm), wm = map(images.wm);
    for (std::size_t n = 0; n < pixels; ++n) {
      const double sum = csf[n] + gm[n] + wm[n];
      if (sum < 0.01) continue;
      canvas_.blend(left + int(n % slice.width), top + int(n / slice.width),
                    mixed(kCsf, kGm, kWm, csf[n], gm[n], wm[n]), kTissueOpacity * std::min(sum, 1.0));
    }
  }

  void paint_marks(const Slice& slice, int left, int top) {
    const int y = top + 3;  // the corners are outside of the head
    canvas_.text(slice.plane->left_mark, left + 3, y, 14, kWhite, true);
    canvas_.text(slice.plane->right_mark, left + slice.width - 13, y, 14, kWhite, true);
  }

  const Grid& grid_;
  const View& view_;
  const Layout& layout_;
  Canvas canvas_;
};

void require_drawable(const std::vector<MosaicVisit>& visits) {
  if (visits.empty()) throw InputError("There is no visit to draw.");
  for (const MosaicVisit& visit : visits) {
    if (!visit.t1 || visit.t1->empty()) throw InputError("The visit " + visit.name + " has no scan to draw.");
    const Grid& grid = visits[0].t1->grid;
    require_same_grid(grid, visit.t1->grid, "first visit", "visit");
    if (visit.brain) require_same_grid(grid, visit.brain->grid, "scan", "brain mask");
    for (const Volume* map : {visit.gm, visit.wm, visit.csf})
      if (map) require_same_grid(grid, map->grid, "scan", "tissue map");
  }
}

}  // namespace

Picture quality_mosaic(const std::string& title, const std::vector<MosaicVisit>& visits, const MosaicOptions& options) {
  require_drawable(visits);
  const std::lock_guard lock(vtk_mutex());
  const Grid& grid = visits[0].t1->grid;
  const View view = view_of(visits, options);
  const Layout layout = layout_of(grid, view, options, visits.size());
  MosaicPainter painter(grid, view, layout);
  painter.heading(title);
  for (std::size_t v = 0; v < visits.size(); ++v) painter.visit(visits[v], v);
  painter.caption();
  Picture picture = painter.take();
  for (std::size_t v = 0; v < visits.size(); ++v)
    picture.outlined_visits.push_back({visits[v].name, layout.middle_tiles(v, options.slices_per_plane)});
  return picture;
}

}  // namespace wane
