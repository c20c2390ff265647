#include "orchestrator/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace keyward::orchestrator {
namespace {

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

bool use_color(ColorChoice choice, const Environment& environment, bool terminal) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  if (!value_of(environment, "NO_COLOR").empty()) return false;
  const std::string force = value_of(environment, "CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return terminal && value_of(environment, "TERM") != "dumb";
}

std::optional<std::size_t> terminal_width(int descriptor, const Environment& environment) {
  if (::isatty(descriptor) == 0) return std::nullopt;
  const std::string columns = value_of(environment, "COLUMNS");
  std::size_t width = 0;
  std::from_chars(columns.data(), columns.data() + columns.size(), width);
  winsize size{};
  if (width == 0 && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) width = size.ws_col;
  return width == 0 ? std::nullopt : std::optional(width);
}

std::size_t help_width(int descriptor) {
  constexpr std::size_t k_widest = 100;
  const char* columns = std::getenv("COLUMNS");
  return std::min(k_widest, terminal_width(descriptor, {{"COLUMNS", columns == nullptr ? "" : columns}}).value_or(k_widest));
}

}  // namespace keyward::orchestrator
