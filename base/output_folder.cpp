#include "base/output_folder.h"

#include <stdexcept>
#include <system_error>

#include "base/error.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

bool is_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

bool is_below(const fs::path& canonical_root, const fs::path& canonical_path) {
  const fs::path relative = canonical_path.lexically_relative(canonical_root);
  return !relative.empty() && *relative.begin() != "..";
}

void require_link_inside(const fs::path& root, const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::canonical(link, error);
  if (!error && is_below(fs::canonical(root), target)) return;
  throw ResourceError("Cannot write into '" + root.string() + "': '" + link.string() + "' is a link to '" +
                      (error ? fs::read_symlink(link, error) : target).string() + "', which lies " +
                      (target.empty() ? "nowhere" : "outside of the output folder") +
                      "; remove the link or name another output folder.");
}

template <class Iterator>
void require_each_inside(const fs::path& root, const fs::path& folder) {
  std::error_code error;
  for (Iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_symlink()) require_link_inside(root, it->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw ResourceError("The folder '" + folder.string() + "' cannot be listed: " + error.message() +
                        "; check its permissions.");
}

}  // namespace

void require_inside(const fs::path& root, const fs::path& path) {
  const fs::path relative = path.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..")
    throw std::logic_error("a file that is not below the output folder");
  fs::path on_the_way = root;
  for (const auto& name : relative) {
    if (name == ".") continue;
    on_the_way /= name;
    if (is_link(on_the_way)) require_link_inside(root, on_the_way);
  }
}

void require_links_inside(const fs::path& root, const fs::path& folder, Depth depth) {
  require_inside(root, folder);
  if (depth == Depth::all)
    require_each_inside<fs::recursive_directory_iterator>(root, folder);  // does not follow links
  else
    require_each_inside<fs::directory_iterator>(root, folder);
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw ResourceError("The folder " + folder.string() + " cannot be created: " + error.message() +
                        "; check its permissions and the disk, or name another folder.");
}

void make_folders_inside(const fs::path& root, const fs::path& folder) {
  require_inside(root, folder);
  make_folders(folder);
}

}  // namespace wane
