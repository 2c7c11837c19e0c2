// Text files of any origin: no more of them is read than a limit allows, whatever their size says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <string>

namespace wane {

// A table of 100 000 participants has 10 MB.
inline constexpr std::size_t most_text_bytes = 64u << 20;

// The whole of a file. Throws InputError naming it where it is no file (a folder, pipe or device), cannot be read or
// is larger than `most_bytes`.
std::string read_text_file(const std::filesystem::path& file, std::size_t most_bytes = most_text_bytes);

// The next line of `stream` without its line break; false where there is none. Throws InputError, calling the stream
// `name`, where the line is longer than `most_bytes`.
bool read_line(std::istream& stream, std::string& line, std::size_t most_bytes, const std::string& name);

}  // namespace wane
