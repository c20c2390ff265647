#include "report/event_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <fstream>
#include <utility>

#include "base/files.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

using base::Result;

/// The text members in the order in which they are written, in two groups around the age.
struct TextMember {
  std::string_view name;
  std::string Event::* member;
};
constexpr std::array<TextMember, 8> k_subject{{{"event", &Event::event},
                                               {"account", &Event::account},
                                               {"account_name", &Event::account_name},
                                               {"organizational_unit", &Event::organizational_unit},
                                               {"user", &Event::user},
                                               {"access_key_id", &Event::access_key_id},
                                               {"key_status", &Event::key_status},
                                               {"verdict", &Event::verdict}}};
constexpr std::array<TextMember, 6> k_matter{{{"last_used", &Event::last_used},
                                              {"last_used_service", &Event::last_used_service},
                                              {"last_used_region", &Event::last_used_region},
                                              {"action", &Event::action},
                                              {"reason", &Event::reason},
                                              {"outcome", &Event::outcome}}};
constexpr std::array<TextMember, 8> k_effect{{{"new_access_key_id", &Event::new_access_key_id},
                                              {"secret", &Event::secret},
                                              {"recipient", &Event::recipient},
                                              {"subject", &Event::subject},
                                              {"request_id", &Event::request_id},
                                              {"error", &Event::error},
                                              {"detail", &Event::detail},
                                              {"todo", &Event::todo}}};

template <std::size_t N>
void put(boost::json::object& line, const Event& event, const std::array<TextMember, N>& members) {
  for (const TextMember& text : members) {
    const std::string& value = event.*text.member;
    if (!value.empty()) line[text.name] = valid_utf8(value);
  }
}

void put(boost::json::object& line, std::string_view name, const std::optional<base::Instant>& instant) {
  if (instant) line[name] = base::format_iso8601(*instant);
}

template <std::size_t N>
bool take(Event& event, std::string_view name, std::string_view text, const std::array<TextMember, N>& members) {
  const auto found = std::ranges::find(members, name, &TextMember::name);
  if (found == members.end()) return false;
  event.*found->member = text;
  return true;
}

/// Takes a member that is a text over. A large run has hundreds of thousands of lines: each is gone through once.
void take(Event& event, std::string_view name, std::string_view text) {
  if (take(event, name, text, k_subject) || take(event, name, text, k_matter) || take(event, name, text, k_effect)) return;
  if (name == "due") event.due = base::parse_iso8601(text);
  if (name == "next") event.next = text;
  if (name == "next_at") event.next_at = base::parse_iso8601(text);
}

}  // namespace

std::string format_event(const Event& event, std::string_view run) {
  boost::json::object line;
  line["time"] = base::format_iso8601(event.time);
  if (!run.empty()) line["run"] = valid_utf8(run);
  put(line, event, k_subject);
  if (event.dry_run) line["dry_run"] = true;
  if (event.age_days) line["age_days"] = *event.age_days;
  put(line, event, k_matter);
  put(line, "due", event.due);
  if (!event.next.empty()) line["next"] = valid_utf8(event.next);
  put(line, "next_at", event.next_at);
  put(line, event, k_effect);
  return boost::json::serialize(line);
}

std::optional<Event> parse_event(std::string_view line) {
  boost::system::error_code failed;
  std::array<unsigned char, 4096> room;  // of most lines
  boost::json::monotonic_resource memory(room.data(), room.size());
  const boost::json::value value = boost::json::parse(boost::json::string_view(line.data(), line.size()), failed, &memory);
  if (failed || !value.is_object()) return std::nullopt;
  const boost::json::object& object = value.get_object();
  Event event;
  std::optional<base::Instant> time;
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    const boost::json::value& content = member.value();
    if (const auto* text = content.if_string()) {
      const std::string_view words(text->data(), text->size());
      if (name == "time") {
        time = base::parse_iso8601(words);
      } else {
        take(event, name, words);
      }
    } else if (name == "age_days" && content.is_int64()) {
      event.age_days = static_cast<int>(content.get_int64());
    } else if (name == "dry_run" && content.is_bool()) {
      event.dry_run = content.get_bool();
    }
  }
  if (!time || event.event.empty()) return std::nullopt;
  event.time = *time;
  return event;
}

EventLog::EventLog(int descriptor, std::filesystem::path file, std::string run)
    : descriptor_(descriptor), file_(std::move(file)), run_(std::move(run)) {}

EventLog::EventLog(EventLog&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)), run_(std::move(other.run_)) {}

EventLog& EventLog::operator=(EventLog&& other) noexcept {
  if (this != &other) {
    static_cast<void>(close());
    descriptor_ = std::exchange(other.descriptor_, -1);
    file_ = std::move(other.file_);
    run_ = std::move(other.run_);
  }
  return *this;
}

EventLog::~EventLog() { static_cast<void>(close()); }

Result<EventLog> EventLog::open(const std::filesystem::path& file, std::string run) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return base::file_error("open events", file, errno);
  EventLog log(descriptor, file, std::move(run));
  // The mode given to open() counts for new files only.
  if (::fchmod(descriptor, 0600) != 0) return base::file_error("open events", file, errno);
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  char last = '\n';
  if (size > 0 && ::pread(descriptor, &last, 1, size - 1) != 1) return base::file_error("open events", file, errno);
  if (last != '\n' && ::write(descriptor, "\n", 1) != 1) return base::file_error("open events", file, errno);
  return log;
}

Result<void> EventLog::append(const Event& event) {
  if (descriptor_ < 0) return base::file_error("append event", file_, EBADF);
  const std::string line = format_event(event, run_) + '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::file_error("append event", file_, errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> EventLog::close() {
  if (descriptor_ < 0) return {};
  const int descriptor = std::exchange(descriptor_, -1);
  const bool synced = ::fsync(descriptor) == 0;
  const int cause = errno;
  ::close(descriptor);
  if (!synced) return base::file_error("sync events", file_, cause);
  return {};
}

Result<EventsRead> read_events(const std::filesystem::path& file, const std::function<void(const Event&)>& sink) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return base::file_error("read events", file, errno == 0 ? EIO : errno);
  EventsRead read;
  std::string line;
  while (std::getline(in, line)) {
    // getline() meets the end of the file only in a line that has no line end.
    const bool ended = !in.eof();
    const std::optional<Event> event = line.empty() ? std::nullopt : parse_event(line);
    if (event) {
      ++read.events;
      sink(*event);
    } else if (ended && !line.empty()) {
      ++read.unreadable;
    }
    read.cut = !ended;
  }
  if (in.bad()) return base::file_error("read events", file, EIO);
  return read;
}

}  // namespace keyward::report
