// A command line as text that a shell reads back as the same words.
#pragma once

#include <string>
#include <vector>

namespace wane {

// The words with spaces between, quoted where a shell would change them: 'my trial'. Control characters and bytes that
// are not UTF-8 become $'\x1B', which bash, zsh and ksh read, so that the text is one line of valid UTF-8.
std::string shell_command(const std::vector<std::string>& words);

}  // namespace wane
