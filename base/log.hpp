#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace spdlog {
class logger;
}

namespace keyward::base {

template <class Rule>
class Id;
struct AccessKeyIdRule;

enum class LogLevel { trace, debug, info, warn, error };
enum class LogFormat {
  text,     ///< for people: time, level, event, key=value ...
  json,     ///< one JSON object a line
  journal,  ///< for systemd: text without the time, with the priority as "<N>" in front (sd-daemon(3))
};

std::string_view to_string(LogLevel level) noexcept;
/// The level of that name, as in --log-level.
std::optional<LogLevel> parse_log_level(std::string_view name) noexcept;

/// One key of an event. Values are text, numbers, truth values, or an id with str(). There is no way from a Secret or a
/// Body to a field.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, bool truth) : key(name), value(truth) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  LogField(std::string_view name, Number number) : key(name), value(static_cast<std::int64_t>(number)) {}
  template <class Id>
    requires requires(const Id& id) {
      { id.str() } -> std::same_as<const std::string&>;
    }
  LogField(std::string_view name, const Id& id) : key(name), value(std::string_view(id.str())) {}

  /// Key ids are logged by their last four characters: pass last_four(id).
  LogField(std::string_view name, const Id<AccessKeyIdRule>& id) = delete;

  std::string_view key;
  Value value;
};

/// Structured events, one a line, on standard error. Handed to whoever logs; there is no global one.
///
///     log.warn("account_failed", {{"account", id}, {"error", describe(error)}});
///
/// Every value is escaped: no text from outside can start a line of its own, forge a key or drive a terminal. Fields
/// must not be named time, level or event. Times are the host's, UTC with milliseconds.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  Log(LogLevel lowest, LogFormat format);
  /// Writes to `out`, which outlives the log.
  Log(LogLevel lowest, LogFormat format, std::ostream& out);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const noexcept { return level >= lowest_; }
  void write(LogLevel level, std::string_view event, Fields fields);

  void trace(std::string_view event, Fields fields = {}) { write(LogLevel::trace, event, fields); }
  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }

 private:
  LogLevel lowest_;
  LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace keyward::base
