#include "imaging/nifti_header.h"

#include <Eigen/SVD>
#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <numbers>
#include <sstream>

#include "base/error.h"
#include "base/letters.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using std::string;

static_assert(std::endian::native == std::endian::little, "headers and voxels are written little-endian");

// Beyond these, the header is wrong or in the wrong unit: no scanner makes a voxel of 10 µm or 10 cm of a head, and no
// scanner's coordinates reach a kilometre.
constexpr double least_spacing_mm = 0.01;
constexpr double most_spacing_mm = 100;
constexpr double most_distance_mm = 1e6;

// Single precision leaves an oblique sform within 0.001 degrees of orthogonal; up to here nobody need be told.
constexpr double unnoticed_shear_degrees = 0.1;
constexpr double unnoticed_spacing_fraction = 1e-3;
// One degree moves the corner of a head's box by about 2 mm, which the alignment of visits takes up.
constexpr double repairable_shear_degrees = 1.0;
constexpr double repairable_spacing_fraction = 0.01;
// Rounding of quaternions stays an order of magnitude below these.
constexpr double unnoticed_disagreement_degrees = 0.5;
constexpr double unnoticed_disagreement_mm = 1.0;

const Eigen::DiagonalMatrix<double, 3> ras_to_lps(-1, -1, 1);

struct DatatypeRow {
  NiftiDatatype code;
  const char* name;
  std::size_t bytes;
};
constexpr DatatypeRow datatypes[] = {
    {NiftiDatatype::uint8, "uint8", 1},     {NiftiDatatype::int16, "int16", 2},     {NiftiDatatype::int32, "int32", 4},
    {NiftiDatatype::float32, "float32", 4}, {NiftiDatatype::float64, "float64", 8}, {NiftiDatatype::int8, "int8", 1},
    {NiftiDatatype::uint16, "uint16", 2},   {NiftiDatatype::uint32, "uint32", 4},   {NiftiDatatype::int64, "int64", 8},
    {NiftiDatatype::uint64, "uint64", 8},
};

const DatatypeRow* find_datatype(std::int16_t code) {
  for (const DatatypeRow& row : datatypes)
    if (std::int16_t(row.code) == code) return &row;
  return nullptr;
}

const char* refused_datatype(std::int16_t code) {
  switch (code) {
    case 1:
      return "single bits";
    case 32:
    case 1792:
    case 2048:
      return "complex numbers";
    case 128:
    case 2304:
      return "colours";
    case 1536:
      return "128-bit floating-point numbers";
    default:
      return "of a kind that NIfTI does not know";
  }
}

string number(double value, int digits = 4) {
  std::ostringstream text;
  text.precision(digits);
  text << value;
  return text.str();
}

// Fields by their byte offset in the definition of the format.
class FieldReader {
 public:
  FieldReader(std::string_view bytes, bool swap_bytes) : bytes_(bytes), swap_(swap_bytes) {}

