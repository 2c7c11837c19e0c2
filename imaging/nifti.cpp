#include "imaging/nifti.h"

#include <libdeflate.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha256.h"
#include "imaging/nifti_header.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using std::string;

constexpr std::size_t piece_bytes = std::size_t(1) << 20;  // a multiple of every voxel's size
// Deflate cannot do better than 1032 to 1; a header that asks for more than that needs no inflating to be refused.
constexpr std::uint64_t most_inflation = 1032;
constexpr int gz_level = 4;  // on T1 scans at most 9 % larger than level 6, in a third of its time

const char* const convert_again = "copy or convert it again";

using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

FileHandle open_for_reading(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) refuse_nifti(file, "it is a folder", "give the path of a .nii or .nii.gz file");
  if (status.type() == fs::file_type::not_found) refuse_nifti(file, "there is no such file", "check the path");
  // A pipe would make the program wait for ever.
  if (fs::exists(status) && !fs::is_regular_file(status))
    refuse_nifti(file, "it is a device or pipe, not a file", "give the path of a .nii or .nii.gz file");
  FileHandle handle(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!handle && errno == ENOENT) refuse_nifti(file, "it was removed a moment ago", "bring it back and run again");
  if (!handle)
    throw ResourceError("Cannot read '" + file.string() + "': " + std::strerror(errno) +
                        "; check the file's permissions and the disk.");
  return handle;
}

// Bytes of a file, inflated where the file is gzip. What the name says does not count.
class ByteSource {
 public:
  explicit ByteSource(const fs::path& file) : file_(file), handle_(open_for_reading(file)), input_(piece_bytes / 4) {
    struct stat status {};
    if (fstat(fileno(handle_.get()), &status) != 0)
      throw ResourceError("Cannot read '" + file.string() + "': " + std::strerror(errno) + "; check the disk.");
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);
    fill();
    gz_ = stream_.avail_in >= 2 && input_[0] == 0x1f && input_[1] == 0x8b;
    // 16: a gzip wrapper, whose CRC and length zlib then checks.
    if (gz_ && inflateInit2(&stream_, MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
  }
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ~ByteSource() {
    if (gz_) inflateEnd(&stream_);
  }

  bool is_gz() const { return gz_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  bool ended_early() const { return ended_early_; }            // the gzip stream lacks its end
  bool garbage_after_gz() const { return garbage_after_gz_; }  // bytes behind the gzip stream, not read

  // Of the whole file; what was not asked for is read for it, and cannot be asked for any more.
  string sha256_to_the_end() {
    do fill();
    while (stream_.avail_in > 0);
    return sum_.hex();
  }

  // As many bytes as there are, up to `count`.
  std::size_t read(unsigned char* target, std::size_t count) {
    return gz_ ? read_inflated(target, count) : read_plain(target, count);
  }

 private:
  void fill() {
    const std::size_t count = std::fread(input_.data(), 1, input_.size(), handle_.get());
    if (std::ferror(handle_.get()))
      throw ResourceError("Cannot read '" + file_.string() + "': " + std::strerror(errno) + "; check the disk.");
    sum_.add(input_.data(), count);
    stream_.next_in = input_.data();
    stream_.avail_in = uInt(count);
  }

  std::size_t read_plain(unsigned char* target, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      if (stream_.avail_in == 0) fill();
      if (stream_.avail_in == 0) break;
      const std::size_t part = std::min<std::size_t>(count - done, stream_.avail_in);
      std::memcpy(target + done, stream_.next_in, part);
      stream_.next_in += part;
      stream_.avail_in -= uInt(part);
      done += part;
    }
    return done;
  }

  std::size_t read_inflated(unsigned char* target, std::size_t count) {
    stream_.next_out = target;
    stream_.avail_out = uInt(count);
    while (stream_.avail_out > 0 && !finished_) {
      if (stream_.avail_in == 0) fill();
      if (stream_.avail_in == 0) {
        ended_early_ = finished_ = true;
        break;
      }
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        next_member();
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        refuse_nifti(file_, string("its compressed data are damaged (") + (stream_.msg ? stream_.msg : "gzip") + ")",
                     convert_again);
      }
    }
    return count - stream_.avail_out;
  }

