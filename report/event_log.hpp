#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "report/event.hpp"

namespace keyward::report {

/// One line of events.jsonl without its line end: `time`, `run` (left out when empty), then the members of Event in
/// their order. Bytes that are not UTF-8 become U+FFFD, so that every line can be read back.
std::string format_event(const Event& event, std::string_view run);
/// Nothing for a line that is not an event; unknown members are passed over.
std::optional<Event> parse_event(std::string_view line);

/// Appends to events.jsonl, one line a write: a killed process loses no line it has written, at most the last is cut.
class EventLog {
 public:
  /// Opens or creates the file (mode 0600). A cut last line of an earlier process is ended first.
  static base::Result<EventLog> open(const std::filesystem::path& file, std::string run);

  EventLog(EventLog&& other) noexcept;
  EventLog& operator=(EventLog&& other) noexcept;
  ~EventLog();  ///< close(), its error unheard

  base::Result<void> append(const Event& event);
  /// Writes to the medium (fsync) and closes; later calls do nothing.
  base::Result<void> close();

 private:
  EventLog(int descriptor, std::filesystem::path file, std::string run);

  int descriptor_;
  std::filesystem::path file_;
  std::string run_;
};

/// What reading an events file came to.
struct EventsRead {
  std::uint64_t events = 0;
  std::uint64_t unreadable = 0;  ///< lines in the middle that are no events
  bool cut = false;              ///< the last line has no end: the process was killed while writing
};

/// Hands every event over in the file's order, holding one line in memory at a time.
/// Errors: `not_found`, or `invalid` with the system's words.
base::Result<EventsRead> read_events(const std::filesystem::path& file, const std::function<void(const Event&)>& sink);

}  // namespace keyward::report
