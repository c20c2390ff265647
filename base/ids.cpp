#include "base/ids.hpp"

#include <algorithm>

namespace keyward::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_'; }

/// Field `index` of an ARN (0 = "arn"); the resource, field 5, may itself hold colons.
std::string_view arn_field(std::string_view arn, int index) {
  for (int i = 0; i < index; ++i) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

}  // namespace

bool AccountIdRule::accepts(std::string_view text) { return text.size() == 12 && std::ranges::all_of(text, is_digit); }

bool ArnRule::accepts(std::string_view text) {
  return text.size() >= 20 && text.size() <= 2048 && text.starts_with("arn:") &&
         std::ranges::count(text, ':') >= 5 && !arn_field(text, 1).empty() && !arn_field(text, 2).empty() &&
         std::ranges::none_of(text, [](char c) { return c <= ' ' || c == 0x7f; });
}

bool RegionRule::accepts(std::string_view text) {
  // us-gov-west-1, ap-southeast-7: at least two hyphens and a number at the end.
  return text.size() >= 8 && text.size() <= 32 && is_lower(text.front()) && is_digit(text.back()) &&
         std::ranges::count(text, '-') >= 2 &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool UserNameRule::accepts(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_word(c) || std::string_view("+=,.@-").find(c) != std::string_view::npos;
  });
}

bool AccessKeyIdRule::accepts(std::string_view text) {
  return text.size() >= 16 && text.size() <= 128 && std::ranges::all_of(text, is_word);
}

std::string last_four(const AccessKeyId& id) { return "…" + id.str().substr(id.str().size() - 4); }

std::string_view arn_account(const Arn& arn) { return arn_field(arn.str(), 4); }
std::string_view arn_region(const Arn& arn) { return arn_field(arn.str(), 3); }
std::string_view arn_partition(const Arn& arn) { return arn_field(arn.str(), 1); }

}  // namespace keyward::base