  // Parallel compressors write several gzip members one after another; together they are the file. Zeros behind
  // the last one are padding of tapes.
  void next_member() {
    if (!another_member_begins()) {
      finished_ = true;
      return;
    }
    if (inflateReset(&stream_) != Z_OK) throw std::bad_alloc();
  }

  bool another_member_begins() {
    for (;;) {
      if (stream_.avail_in == 0) fill();
      if (stream_.avail_in == 0) return false;
      if (*stream_.next_in == 0x1f) return true;
      if (*stream_.next_in != 0) {
        garbage_after_gz_ = true;
        return false;
      }
      ++stream_.next_in;
      --stream_.avail_in;
    }
  }

  fs::path file_;
  FileHandle handle_;
  std::vector<unsigned char> input_;
  Sha256 sum_;  // of what was read so far
  z_stream stream_{};
  std::uint64_t file_bytes_ = 0;
  bool gz_ = false;
  bool finished_ = false;
  bool ended_early_ = false;
  bool garbage_after_gz_ = false;
};

// A scan whose header has passed the gate; the source stands behind the header.
struct OpenScan {
  fs::path file;
  std::unique_ptr<ByteSource> source;
  NiftiHeader header;
  NiftiLayout layout;
  NiftiReport report;
};

[[noreturn]] void refuse_short(const fs::path& file, std::uint64_t found, const NiftiLayout& layout) {
  refuse_nifti(file,
               "it is cut short, with " + std::to_string(found) + " of the " + std::to_string(layout.voxel_bytes()) +
                   " bytes of voxels that its header declares",
               convert_again);
}

void check_size_on_disk(const ByteSource& source, const NiftiLayout& layout, const fs::path& file) {
  const std::uint64_t on_disk = source.file_bytes();
  if (!source.is_gz() && on_disk < layout.end_byte())
    refuse_short(file, on_disk > layout.first_voxel_byte ? on_disk - layout.first_voxel_byte : 0, layout);
  if (source.is_gz() && on_disk * most_inflation < layout.end_byte())
    refuse_nifti(file,
                 "its " + std::to_string(on_disk) + " compressed bytes cannot hold the " +
                     std::to_string(layout.voxel_bytes()) + " bytes of voxels that its header declares",
                 convert_again);
}

