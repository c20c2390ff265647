#include "orchestrator/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

using base::AccessKeyId;
using base::Result;
using rotation::Action;
using rotation::Decision;
using rotation::LedgerNote;
using rotation::Reason;

constexpr std::chrono::days k_worth_telling{14};

constexpr const char* k_file = "journal.jsonl";
constexpr std::string_view k_open = "open";
constexpr std::string_view k_closed = "closed";

/// The enumerator that to_string() calls `text`; `last` is the last one.
template <class Enum>
std::optional<Enum> named(std::string_view text, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::string line_of(const JournalEntry& entry, std::string_view state) {
  json::object line;
  line["state"] = state;
  line["account"] = entry.account.str();
  line["user"] = entry.user.str();
  line["action"] = to_string(entry.decision.action);
  line["reason"] = to_string(entry.decision.reason);
  if (entry.decision.key) line["access_key_id"] = entry.decision.key->str();
  if (entry.decision.due) line["due"] = base::format_iso8601(*entry.decision.due);
  if (!entry.decision.detail.empty()) line["detail"] = entry.decision.detail;
  line["run"] = entry.run;
  line["begun"] = base::format_iso8601(entry.begun);
  if (entry.done) line["done"] = base::format_iso8601(*entry.done);
  if (entry.only_look) line["only_look"] = true;
  if (entry.new_key) line["new_access_key_id"] = entry.new_key->str();
  return json::serialize(line) + '\n';
}

std::string text_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<JournalEntry> entry_of(const json::object& line) {
  const auto account = base::AccountId::parse(text_of(line, "account"));
  const auto user = base::UserName::parse(text_of(line, "user"));
  const auto action = named(text_of(line, "action"), Action::hold);
  const auto reason = named(text_of(line, "reason"), Reason::held_while_in_use);
  const auto begun = base::parse_iso8601(text_of(line, "begun"));
  if (!account || !user || !action || !reason || !begun) return std::nullopt;
  JournalEntry entry{*account, *user, {}, *begun, text_of(line, "run"), base::parse_iso8601(text_of(line, "done")), {}};
  entry.decision.action = *action;
  entry.decision.reason = *reason;
  if (*action == Action::warn) entry.decision.note = LedgerNote::announced;
  if (const auto key = AccessKeyId::parse(text_of(line, "access_key_id"))) entry.decision.key = *key;
  entry.decision.due = base::parse_iso8601(text_of(line, "due"));
  entry.decision.detail = text_of(line, "detail");
  const json::value* only_look = line.if_contains("only_look");
  entry.only_look = only_look != nullptr && *only_look == json::value(true);
  if (const auto key = AccessKeyId::parse(text_of(line, "new_access_key_id"))) entry.new_key = *key;
  return entry;
}

}  // namespace

Journal::Name Journal::name_of(const JournalEntry& entry) {
  const Decision& decision = entry.decision;
  return entry.account.str() + '/' + entry.user.str() + '/' + (decision.key ? decision.key->str() : "") + '/' +
         std::string(to_string(decision.action));
}

bool Journal::concerns(const Decision& decision) {
  return decision.key && (decision.is_change() || decision.note == LedgerNote::announced);
}

std::map<Journal::Name, JournalEntry> Journal::read(std::string_view text) {
  std::map<Name, JournalEntry> entries;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    boost::system::error_code failed;
    const json::value line = json::parse(json::string_view(one.data(), one.size()), failed);
    if (failed || !line.is_object()) continue;
    std::optional<JournalEntry> entry = entry_of(line.get_object());
    if (!entry) continue;
    const Name name = name_of(*entry);
    entries.erase(name);
    if (text_of(line.get_object(), "state") == k_open) entries.emplace(name, std::move(*entry));
  }
  return entries;
}

