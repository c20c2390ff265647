#pragma once

#include <signal.h>
#include <sys/resource.h>

namespace keyward::test {

/// As long as it lives no file of this process grows beyond so many bytes: a disk with so much room.
class ScarceDisk {
 public:
  explicit ScarceDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  ~ScarceDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  ScarceDisk(const ScarceDisk&) = delete;
  ScarceDisk& operator=(const ScarceDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace keyward::test
