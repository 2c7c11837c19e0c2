/* A machine that fails on demand, preloaded (LD_PRELOAD) into the program under test. All from the environment:

     WANE_FAULT_BELOW=DIR      which files are meant: those below this folder (absolute, without links)
     WANE_FAULT_CALLS=write    which calls are counted: write (open for writing, write, flush, sync, truncate, rename,
                      read     link, mkdir, closing what was written) or read (open for reading, list, read)
     WANE_FAULT_AT=N           the N-th of these calls fails; 0 or nothing: they are only counted
     WANE_FAULT_AS=ENOSPC      how: ENOSPC, EIO, EROFS, EACCES, ENOENT; or KILL (the process is killed before the call);
                               or CHANGE (a byte is put to the end of the file, and the call goes on)
     WANE_FAULT_AND_AFTER=1    all that come after fail too, as on a disk that stays full
     WANE_FAULT_NOTES=FILE     gets a line for each call that failed, and at the end "counted N"
     WANE_FAULT_NO_LOCKS=1     flock is not supported
     WANE_FAULT_MALLOC_AT=N    the N-th request for at least WANE_FAULT_MALLOC_LEAST bytes is refused */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long counted;
static long requests;

static const char* setting(const char* name) {
  return getenv(name);
}

static long number(const char* name) {
  const char* text = setting(name);
  return text ? atol(text) : 0;
}

/* By system calls alone, which are not counted. */
static void note(const char* what, const char* path) {
  const char* file = setting("WANE_FAULT_NOTES");
  if (!file) return;
  char line[PATH_MAX + 64];
  const int length = snprintf(line, sizeof line, "%s %s\n", what, path);
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return;
  syscall(SYS_write, descriptor, line, (size_t)length);
  syscall(SYS_close, descriptor);
}

static void append_a_byte(const char* file) {
  const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0) return;
  syscall(SYS_write, descriptor, "x", (size_t)1);
  syscall(SYS_close, descriptor);
}

static int error_to_give(void) {
  const char* as = setting("WANE_FAULT_AS");
  if (!as || !strcmp(as, "ENOSPC")) return ENOSPC;
  if (!strcmp(as, "EIO")) return EIO;
  if (!strcmp(as, "EROFS")) return EROFS;
  if (!strcmp(as, "EACCES")) return EACCES;
  if (!strcmp(as, "ENOENT")) return ENOENT;
  if (!strcmp(as, "KILL")) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  return EIO;
}

static int is_below(const char* path) {
  const char* folder = setting("WANE_FAULT_BELOW");
  if (!folder || !path) return 0;
  const size_t length = strlen(folder);
  return !strncmp(path, folder, length) && (path[length] == '/' || path[length] == '\0');
}

/* 1, with errno set, where this call is to fail. */
static int fails(const char* kind, const char* call, const char* path) {
  const int errno_before = errno;
  const char* wanted = setting("WANE_FAULT_CALLS");
  if (strcmp(wanted ? wanted : "write", kind) != 0 || !is_below(path)) return 0;
  const long n = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
  const long at = number("WANE_FAULT_AT");
  if (at <= 0 || n < at || (n > at && !setting("WANE_FAULT_AND_AFTER"))) {
    errno = errno_before;
    return 0;
  }
  note(call, path);
  const char* as = setting("WANE_FAULT_AS");
  if (as && !strcmp(as, "CHANGE")) {
    append_a_byte(path);
    errno = errno_before;
    return 0;
  }
  errno = error_to_give();
  return 1;
}

static const char* path_of(int descriptor, char* buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = '\0';
  return buffer;
}

static int descriptor_fails(const char* kind, const char* call, int descriptor) {
  const int errno_before = errno;
  char buffer[PATH_MAX];
  const char* path = path_of(descriptor, buffer);
  errno = errno_before;
  return path && fails(kind, call, path);
}

static int is_for_writing(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

#define REAL(name)               \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((destructor)) static void say_how_many(void) {
  if (!setting("WANE_FAULT_BELOW")) return;
  char text[32];
  snprintf(text, sizeof text, "%ld", counted);
  note("counted", text);
}

static int open_fails(const char* path, int flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) ? fails("write", "open", path)
                                                              : fails("read", "open", path);
}

static mode_t mode_in(int flags, va_list* arguments) {
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(*arguments, mode_t) : 0;
}

