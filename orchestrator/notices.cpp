#include "orchestrator/notices.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "notify/compose.hpp"
#include "notify/file_channel.hpp"
#include "notify/kept_letters.hpp"
#include "notify/sample.hpp"
#include "notify/wording.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using rotation::Outcome;
using rotation::OutcomeStatus;

/// Things that happened, and stages that were crossed, are told when they are. What merely stands as it stood yesterday
/// is not told again.
bool is_standing(const Outcome& outcome) {
  // It stands until its owner got the message.
  if (notify::warned_action(outcome)) return false;
  if (outcome.status != OutcomeStatus::done) return true;
  return outcome.decision.action == rotation::Action::hold || outcome.decision.action == rotation::Action::wait;
}

bool needs_account_tags(const AccountReport& report) {
  const auto& sources = report.settings.notify.owner;
  return !report.account.tags && !report.settings.notify.allowed_domains.empty() &&
         std::ranges::find(sources, notify::OwnerSource::account_tag) != sources.end();
}

/// What the message has room for.
std::set<std::string> in_words(const notify::RecipientDigest& digest, const notify::Message& message) {
  std::set<std::string> matters;
  for (std::size_t i = 0; i < message.shown; ++i) matters.insert(digest.rows[i].matter);
  return matters;
}

using Problems = std::vector<notify::RecipientProblem>;

/// One problem for each recipient, account and user, however many notices it is about.
void complain(Problems& problems, const std::vector<notify::OwnerNotice>& notices, const std::string& of_each) {
  std::map<std::tuple<std::string, base::UserName, std::string>, base::Instant> since;
  for (const notify::OwnerNotice& notice : notices) {
    const auto [entry, is_new] = since.try_emplace({notice.row.account_id, notice.user, notice.recipient.str()}, notice.owed_since);
    entry->second = std::min(entry->second, notice.owed_since);
  }
  for (const auto& [about, at] : since) {
    const auto& [account, user, recipient] = about;
    problems.push_back({base::AccountId::parse(account).value(), user,
                        recipient + " has not been told since " + base::format_date(at) + " about the keys of this user: " + of_each});
  }
}

}  // namespace

Result<Notices> Notices::prepare(const Configuration& configuration, notify::TemplateSet templates, notify::AddressBook book,
                                 const std::filesystem::path& run_dir, aws::Caller& hub, const Services& services) {
  const notify::NotifySettings& settings = configuration.defaults.notify;
  Result<Channels> channels = Channels::make(settings, run_dir, hub, services);
  if (!channels) return channels.error();
  Notices notices(std::move(templates), std::move(book), std::move(*channels));
  // The file channel needs no real sender.
  const std::string sender = settings.sender.empty() ? "keyward@localhost.localdomain" : settings.sender;
  notices.sender_ = notify::MailAddress::parse(sender);
  if (!notices.sender_) {
    return base::Error{base::ErrorKind::invalid, "config", "BadSender", "", "notify.sender is not an e-mail address: " + sender};
  }
  notices.kept_letters_ = run_dir / notify::k_kept_letters;
  return notices;
}

void Notices::collect(const AccountReport& report, RunMemory& memory) {
  AccountReport news{report.account, report.settings, report.mode, report.audited_at, report.earlier, {}, std::nullopt, false};
  for (const rotation::UserReport& user : report.users) {
    rotation::UserReport told{user.facts, {}};
    for (const Outcome& outcome : user.outcomes) {
      if (!notify::concerns_people(outcome)) continue;
      if (is_standing(outcome) && !memory.is_news(notify::matter_of(report.account, user, outcome), told_as(report.mode))) continue;
      told.outcomes.push_back(outcome);
    }
    if (!told.outcomes.empty()) news.users.push_back(std::move(told));
  }
  if (!news.users.empty()) news_.push_back(std::move(news));
}

/// Asked only where they decide. That tags cannot be read is said once: the reason is the same for every account. False: so
/// it is unknown whether they name an owner.
Task<bool> Notices::read_account_tags(Job& job, AccountReport& report, std::set<notify::RecipientProblem>& problems) {
  if (!needs_account_tags(report)) co_return true;
  Result<std::map<std::string, std::string>> tags = co_await job.account_tags(report.account.id);
  if (tags) {
    report.account.tags = std::move(*tags);
    co_return true;
  }
  if (!std::exchange(tags_unreadable_, true)) {
    problems.insert({report.account.id, std::nullopt,
                     "the tags of accounts could not be read, so the fallback hears: " + base::describe(tags.error()) +
                         "; allow organizations:ListTagsForResource in the management account, or leave account_tag out of notify.owner"});
  }
  co_return false;
}

