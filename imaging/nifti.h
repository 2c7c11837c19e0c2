// NIfTI in (1 and 2) and out (1). Files are parsed, checked, inflated and decoded here rather than by ITK, because
// ITK 5.2.1 returns zeros for truncated files, turns NaN into 0, resets the direction of 4-D files, aborts the process
// on NaN in an sform, and allocates whatever a header asks for.
//
// Which of a file's two descriptions of space is used (qform: a rotation as a quaternion, with pixdim as the voxel
// size; sform: an affine matrix). A form is given where its code is above 0. An sform is
//   clean     where its axes are within 0.1 degrees of right angles and its voxel size within 0.1 % of pixdim;
//   bent      within 1 degree and 1 %;
//   unusable  beyond that (a transform to a template rather than a position in the scanner), or not finite.
// A qform is unusable where it is not finite or its quaternion is longer than 1.
//
//   sform      qform                 used                          warning
//   clean      not given             sform
//   clean      agrees                sform
//   clean      disagrees             sform                         by how many degrees and mm
//   clean      unusable              sform                         the qform's defect
//   bent       usable                qform                         the sform's defect
//   bent       not given, unusable   sform, nearest rotation       how far voxels move
//   unusable   usable                qform                         the sform's defect
//   unusable   not given, unusable   none: InputError
//   not given  usable                qform
//   not given  unusable              none: InputError
//   not given  not given             axes to the left, front and   orientation was assumed
//                                    top, centre of the scan at 0
//
// Forms disagree where their axes differ by more than 0.5 degrees (a mirror image counts as 180) or a corner of the
// scan by more than 1 mm.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace wane {

struct NiftiLimits {
  std::size_t most_voxels = 1024u * 1024u * 512u;  // a head at 0.25 mm; more is a wrong header or a decompression bomb
  int least_voxels_per_axis = 8;                   // fewer is a slice, a localiser or a projection
  // Brain-extracted scans of some programs have NaN all around the brain, which is 80 % of the box or more.
  double most_non_finite_fraction = 0.95;
};

// What the gate found. Which form wins is in the table above.
struct NiftiReport {
  Grid grid;                             // of the scan, LPS mm
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
  std::string sha256;  // of the very bytes that were read, to the end of the file
};

// Throws InputError (one sentence, naming the file) for everything that is not one complete 3-D scan, ResourceError
// where the disk or the memory is the cause.
NiftiScan read_nifti(const std::filesystem::path& file, const NiftiLimits& limits = {});

// Throws InputError where the file is longer than any scan within the limits: hashing it could take hours.
void require_length_of_a_scan(const std::filesystem::path& file, const NiftiLimits& limits = {});

// The same checks as far as they go without inflating the file: header, geometry, and size on disk. Milliseconds.
// Counts no non-finite voxels; finds damage inside a .nii.gz only where its length shows it.
NiftiReport inspect_nifti(const std::filesystem::path& file, const NiftiLimits& limits = {});

// As above for masks and label maps: values are rounded; InputError where they are not integers within the type.
LabelMap read_nifti_labels(const std::filesystem::path& file, const NiftiLimits& limits = {});
Mask read_nifti_mask(const std::filesystem::path& file, const NiftiLimits& limits = {});  // values > 0 are 1

// Written under a temporary name beside `file`, flushed to disk, then renamed: nothing half-written is left.
// The same values give the same bytes. Name ends in .nii or .nii.gz. Throws ResourceError naming the file.
void write_nifti(const std::filesystem::path& file, const Volume& volume);    // float32
void write_nifti(const std::filesystem::path& file, const Mask& mask);        // uint8
void write_nifti(const std::filesystem::path& file, const LabelMap& labels);  // int16
// Probabilities and partial volumes as uint8 with slope 1/255: a quarter of the space, steps of 0.4 %.
void write_nifti_fraction(const std::filesystem::path& file, const Volume& fraction);
// Values as int16 in steps of `step`, which stands as the slope: half the space, and less noise to compress. What does
// not fit into 16 bits is written as the nearest value that does; what is no number as 0.
void write_nifti_in_steps(const std::filesystem::path& file, const Volume& volume, float step);

// The bytes of a .nii.gz file of the same kinds, for what is sent rather than stored.
std::string nifti_gz_bytes(const Mask& labels);  // uint8, all of its values
std::string nifti_gz_bytes_in_steps(const Volume& volume, float step);

}  // namespace wane
