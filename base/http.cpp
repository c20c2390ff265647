#include "base/http.hpp"

#include <strings.h>

namespace keyward::base {

std::string_view HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& candidate : headers) {
    if (candidate.name.size() == name.size() && ::strncasecmp(candidate.name.data(), name.data(), name.size()) == 0) {
      return candidate.value;
    }
  }
  return {};
}

}  // namespace keyward::base
