#include "segmentation/bias_field.h"

#include <itkImage.h>
#include <itkN4BiasFieldCorrectionImageFilter.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "imaging/error.h"
#include "imaging/median.h"
#include "imaging/resample.h"

namespace wane {
namespace {

using FloatImage = itk::Image<float, 3>;
using ByteImage = itk::Image<unsigned char, 3>;
using Filter = itk::N4BiasFieldCorrectionImageFilter<FloatImage, ByteImage, FloatImage>;

// ITK sets up its lists of object factories when the first object is made, which two threads must not do at once: the
// first that comes here does it, the others wait.
void start_itk() {
  static std::once_flag started;
  std::call_once(started, [] {
    Filter::New();
    FloatImage::New();
    ByteImage::New();
  });
}

template <class ItkImage, class T>
typename ItkImage::Pointer to_itk(const Image<T>& image) {
  auto result = ItkImage::New();
  typename ItkImage::SizeType size;
  typename ItkImage::PointType origin;
  typename ItkImage::SpacingType spacing;
  for (int axis = 0; axis < 3; ++axis) {
    size[axis] = itk::SizeValueType(image.grid.size[axis]);
    origin[axis] = 0;  // the field only depends on distances: the grid's own axes do
    spacing[axis] = image.grid.spacing_mm[axis];
  }
  result->SetRegions(size);
  result->SetOrigin(origin);
  result->SetSpacing(spacing);
  result->Allocate();
  std::copy(image.values.begin(), image.values.end(), result->GetBufferPointer());
  return result;
}

float median_within(const Volume& volume, const Mask& mask) {
  std::vector<float> values;
  for (std::size_t n = 0; n < volume.size(); ++n)
    if (mask[n] && volume[n] > 0) values.push_back(volume[n]);
  if (values.empty()) return 0;
  return upper_median(std::move(values));
}

}  // namespace

Volume estimate_bias_field(const Volume& volume, const Mask& mask, const BiasFieldOptions& options) {
  require_same_grid(volume.grid, mask.grid, "the scan", "its mask");
  const Volume coarse = downsampled(volume, options.working_spacing_mm);
  // Half-empty voxels at the edge of an extracted brain are far darker than any tissue: not the field's doing.
  Mask inside = resample(mask, coarse.grid);
  const float dark = 0.15F * median_within(coarse, inside);
  for (std::size_t n = 0; n < inside.size(); ++n) inside[n] = inside[n] && coarse[n] > dark;
  start_itk();
  auto filter = Filter::New();
  filter->SetNumberOfWorkUnits(1);
  filter->SetInput(to_itk<FloatImage>(coarse));
  filter->SetMaskImage(to_itk<ByteImage>(inside));
  filter->SetMaskLabel(1);
  filter->SetUseMaskLabel(true);
  Filter::ArrayType points;
  for (int axis = 0; axis < 3; ++axis) {
    const double extent_mm = coarse.grid.size[axis] * coarse.grid.spacing_mm[axis];
    points[axis] = unsigned(std::max(1.0, std::round(extent_mm / options.knot_spacing_mm)) + 3);
  }
  filter->SetNumberOfControlPoints(points);
  Filter::VariableSizeArrayType iterations(unsigned(options.levels));
  iterations.Fill(unsigned(options.iterations));
  filter->SetNumberOfFittingLevels(unsigned(options.levels));
  filter->SetMaximumNumberOfIterations(iterations);
  filter->SetConvergenceThreshold(1e-4);
  try {
    filter->Update();
  } catch (const itk::ExceptionObject& error) {
    throw InputError(std::string("the bias field could not be estimated (") + error.GetDescription() +
                     "): look at the scan, and leave it out if its brightness is damaged.");
  }
  // The field is read off as the ratio of what went in and what came out.
  Volume logarithm(coarse.grid);
  const float* corrected = filter->GetOutput()->GetBufferPointer();
  double mean = 0, weight = 0;
  for (std::size_t n = 0; n < coarse.size(); ++n) {
    if (!(coarse[n] > 0) || !(corrected[n] > 0) || !std::isfinite(corrected[n])) continue;
    logarithm[n] = std::log(coarse[n] / corrected[n]);
    if (!inside[n]) continue;
    mean += logarithm[n];
    weight += 1;
  }
  if (weight < 10)
    throw InputError(
        "the scan is empty where the brain should be, so that its bias field cannot be estimated: look at the scan, "
        "and leave it out if it does not show a whole brain.");
  mean /= weight;
  Volume field = resample(logarithm, volume.grid, Affine::Identity());
  for (float& v : field.values) v = std::exp(v - float(mean));
  return field;
}

}  // namespace wane
