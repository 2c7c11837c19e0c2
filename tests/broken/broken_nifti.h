// Valid, odd and broken NIfTI files made by code, for the tests of reading and of the whole program.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace wane::broken {

// Every field of the header that a reader may trip over. As it stands it makes a valid scan whose axes run to the
// right, front and top. `voxels` are stored values before slope and intercept; where empty, a ramp is made.
struct Recipe {
  std::array<std::int16_t, 8> dim{3, 20, 18, 16, 1, 1, 1, 1};
  std::int16_t datatype = 16;  // float32
  std::int16_t bitpix = 0;     // 0: what the datatype asks for
  std::array<float, 8> pixdim{1, 1, 1, 1, 1, 1, 1, 1};
  float vox_offset = 352;
  float scl_slope = 1;
  float scl_inter = 0;
  std::uint8_t xyzt_units = 2;
  std::int16_t qform_code = 1;
  std::int16_t sform_code = 1;
  std::array<float, 3> quatern{0, 0, 0};
  std::array<float, 3> qoffset{-10, -9, -8};
  std::array<std::array<float, 4>, 3> srow{{{1, 0, 0, -10}, {0, 1, 0, -9}, {0, 0, 1, -8}}};
  std::string magic{"n+1\0", 4};
  std::int32_t sizeof_hdr = 348;
  bool big_endian = false;
  bool nifti_2 = false;  // 540 bytes of wider fields instead of 348; see as_nifti_2
  std::vector<double> voxels;
};

// The same scan with a NIfTI-2 header.
Recipe as_nifti_2(Recipe recipe);

// The number of voxels that the recipe's dims declare (of the first volume), and the ramp that fills them.
std::size_t voxel_count(const Recipe& recipe);
std::vector<double> ramp(std::size_t count);

// RAS, in the header's unit. The rotation may be mirrored (determinant -1).
void set_qform(Recipe& recipe, const Eigen::Matrix3d& rotation, const Eigen::Vector3d& spacing,
               const Eigen::Vector3d& origin);
void set_sform(Recipe& recipe, const Eigen::Matrix3d& columns, const Eigen::Vector3d& origin);

std::string nifti_bytes(const Recipe& recipe);
std::string gz_bytes(const std::string& bytes);
std::string cut(const std::string& bytes, double fraction);
std::string with_flipped_byte(std::string bytes, double where);  // `where` from 0 (first byte) to 1 (last)
std::string with_wrong_crc(std::string gz);

struct MadeFile {
  std::string name;       // what is the matter, in words joined by '_'
  std::string file_name;  // with its ending
  std::string bytes;
  std::string said;  // words that the message (broken) or a warning (odd) must contain
};

std::ostream& operator<<(std::ostream& stream, const MadeFile& made);  // its name

// Each must be refused with an InputError.
std::vector<MadeFile> broken_files();
// Each is a whole scan that must be read, with a warning.
std::vector<MadeFile> odd_files();
// The one of that name out of both lists; throws std::out_of_range.
MadeFile made_file(const std::string& name);

void write_bytes(const std::filesystem::path& file, const std::string& bytes);

}  // namespace wane::broken
