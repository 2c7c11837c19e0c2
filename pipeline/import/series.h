// Series: the images that belong together, made out of the headers of single files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/import/dicom_header.h"

namespace wane {

// What tells what a series shows. Every value may be missing.
struct SeriesFacts {
  std::string modality;     // "MR"
  std::string description;  // SeriesDescription; of a NIfTI file its name
  std::string protocol, sequence_name, scanning_sequence, sequence_variant;
  std::string acquisition_type;  // "3D", "2D"
  std::vector<std::string> image_type;
  std::string complex_component;
  std::optional<double> repetition_time_ms, echo_time_ms, inversion_time_ms, flip_angle_degrees;
  std::optional<double> slice_thickness_mm;  // or the distance of slices, where that is larger
  std::optional<double> coverage_mm;         // of all slices along their normal
  bool angiography = false, diffusion = false, contrast_agent = false;
  bool has_image = true;         // else a report, a list of files, ...
  std::string unusable_because;  // a sentence: a NIfTI file that is broken, or no 3-D scan
  std::size_t images = 0;        // slices
  std::size_t volumes = 1;       // most images at one place
  std::size_t orientations = 1;
  std::size_t missing_slices = 0;  // holes between slices, or fewer images than the scanner made
};

struct Series {
  SeriesFacts facts;
  bool nifti = false;
  std::string patient_id, patient_name, birth_date, sex;
  std::string study_uid, series_uid;
  int series_number = 0;
  std::optional<int> day;  // of the study, since 1970-01-01; empty: no date, or one that no scanner had
  std::set<int> days;      // all days in the headers, since 1970-01-01: of study, series, acquisition and content
  std::string time;        // "101530", of the acquisition
  std::string device_serial_number;
  std::filesystem::path first;               // the first file, relative to the folder that is imported
  std::vector<std::filesystem::path> files;  // whole paths
  std::size_t duplicates = 0;                // files that held an image once more
};

// One file as it was found.
struct DicomFile {
  std::filesystem::path file, relative;
  DicomHeader header;
};

// In the order of the files' relative paths. Files of one series that belong to two people (name, PatientID or date of
// birth differ) make two series.
std::vector<Series> series_of(std::vector<DicomFile> files);

// Whether what stands in ContrastBolusAgent names one: "none", "No" and "n/a" do not.
bool names_contrast_agent(const std::string& text);

// Slices that are missing between the others: positions along the normal, in any order.
std::size_t missing_between(std::vector<double> positions_mm);

// All days that the series tells of: `day`, and `days`.
std::set<int> days_of(const Series& series);

// The calendar day, where it can be that of a scan: from 1980 to `today`. Anonymization puts 19000101 and the like.
std::optional<int> plausible_day(const std::string& date, int today);

}  // namespace wane
