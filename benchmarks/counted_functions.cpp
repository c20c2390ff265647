// Functions of the C library, defined here once more: the dynamic linker then finds ours first, for the shared
// libraries (libcurl, OpenSSL) too. Each counts and passes the call on.

#undef _FORTIFY_SOURCE  // its inline variants would be second definitions

#include "counted_functions.hpp"

#include <dlfcn.h>

#include <cstddef>

namespace {

// One thread does all that is counted. A counter that threads share would cost a seventieth of what is measured.
using Count = std::uint64_t;
constinit thread_local Count allocations = 0, sent = 0, received = 0, polled = 0, connected = 0;

void count(Count& calls) noexcept { ++calls; }

template <class Function>
Function next(const char* name) noexcept {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

namespace keyward::benchmarks {

CountedFunctions counted_functions() noexcept { return {allocations, sent, received, polled, connected}; }

}  // namespace keyward::benchmarks

extern "C" {

struct sockaddr;
struct msghdr;
struct pollfd;
struct timespec;

// glibc's own names: dlsym() allocates, so malloc() cannot ask it.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  count(allocations);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(allocations);
  return __libc_calloc(number, size);
}
void* realloc(void* block, std::size_t size) {
  count(allocations);
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(allocations);
  return __libc_memalign(alignment, size);
}

long send(int socket, const void* bytes, std::size_t size, int flags) {
  static const auto real = next<long (*)(int, const void*, std::size_t, int)>("send");
  count(sent);
  return real(socket, bytes, size, flags);
}
long sendto(int socket, const void* bytes, std::size_t size, int flags, const sockaddr* to, unsigned length) {
  static const auto real = next<long (*)(int, const void*, std::size_t, int, const sockaddr*, unsigned)>("sendto");
  count(sent);
  return real(socket, bytes, size, flags, to, length);
}
long sendmsg(int socket, const msghdr* message, int flags) {
  static const auto real = next<long (*)(int, const msghdr*, int)>("sendmsg");
  count(sent);
  return real(socket, message, flags);
}
long write(int file, const void* bytes, std::size_t size) {
  static const auto real = next<long (*)(int, const void*, std::size_t)>("write");
  count(sent);
  return real(file, bytes, size);
}

long recv(int socket, void* bytes, std::size_t size, int flags) {
  static const auto real = next<long (*)(int, void*, std::size_t, int)>("recv");
  count(received);
  return real(socket, bytes, size, flags);
}
long recvfrom(int socket, void* bytes, std::size_t size, int flags, sockaddr* from, unsigned* length) {
  static const auto real = next<long (*)(int, void*, std::size_t, int, sockaddr*, unsigned*)>("recvfrom");
  count(received);
  return real(socket, bytes, size, flags, from, length);
}
long recvmsg(int socket, msghdr* message, int flags) {
  static const auto real = next<long (*)(int, msghdr*, int)>("recvmsg");
  count(received);
  return real(socket, message, flags);
}
long read(int file, void* bytes, std::size_t size) {
  static const auto real = next<long (*)(int, void*, std::size_t)>("read");
  count(received);
  return real(file, bytes, size);
}

int poll(pollfd* files, unsigned long number, int timeout) {
  static const auto real = next<int (*)(pollfd*, unsigned long, int)>("poll");
  count(polled);
  return real(files, number, timeout);
}
int ppoll(pollfd* files, unsigned long number, const timespec* timeout, const void* signals) {
  static const auto real = next<int (*)(pollfd*, unsigned long, const timespec*, const void*)>("ppoll");
  count(polled);
  return real(files, number, timeout, signals);
}

int connect(int socket, const sockaddr* address, unsigned length) {
  static const auto real = next<int (*)(int, const sockaddr*, unsigned)>("connect");
  count(connected);
  return real(socket, address, length);
}

}  // extern "C"