  template <class T>
  T get(std::size_t offset) const {
    std::array<char, sizeof(T)> raw{};
    std::copy_n(bytes_.begin() + std::ptrdiff_t(offset), sizeof(T), raw.begin());
    if (swap_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }

  template <class T, std::size_t N>
  std::array<T, N> get_array(std::size_t offset) const {
    std::array<T, N> values{};
    for (std::size_t n = 0; n < N; ++n) values[n] = get<T>(offset + n * sizeof(T));
    return values;
  }

 private:
  std::string_view bytes_;
  bool swap_;
};

bool looks_like_text(std::string_view head) {
  return !head.empty() && std::all_of(head.begin(), head.end(), [](char c) {
    return (c >= ' ' && c != 127) || c == '\n' || c == '\r' || c == '\t' || (c & 0x80);
  });
}

// The usual things that carry a scan's name without being a scan.
void refuse_other_formats(std::string_view head, const fs::path& file) {
  const auto begins = [&](std::string_view with) { return head.substr(0, with.size()) == with; };
  if (head.empty()) refuse_nifti(file, "it is empty (0 bytes)", "copy or convert it again");
  if (begins("version https://git-lfs") || (head.find("annex/objects") != head.npos && looks_like_text(head)))
    refuse_nifti(file, "it is a placeholder left by git-annex or Git LFS, not the scan itself",
                 "fetch its content (datalad get, git annex get or git lfs pull)");
  const string start = lower_case(string(head.substr(0, 64)));
  if (start.find("<html") != string::npos || start.find("<!doctype") != string::npos)
    refuse_nifti(file, "it is a web page, not a scan", "download it again, signed in if the site asks for it");
  if (head.size() >= 132 && head.substr(128, 4) == "DICM")
    refuse_nifti(file, "it is a DICOM file", "convert it to NIfTI (with dcm2niix)");
  if (begins("NRRD")) refuse_nifti(file, "it is an NRRD file", "convert it to NIfTI");
  if (looks_like_text(head)) refuse_nifti(file, "it is a text file, not a scan", "replace it by the scan's NIfTI file");
}

[[noreturn]] void refuse_pair(const fs::path& file) {
  refuse_nifti(file, "it is one half of a header and image pair (.hdr and .img)",
               "convert the pair to a single .nii.gz file");
}

bool all_finite(const double* values, std::size_t count) {
  return std::all_of(values, values + count, [](double v) { return std::isfinite(v); });
}

template <class T, std::size_t N>
std::array<double, N> as_doubles(const std::array<T, N>& values) {
  std::array<double, N> result{};
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

string list_dims(const NiftiHeader& header) {
  std::ostringstream text;
  for (int n = 1; n <= header.dim[0]; ++n) text << (n > 1 ? "x" : "") << header.dim[n];
  return text.str();
}

std::array<int, 3> checked_size(const NiftiHeader& header, const NiftiLimits& limits, const fs::path& file) {
  if (header.dim[0] < 1 || header.dim[0] > 7)
    refuse_nifti(file, "its header declares " + std::to_string(header.dim[0]) + " dimensions where 1 to 7 are possible",
                 "the header is damaged, so convert the scan again");
  const int dimensions = int(header.dim[0]);
  for (int n = 1; n <= dimensions; ++n)
    if (header.dim[n] < 1)
      refuse_nifti(
          file, "its header declares " + std::to_string(header.dim[n]) + " voxels along dimension " + std::to_string(n),
          "the header is damaged, so convert the scan again");
  // Numbers of NIfTI-2 may be as large as their type; none of the products overflows.
  constexpr std::int64_t most_told = 1'000'000'000;
  std::int64_t volumes = 1;
  for (int n = 4; n <= dimensions; ++n) volumes = std::min(volumes * std::min(header.dim[n], most_told), most_told);
  if (volumes > 1)
    refuse_nifti(
        file,
        "it holds " + std::to_string(volumes) + " volumes (" + list_dims(header) + ") where one 3-D scan is needed",
        "save the wanted volume as a file of its own");
  std::uint64_t voxels = 1;
  for (int n = 0; n < std::min(dimensions, 3); ++n) {
    const auto length = std::uint64_t(header.dim[n + 1]);
    if (length > limits.most_voxels / voxels)
      refuse_nifti(file,
                   "its header declares " + list_dims(header) + " voxels, more than the " +
                       std::to_string(limits.most_voxels) + " that a head scan can have",
                   "the header is wrong, so convert the scan again");
    voxels *= length;
  }
  std::array<int, 3> size{1, 1, 1};
  for (int n = 0; n < std::min(dimensions, 3); ++n) size[n] = int(header.dim[n + 1]);
  const int least = *std::min_element(size.begin(), size.end());
  if (least < limits.least_voxels_per_axis)
    refuse_nifti(file,
                 "it is no 3-D scan: " + list_dims(header) + " voxels, where at least " +
                     std::to_string(limits.least_voxels_per_axis) + " are needed along each axis",
                 "give the whole 3-D acquisition instead of a slice, localiser or projection");
  return size;
}

double mm_per_unit(const NiftiHeader& header) {
  switch (header.xyzt_units & 7) {
    case 1:
      return 1000;
    case 3:
      return 0.001;
    default:
      return 1;
  }
}

Vec3 checked_spacing_mm(const NiftiHeader& header, const fs::path& file, std::vector<string>& warnings) {
  Vec3 spacing;
  bool negative = false;
  for (int n = 0; n < 3; ++n) {
    const double length = header.pixdim[n + 1];
    if (!std::isfinite(length) || length == 0)
      refuse_nifti(file, "its header gives a voxel size of " + number(length) + " along axis " + std::to_string(n + 1),
                   "the header is damaged, so convert the scan again");
    negative = negative || length < 0;
    spacing[n] = std::abs(length) * mm_per_unit(header);
    if (spacing[n] < least_spacing_mm || spacing[n] > most_spacing_mm)
      refuse_nifti(file,
                   "its header gives a voxel size of " + number(spacing[n]) + " mm along axis " +
                       std::to_string(n + 1) + ", which no head scan has",
                   "correct pixdim and the unit (xyzt_units) in the header");
  }
  if (negative) warnings.emplace_back("Negative voxel sizes in the header were read as positive.");
  const int unit = header.xyzt_units & 7;
  if (unit == 1 || unit == 3)
    warnings.push_back(string("The header is in ") + (unit == 1 ? "metres" : "microns") +
                       "; lengths were converted to mm, giving voxels of " + number(spacing[0]) + "x" +
                       number(spacing[1]) + "x" + number(spacing[2]) + " mm.");
  if (unit > 3)
    warnings.push_back("The header's unit of length (code " + std::to_string(unit) + ") is unknown; assumed mm.");
  return spacing;
}

// One of the header's two descriptions of where voxels are, in RAS mm.
struct Form {
  bool given = false;
  string problem;  // why it cannot be used at all; empty where it can
  string bending;  // how it departs from a rotation and the voxel size; empty where it does not
  Affine index_to_ras = Affine::Identity();

  bool valid() const { return given && problem.empty(); }
  bool clean() const { return valid() && bending.empty(); }
};

bool plausible_position(const Affine& index_to_ras) {
  return index_to_ras.translation().cwiseAbs().maxCoeff() < most_distance_mm;
}

Form read_qform(const NiftiHeader& header, const Vec3& spacing_mm) {
  Form form;
  form.given = header.qform_code > 0;
  if (!form.given) return form;
  if (!all_finite(header.quatern.data(), 3) || !all_finite(header.qoffset.data(), 3) || std::isnan(header.pixdim[0])) {
    form.problem = "contains numbers that are not finite";
    return form;
  }
  const double b = header.quatern[0], c = header.quatern[1], d = header.quatern[2];
  const double a_squared = 1 - (b * b + c * c + d * d);
  // A half turn has a = 0, where rounding may leave the sum just above 1.
  if (a_squared < -1e-3) {
    form.problem = "is not a rotation (its quaternion is longer than 1)";
    return form;
  }
  Eigen::Quaterniond rotation(a_squared < 1e-7 ? 0.0 : std::sqrt(a_squared), b, c, d);
  rotation.normalize();
  Mat3 direction = rotation.toRotationMatrix();
  if (header.pixdim[0] < 0) direction.col(2) *= -1;
  form.index_to_ras.linear() = direction * spacing_mm.asDiagonal();
  form.index_to_ras.translation() = Vec3(header.qoffset[0], header.qoffset[1], header.qoffset[2]) * mm_per_unit(header);
  if (!plausible_position(form.index_to_ras)) form.problem = "places the head a kilometre or more away";
  return form;
}

double shear_degrees(const Mat3& columns) {
  double worst_cosine = 0;
  for (int n = 0; n < 3; ++n)
    worst_cosine =
        std::max(worst_cosine, std::abs(columns.col(n).normalized().dot(columns.col((n + 1) % 3).normalized())));
  return std::asin(std::min(1.0, worst_cosine)) * 180 / std::numbers::pi;
}

Form read_sform(const NiftiHeader& header, const Vec3& spacing_mm) {
  Form form;
  form.given = header.sform_code > 0;
  if (!form.given) return form;
  for (const auto& row : header.srow)
    if (!all_finite(row.data(), 4)) {
      form.problem = "contains numbers that are not finite";
      return form;
    }
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 4; ++c) form.index_to_ras(r, c) = header.srow[r][c] * mm_per_unit(header);
  if (!plausible_position(form.index_to_ras)) {
    form.problem = "places the head a kilometre or more away";
    return form;
  }
  const Mat3 columns = form.index_to_ras.linear();
  const Vec3 lengths_mm = columns.colwise().norm();
  const double shear = lengths_mm.minCoeff() > 0 ? shear_degrees(columns) : 90;
  const double spacing_error = (lengths_mm.cwiseQuotient(spacing_mm) - Vec3::Ones()).cwiseAbs().maxCoeff();
  string departure;
  if (shear > unnoticed_shear_degrees) departure = "axes " + number(shear, 2) + " degrees off a right angle";
  if (spacing_error > unnoticed_spacing_fraction)
    departure += (departure.empty() ? "" : " and ") + string("a voxel size that differs from pixdim by ") +
                 number(100 * spacing_error, 3) + " %";
  const bool repairable = shear <= repairable_shear_degrees && spacing_error <= repairable_spacing_fraction;
  if (!departure.empty()) (repairable ? form.bending : form.problem) = "has " + departure;
  return form;
}

Mat3 nearest_orthonormal(const Mat3& columns) {
  const Mat3 unit = columns.colwise().normalized();
  const Eigen::JacobiSVD<Mat3> svd(unit, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

// The middle of the grid stays where the form puts it, so that straightening moves every voxel as little as possible.
Grid grid_of_form(const Form& form, const std::array<int, 3>& size) {
  Grid grid;
  grid.size = size;
  const Mat3 columns = form.index_to_ras.linear();
  grid.spacing_mm = columns.colwise().norm();
  const Mat3 direction_ras = nearest_orthonormal(columns);
  const Vec3 middle((size[0] - 1) / 2.0, (size[1] - 1) / 2.0, (size[2] - 1) / 2.0);
  grid.direction = ras_to_lps * direction_ras;
  grid.origin_mm = ras_to_lps * (form.index_to_ras * middle) - grid.direction * grid.spacing_mm.cwiseProduct(middle);
  return grid;
}

double largest_corner_distance_mm(const Affine& a, const Affine& b, const std::array<int, 3>& size) {
  double largest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 index((corner & 1) ? size[0] - 1 : 0, (corner & 2) ? size[1] - 1 : 0, (corner & 4) ? size[2] - 1 : 0);
    largest = std::max(largest, (a * index - b * index).norm());
  }
  return largest;
}

// Left and right exchanged counts as 180 degrees.
double angle_between_degrees(const Mat3& a, const Mat3& b) {
  const Mat3 turn = a.transpose() * b;
  if (turn.determinant() < 0) return 180;
  return Eigen::AngleAxisd(turn).angle() * 180 / std::numbers::pi;
}

void compare_forms(const Form& qform, const Form& sform, const std::array<int, 3>& size, NiftiGeometry& geometry) {
  if (!qform.valid() || !sform.given || !plausible_position(sform.index_to_ras)) return;
  const Mat3 s_columns = sform.index_to_ras.linear();
  if (!s_columns.allFinite() || s_columns.colwise().norm().minCoeff() <= 0) return;
  geometry.disagreement_degrees =
      angle_between_degrees(nearest_orthonormal(qform.index_to_ras.linear()), nearest_orthonormal(s_columns));
  geometry.disagreement_mm = largest_corner_distance_mm(qform.index_to_ras, sform.index_to_ras, size);
}

string disagreement_warning(const Form& qform, const Form& sform, const NiftiGeometry& geometry) {
  const bool mirrored = qform.index_to_ras.linear().determinant() * sform.index_to_ras.linear().determinant() < 0;
  return "The file's qform and sform disagree by " + number(geometry.disagreement_degrees, 3) + " degrees and " +
         number(geometry.disagreement_mm, 3) + " mm" + (mirrored ? ", one being the mirror image of the other" : "") +
         "; the " + geometry.source + " was used.";
}

// Brain volumes do not depend on it. FSL, SPM and nibabel assume the same for such files, so that viewers
// show left and right where our pictures do.
Grid assumed_grid(const std::array<int, 3>& size, const Vec3& spacing_mm) {
  Grid grid;
  grid.size = size;
  grid.spacing_mm = spacing_mm;
  grid.direction = Vec3(1, -1, 1).asDiagonal();
  const Vec3 middle((size[0] - 1) / 2.0, (size[1] - 1) / 2.0, (size[2] - 1) / 2.0);
  grid.origin_mm = -(grid.direction * spacing_mm.cwiseProduct(middle));
  return grid;
}

void use(const Form& form, const char* name, const std::array<int, 3>& size, NiftiGeometry& geometry) {
  geometry.source = name;
  geometry.grid = grid_of_form(form, size);
}

NiftiHeader parse_nifti_1(std::string_view head, const fs::path& file) {
  const auto declared_size = FieldReader(head, false).get<std::int32_t>(0);
  const auto swapped_size = FieldReader(head, true).get<std::int32_t>(0);
  const std::string_view magic = head.substr(344, 4);
  const bool sized = declared_size == int(nifti_header_bytes) || swapped_size == int(nifti_header_bytes);
  if (sized && magic == std::string_view("ni1\0", 4)) refuse_pair(file);
  if (sized && magic != std::string_view("n+1\0", 4))
    refuse_nifti(file, "it lacks the NIfTI-1 mark 'n+1' (an Analyze file or a damaged header)",
                 "convert the scan to NIfTI-1 from its source");
  if (!sized && magic == std::string_view("n+1\0", 4))
    refuse_nifti(file, "its header declares a length of " + std::to_string(declared_size) + " bytes instead of 348",
                 "the header is damaged, so convert the scan again");
  if (!sized) refuse_nifti(file, "it is not a NIfTI file", "convert the scan to NIfTI (.nii or .nii.gz)");

  NiftiHeader header;
  header.swap_bytes = declared_size != int(nifti_header_bytes);
  const FieldReader field(head, header.swap_bytes);
  const auto dim = field.get_array<std::int16_t, 8>(40);
  std::copy(dim.begin(), dim.end(), header.dim.begin());
  header.datatype = field.get<std::int16_t>(70);
  header.bitpix = field.get<std::int16_t>(72);
  header.pixdim = as_doubles(field.get_array<float, 8>(76));
  header.vox_offset = field.get<float>(108);
  header.scl_slope = field.get<float>(112);
  header.scl_inter = field.get<float>(116);
  header.xyzt_units = field.get<std::uint8_t>(123);
  header.qform_code = field.get<std::int16_t>(252);
  header.sform_code = field.get<std::int16_t>(254);
  header.quatern = as_doubles(field.get_array<float, 3>(256));
  header.qoffset = as_doubles(field.get_array<float, 3>(268));
  for (std::size_t row = 0; row < 3; ++row) header.srow[row] = as_doubles(field.get_array<float, 4>(280 + 16 * row));
  return header;
}

// The end of the mark shows whether a transfer as text changed line ends.
NiftiHeader parse_nifti_2(std::string_view head, const fs::path& file) {
  const std::string_view magic = head.substr(4, 8);
  const std::string_view end_of_mark("\0\r\n\032\n", 5);
  if (magic.substr(0, 3) == "ni2") refuse_pair(file);
  if (magic.substr(0, 3) != "n+2" || magic.substr(3) != end_of_mark)
    refuse_nifti(file, "its header has the length of NIfTI-2 but lacks or has damaged the mark 'n+2' of the format",
                 "copy it again, not as text, or convert the scan again");
  NiftiHeader header;
  header.bytes = nifti_2_header_bytes;
  header.least_voxel_byte = nifti_2_first_voxel_byte;
  header.swap_bytes = FieldReader(head, false).get<std::int32_t>(0) != int(nifti_2_header_bytes);
  const FieldReader field(head, header.swap_bytes);
  header.datatype = field.get<std::int16_t>(12);
  header.bitpix = field.get<std::int16_t>(14);
  header.dim = field.get_array<std::int64_t, 8>(16);
  header.pixdim = field.get_array<double, 8>(104);
  header.vox_offset = double(field.get<std::int64_t>(168));
  header.scl_slope = field.get<double>(176);
  header.scl_inter = field.get<double>(184);
  header.qform_code = field.get<std::int32_t>(344);
  header.sform_code = field.get<std::int32_t>(348);
  header.quatern = field.get_array<double, 3>(352);
  header.qoffset = field.get_array<double, 3>(376);
  for (std::size_t row = 0; row < 3; ++row) header.srow[row] = field.get_array<double, 4>(400 + 32 * row);
  header.xyzt_units = field.get<std::int32_t>(500);
  return header;
}

class FieldWriter {
 public:
  template <class T>
  void put(std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(T));
  }
  std::array<unsigned char, nifti_first_voxel_byte> bytes{};
};

}  // namespace

