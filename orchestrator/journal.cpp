#include "orchestrator/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using notify::OwnerNotice;
using rotation::Action;
using rotation::Decision;
using rotation::LedgerNote;

constexpr const char* k_file = "journal.jsonl";

bool is_overdue(const OwnerNotice& notice, base::Instant now) {
  return now + rotation::k_daily_slack - notice.owed_since >= k_overdue;
}

bool is_past(const ReceivedWarning& warning, base::Instant now) {
  return now - std::max(warning.action.due, warning.at) > k_worth_telling;
}

}  // namespace

bool Journal::concerns(const Decision& decision) {
  return decision.key && (decision.is_change() || decision.note == LedgerNote::announced);
}

std::map<Journal::Name, JournalLine> Journal::read(std::string_view text, bool& damaged) {
  std::map<Name, JournalLine> lines;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.empty()) continue;
    std::optional<ReadLine> read = read_line(one);
    if (!read) {
      damaged = true;
      continue;
    }
    const Name name = name_of(read->line);
    lines.erase(name);
    if (read->state == LineState::open) lines.emplace(name, std::move(read->line));
  }
  return lines;
}

Result<Journal> Journal::open(const StateFolders& folders) {
  const std::filesystem::path file = folders.own / k_file;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return base::file_error("open journal", file, errno);
  Journal journal(descriptor, file);
  const Result<std::string> text = base::read_whole(file);
  if (!text) return text.error();
  // A killed run may leave a cut line, which is no damage and must not swallow the next one.
  const std::size_t whole = text->rfind('\n') + 1;
  for (auto& [name, line] : read(text->substr(0, whole), journal.damaged_)) {
    journal.lines_.emplace(name, Tracked{std::move(line), true, false});
  }
  if (whole < text->size() && ::ftruncate(descriptor, static_cast<off_t>(whole)) != 0) return base::file_error("mend journal", file, errno);
  for (const std::filesystem::path& other : folders.others) {
    const Result<void> moved = journal.move_from(other, folders);
    if (!moved) return moved.error();
  }
  return journal;
}

/// A line is open here before it is closed there, so a kill in between loses none: it is found in both, and closed
/// there by the next run. Lines are only added there, because another shard may do the same at this moment.
Result<void> Journal::move_from(const std::filesystem::path& folder, const StateFolders& folders) {
  const std::filesystem::path file = folder / k_file;
  const Result<std::string> text = base::read_whole(file);
  if (!text) return text.error().kind == base::ErrorKind::not_found ? Result<void>() : text.error();
  bool damaged_there = false;  // said by whoever works in that folder
  std::map<Name, JournalLine> lines = read(*text, damaged_there);
  std::erase_if(lines, [&folders](const auto& one) { return !folders.is_mine(account_of(one.second)); });
  if (lines.empty()) return {};
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return base::file_error("open journal", file, errno);
  Journal there(descriptor, file);
  for (auto& [name, line] : lines) {
    const std::string closed = text_of(line, LineState::closed);
    if (!lines_.contains(name)) {
      const Result<void> here = append(text_of(line, LineState::open));
      if (!here) return here.error();
      lines_.emplace(name, Tracked{std::move(line), true, false});
    }
    const Result<void> gone = there.append(closed);
    if (!gone) return gone.error();
  }
  return {};
}

Journal::Journal(Journal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      file_(std::move(other.file_)),
      lines_(std::move(other.lines_)),
      damaged_(other.damaged_) {}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> Journal::append(std::string text) {
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      base::Error failure = base::file_error("write journal", file_, errno);
      // The part of a line that a full disk took would swallow the next one.
      if (end >= 0 && ::ftruncate(descriptor_, end) != 0) failure.message += "; the line begun could not be taken back";
      return failure;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(descriptor_) != 0) return base::file_error("write journal", file_, errno);
  return {};
}

/// The file is another one afterwards, so later lines go there.
Result<void> Journal::tidy() {
  std::string text;
  for (const auto& [name, tracked] : lines_) text += text_of(tracked.line, LineState::open);
  const Result<void> written = base::write_atomically(file_, text);
  if (!written) return written.error();
  const int descriptor = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return base::file_error("open journal", file_, errno);
  ::close(std::exchange(descriptor_, descriptor));
  return {};
}

JournalEntry* Journal::find(const JournalEntry& entry) {
  const auto found = lines_.find(name_of(entry));
  return found == lines_.end() ? nullptr : std::get_if<JournalEntry>(&found->second.line);
}

Result<void> Journal::begin(JournalEntry entry) {
  Result<void> written = append(text_of(entry, LineState::open));
  if (!written) return written.error();
  const Name name = name_of(entry);
  lines_.insert_or_assign(name, Tracked{std::move(entry), false, false});
  return {};
}

