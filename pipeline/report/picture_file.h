// Pictures as files and as text for pages.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/report/mosaic.h"

namespace wane {

// PNG; there completely or not at all. Throws ResourceError.
void write_png(const std::filesystem::path& file, const Picture& picture);

// Empty where there is no such file, or it is no picture that the above wrote.
std::optional<Picture> read_png(const std::filesystem::path& file);

// A part of the picture, which lies in it.
Picture cut_out(const Picture& picture, const PictureTile& tile);

// Pictures beside one another from left to right, centered in height, black between them.
Picture side_by_side(const std::vector<Picture>& pictures, int gap_pixels);

// Made smaller, with its proportions, where it is wider.
Picture at_most_as_wide(Picture picture, int widest_pixels);

// "data:image/jpeg;base64,…"; the same picture gives the same text.
std::string jpeg_data_uri(const Picture& picture);

}  // namespace wane
