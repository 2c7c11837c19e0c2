// NIfTI-1 in and out. Every file passes our own header gate before ITK sees it, because ITK 5.2.1 returns zeros for
// truncated files, turns NaN into 0, resets the direction of 4-D files, aborts the process on NaN in an sform, and
// allocates whatever a header asks for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct NiftiLimits {
  std::size_t most_voxels = 1024u * 1024u * 512u;  // a head at 0.25 mm; more is a wrong header or a decompression bomb
};

// What the gate found. See the truth table in nifti.cpp's companion documentation below.
struct NiftiReport {
  std::string orientation_source;        // "sform", "qform" or "none"
  double form_disagreement_degrees = 0;  // between qform and sform where both are given
  double form_disagreement_mm = 0;       // largest distance between corners of the grid
  std::string datatype;                  // "int16", "uint8", "float32", ...
  std::size_t non_finite_voxels = 0;     // NaN or infinite in the file; read as 0
  std::vector<std::string> warnings;     // sentences for the technician
};

struct NiftiScan {
  Volume volume;  // scaled by slope and intercept, non-finite values are 0, geometry in LPS mm
  NiftiReport report;
};

// Throws InputError (one sentence, naming the file) for everything that is not one complete 3-D scan.
NiftiScan read_nifti(const std::filesystem::path& file, const NiftiLimits& limits = {});

// As above for masks and label maps: values are rounded; InputError where they are not integers within the type.
LabelMap read_nifti_labels(const std::filesystem::path& file, const NiftiLimits& limits = {});
Mask read_nifti_mask(const std::filesystem::path& file, const NiftiLimits& limits = {});  // values > 0 are 1

// Written under a temporary name beside `file`, flushed to disk, then renamed: nothing half-written is left.
// The same values give the same bytes. Name ends in .nii or .nii.gz. Throws ResourceError naming the file.
void write_nifti(const std::filesystem::path& file, const Volume& volume);      // float32
void write_nifti(const std::filesystem::path& file, const Mask& mask);          // uint8
void write_nifti(const std::filesystem::path& file, const LabelMap& labels);    // int16
// Probabilities and partial volumes as uint8 with slope 1/255: a quarter of the space, steps of 0.4 %.
void write_nifti_fraction(const std::filesystem::path& file, const Volume& fraction);

}  // namespace wane
