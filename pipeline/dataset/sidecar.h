// The JSON sidecar of a scan: how it was acquired, as far as it tells whether two visits can be compared.
//
// BIDS lets values be inherited: a sidecar applies to a scan where it ends in the same suffix (T1w) and the scan's name
// has each of its entities, and it lies in the scan's folder or one above, up to the dataset. sub-01_T1w.json beside
// sub-01 applies to all of its visits, T1w.json in the dataset to everybody. A value of a nearer file counts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wane {

// Every value may be missing: BIDS asks for few of them, and anonymization removes others.
struct ScanSidecar {
  std::vector<std::filesystem::path> files;  // that were read, the nearest last; empty: the scan has no sidecar

  std::optional<std::string> manufacturer;
  std::optional<std::string> model;            // ManufacturersModelName
  std::optional<double> field_strength_tesla;  // MagneticFieldStrength
  std::optional<std::string> device_serial_number;
  std::optional<std::string> station_name;
  std::optional<std::string> institution_name;
  std::optional<std::string> receive_coil_name;
  std::optional<std::string> receive_coil_active_elements;
  std::optional<std::string> software_versions;

  std::optional<std::string> pulse_sequence_type;  // "MPRAGE"
  std::optional<std::string> sequence_name;
  std::optional<std::string> pulse_sequence_details;
  std::optional<std::string> protocol_name;
  std::optional<std::string> series_description;
  std::optional<std::string> scanning_sequence;  // "GR\IR"
  std::optional<double> repetition_time_s;
  std::optional<double> echo_time_s;
  std::optional<double> inversion_time_s;
  std::optional<double> flip_angle_degrees;
  std::optional<double> slice_thickness_mm;
  std::optional<double> parallel_reduction_factor_in_plane;

  std::optional<std::string> contrast_agent;  // ContrastBolusIngredient
  std::vector<std::string> image_type;        // "ORIGINAL", "PRIMARY", "M", ...
  std::optional<bool> nonlinear_gradient_correction;

  bool empty() const { return files.empty(); }

  // One line for people: "Siemens Prisma, 3 T, TR 2.3 s, TE 2.98 ms, TI 0.9 s, flip angle 9 degrees"; empty where none
  // of these is known.
  std::string shown() const;
};

// A sentence about one file, so that what is wrong with a file of the whole dataset is said once.
struct SidecarProblem {
  std::filesystem::path file;
  std::string sentence;
};

// Takes the values of one file's `text` over into `sidecar`. `name` is what sentences call the file. Where the text is
// no JSON object nothing is taken over; values of another type than BIDS gives them are left out. Both are told in the
// sentences that come back. Never throws for what the text holds.
std::vector<std::string> add_sidecar_text(const std::string& text, const std::string& name, ScanSidecar& sidecar);

// Files of a folder that may be sidecars of T1w scans (*T1w.json), in natural order; none where it cannot be listed.
std::vector<std::filesystem::path> sidecar_candidates(const std::filesystem::path& folder);

// Whether the sidecar of that file name applies to the scan of that file name, wherever they lie.
bool sidecar_applies(const std::string& sidecar_name, const std::string& scan_name);

// Reads what applies to `scan` among `candidates` (of the dataset's folder first, of the scan's last). Names in
// sentences are relative to `dataset`. A file that cannot be read is a problem, never an error.
ScanSidecar read_sidecar(const std::filesystem::path& scan, const std::vector<std::filesystem::path>& candidates,
                         const std::filesystem::path& dataset, std::vector<SidecarProblem>& problems);

}  // namespace wane