void refuse_nifti(const fs::path& file, const string& what, const string& remedy) {
  throw InputError("Cannot use '" + file.string() + "': " + what + "; " + remedy + ".");
}

std::size_t nifti_header_length(std::string_view head) {
  if (head.size() < sizeof(std::int32_t)) return nifti_header_bytes;
  for (const bool swapped : {false, true})
    if (FieldReader(head, swapped).get<std::int32_t>(0) == int(nifti_2_header_bytes)) return nifti_2_header_bytes;
  return nifti_header_bytes;
}

NiftiHeader parse_nifti_header(std::string_view head, const fs::path& file) {
  refuse_other_formats(head.substr(0, nifti_header_bytes), file);
  const std::size_t bytes = nifti_header_length(head);
  if (head.size() < bytes)
    refuse_nifti(file,
                 "it is cut short, with " + std::to_string(head.size()) + " bytes where the header alone has " +
                     std::to_string(bytes),
                 "copy or convert it again");
  return bytes == nifti_2_header_bytes ? parse_nifti_2(head, file) : parse_nifti_1(head, file);
}

NiftiLayout checked_nifti_layout(const NiftiHeader& header, const NiftiLimits& limits, const fs::path& file) {
  NiftiLayout layout;
  layout.size = checked_size(header, limits, file);
  const DatatypeRow* row = find_datatype(header.datatype);
  if (!row)
    refuse_nifti(file,
                 string("its voxels are ") + refused_datatype(header.datatype) + " (datatype " +
                     std::to_string(header.datatype) + ")",
                 "save it with one real number a voxel, such as int16 or float32");
  if (header.bitpix != int(8 * row->bytes))
    refuse_nifti(file,
                 "its header declares " + string(row->name) + " voxels of " + std::to_string(header.bitpix) +
                     " bits, which contradict each other",
                 "the header is damaged, so convert the scan again");
  layout.datatype = row->code;
  layout.datatype_name = row->name;
  layout.bytes_per_voxel = row->bytes;
  if (!(header.vox_offset >= double(header.least_voxel_byte)) || header.vox_offset > double(most_extension_bytes) ||
      header.vox_offset != std::floor(header.vox_offset))
    refuse_nifti(
        file,
        "its header says that voxels begin at byte " + number(header.vox_offset, 10) + ", which no NIfTI file can have",
        "the header is damaged, so convert the scan again");
  layout.first_voxel_byte = std::uint64_t(header.vox_offset);
  return layout;
}

