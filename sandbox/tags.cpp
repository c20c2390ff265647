#include "sandbox/tags.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {
namespace {

/// Length in code points of UTF-8.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// Letters beyond ASCII are all accepted: telling \p{L} from the rest takes Unicode tables that teach nothing here.
bool is_tag_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) || std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
  });
}

}  // namespace

void check_tag(std::string_view key, std::string_view value, std::string_view code) {
  const auto refuse = [&](std::string_view member, std::string_view why) {
    throw ApiError(400, std::string(code),
                   "1 validation error detected: Value at 'tags.1.member." + std::string(member) +
                       "' failed to satisfy constraint: " + std::string(why));
  };
  const std::string pattern = "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";
  if (key.empty() || characters(key) > 128) refuse("key", "Member must have length between 1 and 128");
  if (characters(value) > 256) refuse("value", "Member must have length less than or equal to 256");
  if (!is_tag_text(key)) refuse("key", pattern + "+");
  if (!is_tag_text(value)) refuse("value", pattern + "*");
  if (lower(key).starts_with("aws:")) refuse("key", "Tag keys that begin with aws: are reserved.");
}

}  // namespace keyward::sandbox
