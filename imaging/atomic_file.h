// Files that are there completely or not at all, whatever interrupts the program: power, a full disk, a time limit.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace wane {

// Calls `write` with a hidden temporary name in the folder of `file` (the same ending, so that writers which go by the
// ending work), then flushes what it wrote to disk and renames it to `file`. If anything fails, the temporary file is
// removed and an older `file` stays as it was. Throws ResourceError naming the file and the reason; exceptions
// of `write` pass through. The folder must exist. The temporary file is there, empty, when `write` is called; the
// permissions `mode` (less the umask) are its own from the first moment.
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path& temporary)>& write, unsigned mode = 0666);

// The same for a file that must not be there yet: where there is one, also by another writer at the same moment, it
// stays as it is and the answer is false.
bool write_new_atomically(const std::filesystem::path& file,
                          const std::function<void(const std::filesystem::path& temporary)>& write,
                          unsigned mode = 0666);

// "Cannot write 'FILE': REASON; ...", the reason being that of the errno.
[[noreturn]] void throw_cannot_write(const std::filesystem::path& file, int reason_errno);

void write_text_atomically(const std::filesystem::path& file, std::string_view text);
bool write_new_text_atomically(const std::filesystem::path& file, std::string_view text);

}  // namespace wane
