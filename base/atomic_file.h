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

// Flushes `made`, a whole file on the same disk, and renames it to `file`, which must not be there yet: where it is, it
// stays as it is and the answer is false. Flushes the folder of `file` and those above it up to `top` too, so that new
// folders are there after a power failure.
bool move_new_into_place(const std::filesystem::path& made, const std::filesystem::path& file,
                         const std::filesystem::path& top);

void write_text_atomically(const std::filesystem::path& file, std::string_view text);
bool write_new_text_atomically(const std::filesystem::path& file, std::string_view text);

// Which temporary files of the functions above, left behind by a process that was killed, are removed.
enum class LeftBehind {
  all,        // every one: the caller holds a lock that whoever writes there holds too
  abandoned,  // those of processes of this machine that are no more, and those more than a day older than a new file
};

// Removes the temporary files that lie in `folder` itself, or only those of the file `name` (its name, no path). What
// cannot be listed or removed stays: nothing depends on it.
void remove_temporary_files(const std::filesystem::path& folder, LeftBehind which, std::string_view name = {});

// Of folders below `folder` too. Links are not followed.
void remove_temporary_files_below(const std::filesystem::path& folder, LeftBehind which);

// For a process that is about to end in the middle of its work: waits until the files that are being written are
// there, and lets no thread begin another. Threads that try wait until the process ends.
void end_writing_of_files();

}  // namespace wane