#define DEFINE_OPEN(NAME)                           \
  int NAME(const char* path, int flags, ...) {      \
    va_list arguments;                              \
    va_start(arguments, flags);                     \
    const mode_t mode = mode_in(flags, &arguments); \
    va_end(arguments);                              \
    if (open_fails(path, flags)) return -1;         \
    REAL(NAME);                                     \
    return real(path, flags, mode);                 \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(NAME)                                \
  int NAME(int folder, const char* path, int flags, ...) { \
    va_list arguments;                                     \
    va_start(arguments, flags);                            \
    const mode_t mode = mode_in(flags, &arguments);        \
    va_end(arguments);                                     \
    if (open_fails(path, flags)) return -1;                \
    REAL(NAME);                                            \
    return real(folder, path, flags, mode);                \
  }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

#define DEFINE_FOPEN(NAME)                                            \
  FILE* NAME(const char* path, const char* mode) {                    \
    const int writes = strpbrk(mode, "wa+") != NULL;                  \
    if (fails(writes ? "write" : "read", "fopen", path)) return NULL; \
    REAL(NAME);                                                       \
    return real(path, mode);                                          \
  }
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

DIR* opendir(const char* path) {
  if (fails("read", "opendir", path)) return NULL;
  REAL(opendir);
  return real(path);
}

ssize_t read(int descriptor, void* bytes, size_t count) {
  if (descriptor_fails("read", "read", descriptor)) return -1;
  REAL(read);
  return real(descriptor, bytes, count);
}

size_t fread(void* bytes, size_t size, size_t count, FILE* file) {
  if (descriptor_fails("read", "fread", fileno(file))) {
    file->_flags |= 0x20; /* what ferror looks at */
    return 0;
  }
  REAL(fread);
  return real(bytes, size, count, file);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  if (descriptor_fails("write", "write", descriptor)) return -1;
  REAL(write);
  return real(descriptor, bytes, count);
}

#define DEFINE_PWRITE(NAME)                                                 \
  ssize_t NAME(int descriptor, const void* bytes, size_t count, off_t at) { \
    if (descriptor_fails("write", "pwrite", descriptor)) return -1;         \
    REAL(NAME);                                                             \
    return real(descriptor, bytes, count, at);                              \
  }
DEFINE_PWRITE(pwrite)
DEFINE_PWRITE(pwrite64)

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (descriptor_fails("write", "writev", descriptor)) return -1;
  REAL(writev);
  return real(descriptor, parts, count);
}

size_t fwrite(const void* bytes, size_t size, size_t count, FILE* file) {
  if (descriptor_fails("write", "fwrite", fileno(file))) return 0;
  REAL(fwrite);
  return real(bytes, size, count, file);
}

int fflush(FILE* file) {
  if (file && is_for_writing(fileno(file)) && descriptor_fails("write", "fflush", fileno(file))) return EOF;
  REAL(fflush);
  return real(file);
}

int fclose(FILE* file) {
  const int failing = is_for_writing(fileno(file)) && descriptor_fails("write", "fclose", fileno(file));
  const int reason = errno;
  REAL(fclose);
  const int result = real(file);
  if (!failing) return result;
  errno = reason;
  return EOF;
}

int fsync(int descriptor) {
  if (descriptor_fails("write", "fsync", descriptor)) return -1;
  REAL(fsync);
  return real(descriptor);
}

int fdatasync(int descriptor) {
  if (descriptor_fails("write", "fdatasync", descriptor)) return -1;
  REAL(fdatasync);
  return real(descriptor);
}

#define DEFINE_FTRUNCATE(NAME)                                         \
  int NAME(int descriptor, off_t length) {                             \
    if (descriptor_fails("write", "ftruncate", descriptor)) return -1; \
    REAL(NAME);                                                        \
    return real(descriptor, length);                                   \
  }
DEFINE_FTRUNCATE(ftruncate)
DEFINE_FTRUNCATE(ftruncate64)

int rename(const char* from, const char* to) {
  if (fails("write", "rename", to)) return -1;
  REAL(rename);
  return real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned int flags) {
  if (fails("write", "renameat2", to)) return -1;
  REAL(renameat2);
  return real(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) {
  if (fails("write", "link", to)) return -1;
  REAL(link);
  return real(from, to);
}

int mkdir(const char* path, mode_t mode) {
  if (fails("write", "mkdir", path)) return -1;
  REAL(mkdir);
  return real(path, mode);
}

int flock(int descriptor, int operation) {
  if (setting("WANE_FAULT_NO_LOCKS")) {
    errno = ENOTSUP;
    return -1;
  }
  REAL(flock);
  return real(descriptor, operation);
}

extern char** environ;
extern void* __libc_malloc(size_t);

/* Before main the environment may not be there yet; nothing is refused then. */
void* malloc(size_t bytes) {
  if (environ && bytes >= 4096) {
    const long at = number("WANE_FAULT_MALLOC_AT");
    if (at > 0 && bytes >= (size_t)number("WANE_FAULT_MALLOC_LEAST")) {
      const long n = __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
      if (n == at) {
        errno = ENOMEM;
        return NULL;
      }
    }
  }
  return __libc_malloc(bytes);
}
