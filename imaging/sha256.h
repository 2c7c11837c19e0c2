// SHA-256, by which a report names the exact inputs that it was made from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wane {

// 64 lower-case hexadecimal digits, as sha256sum prints them. The file is read in pieces, whatever its size.
// Throws InputError where the file is missing, ResourceError where it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);
std::string sha256_of_text(std::string_view text);

}  // namespace wane
