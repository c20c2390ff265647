#include "base/error.hpp"

namespace keyward::base {

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::throttled: return "throttled";
    case ErrorKind::transient: return "transient";
    case ErrorKind::deadline_exceeded: return "deadline_exceeded";
    case ErrorKind::ambiguous: return "ambiguous";
    case ErrorKind::expired_credentials: return "expired_credentials";
    case ErrorKind::denied: return "denied";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::limit_exceeded: return "limit_exceeded";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

std::string describe(const Error& error) {
  std::string line = error.operation;
  auto append = [&line](const std::string& part) {
    if (part.empty()) return;
    if (!line.empty()) line += ": ";
    line += part;
  };
  append(error.code);
  append(error.message);
  if (!error.request_id.empty()) line += " (request " + error.request_id + ")";
  return line;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) { throw ErrorException(error); }

}  // namespace keyward::base
