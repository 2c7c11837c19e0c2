#include "pipeline/report/tissue_labels.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wane {
namespace {

// printf for a line.
template <class... Values>
std::string line(const char* format, Values... values) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string bids_table() {
  std::string text = "index\tname\tabbreviation\tcolor\tmapping\n";
  for (const TissueLabel& label : tissue_labels)
    text += line("%d\t%s\t%s\t#%02x%02x%02x\t%d\n", label.index, label.name, label.abbreviation, label.color.red,
                 label.color.green, label.color.blue, label.bids_index);
  return text;
}

// https://open.win.ox.ac.uk/pages/fsl/fsleyes/fsleyes/userdoc/customising.html#lookup-tables
std::string fsleyes_table() {
  std::string text;
  for (const TissueLabel& label : tissue_labels)
    text += line("%d %.5f %.5f %.5f %s\n", label.index, label.color.red / 255.0, label.color.green / 255.0,
                 label.color.blue / 255.0, label.name);
  return text;
}

// As ITK-SNAP itself writes it (Segmentation > Save Label Descriptions).
std::string itk_snap_table() {
  std::string text =
      "# ITK-SnAP Label Description File\n"
      "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL\n"
      "    0     0    0    0        0  0  0    \"Clear Label\"\n";
  for (const TissueLabel& label : tissue_labels)
    text += line("%5d %5d %4d %4d        1  1  1    \"%s\"\n", label.index, label.color.red, label.color.green,
                 label.color.blue, label.name);
  return text;
}

// As vtkMRMLColorTableStorageNode of 3D Slicer reads it: a name has no blanks, an underscore is shown as one.
std::string slicer_table() {
  std::string text = "# Color table file wane-tissues.ctbl\n# 4 values\n0 background 0 0 0 0\n";
  for (const TissueLabel& label : tissue_labels) {
    std::string name = label.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    text +=
        line("%d %s %d %d %d 255\n", label.index, name.c_str(), label.color.red, label.color.green, label.color.blue);
  }
  return text;
}

}  // namespace

nlohmann::ordered_json tissue_label_map() {
  nlohmann::ordered_json map = nlohmann::ordered_json::object();
  for (const TissueLabel& label : tissue_labels) map[std::to_string(label.index)] = label.abbreviation;
  return map;
}

std::vector<LabelFile> tissue_label_files() {
  return {{"dseg.tsv", bids_table()},
          {"labels/wane-tissues.lut", fsleyes_table()},
          {"labels/wane-tissues.txt", itk_snap_table()},
          {"labels/wane-tissues.ctbl", slicer_table()}};
}

}  // namespace wane
