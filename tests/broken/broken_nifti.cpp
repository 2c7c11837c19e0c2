#include "tests/broken/broken_nifti.h"

#include <zlib.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <ostream>
#include <stdexcept>

namespace wane::broken {
namespace {

using Eigen::AngleAxisd;
using Eigen::Matrix3d;
using Eigen::Vector3d;
using std::string;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

class ByteWriter {
 public:
  ByteWriter(std::size_t count, bool big_endian) : bytes_(count, '\0'), big_endian_(big_endian) {}

  template <class T>
  void put(std::size_t offset, T value) {
    auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
    if (big_endian_) std::reverse(raw.begin(), raw.end());
    std::copy(raw.begin(), raw.end(), bytes_.begin() + std::ptrdiff_t(offset));
  }
  template <class T, std::size_t N>
  void put_array(std::size_t offset, const std::array<T, N>& values) {
    for (std::size_t n = 0; n < N; ++n) put(offset + n * sizeof(T), values[n]);
  }
  void put_text(std::size_t offset, const string& text) {
    std::copy(text.begin(), text.end(), bytes_.begin() + std::ptrdiff_t(offset));
  }
  const string& bytes() const { return bytes_; }

 private:
  string bytes_;
  bool big_endian_;
};

std::size_t bits_of(std::int16_t datatype) {
  switch (datatype) {
    case 1:
      return 1;
    case 2:
    case 256:
      return 8;
    case 4:
    case 512:
      return 16;
    case 128:
      return 24;
    case 64:
    case 32:
    case 1024:
    case 1280:
      return 64;
    case 1536:
    case 1792:
      return 128;
    default:
      return 32;
  }
}

void put_voxel(ByteWriter& writer, std::size_t offset, std::int16_t datatype, double value) {
  switch (datatype) {
    case 2:
      return writer.put(offset, static_cast<std::uint8_t>(value));
    case 256:
      return writer.put(offset, static_cast<std::int8_t>(value));
    case 4:
      return writer.put(offset, static_cast<std::int16_t>(value));
    case 512:
      return writer.put(offset, static_cast<std::uint16_t>(value));
    case 8:
      return writer.put(offset, static_cast<std::int32_t>(value));
    case 768:
      return writer.put(offset, static_cast<std::uint32_t>(value));
    case 1024:
      return writer.put(offset, static_cast<std::int64_t>(value));
    case 1280:
      return writer.put(offset, static_cast<std::uint64_t>(value));
    case 64:
      return writer.put(offset, value);
    case 16:
      return writer.put(offset, static_cast<float>(value));
    default:
      return;  // kinds that Wane refuses stay zeros of the right length
  }
}

template <class To, class From, std::size_t N>
std::array<To, N> widened(const std::array<From, N>& values) {
  std::array<To, N> result{};
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

ByteWriter nifti_2_header_of(const Recipe& recipe, std::size_t total_bytes) {
  ByteWriter field(total_bytes, recipe.big_endian);
  field.put(0, recipe.sizeof_hdr);
  field.put_text(4, recipe.magic);
  field.put(12, recipe.datatype);
  field.put(14, recipe.bitpix != 0 ? recipe.bitpix : std::int16_t(bits_of(recipe.datatype)));
  field.put_array(16, widened<std::int64_t>(recipe.dim));
  field.put_array(104, widened<double>(recipe.pixdim));
  field.put(168, std::int64_t(recipe.vox_offset));
  field.put(176, double(recipe.scl_slope));
  field.put(184, double(recipe.scl_inter));
  field.put(344, std::int32_t(recipe.qform_code));
  field.put(348, std::int32_t(recipe.sform_code));
  field.put_array(352, widened<double>(recipe.quatern));
  field.put_array(376, widened<double>(recipe.qoffset));
  for (std::size_t row = 0; row < 3; ++row) field.put_array(400 + 32 * row, widened<double>(recipe.srow[row]));
  field.put(500, std::int32_t(recipe.xyzt_units));
  return field;
}

ByteWriter header_of(const Recipe& recipe, std::size_t total_bytes) {
  if (recipe.nifti_2) return nifti_2_header_of(recipe, total_bytes);
  ByteWriter field(total_bytes, recipe.big_endian);
  field.put(0, recipe.sizeof_hdr);
  field.put_array(40, recipe.dim);
  field.put(70, recipe.datatype);
  field.put(72, recipe.bitpix != 0 ? recipe.bitpix : std::int16_t(bits_of(recipe.datatype)));
  field.put_array(76, recipe.pixdim);
  field.put(108, recipe.vox_offset);
  field.put(112, recipe.scl_slope);
  field.put(116, recipe.scl_inter);
  field.put(123, recipe.xyzt_units);
  field.put(252, recipe.qform_code);
  field.put(254, recipe.sform_code);
  field.put_array(256, recipe.quatern);
  field.put_array(268, recipe.qoffset);
  for (std::size_t row = 0; row < 3; ++row) field.put_array(280 + 16 * row, recipe.srow[row]);
  field.put_text(344, recipe.magic);
  return field;
}

std::size_t header_bytes_of(const Recipe& recipe) {
  return recipe.nifti_2 ? 544 : 352;
}

string header_only(const Recipe& recipe) {
  return header_of(recipe, header_bytes_of(recipe)).bytes();
}

template <class Change>
Recipe changed(Change&& change) {
  Recipe recipe;
  change(recipe);
  return recipe;
}

Recipe cube(std::int16_t length) {
  return changed([&](Recipe& r) {
    r.dim = {3, length, length, length, 1, 1, 1, 1};
    r.datatype = 2;
  });
}

Recipe with_tilted_qform(double degrees) {
  return changed([&](Recipe& r) {
    set_qform(r, AngleAxisd(degrees * std::numbers::pi / 180, Vector3d::UnitX()).toRotationMatrix(), Vector3d::Ones(),
              {-10, -9, -8});
  });
}

Recipe with_sheared_sform(double shear) {
  return changed([&](Recipe& r) { r.srow[0][1] = float(shear); });
}

Recipe with_non_finite(std::size_t count) {
  return changed([&](Recipe& r) {
    r.voxels = ramp(voxel_count(r));
    for (std::size_t n = 0; n < count; ++n) r.voxels[n] = n % 2 ? double(infinite) : double(not_a_number);
  });
}

using Files = std::vector<MadeFile>;

void add_foreign_files(Files& files) {
  string dicom(400, '\0');
  dicom.replace(128, 4, "DICM");
  files.push_back({"empty", "empty.nii.gz", "", "empty"});
  files.push_back({"text_file", "text_file.nii.gz", "sub-01 was not scanned on this day\n", "text file"});
  files.push_back({"web_page", "web_page.nii.gz", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "web page"});
  files.push_back({"annex_pointer", "annex_pointer.nii.gz", "/annex/objects/MD5E-s123--0a.nii.gz\n", "git-annex"});
  files.push_back({"lfs_pointer", "lfs_pointer.nii.gz", "version https://git-lfs.github.com/spec/v1\n", "git-annex"});
  files.push_back({"dicom", "dicom.nii", dicom, "DICOM"});
  files.push_back({"noise", "noise.nii.gz", string(1000, '\x81').replace(0, 2, 2, '\0'), "not a NIfTI file"});
  files.push_back({"text_in_gz", "text_in_gz.nii.gz", gz_bytes("no scan in here"), "text file"});
}

void add_damaged_files(Files& files) {
  const string plain = nifti_bytes({});
  const string gz = gz_bytes(plain);
  Recipe bomb = cube(800);
  files.push_back({"truncated_gz", "truncated_gz.nii.gz", cut(gz, 0.5), "cut short"});
  files.push_back({"gz_without_its_end", "gz_without_its_end.nii.gz", gz.substr(0, gz.size() - 6), "cut short"});
  files.push_back({"gz_cut_in_header", "gz_cut_in_header.nii.gz", gz.substr(0, 40), "cut short"});
  files.push_back({"truncated_nii", "truncated_nii.nii", cut(plain, 0.5), "cut short"});
  files.push_back({"header_only", "header_only.nii", header_only({}), "cut short"});
  files.push_back({"half_a_header", "half_a_header.nii", plain.substr(0, 200), "cut short"});
  files.push_back(
      {"whole_gz_of_half_a_scan", "whole_gz_of_half_a_scan.nii.gz", gz_bytes(cut(plain, 0.5)), "cut short"});
  files.push_back({"flipped_byte_in_gz", "flipped_byte_in_gz.nii.gz", with_flipped_byte(gz, 0.6), "damaged"});
  files.push_back({"wrong_crc", "wrong_crc.nii.gz", with_wrong_crc(gz), "damaged"});
  files.push_back({"too_long", "too_long.nii", plain + plain, "more voxels than its header"});
  files.push_back({"too_long_gz", "too_long_gz.nii.gz", gz_bytes(plain + plain), "more voxels than its header"});
  files.push_back({"inflates_without_end", "inflates_without_end.nii.gz", gz_bytes(plain + string(50'000'000, '\0')),
                   "more voxels than its header"});
  files.push_back({"bomb_1500", "bomb_1500.nii.gz", gz_bytes(header_only(cube(1500))), "more than the"});
  files.push_back({"bomb_30000", "bomb_30000.nii.gz", gz_bytes(header_only(cube(30000))), "more than the"});
  files.push_back({"bomb_within_the_cap", "bomb_within_the_cap.nii.gz", gz_bytes(header_only(bomb)), "cannot hold"});
}

void add_wrong_headers(Files& files) {
  const auto add = [&](const string& name, const string& said, auto&& change) {
    files.push_back({name, name + ".nii", nifti_bytes(changed(change)), said});
  };
  add("three_volumes", "3 volumes", [](Recipe& r) { r.dim = {4, 20, 18, 16, 3, 1, 1, 1}; });
  add("vectors", "3 volumes", [](Recipe& r) { r.dim = {5, 20, 18, 16, 1, 3, 1, 1}; });
  add("two_dimensions", "no 3-D scan", [](Recipe& r) { r.dim = {2, 20, 18, 1, 1, 1, 1, 1}; });
  add("one_slice", "no 3-D scan", [](Recipe& r) { r.dim[3] = 1; });
  add("dims_0", "0 dimensions", [](Recipe& r) { r.dim[0] = 0; });
  add("dims_9", "9 dimensions", [](Recipe& r) { r.dim[0] = 9; });
  add("zero_dim", "0 voxels along", [](Recipe& r) { r.dim[2] = 0; });
  add("negative_dim", "-18 voxels along", [](Recipe& r) { r.dim[2] = -18; });
  add("zero_trailing_dim", "0 voxels along", [](Recipe& r) { r.dim = {4, 20, 18, 16, 0, 1, 1, 1}; });
  add("zero_pixdim", "voxel size of 0", [](Recipe& r) { r.pixdim[2] = 0; });
  add("nan_pixdim", "voxel size of nan", [](Recipe& r) { r.pixdim[2] = not_a_number; });
  add("huge_pixdim", "which no head scan has", [](Recipe& r) { r.xyzt_units = 1; });
  add("vox_offset_huge", "voxels begin at byte", [](Recipe& r) { r.vox_offset = 2e9f; });
  add("vox_offset_behind_the_end", "cut short", [](Recipe& r) { r.vox_offset = 1e8f; });
  add("vox_offset_nan", "voxels begin at byte", [](Recipe& r) { r.vox_offset = not_a_number; });
  add("vox_offset_zero", "voxels begin at byte", [](Recipe& r) { r.vox_offset = 0; });
  add("vox_offset_negative", "voxels begin at byte", [](Recipe& r) { r.vox_offset = -352; });
  add("vox_offset_fraction", "voxels begin at byte", [](Recipe& r) { r.vox_offset = 352.5f; });
  add("image_pair", "pair", [](Recipe& r) { r.magic = string("ni1\0", 4); });
  add("no_magic", "n+1", [](Recipe& r) { r.magic = string(4, '\0'); });
  add("bad_magic", "n+1", [](Recipe& r) { r.magic = "nix1"; });
  add("nifti_2_length_alone", "NIfTI-2", [](Recipe& r) { r.sizeof_hdr = 540; });
  add("wrong_sizeof_hdr", "instead of 348", [](Recipe& r) { r.sizeof_hdr = 123; });
  add("complex", "complex", [](Recipe& r) { r.datatype = 32; });
  add("rgb", "colours", [](Recipe& r) { r.datatype = 128; });
  add("one_bit", "single bits", [](Recipe& r) { r.datatype = 1; });
  add("float128", "128-bit", [](Recipe& r) { r.datatype = 1536; });
  add("unknown_datatype", "does not know", [](Recipe& r) { r.datatype = 77; });
  add("bitpix_mismatch", "contradict", [](Recipe& r) { r.bitpix = 8; });
  add("nan_sform", "sform contains", [](Recipe& r) {
    r.srow[1][1] = not_a_number;
    r.qform_code = 0;
  });
  add("nan_quaternion", "qform contains", [](Recipe& r) {
    r.quatern[0] = not_a_number;
    r.sform_code = 0;
  });
  add("long_quaternion", "longer than 1", [](Recipe& r) {
    r.quatern = {0.9f, 0.9f, 0.9f};
    r.sform_code = 0;
  });
  add("singular_sform", "sform has axes", [](Recipe& r) {
    r.srow[2] = {0, 0, 0, 0};
    r.qform_code = 0;
  });
  add("sheared_sform_alone", "sform has axes", [](Recipe& r) {
    r.srow[0][1] = 0.3f;
    r.qform_code = 0;
  });
  add("two_voxel_sizes", "differs from pixdim", [](Recipe& r) {
    r.pixdim = {1, 2, 2, 2, 1, 1, 1, 1};
    r.qform_code = 0;
  });
  add("far_away", "kilometre", [](Recipe& r) {
    r.srow[0][3] = 1e30f;
    r.qform_code = 0;
  });
  const auto add_nifti_2 = [&](const string& name, const string& said, auto&& change) {
    Recipe recipe = as_nifti_2({});
    change(recipe);
    files.push_back({"nifti_2_" + name, "nifti_2_" + name + ".nii", nifti_bytes(recipe), said});
  };
  add_nifti_2("pair", "pair", [](Recipe& r) { r.magic = string("ni2\0\r\n\032\n", 8); });
  add_nifti_2("sent_as_text", "not as text", [](Recipe& r) { r.magic = string("n+2\0\n\n\032\n", 8); });
  add_nifti_2("three_volumes", "3 volumes", [](Recipe& r) { r.dim = {4, 20, 18, 16, 3, 1, 1, 1}; });
  add_nifti_2("zero_pixdim", "voxel size of 0", [](Recipe& r) { r.pixdim[1] = 0; });
  add_nifti_2("rgb", "colours", [](Recipe& r) { r.datatype = 128; });
  add_nifti_2("vox_offset_of_nifti_1", "voxels begin at byte 352", [](Recipe& r) { r.vox_offset = 352; });
  const string nifti_2 = nifti_bytes(as_nifti_2({}));
  files.push_back({"nifti_2_cut_in_header", "nifti_2_cut_in_header.nii", nifti_2.substr(0, 500), "cut short"});
  files.push_back({"nifti_2_gz_cut", "nifti_2_gz_cut.nii.gz", cut(gz_bytes(nifti_2), 0.5), "cut short"});
  for (const std::int64_t length : {std::int64_t(1) << 40, INT64_MAX}) {
    string huge = nifti_2;
    const auto raw = std::bit_cast<std::array<char, 8>>(length);
    for (const std::size_t axis : {1, 2, 3}) std::copy(raw.begin(), raw.end(), huge.begin() + 16 + 8 * axis);
    files.push_back({"nifti_2_huge", "nifti_2_huge.nii", huge, "more than the"});
    string series = nifti_2;
    series[16] = 7;
    for (const std::size_t axis : {4, 5, 6, 7}) std::copy(raw.begin(), raw.end(), series.begin() + 16 + 8 * axis);
    files.push_back({"nifti_2_huge_series", "nifti_2_huge_series.nii", series, "1000000000 volumes"});
  }
  files.push_back({"mostly_nan", "mostly_nan.nii.gz", gz_bytes(nifti_bytes(with_non_finite(5700))), "not finite"});
}

}  // namespace

std::size_t voxel_count(const Recipe& recipe) {
  std::size_t count = 1;
  for (int n = 1; n <= 3; ++n) count *= std::size_t(std::max<int>(1, std::abs(recipe.dim[n])));
  return count;
}

std::vector<double> ramp(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t n = 0; n < count; ++n) values[n] = double(n * 37 % 101);
  return values;
}

void set_qform(Recipe& recipe, const Matrix3d& rotation, const Vector3d& spacing, const Vector3d& origin) {
  Matrix3d proper = rotation;
  const bool mirrored = rotation.determinant() < 0;
  if (mirrored) proper.col(2) *= -1;
  Eigen::Quaterniond q(proper);
  if (q.w() < 0) q.coeffs() *= -1;
  recipe.qform_code = 1;
  recipe.quatern = {float(q.x()), float(q.y()), float(q.z())};
  recipe.pixdim[0] = mirrored ? -1 : 1;
  for (int n = 0; n < 3; ++n) {
    recipe.pixdim[n + 1] = float(spacing[n]);
    recipe.qoffset[n] = float(origin[n]);
  }
}

void set_sform(Recipe& recipe, const Matrix3d& columns, const Vector3d& origin) {
  recipe.sform_code = 1;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) recipe.srow[r][c] = float(columns(r, c));
    recipe.srow[r][3] = float(origin[r]);
  }
}

