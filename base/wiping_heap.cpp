// Replaces the global operator new and delete of an executable: every block is wiped before it is freed. Secrets live
// in Secret and Body, but text around them (session tokens in headers, documents that are parsed) passes through
// ordinary strings and containers, and a freed block keeps its bytes for whoever reads a core or a reused block.
//
// An object library, for executables only: a library must not decide this for the program it is linked into.
// Left out under AddressSanitizer and ThreadSanitizer: they bring their own operators, which check for mismatched
// deletes and races, and they poison freed memory themselves.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEYWARD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEYWARD_SANITIZED 1
#endif

#ifndef KEYWARD_SANITIZED

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "base/wiped_buffer.hpp"

namespace {

void* allocate(std::size_t size) noexcept {
  if (size == 0) size = 1;
  for (;;) {
    if (void* block = std::malloc(size)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;  // aligned_alloc wants a multiple
  for (;;) {
    if (void* block = std::aligned_alloc(alignment, whole == 0 ? alignment : whole)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

void* or_throw(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) noexcept {
  if (block == nullptr) return;
  keyward::base::wipe(block, malloc_usable_size(block));
  std::free(block);
}

}  // namespace

// The other forms (array, sized, nothrow) of the standard library call these. Nothrow new of libstdc++ calls the
// throwing one and catches.
void* operator new(std::size_t size) { return or_throw(allocate(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate_aligned(size, static_cast<std::size_t>(alignment)));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }

#endif
