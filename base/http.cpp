#include "base/http.hpp"

#include <strings.h>

#include <algorithm>

namespace keyward::base {

std::string_view HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& candidate : headers) {
    if (candidate.name.size() == name.size() && ::strncasecmp(candidate.name.data(), name.data(), name.size()) == 0) {
      return candidate.value;
    }
  }
  return {};
}

std::string without_user(std::string text) {
  for (std::size_t begin = text.find("://"); begin != std::string::npos; begin = text.find("://", begin)) {
    begin += 3;
    // A password may hold anything, so what stands before the last @ goes, even where too much goes.
    const std::size_t end = std::min(text.find("://", begin), text.size());
    const std::size_t at = text.rfind('@', end);
    if (at != std::string::npos && at >= begin) text.erase(begin, at + 1 - begin);
  }
  return text;
}

}  // namespace keyward::base
