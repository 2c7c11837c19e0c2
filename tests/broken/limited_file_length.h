// No file grows beyond so many bytes, as on a disk that is full: writing fails in the middle.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace wane::broken {

class LimitedFileLength {
 public:
  explicit LimitedFileLength(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LimitedFileLength() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  LimitedFileLength(const LimitedFileLength&) = delete;
  LimitedFileLength& operator=(const LimitedFileLength&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace wane::broken
