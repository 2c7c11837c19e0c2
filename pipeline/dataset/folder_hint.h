// What a folder is, that holds no BIDS dataset: so that the message can say what to do with it.
#pragma once

#include <filesystem>
#include <string>

namespace wane {

// A sentence ("It holds DICOM files: convert them ..."), or empty where nothing can be said: a folder inside or above
// a dataset, DICOM files, NIfTI files that are not named as BIDS names them, links that lead nowhere. Looks at a few
// thousand entries at most, in a fixed order, and follows no links to folders.
std::string what_folder_is(const std::filesystem::path& folder);

}  // namespace wane
