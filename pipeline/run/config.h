// The JSON configuration file: sections of options by name.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/run/options.h"

namespace wane {

// Sets the fields of `sections` that `config` names and leaves the rest. Throws UsageError, calling the file `source`,
// for a section or key that does not exist (with the nearest that do) and for a value of the wrong type.
void set_options(const nlohmann::json& config, const std::string& source, const std::vector<OptionSection>& sections);

// Throws UsageError where the text is not JSON.
nlohmann::json parse_config(const std::string& text, const std::string& source);

}  // namespace wane
