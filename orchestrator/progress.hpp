#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "accounts/account.hpp"
#include "orchestrator/live_block.hpp"

namespace keyward::orchestrator {

/// How far a run is.
struct Standing {
  using Clock = std::chrono::steady_clock;
  struct InWork {
    std::string name;
    Clock::time_point since;
  };

  int total = 0;
  bool listing = false;  ///< the organization is still being listed, so that the total grows
  int done = 0;
  int failed = 0;
  std::uint64_t throttled = 0;
  Clock::time_point started{};
  std::map<base::AccountId, InWork> in_work;
};

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// For a terminal: what is done, how fast, when it may end, what went wrong, and the accounts that take longest now. No
/// line is wider than the terminal, and where it has few rows there are fewer lines.
std::vector<std::string> progress_block(const Standing& standing, Standing::Clock::time_point now, TerminalSize size);

/// The same in one line for a log, as key=value.
std::string progress_line(const Standing& standing, Standing::Clock::time_point now);

/// Shows how far a run is, on standard error: a block redrawn in place on a terminal, elsewhere a line every 30 seconds
/// or 5 percent, so that the logs of a scheduler stay short.
class Progress {
 public:
  enum class Style { none, plain, bar };
  /// Where it is shown. The references outlive the progress.
  struct Place {
    LiveBlock& block;
    Style style = Style::none;
    std::function<TerminalSize()> size;
  };

  /// `throttled` is read when something is shown.
  Progress(const boost::asio::any_io_executor& executor, Place place, const std::uint64_t& throttled);
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin();
  /// One more account takes part.
  void account_listed();
  /// No further account will be listed.
  void all_listed();
  void account_begun(const accounts::Account& account);
  void account_done(const accounts::Account& account, bool failed);
  /// Takes the block away, so that what follows stands alone.
  void end();

 private:
  using Clock = Standing::Clock;
  void update();
  /// Also while no account ends: ages grow, and somebody waits for a sign of life.
  void tick();

  Place place_;
  const std::uint64_t& throttled_;
  Standing standing_;
  Clock::time_point last_{};
  int last_percent_ = 0;
  bool running_ = false;
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> alive_;  ///< a timer's handler may be on its way when this is gone
};

}  // namespace keyward::orchestrator