Recipe as_nifti_2(Recipe recipe) {
  recipe.nifti_2 = true;
  recipe.sizeof_hdr = 540;
  recipe.vox_offset += 544 - 352;
  recipe.magic = string("n+2\0\r\n\032\n", 8);
  return recipe;
}

string nifti_bytes(const Recipe& recipe) {
  std::size_t volumes = 1;
  for (int n = 4; n <= std::clamp<int>(recipe.dim[0], 0, 7); ++n)
    volumes *= std::size_t(std::max<int>(1, recipe.dim[n]));
  const std::size_t bits = bits_of(recipe.datatype);
  const std::size_t count = voxel_count(recipe);
  // A nonsensical offset is written into the header but not obeyed.
  const std::size_t least = header_bytes_of(recipe);
  const bool obeyed = recipe.vox_offset >= float(least) && recipe.vox_offset < 1e5f;
  const std::size_t begin = obeyed ? std::size_t(recipe.vox_offset) : least;
  ByteWriter writer = header_of(recipe, begin + (count * volumes * bits + 7) / 8);
  const std::vector<double> values = recipe.voxels.empty() ? ramp(count) : recipe.voxels;
  for (std::size_t n = 0; n < count * volumes; ++n)
    put_voxel(writer, begin + n * bits / 8, recipe.datatype, values[n % values.size()]);
  return writer.bytes();
}

