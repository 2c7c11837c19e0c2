// Text files of other people's programs as UTF-8, which everything that Wane writes is in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wane {

// `text` as UTF-8. What is UTF-8 stays as it is; what is not is read as Windows-1252, in which spreadsheets save
// "Text (tab delimited)" (Latin-1 is a part of it), and a warning quotes the first such line. `name` is what messages
// call the file. Throws InputError naming line and column where the text can be neither: a byte that Windows-1252 does
// not have, or some letters in UTF-8 and others not.
std::string as_utf8(std::string text, const std::string& name, std::vector<std::string>& warnings);

bool is_utf8(std::string_view text);

}  // namespace wane
