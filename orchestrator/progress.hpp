#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace keyward::orchestrator {

/// How far a run is, on standard error: one line redrawn in place on a terminal, elsewhere a line every 30 seconds or
/// 5 percent, so that the logs of a scheduler stay short.
class Progress {
 public:
  enum class Style { none, plain, bar };

  Progress(std::ostream& out, Style style) : out_(out), style_(style) {}
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(int accounts);
  void account_done(bool failed, std::uint64_t throttled);
  /// Clears the line, so that what follows stands alone.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  void print_line(Clock::time_point now);
  std::string numbers(Clock::time_point now) const;

  std::ostream& out_;
  Style style_;
  int total_ = 0;
  int done_ = 0;
  int failed_ = 0;
  std::uint64_t throttled_ = 0;
  bool drawn_ = false;
  Clock::time_point started_{};
  Clock::time_point last_{};
  int last_percent_ = 0;
};

}  // namespace keyward::orchestrator
