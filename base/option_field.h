// One table of fields for each stage's options. The same table drives the command line, the JSON configuration,
// --help and the provenance that is written beside results, so that they cannot differ.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace wane {

struct OptionField {
  std::string name;  // as in the configuration; the flag is --STAGE-NAME with '_' as '-'
  std::string unit;  // "mm", "voxels", "" where there is none
  std::string help;  // what it does and why the default is what it is, one sentence
  std::variant<bool*, int*, double*, std::string*> value;  // the field in the options struct
};

using OptionFields = std::vector<OptionField>;

}  // namespace wane