/// Asked only where it decides. That contacts cannot be read is said once: the reason is the same for every account.
Task<notify::AlternateContact> Notices::alternate_contact(Job& job, const AccountReport& report,
                                                          std::set<notify::RecipientProblem>& problems) {
  const auto needs = [&report](const rotation::UserReport& user) {
    return notify::needs_alternate_contact(report.account, user.facts, report.settings.notify);
  };
  if (std::ranges::none_of(report.users, needs)) co_return notify::AlternateContact{};
  Result<std::optional<std::string>> contact = co_await job.alternate_contact(report.account.id);
  if (contact) co_return notify::AlternateContact{contact->value_or(""), false};
  if (!std::exchange(contacts_unreadable_, true)) {
    problems.insert({report.account.id, std::nullopt,
                     "alternate contacts could not be read, so the fallback hears: " + base::describe(contact.error()) +
                         "; allow account:GetAlternateContact in the management account, or leave alternate_contact out of notify.owner"});
  }
  co_return notify::AlternateContact{"", true};
}

Task<notify::OwnerNotices> Notices::address(Job& job, base::Instant now) {
  notify::OwnerNotices owed;
  for (AccountReport& report : news_) {
    const bool tags_known = co_await read_account_tags(job, report, owed.problems);
    notify::AlternateContact contact = co_await alternate_contact(job, report, owed.problems);
    contact.unreadable = contact.unreadable || !tags_known;
    const notify::AccountContext context{
        report.account, report.settings.policy, report.settings.notify, told_as(report.mode), now, contact};
    notify::OwnerNotices of_account = notify::notices_for(context, report.users, book_);
    std::ranges::move(of_account.notices, std::back_inserter(owed.notices));
    owed.problems.merge(of_account.problems);
  }
  news_.clear();
  // Nobody is owed what there is no way to tell; the configuration was warned of.
  if (channels_.mail().empty()) owed.notices.clear();
  co_return owed;
}

Task<Result<notify::AddressBook>> recipients(const notify::NotifySettings& settings, Job& job) {
  if (settings.recipients_file.empty()) co_return notify::AddressBook();
  std::optional<notify::RecipientsTable> table = notify::RecipientsTable::parse(settings.recipients_file);
  if (!table) co_return notify::AddressBook::read(settings.recipients_file);
  Result<notify::AddressBook> book = co_await job.recipients(std::move(*table));
  co_return book;
}

Task<Told> Notices::send(Journal& journal, std::string run, base::Instant at) {
  const notify::Letterhead letterhead{*sender_, std::move(run), at};
  const std::vector<notify::Channel*> channels = channels_.mail();
  // A file on the host of the job reaches an owner only where nothing else is asked to.
  const bool only_files = std::ranges::all_of(channels, [](const notify::Channel* channel) { return channel->name() == notify::k_file_channel; });
  Told told;
  // One by one: a mail has some ten thousand characters, and each account may have its own.
  for (const Journal::Creditor& creditor : journal.creditors()) {
    const notify::RecipientDigest digest = notify::digests_of(journal.owed(creditor), at).front();
    notify::Letter letter = notify::letter_of(digest, letterhead);
    const Result<void> kept = notify::keep_letter(kept_letters_, letter);
    if (!kept) told.not_kept = kept.error();
    const std::vector<notify::Message> message{notify::compose(std::move(letter), templates_)};
    std::vector<notify::Notice> notices = co_await notify::deliver_all(message, channels);
    const bool received = std::ranges::any_of(notices, [&](const notify::Notice& notice) {
      return notice.status == notify::NoticeStatus::sent && (only_files || notice.channel != notify::k_file_channel);
    });
    // An error here costs nothing: the journal is written anew at the end.
    if (received) static_cast<void>(journal.received(creditor, in_words(digest, message.front()), at));
    std::ranges::move(notices, std::back_inserter(told.notices));
  }
  const Journal::Undelivered undelivered = journal.give_up(at);
  complain(told.problems, undelivered.overdue, "no channel takes the mail, or every mail was full; it is tried again by every run for two weeks");
  complain(told.problems, undelivered.given_up, "no channel took the mail for two weeks, or every mail was full, and it is not tried any more");
  co_return told;
}

Task<std::vector<notify::Notice>> Notices::tell_operators(notify::RunDigest digest) {
  const std::vector<notify::OperatorChannel*> channels = channels_.operators();
  std::vector<notify::Notice> notices = co_await notify::tell_all(digest, channels);
  co_return notices;
}

Task<std::vector<notify::Notice>> Notices::send_sample(notify::MailAddress to, std::string run, base::Instant at) {
  const notify::Letterhead letterhead{*sender_, std::move(run), at};
  std::vector<notify::Message> message{notify::compose(notify::sample_digest(std::move(to), at), templates_, letterhead)};
  message.front().subject = "[TEST] " + message.front().subject;
  const std::vector<notify::Channel*> channels = channels_.mail();
  std::vector<notify::Notice> notices = co_await notify::deliver_all(message, channels);
  co_return notices;
}

}  // namespace keyward::orchestrator
