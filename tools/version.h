// Which sources this program was built from.
#pragma once

namespace wane {

// "0.1.0+g0123456789": the release and the commit; tools/version.cmake, which every build runs, says what else it can
// be. Programs built from different sources have different versions.
const char* program_version();

}  // namespace wane