string gz_bytes(const string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  string result(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = uInt(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

string cut(const string& bytes, double fraction) {
  return bytes.substr(0, std::size_t(double(bytes.size()) * fraction));
}

string with_flipped_byte(string bytes, double where) {
  char& byte = bytes.at(std::size_t(double(bytes.size() - 1) * where));
  byte = char(~byte);
  return bytes;
}

string with_wrong_crc(string gz) {
  char& first_of_crc = gz.at(gz.size() - 8);
  first_of_crc = char(~first_of_crc);
  return gz;
}

std::ostream& operator<<(std::ostream& stream, const MadeFile& made) {
  return stream << made.name;
}

Files broken_files() {
  Files files;
  add_foreign_files(files);
  add_damaged_files(files);
  add_wrong_headers(files);
  return files;
}

Files odd_files() {
  Files files;
  const auto add = [&](const string& name, const string& said, const Recipe& recipe) {
    files.push_back({name, name + ".nii.gz", gz_bytes(nifti_bytes(recipe)), said});
  };
  add("some_nan", "3 of 5760 voxels are not finite", with_non_finite(3));
  add("nan_background", "not finite", with_non_finite(5000));
  add("nan_slope", "slope is not a number", changed([](Recipe& r) { r.scl_slope = not_a_number; }));
  add("nan_intercept", "intercept is not a number", changed([](Recipe& r) { r.scl_inter = not_a_number; }));
  add("no_orientation", "Orientation is not recorded", changed([](Recipe& r) { r.qform_code = r.sform_code = 0; }));
  add("forms_10_degrees_apart", "disagree by 10 degrees", with_tilted_qform(10));
  add("forms_mirrored", "mirror image", changed([](Recipe& r) {
        set_sform(r, Vector3d(-1, 1, 1).asDiagonal(), {9, -9, -8});
      }));
  add("sheared_sform_with_qform", "the qform was used", with_sheared_sform(0.3));
  add("nan_sform_with_qform", "the qform was used", changed([](Recipe& r) { r.srow[0][0] = not_a_number; }));
  add("nan_quaternion_with_sform", "the sform was used", changed([](Recipe& r) { r.quatern[1] = not_a_number; }));
  add("slightly_sheared_sform_alone", "nearest rotation", changed([](Recipe& r) {
        r.srow[0][1] = 0.01f;
        r.qform_code = 0;
      }));
  add("metres", "metres", changed([](Recipe& r) {
        r.xyzt_units = 1;
        r.pixdim = {1, 0.001f, 0.001f, 0.001f, 1, 1, 1, 1};
        r.qoffset = {-0.010f, -0.009f, -0.008f};
        set_sform(r, Matrix3d::Identity() * 0.001, {-0.010, -0.009, -0.008});
      }));
  add("negative_pixdim", "Negative voxel sizes", changed([](Recipe& r) { r.pixdim[1] = -1; }));
  files.push_back({"plain_named_gz", "plain_named_gz.nii.gz", nifti_bytes({}), "not compressed"});
  files.push_back({"gz_named_nii", "gz_named_nii.nii", gz_bytes(nifti_bytes({})), "is compressed"});
  files.push_back({"few_bytes_behind", "few_bytes_behind.nii", nifti_bytes({}) + string(100, 'x'), "100 bytes behind"});
  files.push_back({"garbage_behind_gz", "garbage_behind_gz.nii.gz", gz_bytes(nifti_bytes({})) + "garbage",
                   "behind the end of the compressed"});
  return files;
}

MadeFile made_file(const string& name) {
  for (const Files& files : {broken_files(), odd_files()})
    for (const MadeFile& file : files)
      if (file.name == name) return file;
  throw std::out_of_range("no made file is called " + name);
}

void write_bytes(const std::filesystem::path& file, const string& bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes.data(), std::streamsize(bytes.size()));
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace wane::broken
