#pragma once

namespace keyward::test {

/// Whether a sanitizer watches. It looks at how code runs, not at what comes out, and makes it many times slower: what a
/// test repeats for the sake of numbers it repeats less often then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool k_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool k_sanitized = true;
#else
inline constexpr bool k_sanitized = false;
#endif
#else
inline constexpr bool k_sanitized = false;
#endif

}  // namespace keyward::test