NiftiGeometry nifti_geometry(const NiftiHeader& header, const fs::path& file) {
  NiftiGeometry geometry;
  const std::array<int, 3> size{int(header.dim[1]), int(header.dim[2]), int(header.dim[3])};
  const Vec3 spacing_mm = checked_spacing_mm(header, file, geometry.warnings);
  const Form sform = read_sform(header, spacing_mm);
  const Form qform = read_qform(header, spacing_mm);
  compare_forms(qform, sform, size, geometry);

  if (sform.clean()) {
    use(sform, "sform", size, geometry);
    if (qform.given && !qform.valid())
      geometry.warnings.push_back("The file's qform " + qform.problem + "; the sform was used.");
    if (geometry.disagreement_degrees > unnoticed_disagreement_degrees ||
        geometry.disagreement_mm > unnoticed_disagreement_mm)
      geometry.warnings.push_back(disagreement_warning(qform, sform, geometry));
    return geometry;
  }
  if (qform.valid()) {
    use(qform, "qform", size, geometry);
    if (sform.given)
      geometry.warnings.push_back("The file's sform " + sform.problem + sform.bending + "; the qform was used.");
    return geometry;
  }
  if (sform.valid()) {
    use(sform, "sform", size, geometry);
    Affine kept = Affine::Identity();
    kept.linear() = ras_to_lps * (geometry.grid.direction * geometry.grid.spacing_mm.asDiagonal());
    kept.translation() = ras_to_lps * geometry.grid.origin_mm;
    geometry.warnings.push_back(
        "The file's sform " + sform.bending +
        " and there is no usable qform; the nearest rotation was used, which moves voxels by up to " +
        number(largest_corner_distance_mm(kept, sform.index_to_ras, size), 2) + " mm.");
    return geometry;
  }
  if (sform.given || qform.given) {
    const string what = sform.given ? "its sform " + sform.problem + " and there is no usable qform"
                                    : "its qform " + qform.problem + " and there is no sform";
    refuse_nifti(file, what + ", so the geometry is unknown", "convert the scan again from its source");
  }
  geometry.source = "none";
  geometry.grid = assumed_grid(size, spacing_mm);
  geometry.warnings.emplace_back(
      "Orientation is not recorded in the file (qform_code and sform_code are 0); assumed axes running to the left, "
      "front "
      "and top with the scan's centre at 0, so left and right may be exchanged.");
  return geometry;
}

