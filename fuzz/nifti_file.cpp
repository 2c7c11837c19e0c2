// Whole scans. The first byte says how the rest becomes the file: as it is, compressed here (else no mutation would get
// past gzip's checksum), or compressed in two pieces.
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <vector>

#include "fuzz/properties.h"
#include "imaging/nifti.h"

using namespace wane;

namespace {

// A file in memory that is written anew for each input.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("scan", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    fuzz::require(descriptor_ >= 0, "there are files in memory");
  }
  void hold(const std::uint8_t* data, std::size_t size) const {
    fuzz::require(ftruncate(descriptor_, 0) == 0, "a file in memory can be emptied");
    fuzz::require(pwrite(descriptor_, data, size, 0) == ssize_t(size), "a file in memory can be written");
  }
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

std::vector<std::uint8_t> compressed(const std::uint8_t* data, std::size_t size) {
  z_stream stream{};
  // A small window and stored blocks: setting up is most of the work.
  fuzz::require(deflateInit2(&stream, 0, Z_DEFLATED, 9 + 16, 1, Z_DEFAULT_STRATEGY) == Z_OK, "zlib works");
  std::vector<std::uint8_t> bytes(deflateBound(&stream, uLong(size)) + 64);
  stream.next_in = const_cast<std::uint8_t*>(data);
  stream.avail_in = uInt(size);
  stream.next_out = bytes.data();
  stream.avail_out = uInt(bytes.size());
  fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib has room");
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

void hold_as_told(const MemoryFile& file, std::uint8_t how, const std::uint8_t* data, std::size_t size) {
  if (how % 3 == 0) return file.hold(data, size);
  const std::size_t first = how % 3 == 1 ? size : size * (how / 3) / 86;
  std::vector<std::uint8_t> bytes = compressed(data, first);
  if (first < size) {
    const auto second = compressed(data + first, size - first);
    bytes.insert(bytes.end(), second.begin(), second.end());
  }
  file.hold(bytes.data(), bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const MemoryFile file;
  hold_as_told(file, data[0], data + 1, size - 1);
  NiftiLimits limits;
  limits.most_voxels = 1u << 16;
  NiftiScan scan;
  const bool usable = fuzz::accepted([&] { scan = read_nifti(file.path(), limits); });
  if (usable) {
    fuzz::require(scan.volume.size() == scan.volume.grid.voxel_count(), "the voxels fill the grid");
    for (const float value : scan.volume.values) fuzz::require(std::isfinite(value), "every voxel is finite");
    fuzz::accepted([&] { read_nifti_labels(file.path(), limits); });
  }
  const bool inspected = fuzz::accepted([&] { inspect_nifti(file.path(), limits); });
  fuzz::require(inspected || !usable, "what can be read passes the inspection");
  return 0;
}
