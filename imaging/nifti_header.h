// The 348 bytes at the head of a NIfTI-1 file, or 540 of a NIfTI-2 file: parsing in both byte orders, the checks that
// decide whether the file can be one 3-D scan, and the geometry by the truth table in nifti.h. Nothing here reads
// voxels.
//
// RAS millimetres exist only in this header's fields; everything that leaves these functions is in LPS millimetres.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "imaging/nifti.h"

namespace wane {

inline constexpr std::size_t nifti_header_bytes = 348;
inline constexpr std::size_t nifti_2_header_bytes = 540;
inline constexpr std::size_t nifti_first_voxel_byte = 352;  // the header and four bytes that say "no extension"
inline constexpr std::size_t nifti_2_first_voxel_byte = 544;

// Of all that may stand before the voxels; far beyond any real file, and exact in the header's single precision.
inline constexpr std::uint64_t most_extension_bytes = std::uint64_t(1) << 30;

// Of both formats: NIfTI-2 has the same fields in wider types.
struct NiftiHeader {
  std::size_t bytes = nifti_header_bytes;                 // of the header in the file
  std::size_t least_voxel_byte = nifti_first_voxel_byte;  // where voxels may begin at the earliest
  bool swap_bytes = false;                                // the file's byte order is not this machine's
  std::array<std::int64_t, 8> dim{};
  std::int16_t datatype = 0;
  std::int16_t bitpix = 0;
  std::array<double, 8> pixdim{};
  double vox_offset = 0;
  double scl_slope = 0;
  double scl_inter = 0;
  std::int32_t xyzt_units = 0;
  std::int32_t qform_code = 0;
  std::int32_t sform_code = 0;
  std::array<double, 3> quatern{};  // b, c, d
  std::array<double, 3> qoffset{};  // RAS, in the header's unit
  std::array<std::array<double, 4>, 3> srow{};
};

enum class NiftiDatatype : std::int16_t {
  uint8 = 2,
  int16 = 4,
  int32 = 8,
  float32 = 16,
  float64 = 64,
  int8 = 256,
  uint16 = 512,
  uint32 = 768,
  int64 = 1024,
  uint64 = 1280,
};

// Where the voxels are in the (inflated) file.
struct NiftiLayout {
  std::array<int, 3> size{};
  NiftiDatatype datatype{};
  std::string datatype_name;
  std::size_t bytes_per_voxel = 0;
  std::uint64_t first_voxel_byte = 0;

  std::uint64_t voxel_count() const { return std::uint64_t(size[0]) * std::uint64_t(size[1]) * std::uint64_t(size[2]); }
  std::uint64_t slice_bytes() const { return std::uint64_t(size[0]) * std::uint64_t(size[1]) * bytes_per_voxel; }
  std::uint64_t voxel_bytes() const { return voxel_count() * bytes_per_voxel; }
  std::uint64_t end_byte() const { return first_voxel_byte + voxel_bytes(); }
};

struct NiftiGeometry {
  Grid grid;
  std::string source;  // "sform", "qform" or "none"
  double disagreement_degrees = 0;
  double disagreement_mm = 0;
  std::vector<std::string> warnings;
};

// Throws InputError: "Cannot use 'FILE': WHAT; REMEDY."
[[noreturn]] void refuse_nifti(const std::filesystem::path& file, const std::string& what, const std::string& remedy);

// How many bytes parse_nifti_header needs, by the first four of the (inflated) file: 540 for NIfTI-2, else 348.
std::size_t nifti_header_length(std::string_view head);

// `head` is what the (inflated) file begins with, at least the header where the file has that much. InputError
// where it is not a single-file NIfTI-1 or NIfTI-2 image; says what it is instead if that can be seen.
NiftiHeader parse_nifti_header(std::string_view head, const std::filesystem::path& file);

// InputError unless the header declares one 3-D scan of real numbers within the limits.
NiftiLayout checked_nifti_layout(const NiftiHeader& header, const NiftiLimits& limits,
                                 const std::filesystem::path& file);

// InputError where the header leaves the voxel size or the orientation undecidable.
NiftiGeometry nifti_geometry(const NiftiHeader& header, const std::filesystem::path& file);

// A little-endian NIfTI-1 header with qform and sform saying the same (code 1, scanner), in mm.
std::array<unsigned char, nifti_first_voxel_byte> encode_nifti_header(const Grid& grid, NiftiDatatype datatype,
                                                                      float slope);

}  // namespace wane
