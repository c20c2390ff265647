#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace keyward::fuzz {
namespace {

constexpr std::string_view k_separator = "\n---\n";

}  // namespace

std::vector<Registered>& targets() {
  static std::vector<Registered> all;
  return all;
}

bool add(std::string_view name, Target run) {
  targets().push_back({name, run});
  return true;
}

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

std::size_t Input::choice(std::size_t count) {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return static_cast<unsigned char>(byte - '0') % count;
}

std::string_view Input::line() {
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
  return line;
}

std::vector<std::string_view> Input::parts() const {
  std::vector<std::string_view> parts;
  std::string_view left = rest_;
  while (true) {
    const auto end = left.find(k_separator);
    parts.push_back(left.substr(0, end));
    if (end == std::string_view::npos) return parts;
    left.remove_prefix(end + k_separator.size());
  }
}

std::string_view secret_between(std::string_view input, std::string_view begin, std::string_view end) {
  const auto mark = input.find(k_secret_mark);
  if (mark == std::string_view::npos || mark != input.rfind(k_secret_mark)) return {};
  const auto start = input.rfind(begin, mark);
  if (start == std::string_view::npos) return {};
  const std::string_view before = input.substr(start + begin.size(), mark - start - begin.size());
  const bool inside = before.find(end) == std::string_view::npos && input.find(end, mark) != std::string_view::npos;
  return inside ? k_secret_mark : std::string_view();
}

void require_absent(std::string_view secret, std::string_view text) {
  require(secret.empty() || text.find(secret) == std::string_view::npos, "no secret stands in an error");
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace keyward::fuzz
