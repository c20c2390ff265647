#include "orchestrator/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/text.hpp"

namespace keyward::orchestrator {
namespace {

using Clock = Standing::Clock;

constexpr auto k_redraw = std::chrono::milliseconds(100);
constexpr auto k_tick = std::chrono::seconds(1);
constexpr auto k_line_every = std::chrono::seconds(30);
constexpr int k_line_percent = 5;
constexpr std::size_t k_widest_bar = 24;
constexpr std::size_t k_narrowest_bar = 8;
constexpr std::size_t k_slowest_shown = 3;

int percent(const Standing& standing) {
  if (standing.listing) return 0;
  return standing.total == 0 ? 100 : static_cast<int>(std::int64_t{standing.done} * 100 / standing.total);
}

std::string duration(Clock::duration time) {
  const auto count = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(time).count());
  if (count >= 3600) return fmt::format("{}h{:02}m", count / 3600, count % 3600 / 60);
  if (count >= 60) return fmt::format("{}m{:02}s", count / 60, count % 60);
  return fmt::format("{}s", count);
}

/// Accounts in a second or a minute; empty before the first.
std::string rate(const Standing& standing, Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - standing.started).count();
  if (standing.done == 0 || seconds < 1) return {};
  const double per_second = standing.done / seconds;
  return per_second >= 10 ? fmt::format("{:.0f}/s", per_second) : fmt::format("{:.0f}/min", per_second * 60);
}

/// By the mean so far; empty before the first account, after the last, and while nobody knows how many there are.
std::string left(const Standing& standing, Clock::time_point now) {
  if (standing.listing || standing.done == 0 || standing.done >= standing.total) return {};
  const std::chrono::duration<double> elapsed = now - standing.started;
  return duration(std::chrono::ceil<std::chrono::seconds>(elapsed * (standing.total - standing.done) / standing.done));
}

using Slow = std::pair<base::AccountId, Standing::InWork>;

/// Those that have been in work longest, the oldest first.
std::vector<Slow> slowest(const Standing& standing, std::size_t most) {
  std::vector<Slow> oldest(std::min(most, standing.in_work.size()), Slow(base::AccountId::parse("000000000000").value(), {}));
  std::ranges::partial_sort_copy(standing.in_work, oldest, [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
  return oldest;
}

std::string bar(const Standing& standing, std::size_t width) {
  const std::size_t inner = width - 2;
  const std::size_t filled = inner * static_cast<std::size_t>(percent(standing)) / 100;
  return '[' + std::string(filled, '#') + std::string(inner - filled, '.') + ']';
}

}  // namespace

std::vector<std::string> progress_block(const Standing& standing, Clock::time_point now, TerminalSize size) {
  // The last column stays free: a terminal that writes there may go to the next line.
  const std::size_t width = size.columns > 1 ? size.columns - 1 : 1;
  std::string first = standing.listing ? fmt::format("{} of at least {} accounts", standing.done, standing.total)
                                       : fmt::format("{}%  {} of {} accounts", percent(standing), standing.done, standing.total);
  first += "  " + duration(now - standing.started);
  if (const std::string text = rate(standing, now); !text.empty()) first += "  " + text;
  if (const std::string text = left(standing, now); !text.empty()) first += "  about " + text + " left";
  if (const std::size_t room = standing.listing ? 0 : width - std::min(width, report::display_width(first) + 1); room >= k_narrowest_bar) {
    first.insert(0, bar(standing, std::min(room, k_widest_bar)) + ' ');
  }
  std::vector<std::string> lines{std::move(first)};
  lines.push_back(fmt::format("failed {}  throttled {}  in work {}", standing.failed, standing.throttled, standing.in_work.size()));
  std::string heading = ", the longest:";
  for (const auto& [account, work] : slowest(standing, k_slowest_shown)) {
    lines.back() += std::exchange(heading, {});
    lines.push_back(fmt::format("  {}  {:>6}  {}", account.str(), duration(now - work.since), report::printable(work.name)));
  }
  // With the line above, so that what scrolls past can be seen.
  const std::size_t most = std::max<std::size_t>(1, size.rows / 2);
  if (lines.size() > most) lines.resize(most);
  for (std::string& line : lines) line = report::shorten(line, width);
  return lines;
}

std::string progress_line(const Standing& standing, Clock::time_point now) {
  std::string text = standing.listing ? fmt::format("accounts {}/{}+", standing.done, standing.total)
                                      : fmt::format("accounts {}/{} {}%", standing.done, standing.total, percent(standing));
  text += fmt::format(" failed={} throttled={} in_work={}", standing.failed, standing.throttled, standing.in_work.size());
  if (const std::string value = rate(standing, now); !value.empty()) text += " rate=" + value;
  if (const std::string value = left(standing, now); !value.empty()) text += " eta=" + value;
  for (const auto& [account, work] : slowest(standing, 1)) text += fmt::format(" slowest={}:{}", account.str(), duration(now - work.since));
  return text;
}

Progress::Progress(const boost::asio::any_io_executor& executor, Place place, const std::uint64_t& throttled)
    : place_(std::move(place)), throttled_(throttled), timer_(executor), alive_(std::make_shared<bool>(true)) {}

void Progress::begin() {
  standing_.listing = true;
  standing_.started = last_ = Clock::now();
  running_ = true;
  if (place_.style == Style::none) return;
  update();
  tick();
}

void Progress::account_listed() { ++standing_.total; }

void Progress::all_listed() {
  standing_.listing = false;
  if (place_.style != Style::none) update();
}

void Progress::end() {
  running_ = false;
  timer_.cancel();
  if (place_.style == Style::bar) place_.block.hide();
}

void Progress::tick() {
  timer_.expires_after(k_tick);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code failed) {
    if (failed || alive.expired() || !running_) return;
    update();
    tick();
  });
}

void Progress::update() {
  if (standing_.listing && standing_.total == 0) return;
  const auto now = Clock::now();
  standing_.throttled = throttled_;
  const bool last_account = !standing_.listing && standing_.done == standing_.total;
  if (place_.style == Style::bar && (now - last_ >= k_redraw || last_account || standing_.done + standing_.failed == 0)) {
    place_.block.show(progress_block(standing_, now, place_.size()));
    last_ = now;
  }
  const bool line_due =
      now - last_ >= k_line_every || percent(standing_) >= last_percent_ + k_line_percent || (last_account && last_percent_ < 100);
  if (place_.style == Style::plain && line_due) {
    place_.block.above() << progress_line(standing_, now) + '\n';
    last_ = now;
    last_percent_ = percent(standing_);
  }
}

void Progress::account_begun(const accounts::Account& account) {
  standing_.in_work.insert_or_assign(account.id, Standing::InWork{account.name, Clock::now()});
}

void Progress::account_done(const accounts::Account& account, bool failed) {
  standing_.in_work.erase(account.id);
  ++standing_.done;
  if (failed) ++standing_.failed;
  if (place_.style != Style::none) update();
}

}  // namespace keyward::orchestrator
