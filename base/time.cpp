#include "base/time.hpp"

#include <fmt/compile.h>

#include <array>

namespace keyward::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<const char*, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> k_weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Parts {
  int year, hour, minute, second;
  unsigned month, day, weekday;
};

Parts split(Instant instant) {
  const auto midnight = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss time(instant - midnight);
  return {static_cast<int>(date.year()),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          std::chrono::weekday(midnight).c_encoding()};
}

/// With a format of FMT_COMPILE: a time is written for every call and every key.
template <class Format, class... Args>
std::string print(const Format& format, Args... args) {
  std::array<char, 64> buffer;
  char* const end = fmt::format_to(buffer.data(), format, args...);
  return {buffer.data(), end};
}

std::optional<Instant> compose(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // 60 is a leap second; it may come from a clock that shows them.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

/// Reads from the front of a text; every step fails for good once one has failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!ok_ || rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  void expect(char c) {
    if (!accept(c)) ok_ = false;
  }
  bool accept(char c) {
    if (!ok_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <std::size_t N>
  int one_of(const std::array<const char*, N>& words) {
    for (std::size_t i = 0; ok_ && i < N; ++i) {
      if (rest_.starts_with(words[i])) {
        rest_.remove_prefix(std::string_view(words[i]).size());
        return static_cast<int>(i);
      }
    }
    return fail();
  }
  void skip_digits() {
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
  }
  bool finished() const { return ok_ && rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string format_iso8601(Instant instant) {
  const Parts p = split(instant);
  return print(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z"), p.year, p.month, p.day, p.hour, p.minute, p.second);
}

std::string format_date(Instant instant) {
  const Parts p = split(instant);
  return print(FMT_COMPILE("{:04}-{:02}-{:02}"), p.year, p.month, p.day);
}

std::string format_basic(Instant instant) {
  const Parts p = split(instant);
  return print(FMT_COMPILE("{:04}{:02}{:02}T{:02}{:02}{:02}Z"), p.year, p.month, p.day, p.hour, p.minute, p.second);
}

std::string format_http_date(Instant instant) {
  const Parts p = split(instant);
  return print(FMT_COMPILE("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT"), k_weekdays[p.weekday], p.day, k_months[p.month - 1], p.year,
               p.hour, p.minute, p.second);
}

std::optional<Instant> parse_iso8601(std::string_view text) {
  Scanner scan(text);
  const int year = scan.digits(4);
  const bool extended = scan.accept('-');
  const int month = scan.digits(2);
  if (extended) scan.expect('-');
  const int day = scan.digits(2);
  scan.expect('T');
  const int hour = scan.digits(2);
  if (extended) scan.expect(':');
  const int minute = scan.digits(2);
  if (extended) scan.expect(':');
  const int second = scan.digits(2);
  if (scan.accept('.')) {
    scan.digits(1);
    scan.skip_digits();
  }
  std::chrono::seconds offset{0};
  if (!scan.accept('Z')) {
    const bool negative = scan.accept('-');
    if (!negative) scan.expect('+');
    const int offset_hours = scan.digits(2);
    scan.accept(':');
    const int offset_minutes = scan.digits(2);
    offset = hours(offset_hours) + minutes(offset_minutes);
    if (negative) offset = -offset;
  }
  if (!scan.finished()) return std::nullopt;
  const auto local = compose(year, month, day, hour, minute, second);
  if (!local) return std::nullopt;
  return *local - offset;
}

std::optional<Instant> parse_http_date(std::string_view text) {
  Scanner scan(text);
  scan.one_of(k_weekdays);
  scan.expect(',');
  scan.expect(' ');
  const int day = scan.digits(2);
  scan.expect(' ');
  const int month = scan.one_of(k_months) + 1;
  scan.expect(' ');
  const int year = scan.digits(4);
  scan.expect(' ');
  const int hour = scan.digits(2);
  scan.expect(':');
  const int minute = scan.digits(2);
  scan.expect(':');
  const int second = scan.digits(2);
  for (const char c : std::string_view(" GMT")) scan.expect(c);
  if (!scan.finished()) return std::nullopt;
  return compose(year, month, day, hour, minute, second);
}

std::optional<Instant> parse_date(std::string_view text) {
  Scanner scan(text);
  const int year = scan.digits(4);
  scan.expect('-');
  const int month = scan.digits(2);
  scan.expect('-');
  const int day = scan.digits(2);
  if (!scan.finished()) return std::nullopt;
  return compose(year, month, day, 0, 0, 0);
}

}  // namespace keyward::base