std::array<unsigned char, nifti_first_voxel_byte> encode_nifti_header(const Grid& grid, NiftiDatatype datatype,
                                                                      float slope) {
  const std::size_t bytes_per_voxel = find_datatype(std::int16_t(datatype))->bytes;
  Mat3 rotation = ras_to_lps * grid.direction;  // the same swap of signs leads back
  const Vec3 origin_ras = ras_to_lps * grid.origin_mm;
  const Mat3 columns = rotation * grid.spacing_mm.asDiagonal();
  const bool mirrored = rotation.determinant() < 0;
  if (mirrored) rotation.col(2) *= -1;
  Eigen::Quaterniond quaternion(rotation);
  if (quaternion.w() < 0) quaternion.coeffs() *= -1;

  FieldWriter field;
  field.put<std::int32_t>(0, nifti_header_bytes);
  field.put<char>(38, 'r');  // "regular", expected by old Analyze readers
  const std::array<int, 8> dim{3, grid.size[0], grid.size[1], grid.size[2], 1, 1, 1, 1};
  for (std::size_t n = 0; n < 8; ++n) field.put<std::int16_t>(40 + 2 * n, std::int16_t(dim[n]));
  field.put<std::int16_t>(70, std::int16_t(datatype));
  field.put<std::int16_t>(72, std::int16_t(8 * bytes_per_voxel));
  const std::array<double, 8> pixdim{
      mirrored ? -1.0 : 1.0, grid.spacing_mm[0], grid.spacing_mm[1], grid.spacing_mm[2], 1, 1, 1, 1};
  for (std::size_t n = 0; n < 8; ++n) field.put<float>(76 + 4 * n, float(pixdim[n]));
  field.put<float>(108, float(nifti_first_voxel_byte));
  field.put<float>(112, slope);
  field.put<float>(116, 0.0f);
  field.put<std::uint8_t>(123, 2);  // mm
  field.put<std::int16_t>(252, 1);  // NIFTI_XFORM_SCANNER_ANAT
  field.put<std::int16_t>(254, 1);
  const std::array<double, 3> quatern{quaternion.x(), quaternion.y(), quaternion.z()};
  for (int n = 0; n < 3; ++n) {
    // + 0.0 turns -0 into 0, so that equal grids give equal bytes.
    field.put<float>(256 + 4 * n, float(quatern[n] + 0.0));
    field.put<float>(268 + 4 * n, float(origin_ras[n] + 0.0));
    for (int c = 0; c < 3; ++c) field.put<float>(280 + 16 * n + 4 * c, float(columns(n, c) + 0.0));
    field.put<float>(280 + 16 * n + 12, float(origin_ras[n] + 0.0));
  }
  std::memcpy(field.bytes.data() + 344, "n+1", 4);
  return field.bytes;
}

}  // namespace wane
