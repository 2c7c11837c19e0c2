// The numbers in label maps of tissues (..._dseg.nii.gz), with names and colors, in the forms that viewers read.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wane {

struct Color {
  std::uint8_t red, green, blue;
};

struct TissueLabel {
  int index;
  const char* name;
  const char* abbreviation;
  Color color;
  int bids_index;  // in the list of standard labels of BIDS
};

// The colors are those of the quality pictures.
inline constexpr TissueLabel csf_label{1, "cerebrospinal fluid", "CSF", {60, 120, 255}, 3},
    gm_label{2, "gray matter", "GM", {60, 200, 110}, 1}, wm_label{3, "white matter", "WM", {255, 170, 70}, 2};
inline constexpr std::array<TissueLabel, 3> tissue_labels{csf_label, gm_label, wm_label};

nlohmann::ordered_json tissue_label_map();  // {"1": "CSF", ...}, for sidecars

struct LabelFile {
  std::string name;  // below OUT
  std::string text;
};

// dseg.tsv, as BIDS asks for, and the same for FSLeyes (.lut), ITK-SNAP (.txt) and 3D Slicer (.ctbl).
std::vector<LabelFile> tissue_label_files();

}  // namespace wane
