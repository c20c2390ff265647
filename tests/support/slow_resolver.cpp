#include "support/slow_resolver.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace keyward::test {
namespace {

/// A test whose event loop waits for the look-up fails after so long instead of hanging for good.
constexpr std::chrono::seconds k_longest{10};

/// libcurl looks names up in threads of its own, so this is shared between threads.
struct Held {
  std::mutex mutex;
  std::condition_variable changed;
  std::string host;
  std::string address;
  bool released = false;
  int waiting = 0;
};

Held& held() {
  static Held state;
  return state;
}

}  // namespace

SlowResolver::SlowResolver(std::string host, std::string address) {
  const std::lock_guard lock(held().mutex);
  held().host = std::move(host);
  held().address = std::move(address);
  held().released = false;
}

SlowResolver::~SlowResolver() {
  release();
  std::unique_lock lock(held().mutex);
  held().changed.wait(lock, [] { return held().waiting == 0; });
  held().host.clear();
}

void SlowResolver::release() {
  const std::lock_guard lock(held().mutex);
  held().released = true;
  held().changed.notify_all();
}

int SlowResolver::waiting() const {
  const std::lock_guard lock(held().mutex);
  return held().waiting;
}

}  // namespace keyward::test

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  auto& held = keyward::test::held();
  std::string address;
  {
    std::unique_lock lock(held.mutex);
    if (node == nullptr || held.host.empty() || held.host != node) {
      lock.unlock();
      return real(node, service, hints, result);
    }
    ++held.waiting;
    held.changed.wait_for(lock, keyward::test::k_longest, [&held] { return held.released; });
    address = held.address;
    --held.waiting;
    held.changed.notify_all();
  }
  if (address.empty()) return EAI_NONAME;
  return real(address.c_str(), service, hints, result);
}
