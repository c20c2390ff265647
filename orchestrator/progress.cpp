#include "orchestrator/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyward::orchestrator {
namespace {

constexpr auto k_redraw = std::chrono::milliseconds(100);
constexpr auto k_line_every = std::chrono::seconds(30);
constexpr int k_line_percent = 5;
constexpr int k_bar_width = 24;

int percent(int done, int total) { return total == 0 ? 100 : done * 100 / total; }

std::string duration(std::chrono::seconds seconds) {
  const auto count = seconds.count();
  if (count >= 3600) return fmt::format("{}h{:02}m", count / 3600, count % 3600 / 60);
  if (count >= 60) return fmt::format("{}m{:02}s", count / 60, count % 60);
  return fmt::format("{}s", count);
}

}  // namespace

void Progress::end() {
  if (drawn_) out_ << "\r\033[K" << std::flush;
  drawn_ = false;
}

void Progress::begin(int accounts) {
  total_ = accounts;
  started_ = last_ = Clock::now();
  if (style_ == Style::bar) draw(started_);
}

std::string Progress::numbers(Clock::time_point now) const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  std::string text = fmt::format("accounts {}/{} {}% failed={} throttled={}", done_, total_, percent(done_, total_), failed_, throttled_);
  if (done_ > 0 && done_ < total_) {
    const auto left = elapsed * (total_ - done_) / done_;
    text += " eta=" + duration(std::chrono::ceil<std::chrono::seconds>(left));
  }
  return text;
}

void Progress::draw(Clock::time_point now) {
  const int filled = total_ == 0 ? k_bar_width : k_bar_width * done_ / total_;
  out_ << "\r\033[K[" << std::string(static_cast<std::size_t>(filled), '#')
       << std::string(static_cast<std::size_t>(k_bar_width - filled), '.') << "] " << numbers(now) << std::flush;
  drawn_ = true;
  last_ = now;
}

void Progress::print_line(Clock::time_point now) {
  out_ << numbers(now) << '\n' << std::flush;
  last_ = now;
  last_percent_ = percent(done_, total_);
}

void Progress::account_done(bool failed, std::uint64_t throttled) {
  ++done_;
  if (failed) ++failed_;
  throttled_ = throttled;
  const auto now = Clock::now();
  if (style_ == Style::bar && (now - last_ >= k_redraw || done_ == total_)) draw(now);
  if (style_ == Style::plain &&
      (done_ == total_ || now - last_ >= k_line_every || percent(done_, total_) >= last_percent_ + k_line_percent)) {
    print_line(now);
  }
}

}  // namespace keyward::orchestrator
