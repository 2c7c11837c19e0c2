// Links in an output folder must not lead what is written to another place. The output folder itself may be a link.
//
// This holds against a folder that somebody prepared, not against somebody who changes it while Wane runs.
#pragma once

#include <filesystem>

namespace wane {

// `path` is below `root`. Throws ResourceError naming the link where `path` or a folder on the way to it is a link that
// leads out of `root` or to nothing. What is not there yet leads nowhere.
void require_inside(const std::filesystem::path& root, const std::filesystem::path& path);

enum class Depth { entries, all };

// The same for the entries of `folder` (`root` or a folder below it), or for all that is below it.
void require_links_inside(const std::filesystem::path& root, const std::filesystem::path& folder, Depth depth);

// Makes `folder` and what is missing on the way. Throws ResourceError naming the folder and the reason.
void make_folders(const std::filesystem::path& folder);

// Makes `folder`, which is below `root`, and what is missing on the way, after require_inside. Throws ResourceError.
void make_folders_inside(const std::filesystem::path& root, const std::filesystem::path& folder);

}  // namespace wane
