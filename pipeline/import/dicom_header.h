// The header of a DICOM file, as far as it tells whose scan it is and how it was made. Pixels are never read here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wane {

// (group << 16) | element, as the standard writes them.
namespace dicom {
inline constexpr std::uint32_t transfer_syntax = 0x00020010, sop_class = 0x00080016, sop_instance = 0x00080018,
                               image_type = 0x00080008, study_date = 0x00080020, series_date = 0x00080021,
                               acquisition_date = 0x00080022, content_date = 0x00080023, study_time = 0x00080030,
                               acquisition_time = 0x00080032, modality = 0x00080060, manufacturer = 0x00080070,
                               series_description = 0x0008103e, complex_component = 0x00089208,
                               patient_name = 0x00100010, patient_id = 0x00100020, birth_date = 0x00100030,
                               sex = 0x00100040, contrast_agent = 0x00180010, scanning_sequence = 0x00180020,
                               sequence_variant = 0x00180021, acquisition_type = 0x00180023, sequence_name = 0x00180024,
                               angio_flag = 0x00180025, slice_thickness = 0x00180050, repetition_time = 0x00180080,
                               echo_time = 0x00180081, inversion_time = 0x00180082, spacing_between_slices = 0x00180088,
                               device_serial_number = 0x00181000, protocol_name = 0x00181030, flip_angle = 0x00181314,
                               effective_echo_time = 0x00189082, inversion_times = 0x00189079, b_value = 0x00189087,
                               pulse_sequence_name = 0x00189005, study_uid = 0x0020000d, series_uid = 0x0020000e,
                               series_number = 0x00200011, instance_number = 0x00200013, image_position = 0x00200032,
                               image_orientation = 0x00200037, images_in_acquisition = 0x00201002,
                               number_of_frames = 0x00280008, rows = 0x00280010, columns = 0x00280011,
                               pixel_spacing = 0x00280030;
}  // namespace dicom

struct DicomHeader {
  std::map<std::uint32_t, std::string> values;  // text; several values of one element stand between '\'
  bool directory = false;                       // a DICOMDIR: a list of files and no image
  bool deflated = false;                        // compressed as a whole: nothing else is known of it

  std::string text(std::uint32_t tag) const;              // empty where it is not there
  std::optional<double> number(std::uint32_t tag) const;  // the first value
  std::vector<double> numbers(std::uint32_t tag) const;   // empty unless all are numbers
  std::vector<std::string> texts(std::uint32_t tag) const;
};

struct DicomParse {
  std::optional<DicomHeader> header;  // empty: no DICOM file
  bool wants_more = false;            // the header goes on beyond these bytes
};

// The elements above out of what a file begins with; of multi-frame files also those that all frames or the first frame
// have. Never reads beyond `bytes` and never throws for what they hold.
DicomParse parse_dicom_header(std::string_view bytes);

}  // namespace wane