void Journal::end(const JournalEntry& entry, const rotation::Outcome& outcome) {
  JournalEntry* const open = find(entry);
  // The next run looks at this user again, however young the keys are.
  if (outcome.in_doubt || outcome.status == rotation::OutcomeStatus::recovery_needed) {
    if (open == nullptr || entry.decision.action != Action::rotate) return;
    open->only_look = true;
    static_cast<void>(append(text_of(*open, LineState::open)));
    return;
  }
  if (outcome.status != rotation::OutcomeStatus::done || outcome.decision.action != entry.decision.action) {
    drop(entry);
    return;
  }
  if (open == nullptr) return;
  open->done = outcome.at;
  open->new_key = outcome.new_key;
  lines_.at(name_of(entry)).ended_now = true;
  // An error here costs nothing: the next run finds out by itself what became of it.
  static_cast<void>(append(text_of(*open, LineState::open)));
}

void Journal::drop(const JournalEntry& entry) {
  static_cast<void>(append(text_of(entry, LineState::closed)));
  lines_.erase(name_of(entry));
}

std::vector<JournalEntry> Journal::left_by_earlier_runs(const base::AccountId& account, const base::UserName& user) const {
  std::vector<JournalEntry> left;
  const std::string prefix = entries_prefix(account, user);
  for (auto at = lines_.lower_bound(prefix); at != lines_.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.from_earlier) left.push_back(std::get<JournalEntry>(at->second.line));
  }
  return left;
}

Result<std::vector<JournalEntry>> Journal::owe(std::vector<OwnerNotice> notices, base::Instant now) {
  std::vector<JournalEntry> given_up;
  std::erase_if(lines_, [&given_up, now](const auto& one) {
    const JournalEntry* const entry = one.second.entry();
    if (entry == nullptr) return false;
    if (one.second.ended_now) return true;
    const bool too_old = now - entry->done.value_or(entry->begun) > k_worth_telling;
    if (too_old) given_up.push_back(*entry);
    return too_old;
  });
  for (OwnerNotice& notice : notices) {
    const Name name = name_of(notice);
    const auto before = lines_.find(name);
    if (before != lines_.end()) notice.owed_since = before->second.notice()->owed_since;
    lines_.insert_or_assign(name, Tracked{std::move(notice), false, false});
  }
  const Result<void> written = tidy();
  if (!written) return written.error();
  return given_up;
}

std::vector<Journal::Creditor> Journal::creditors() const {
  std::vector<Creditor> creditors;
  std::string prefix;  // of the last one's notices, which are neighbours
  for (const auto& [name, tracked] : lines_) {
    const OwnerNotice* const notice = tracked.notice();
    if (notice == nullptr || (!prefix.empty() && name.starts_with(prefix))) continue;
    prefix = notices_prefix(notice->recipient, notice->mode);
    creditors.push_back({notice->recipient, notice->mode});
  }
  return creditors;
}

std::vector<OwnerNotice> Journal::owed(const Creditor& to) const {
  std::vector<OwnerNotice> owed;
  const std::string prefix = notices_prefix(to.recipient, to.mode);
  for (auto at = lines_.lower_bound(prefix); at != lines_.end() && at->first.starts_with(prefix); ++at) {
    owed.push_back(*at->second.notice());
  }
  return owed;
}

Result<void> Journal::received(const Creditor& by, const std::set<std::string>& in_words, base::Instant now) {
  const std::string prefix = notices_prefix(by.recipient, by.mode);
  std::string text;
  std::vector<JournalLine> warnings;
  for (auto at = lines_.lower_bound(prefix); at != lines_.end() && at->first.starts_with(prefix);) {
    const OwnerNotice& notice = *at->second.notice();
    if (!in_words.contains(notice.matter)) {
      ++at;
      continue;
    }
    text += text_of(at->second.line, LineState::closed);
    if (notice.warns_of && by.mode == notify::Mode::enforce) {
      warnings.emplace_back(ReceivedWarning{account_of(at->second.line), notice.user, *notice.warns_of, now});
      text += text_of(warnings.back(), LineState::open);
    }
    at = lines_.erase(at);
  }
  for (JournalLine& warning : warnings) lines_.insert_or_assign(name_of(warning), Tracked{warning, false, false});
  return append(std::move(text));
}

Journal::Undelivered Journal::give_up(base::Instant now) {
  Undelivered undelivered;
  std::erase_if(lines_, [&undelivered, now](const auto& one) {
    const OwnerNotice* const notice = one.second.notice();
    if (notice == nullptr || !is_overdue(*notice, now)) return false;
    const bool too_old = now - notice->owed_since > k_worth_telling;
    (too_old ? undelivered.given_up : undelivered.overdue).push_back(*notice);
    return too_old;
  });
  std::erase_if(lines_, [now](const auto& one) {
    const auto* warning = std::get_if<ReceivedWarning>(&one.second.line);
    return warning != nullptr && is_past(*warning, now);
  });
  return undelivered;
}

bool Journal::was_warned(const base::AccountId& account, const base::UserName& user, const base::AccessKeyId& key, Action action,
                         base::Instant now) const {
  const auto found = lines_.find(warning_name(account, user, key, action));
  return found != lines_.end() && !is_past(std::get<ReceivedWarning>(found->second.line), now);
}

}  // namespace keyward::orchestrator