Result<Journal> Journal::open(const StateFolders& folders) {
  const std::filesystem::path file = folders.own / k_file;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return base::file_error("open journal", file, errno);
  Journal journal(descriptor, file);
  const Result<std::string> text = base::read_whole(file);
  if (!text) return text.error();
  for (auto& [name, entry] : read(*text)) journal.entries_.emplace(name, Tracked{std::move(entry), true, false});
  // The cut line of a killed run must not swallow the next one.
  if (!text->empty() && text->back() != '\n') {
    const Result<void> ended = journal.append("\n");
    if (!ended) return ended.error();
  }
  for (const std::filesystem::path& other : folders.others) {
    const Result<void> moved = journal.move_from(other, folders);
    if (!moved) return moved.error();
  }
  return journal;
}

/// An entry is open here before it is closed there, so a kill in between loses none: it is found in both, and closed
/// there by the next run. Lines are only added there, because another shard may do the same at this moment.
Result<void> Journal::move_from(const std::filesystem::path& folder, const StateFolders& folders) {
  const std::filesystem::path file = folder / k_file;
  const Result<std::string> text = base::read_whole(file);
  if (!text) return text.error().kind == base::ErrorKind::not_found ? Result<void>() : text.error();
  std::map<Name, JournalEntry> entries = read(*text);
  std::erase_if(entries, [&folders](const auto& one) { return !folders.is_mine(one.second.account); });
  if (entries.empty()) return {};
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return base::file_error("open journal", file, errno);
  Journal there(descriptor, file);
  for (auto& [name, entry] : entries) {
    const std::string closed = line_of(entry, k_closed);
    if (!entries_.contains(name)) {
      const Result<void> here = append(line_of(entry, k_open));
      if (!here) return here.error();
      entries_.emplace(name, Tracked{std::move(entry), true, false});
    }
    const Result<void> gone = there.append(closed);
    if (!gone) return gone.error();
  }
  return {};
}

Journal::Journal(Journal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)), entries_(std::move(other.entries_)) {}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> Journal::append(std::string line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::file_error("write journal", file_, errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(descriptor_) != 0) return base::file_error("write journal", file_, errno);
  return {};
}

Result<void> Journal::begin(JournalEntry entry) {
  Result<void> written = append(line_of(entry, k_open));
  if (!written) return written.error();
  const Name name = name_of(entry);
  entries_.insert_or_assign(name, Tracked{std::move(entry), false, false});
  return {};
}

void Journal::end(const JournalEntry& entry, const rotation::Outcome& outcome) {
  // The next run looks at this user again, however young the keys are.
  if (outcome.in_doubt || outcome.status == rotation::OutcomeStatus::recovery_needed) {
    const auto open = entries_.find(name_of(entry));
    if (open == entries_.end() || entry.decision.action != Action::rotate) return;
    open->second.entry.only_look = true;
    static_cast<void>(append(line_of(open->second.entry, k_open)));
    return;
  }
  if (outcome.status != rotation::OutcomeStatus::done || outcome.decision.action != entry.decision.action) {
    drop(entry);
    return;
  }
  const auto found = entries_.find(name_of(entry));
  if (found == entries_.end()) return;
  Tracked& tracked = found->second;
  tracked.entry.done = outcome.at;
  tracked.entry.new_key = outcome.new_key;
  tracked.ended_now = true;
  // An error here costs nothing: the next run finds out by itself what became of it.
  static_cast<void>(append(line_of(tracked.entry, k_open)));
}

void Journal::drop(const JournalEntry& entry) {
  static_cast<void>(append(line_of(entry, k_closed)));
  entries_.erase(name_of(entry));
}

std::vector<JournalEntry> Journal::left_by_earlier_runs(const base::AccountId& account, const base::UserName& user) const {
  std::vector<JournalEntry> left;
  const std::string prefix = account.str() + '/' + user.str() + '/';
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.from_earlier) left.push_back(at->second.entry);
  }
  return left;
}

Result<void> Journal::told(const std::set<base::AccountId>& untold, base::Instant now) {
  std::erase_if(entries_, [&untold, now](const auto& one) {
    const JournalEntry& entry = one.second.entry;
    const bool too_old = now - entry.done.value_or(entry.begun) > k_worth_telling;
    return too_old || (one.second.ended_now && !untold.contains(entry.account));
  });
  std::string text;
  for (const auto& [name, tracked] : entries_) text += line_of(tracked.entry, k_open);
  return base::write_atomically(file_, text);
}

}  // namespace keyward::orchestrator
