// ITK's transform files: what is accepted is finite.
#include "fuzz/properties.h"
#include "registration/transform_file.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepted([&] {
    const Affine points = parse_itk_affine(fuzz::text_of(data, size), "transform.txt");
    fuzz::require(points.matrix().allFinite(), "a transform is finite");
  });
  return 0;
}