bool ends_with(const fs::path& file, std::string_view ending) {
  const string name = file.filename().string();
  return name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

void warn_of_name(const ByteSource& source, const fs::path& file, std::vector<string>& warnings) {
  if (ends_with(file, ".gz") && !source.is_gz()) warnings.emplace_back("The file is named .gz but is not compressed.");
  if (ends_with(file, ".nii") && source.is_gz()) warnings.emplace_back("The file is named .nii but is compressed.");
}

void warn_of_scaling(const NiftiHeader& header, std::vector<string>& warnings) {
  if (!std::isfinite(header.scl_slope))
    warnings.emplace_back("The header's intensity slope is not a number; intensities were left unscaled.");
  else if (header.scl_slope != 0 && !std::isfinite(header.scl_inter))
    warnings.emplace_back("The header's intensity intercept is not a number; 0 was used.");
}

// Appends to `head` what the source has next, until there are `count` bytes or no more.
void read_up_to(ByteSource& source, std::size_t count, string& head) {
  const std::size_t begin = head.size();
  if (begin >= count) return;
  head.resize(count);
  head.resize(begin + source.read(reinterpret_cast<unsigned char*>(head.data()) + begin, count - begin));
}

OpenScan open_scan(const fs::path& file, const NiftiLimits& limits) {
  OpenScan scan{file, std::make_unique<ByteSource>(file), {}, {}, {}};
  string head;
  read_up_to(*scan.source, nifti_header_bytes, head);
  const std::size_t needed = nifti_header_length(head);
  read_up_to(*scan.source, needed, head);
  if (scan.source->ended_early() && head.size() < needed)
    refuse_nifti(file, "it is cut short within the header", convert_again);
  scan.header = parse_nifti_header(head, file);
  scan.layout = checked_nifti_layout(scan.header, limits, file);
  check_size_on_disk(*scan.source, scan.layout, file);
  NiftiGeometry geometry = nifti_geometry(scan.header, file);
  scan.report.grid = geometry.grid;
  scan.report.orientation_source = geometry.source;
  scan.report.form_disagreement_degrees = geometry.disagreement_degrees;
  scan.report.form_disagreement_mm = geometry.disagreement_mm;
  scan.report.datatype = scan.layout.datatype_name;
  scan.report.warnings = std::move(geometry.warnings);
  warn_of_name(*scan.source, file, scan.report.warnings);
  warn_of_scaling(scan.header, scan.report.warnings);
  return scan;
}

void skip_to_voxels(OpenScan& scan) {
  std::vector<unsigned char> passed(4096);
  for (std::uint64_t left = scan.layout.first_voxel_byte - scan.header.bytes; left > 0;) {
    const std::size_t count = scan.source->read(passed.data(), std::min<std::uint64_t>(left, passed.size()));
    if (count == 0) refuse_short(scan.file, 0, scan.layout);
    left -= count;
  }
}

struct Scaling {
  double slope = 1;
  double intercept = 0;
};

Scaling scaling_of(const NiftiHeader& header) {
  if (!std::isfinite(header.scl_slope) || header.scl_slope == 0) return {};
  return {header.scl_slope, std::isfinite(header.scl_inter) ? header.scl_inter : 0.0};
}

// Infinite where it is too large for single precision; the language leaves that conversion open.
float as_float(double value) {
  constexpr double largest = std::numeric_limits<float>::max();
  if (std::abs(value) > largest) return std::numeric_limits<float>::infinity();
  return static_cast<float>(value);
}

// Appends the voxels in `bytes`; returns how many were not finite (in the file, or too large for single precision).
template <class T>
std::size_t append_voxels(const unsigned char* bytes, std::size_t count, bool swap, const Scaling& scaling,
                          std::vector<float>& values) {
  std::size_t non_finite = 0;
  const std::size_t begin = values.size();
  values.resize(begin + count);
  for (std::size_t n = 0; n < count; ++n) {
    std::array<unsigned char, sizeof(T)> raw;
    std::memcpy(raw.data(), bytes + n * sizeof(T), sizeof(T));
    if (swap) std::reverse(raw.begin(), raw.end());
    T stored;
    std::memcpy(&stored, raw.data(), sizeof(T));
    const float value = as_float(double(stored) * scaling.slope + scaling.intercept);
    const bool finite = std::isfinite(value);
    non_finite += finite ? 0 : 1;
    values[begin + n] = finite ? value : 0.0f;
  }
  return non_finite;
}

using Appender = decltype(&append_voxels<float>);

Appender appender_for(NiftiDatatype datatype) {
  switch (datatype) {
    case NiftiDatatype::uint8:
      return &append_voxels<std::uint8_t>;
    case NiftiDatatype::int8:
      return &append_voxels<std::int8_t>;
    case NiftiDatatype::int16:
      return &append_voxels<std::int16_t>;
    case NiftiDatatype::uint16:
      return &append_voxels<std::uint16_t>;
    case NiftiDatatype::int32:
      return &append_voxels<std::int32_t>;
    case NiftiDatatype::uint32:
      return &append_voxels<std::uint32_t>;
    case NiftiDatatype::int64:
      return &append_voxels<std::int64_t>;
    case NiftiDatatype::uint64:
      return &append_voxels<std::uint64_t>;
    case NiftiDatatype::float32:
      return &append_voxels<float>;
    case NiftiDatatype::float64:
      return &append_voxels<double>;
  }
  throw std::logic_error("a NIfTI datatype without a decoder");
}

void read_voxels(OpenScan& scan, std::vector<float>& values) {
  const Appender append = appender_for(scan.layout.datatype);
  const Scaling scaling = scaling_of(scan.header);
  // Reserved pages are only taken from the machine as inflated voxels arrive in them.
  values.reserve(scan.layout.voxel_count());
  std::vector<unsigned char> piece(piece_bytes);
  const std::uint64_t expected = scan.layout.voxel_bytes();
  for (std::uint64_t done = 0; done < expected;) {
    const std::size_t wanted = std::min<std::uint64_t>(expected - done, piece.size());
    const std::size_t count = scan.source->read(piece.data(), wanted);
    done += count;
    if (count < wanted) refuse_short(scan.file, done, scan.layout);
    scan.report.non_finite_voxels +=
        append(piece.data(), count / scan.layout.bytes_per_voxel, scan.header.swap_bytes, scaling, values);
  }
}

// Reading on to the end also has gzip's CRC and length checked. Less than a slice is some program's padding; more means
// that the header belongs to other data.
void check_end(OpenScan& scan) {
  std::vector<unsigned char> beyond(std::min<std::uint64_t>(scan.layout.slice_bytes(), piece_bytes));
  const std::size_t extra = scan.source->read(beyond.data(), beyond.size());
  if (scan.source->ended_early())
    refuse_nifti(scan.file, "it is cut short, its compressed data lacking their end", convert_again);
  if (extra == beyond.size())
    refuse_nifti(scan.file, "it holds more voxels than its header declares",
                 "header and image do not belong together, so convert the scan again");
  if (extra > 0) scan.report.warnings.push_back(std::to_string(extra) + " bytes behind the last voxel were ignored.");
  if (scan.source->garbage_after_gz())
    scan.report.warnings.emplace_back("Bytes behind the end of the compressed data were ignored.");
}

void judge_non_finite(const OpenScan& scan, const NiftiLimits& limits, std::vector<string>& warnings) {
  const std::size_t count = scan.report.non_finite_voxels;
  if (count == 0) return;
  const string share = std::to_string(count) + " of its " + std::to_string(scan.layout.voxel_count()) + " voxels";
  if (double(count) > limits.most_non_finite_fraction * double(scan.layout.voxel_count()))
    refuse_nifti(scan.file, share + " are not finite numbers (NaN or infinite)",
                 "convert the scan again from its source");
  warnings.push_back(share.substr(0, share.find(" of")) + " of " + std::to_string(scan.layout.voxel_count()) +
                     " voxels are not finite numbers (NaN or infinite) and were read as 0.");
}

NiftiScan read_checked(const fs::path& file, const NiftiLimits& limits) {
  OpenScan open = open_scan(file, limits);
  NiftiScan scan;
  scan.volume.grid = open.report.grid;
  try {
    skip_to_voxels(open);
    read_voxels(open, scan.volume.values);
    check_end(open);
  } catch (const std::bad_alloc&) {
    throw ResourceError("Not enough memory to read '" + file.string() + "', which needs " +
                        std::to_string(open.layout.voxel_count() * sizeof(float) >> 20) +
                        " MiB; run fewer participants at once or use a machine with more memory.");
  }
  judge_non_finite(open, limits, open.report.warnings);
  scan.report = std::move(open.report);
  scan.sha256 = open.source->sha256_to_the_end();
  return scan;
}

// The length (modulo 2^32) that gzip recorded in its last four bytes.
std::uint32_t recorded_gz_length(const fs::path& file) {
  const FileHandle handle = open_for_reading(file);
  std::array<unsigned char, 4> last{};
  if (std::fseek(handle.get(), -4, SEEK_END) != 0 || std::fread(last.data(), 1, 4, handle.get()) != 4) return 0;
  return last[0] | std::uint32_t(last[1]) << 8 | std::uint32_t(last[2]) << 16 | std::uint32_t(last[3]) << 24;
}

class GzOrPlainWriter {
 public:
  GzOrPlainWriter(const fs::path& path, const fs::path& final_name)
      : final_name_(final_name), handle_(std::fopen(path.c_str(), "wb"), &std::fclose), output_(piece_bytes / 4) {
    if (!handle_) fail();
    gz_ = ends_with(final_name, ".gz");
    // zlib's own gzip header has no name and no time: the same values give the same bytes.
    if (gz_ && deflateInit2(&stream_, gz_level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  GzOrPlainWriter(const GzOrPlainWriter&) = delete;
  GzOrPlainWriter& operator=(const GzOrPlainWriter&) = delete;
  ~GzOrPlainWriter() {
    if (gz_) deflateEnd(&stream_);
  }

  void write(const void* bytes, std::size_t count) {
    const auto* next = static_cast<const unsigned char*>(bytes);
    while (count > 0) {
      const std::size_t part = std::min(count, std::size_t(1) << 30);  // zlib counts in 32 bits
      gz_ ? compress(next, part, Z_NO_FLUSH) : put(next, part);
      next += part;
      count -= part;
    }
  }

  void finish() {
    if (gz_) compress(nullptr, 0, Z_FINISH);
    if (std::fclose(handle_.release()) != 0) fail();
  }

 private:
  void compress(const unsigned char* bytes, std::size_t count, int flush) {
    stream_.next_in = const_cast<unsigned char*>(bytes);
    stream_.avail_in = uInt(count);
    do {
      stream_.next_out = output_.data();
      stream_.avail_out = uInt(output_.size());
      deflate(&stream_, flush);
      put(output_.data(), output_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  void put(const unsigned char* bytes, std::size_t count) {
    if (std::fwrite(bytes, 1, count, handle_.get()) != count) fail();
  }

  [[noreturn]] void fail() const { throw_cannot_write(final_name_, errno); }

  fs::path final_name_;
  FileHandle handle_;
  std::vector<unsigned char> output_;
  z_stream stream_{};
  bool gz_ = false;
};

void check_writable(const fs::path& file, const Grid& grid, std::size_t value_count) {
  if (!ends_with(file, ".nii") && !ends_with(file, ".nii.gz"))
    throw UsageError("Cannot write '" + file.string() + "': the name of an image must end in .nii or .nii.gz.");
  if (value_count != grid.voxel_count()) throw std::logic_error("an image whose values do not fill its grid");
  for (const int length : grid.size)
    if (length < 1 || length > std::numeric_limits<std::int16_t>::max())
      throw UsageError("Cannot write '" + file.string() + "': NIfTI-1 holds 1 to 32767 voxels along an axis, not " +
                       std::to_string(length) + ".");
}

template <class T>
void write_values(const fs::path& file, const Grid& grid, const std::vector<T>& values, NiftiDatatype datatype,
                  float slope) {
  check_writable(file, grid, values.size());
  const auto header = encode_nifti_header(grid, datatype, slope);
  write_atomically(file, [&](const fs::path& temporary) {
    GzOrPlainWriter writer(temporary, file);
    writer.write(header.data(), header.size());
    writer.write(values.data(), values.size() * sizeof(T));
    writer.finish();
  });
}

std::uint8_t as_byte(float fraction) {
  if (!(fraction > 0)) return 0;  // NaN too
  return std::uint8_t(std::lround(std::min(fraction, 1.0f) * 255));
}

LabelMap in_steps(const Volume& volume, float step) {
  constexpr float most = std::numeric_limits<std::int16_t>::max();
  LabelMap steps(volume.grid);
  std::transform(volume.values.begin(), volume.values.end(), steps.values.begin(), [&](float value) {
    return std::isnan(value) ? std::int16_t(0) : std::int16_t(std::lround(std::clamp(value / step, -most, most)));
  });
  return steps;
}

// Of libdeflate: half of zlib's time at the same size. Its gzip header has no name and no time.
template <class T>
string gz_bytes(const Image<T>& image, NiftiDatatype datatype, float slope) {
  constexpr int level = 5;  // on T1 scans 2.5 % larger than the smallest (12), in a sixth of its time
  const auto header = encode_nifti_header(image.grid, datatype, slope);
  string plain(reinterpret_cast<const char*>(header.data()), header.size());
  plain.append(reinterpret_cast<const char*>(image.values.data()), image.values.size() * sizeof(T));
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(level), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  string bytes(libdeflate_gzip_compress_bound(compressor.get(), plain.size()), '\0');
  bytes.resize(libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), bytes.data(), bytes.size()));
  if (bytes.empty()) throw std::logic_error("an image that libdeflate does not take in one piece");
  return bytes;
}

}  // namespace

NiftiScan read_nifti(const fs::path& file, const NiftiLimits& limits) {
  return read_checked(file, limits);
}

void require_length_of_a_scan(const fs::path& file, const NiftiLimits& limits) {
  constexpr std::uint64_t most_bytes_per_voxel = 8, bytes_per_gib = std::uint64_t(1) << 30;
  const std::uint64_t longest = most_extension_bytes + limits.most_voxels * most_bytes_per_voxel;
  std::error_code error;
  const std::uint64_t length = fs::file_size(file, error);
  if (!error && length > longest)
    refuse_nifti(file, "it has " + std::to_string(length / bytes_per_gib) + " GiB, more than a head scan can have",
                 "check that it is the right file");
}

NiftiReport inspect_nifti(const fs::path& file, const NiftiLimits& limits) {
  OpenScan scan = open_scan(file, limits);
  if (!scan.source->is_gz()) {
    const std::uint64_t extra = scan.source->file_bytes() - scan.layout.end_byte();
    if (extra >= scan.layout.slice_bytes())
      refuse_nifti(file, "it holds more voxels than its header declares",
                   "header and image do not belong together, so convert the scan again");
  } else if (recorded_gz_length(file) != std::uint32_t(scan.layout.end_byte())) {
    scan.report.warnings.emplace_back(
        "The length recorded at the end of the compressed file is not what its header "
        "declares; it may be cut short.");
  }
  return scan.report;
}

LabelMap read_nifti_labels(const fs::path& file, const NiftiLimits& limits) {
  const NiftiScan scan = read_checked(file, limits);
  if (scan.report.non_finite_voxels > 0)
    refuse_nifti(file,
                 std::to_string(scan.report.non_finite_voxels) + " voxels of this label map are not finite numbers",
                 "save the labels as integers");
  LabelMap labels(scan.volume.grid);
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const float value = scan.volume[n];
    const float rounded = std::round(value);
    // Scaling by a slope leaves integers inexact in the last digits.
    if (std::abs(value - rounded) > 1e-3f || std::abs(rounded) > 32767.0f)
      refuse_nifti(file, "this label map holds the value " + std::to_string(value) + ", which is no integer label",
                   "save the labels as integers from -32767 to 32767");
    labels[n] = std::int16_t(rounded);
  }
  return labels;
}

Mask read_nifti_mask(const fs::path& file, const NiftiLimits& limits) {
  const NiftiScan scan = read_checked(file, limits);
  Mask mask(scan.volume.grid);
  for (std::size_t n = 0; n < mask.size(); ++n) mask[n] = scan.volume[n] > 0 ? 1 : 0;
  return mask;
}

void write_nifti(const fs::path& file, const Volume& volume) {
  write_values(file, volume.grid, volume.values, NiftiDatatype::float32, 1.0f);
}

void write_nifti(const fs::path& file, const Mask& mask) {
  write_values(file, mask.grid, mask.values, NiftiDatatype::uint8, 1.0f);
}

void write_nifti(const fs::path& file, const LabelMap& labels) {
  write_values(file, labels.grid, labels.values, NiftiDatatype::int16, 1.0f);
}

void write_nifti_fraction(const fs::path& file, const Volume& fraction) {
  Image<std::uint8_t> bytes(fraction.grid);
  std::transform(fraction.values.begin(), fraction.values.end(), bytes.values.begin(), as_byte);
  write_values(file, bytes.grid, bytes.values, NiftiDatatype::uint8, 1.0f / 255.0f);
}

void write_nifti_in_steps(const fs::path& file, const Volume& volume, float step) {
  const LabelMap steps = in_steps(volume, step);
  write_values(file, steps.grid, steps.values, NiftiDatatype::int16, step);
}

string nifti_gz_bytes(const Mask& labels) {
  return gz_bytes(labels, NiftiDatatype::uint8, 1.0f);
}

string nifti_gz_bytes_in_steps(const Volume& volume, float step) {
  return gz_bytes(in_steps(volume, step), NiftiDatatype::int16, step);
}

}  // namespace wane
