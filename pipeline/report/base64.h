#pragma once

#include <string>
#include <string_view>

namespace wane {

std::string base64(std::string_view bytes);

}  // namespace wane
