#include "notify/address.hpp"

#include <algorithm>

namespace keyward::notify {
namespace {

constexpr std::size_t k_max_local = 64;
constexpr std::size_t k_max_domain = 255;
constexpr std::size_t k_max_address = 254;
constexpr std::size_t k_max_label = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c); }
// atext of RFC 5322, section 3.2.3.
bool is_atext(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

/// Calls `accepts` for every part between dots; false when one is refused or empty.
template <class Accepts>
bool all_parts(std::string_view text, Accepts accepts) {
  while (true) {
    const auto dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !accepts(part)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label(std::string_view label) {
  return label.size() <= k_max_label && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
  if (domain.size() > k_max_domain || !all_parts(domain, is_label)) return false;
  const auto last_dot = domain.rfind('.');
  if (last_dot == std::string_view::npos) return false;
  // No top-level domain is a number; "user@10.0.0.1" is an address literal without its brackets.
  return !std::ranges::all_of(domain.substr(last_dot + 1), is_digit);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

bool MailAddressRule::accepts(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > k_max_address || at == std::string_view::npos || at > k_max_local) return false;
  const auto is_atom = [](std::string_view part) { return std::ranges::all_of(part, is_atext); };
  return all_parts(text.substr(0, at), is_atom) && is_domain(text.substr(at + 1));
}

std::string domain_of(const MailAddress& address) {
  const std::string& text = address.str();
  return lower(std::string_view(text).substr(text.find('@') + 1));
}

std::string mailbox_key(const MailAddress& address) { return lower(address.str()); }

std::string file_part(const MailAddress& address) {
  // File systems allow 255 bytes a name; the number, the ending and a temporary file's name need a few.
  constexpr std::size_t k_max = 200;
  std::string part = address.str().substr(0, k_max);
  const auto ordinary = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@.+-_").find(c) != std::string_view::npos;
  };
  std::ranges::replace_if(part, [&](char c) { return !ordinary(c); }, '_');
  return part;
}

}  // namespace keyward::notify
