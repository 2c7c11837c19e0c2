// The template as a folder of files (segmentation/head_template.h lists them), so that a lab can bring its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "segmentation/head_template.h"

namespace wane {

// The file names a template folder holds, in a fixed order: read_template needs every one.
const std::vector<std::string>& template_file_names();

// Throws InputError naming the file that is missing, unreadable, on another grid than head.nii.gz, or out of range.
HeadTemplate read_template(const std::filesystem::path& folder);

// Creates the folder where needed. Head and maps are float32, the mask uint8. Throws ResourceError.
void write_template(const std::filesystem::path& folder, const HeadTemplate& head_template);

}  // namespace wane
