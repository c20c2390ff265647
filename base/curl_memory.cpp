#include <curl/curl.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/curl_transport.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::base {
namespace {

void wiping_free(void* block) noexcept {
  if (block == nullptr) return;
  wipe(block, malloc_usable_size(block));
  std::free(block);
}

void* plain_malloc(size_t size) noexcept { return std::malloc(size); }
void* plain_calloc(size_t count, size_t size) noexcept { return std::calloc(count, size); }

/// realloc() may move the block and leave the old bytes behind, so the move is made here.
void* wiping_realloc(void* block, size_t size) noexcept {
  if (block == nullptr) return std::malloc(size);
  const size_t old_size = malloc_usable_size(block);
  if (size != 0 && size <= old_size && size >= old_size / 2) return block;
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, size < old_size ? size : old_size);
  wiping_free(block);
  return moved;
}

char* plain_strdup(const char* text) noexcept {
  const size_t size = std::strlen(text) + 1;
  auto* copy = static_cast<char*>(std::malloc(size));
  if (copy != nullptr) std::memcpy(copy, text, size);
  return copy;
}

}  // namespace

void start_libcurl() {
  // With it libcurl writes the keys of every TLS connection to a file.
  static const int unset = ::unsetenv("SSLKEYLOGFILE");
  if (unset != 0) throw std::runtime_error("SSLKEYLOGFILE cannot be taken out of the environment");
  static const CURLcode started =
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, plain_malloc, wiping_free, wiping_realloc, plain_strdup, plain_calloc);
  if (started != CURLE_OK)
    throw std::runtime_error("libcurl cannot start: " + std::string(curl_easy_strerror(started)));
}

}  // namespace keyward::base
