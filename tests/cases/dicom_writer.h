// DICOM series made by the tests, written by GDCM, which is not the reader under test: a small head with nose and neck
// in slices, with the elements that a scanner writes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace wane::cases {

struct MadeSeries {
  std::string patient_id = "TRIAL-001", patient_name = "DOE^JANE", birth_date = "19500203", sex = "F";
  std::string study_date = "20240110", study_uid = "1.2.826.0.1.3680043.2.1125.1";  // date empty: no such element
  int number = 1;
  std::string description = "T1_MPRAGE_SAG";
  std::string image_type = "ORIGINAL\\PRIMARY\\M\\ND\\NORM";
  std::string acquisition_type = "3D", scanning_sequence = "GR\\IR";
  double tr_ms = 2300, te_ms = 2.98, ti_ms = 900, flip_degrees = 9;
  std::string contrast_agent;
  int slices = 30;
  double slice_mm = 6;
  std::set<int> missing;                      // slices, from 0, that are not written
  bool three_planes = false;                  // a localizer
  bool face = true;                           // else the face is cut off, as by defacing
  bool implicit = false;                      // transfer syntax
  std::map<std::uint32_t, std::string> more;  // further text elements, or others in place of these
};

// Files of one series in `folder`; names tell nothing, as scanners' do.
void write_series(const std::filesystem::path& folder, const MadeSeries& series);

// What a 3D FLAIR, and a localizer, differ in.
MadeSeries as_flair(MadeSeries series);
MadeSeries as_localizer(MadeSeries series);

}  // namespace wane::cases
