#include "base/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

#include "base/time.hpp"
#include "base/utf8.hpp"

namespace keyward::base {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// syslog(3) priorities.
char priority(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace:
    case LogLevel::debug: return '7';
    case LogLevel::info: return '6';
    case LogLevel::warn: return '4';
    case LogLevel::error: return '3';
  }
  return '3';
}

std::string timestamp() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  std::string text = format_iso8601(second);
  text.pop_back();
  return text + fmt::format(".{:03}Z", (now - second).count());
}

enum class Escapes { text, json };

/// As JSON wants it: above U+FFFF as two surrogates (RFC 8259, section 7).
std::string escaped(char32_t character) {
  const auto code = static_cast<std::uint32_t>(character);
  if (code < 0x10000) return fmt::format("\\u{:04x}", code);
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF));
}

void append_escaped(std::string& line, std::string_view value, Escapes escapes) {
  while (!value.empty()) {
    const Utf8Character next = first_character(value);
    const std::string_view sequence = value.substr(0, next.size);
    value.remove_prefix(next.size);
    if (!next.valid) {
      line += escapes == Escapes::json ? std::string("\\ufffd")
                                       : fmt::format("\\x{:02x}", static_cast<unsigned char>(sequence.front()));
    } else if (sequence == "\n") {
      line += "\\n";
    } else if (sequence == "\r") {
      line += "\\r";
    } else if (sequence == "\t") {
      line += "\\t";
    } else if (sequence == "\"" || sequence == "\\") {
      line += '\\';
      line += sequence;
    } else if (is_unprintable(next.character)) {
      line += escaped(next.character);
    } else {
      line += sequence;
    }
  }
}

void append_quoted(std::string& line, std::string_view value, Escapes escapes) {
  line += '"';
  append_escaped(line, value, escapes);
  line += '"';
}

bool is_plain(std::string_view value) noexcept {
  if (value.empty()) return false;
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= '\x7f') return false;
  }
  return true;
}

void append_text(std::string& line, std::string_view value) {
  if (is_plain(value)) {
    line += value;
  } else {
    append_quoted(line, value, Escapes::text);
  }
}

void append_value(std::string& line, const LogField::Value& value, LogFormat format) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    line += std::to_string(*number);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    line += *truth ? "true" : "false";
  } else if (format == LogFormat::json) {
    append_quoted(line, std::get<std::string_view>(value), Escapes::json);
  } else {
    append_text(line, std::get<std::string_view>(value));
  }
}

std::string render_json(LogLevel level, std::string_view event, Log::Fields fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":)", timestamp(), to_string(level));
  append_quoted(line, event, Escapes::json);
  for (const LogField& field : fields) {
    line += ',';
    append_quoted(line, field.key, Escapes::json);
    line += ':';
    append_value(line, field.value, LogFormat::json);
  }
  line += '}';
  return line;
}

std::string render_text(LogLevel level, LogFormat format, std::string_view event, Log::Fields fields) {
  std::string line;
  if (format == LogFormat::journal) {
    line = {'<', priority(level), '>'};
  } else {
    line = fmt::format("{} {:<5} ", timestamp(), to_string(level));
  }
  append_text(line, event);
  for (const LogField& field : fields) {
    line += ' ';
    append_text(line, field.key);
    line += '=';
    append_value(line, field.value, format);
  }
  return line;
}

std::unique_ptr<spdlog::logger> make_logger(LogLevel lowest, spdlog::sink_ptr sink) {
  auto logger = std::make_unique<spdlog::logger>("keyward", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog_level(lowest));
  return logger;
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "error";
}

std::optional<LogLevel> parse_log_level(std::string_view name) noexcept {
  for (const LogLevel level : {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

Log::Log(LogLevel lowest, LogFormat format)
    : lowest_(lowest),
      format_(format),
      logger_(make_logger(lowest, std::make_shared<spdlog::sinks::stderr_sink_st>())) {}

Log::Log(LogLevel lowest, LogFormat format, std::ostream& out)
    : lowest_(lowest),
      format_(format),
      logger_(make_logger(lowest, std::make_shared<spdlog::sinks::ostream_sink_st>(out, true))) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  const std::string line =
      format_ == LogFormat::json ? render_json(level, event, fields) : render_text(level, format_, event, fields);
  logger_->log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace keyward::base
