#include "aws/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace keyward::aws {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

/// Dotted decimal of four bytes, nothing shorter: "127.1" means an address to some resolvers and a name to others.
bool is_ipv4(std::string_view host, std::array<unsigned, 4>& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), bytes[i]);
    if (error != std::errc() || end != part.data() + part.size() || part.size() > 3 || bytes[i] > 255) return false;
    if ((dot == std::string_view::npos) != (i + 1 == bytes.size())) return false;
    host.remove_prefix(dot == std::string_view::npos ? host.size() : dot + 1);
  }
  return true;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::string_view default_port = scheme == "https" ? "443" : "80";
  if (!port.empty() && port != default_port) text += ":" + port;
  return text;
}

std::optional<Url> parse_url(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; })) return std::nullopt;
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));

  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  text.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    url.host = lower(authority.substr(1, bracket - 1));
    if (url.host.find(':') == std::string::npos) return std::nullopt;
    authority.remove_prefix(bracket + 1);
    if (!authority.empty() && !authority.starts_with(':')) return std::nullopt;
  } else {
    const std::string_view host = authority.substr(0, authority.find(':'));
    url.host = lower(host);
    authority.remove_prefix(host.size());
  }
  if (url.host.empty()) return std::nullopt;
  if (!authority.empty()) {
    authority.remove_prefix(1);
    if (!is_port(authority)) return std::nullopt;
    url.port = authority;
  }

  const auto question = text.find('?');
  url.path = text.substr(0, question);
  if (question != std::string_view::npos) url.query = text.substr(question + 1);
  return url;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  std::array<unsigned, 4> bytes{};
  return is_ipv4(host, bytes) && bytes[0] == 127;
}

}  // namespace keyward::aws
