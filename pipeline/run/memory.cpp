#include "pipeline/run/memory.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include "base/error.h"
#include "imaging/nifti_header.h"

namespace wane {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  if (stream >> number) return number;  // "max" is no number: no limit
  return std::nullopt;
}

std::uint64_t left_of_limit(const fs::path& limit_file, const fs::path& usage_file) {
  const auto limit = number_in(limit_file);
  if (!limit) return kUnlimited;
  const std::uint64_t used = number_in(usage_file).value_or(0);
  return *limit > used ? *limit - used : 0;
}

// A process is bound by its own group and by every group above it.
template <class F>
void for_group_and_parents(const fs::path& mount, const std::string& group, F&& visit) {
  fs::path path = mount / fs::path(group).relative_path();
  while (true) {
    visit(path);
    if (path == mount || !path.has_relative_path() || path.native().size() <= mount.native().size()) return;
    path = path.parent_path();
  }
}

std::uint64_t left_of_control_groups(const fs::path& proc, const fs::path& cgroup) {
  std::uint64_t left = kUnlimited;
  std::ifstream groups(proc / "self" / "cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      for_group_and_parents(cgroup, group, [&](const fs::path& path) {
        left = std::min(left, left_of_limit(path / "memory.max", path / "memory.current"));
      });
    } else if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      for_group_and_parents(cgroup / "memory", group, [&](const fs::path& path) {
        left = std::min(left, left_of_limit(path / "memory.limit_in_bytes", path / "memory.usage_in_bytes"));
      });
    }
  }
  return left;
}

std::uint64_t available_in_meminfo(const fs::path& proc) {
  std::ifstream meminfo(proc / "meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kilobytes = 0;
    if (words >> key >> kilobytes && key == "MemAvailable:") return kilobytes * 1024;
  }
  return kUnlimited;
}

}  // namespace

std::uint64_t available_memory_bytes(const fs::path& proc, const fs::path& cgroup) {
  return std::min(available_in_meminfo(proc), left_of_control_groups(proc, cgroup));
}

Grid declared_grid(const fs::path& nifti_file) {
  std::array<char, nifti_2_header_bytes> head{};
  const gzFile file = gzopen(nifti_file.c_str(), "rb");  // reads uncompressed files as they are
  if (file == nullptr) return {};
  const int read = gzread(file, head.data(), head.size());
  gzclose(file);
  if (read < 0) return {};
  try {
    const auto header = parse_nifti_header({head.data(), static_cast<std::size_t>(read)}, nifti_file);
    checked_nifti_layout(header, {}, nifti_file);
    return nifti_geometry(header, nifti_file).grid;
  } catch (const InputError&) {
    return {};
  }
}

WorkVoxels estimated_voxels(const std::vector<Grid>& scans, const RunOptions& options) {
  // A large brain, without the margin that is kept around it.
  constexpr double kBrainWidthMm = 150, kBrainLengthMm = 190, kBrainHeightMm = 150;
  WorkVoxels voxels;
  double finest_mm = options.align.spacing_mm > 0 ? options.align.spacing_mm : std::numeric_limits<double>::max();
  for (const Grid& scan : scans) {
    const auto count = static_cast<double>(scan.voxel_count());
    voxels.of_scans += count;
    voxels.of_the_largest_scan = std::max(voxels.of_the_largest_scan, count);
    if (options.align.spacing_mm <= 0) finest_mm = std::min(finest_mm, scan.spacing_mm.minCoeff());
  }
  if (options.align.spacing_mm <= 0) finest_mm = std::clamp(finest_mm, 1.0, 2.0);
  const double margins_mm = 2 * options.align.margin_mm;
  const double midpoint_mm3 =
      (kBrainWidthMm + margins_mm) * (kBrainLengthMm + margins_mm) * (kBrainHeightMm + margins_mm);
  voxels.of_midpoint = midpoint_mm3 / (finest_mm * finest_mm * finest_mm);
  return voxels;
}

std::uint64_t estimated_bytes(const std::vector<Grid>& scans, const RunOptions& options) {
  // Bytes a voxel, fitted to the measurements that the header lists: each scan as conformed; what the work on
  // one scan at a time takes besides; on the midpoint grid each visit's images and deformations, and once the average,
  // priors, masks and the registration under way.
  constexpr double kPerScanVoxel = 4;
  constexpr double kPerVoxelOfTheLargestScan = 18;
  constexpr double kPerVisitMidpointVoxel = 45;
  constexpr double kSharedPerMidpointVoxel = 37;
  constexpr double kTemplateAndProgram = 200e6;

  const WorkVoxels voxels = estimated_voxels(scans, options);
  const double visits = static_cast<double>(scans.size());
  return static_cast<std::uint64_t>(kTemplateAndProgram + kPerScanVoxel * voxels.of_scans +
                                    kPerVoxelOfTheLargestScan * voxels.of_the_largest_scan +
                                    voxels.of_midpoint * (kSharedPerMidpointVoxel + kPerVisitMidpointVoxel * visits));
}

WorkPlan plan_work(const std::vector<std::uint64_t>& bytes_each, int threads, std::uint64_t budget_bytes) {
  WorkPlan plan;
  std::uint64_t largest = 0;
  std::uint64_t fitting = 0;
  for (const std::uint64_t bytes : bytes_each) {
    if (bytes > budget_bytes) continue;
    largest = std::max(largest, bytes);
    ++fitting;
  }
  const std::uint64_t by_memory = largest == 0 ? fitting : budget_bytes / largest;
  const std::uint64_t at_once = std::min({by_memory, fitting, static_cast<std::uint64_t>(std::max(threads, 1))});
  plan.participants_at_once = static_cast<int>(std::max<std::uint64_t>(at_once, 1));
  plan.threads_each = std::max(1, threads / plan.participants_at_once);
  return plan;
}

}  // namespace wane
