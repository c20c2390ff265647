#include "orchestrator/notices.hpp"

#include <algorithm>
#include <iterator>

#include "notify/compose.hpp"
#include "notify/digest.hpp"
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
  if (outcome.status != OutcomeStatus::done) return true;
  return outcome.decision.action == rotation::Action::hold || outcome.decision.action == rotation::Action::wait;
}

std::string matter_of(const accounts::Account& account, const rotation::UserReport& user, const Outcome& outcome) {
  const auto& decision = outcome.decision;
  std::string matter = account.id.str() + "/" + user.facts.name.str() + "/";
  if (decision.key) matter += decision.key->str();
  for (const std::string_view part : {to_string(decision.action), to_string(decision.reason), to_string(outcome.status)}) {
    matter += '/';
    matter += part;
  }
  return matter;
}

bool needs_account_tags(const AccountReport& report) {
  const auto& sources = report.settings.notify.owner;
  return !report.account.tags && !report.settings.notify.allowed_domains.empty() &&
         std::ranges::find(sources, notify::OwnerSource::account_tag) != sources.end();
}

/// The accounts of which a recipient was told by no channel for certain: twice is better than never, and what a channel
/// refuses today (a right, an identity) somebody may mend.
std::set<base::AccountId> not_reached(const std::vector<notify::RecipientDigest>& digests, const std::vector<notify::Notice>& notices) {
  std::set<base::AccountId> accounts;
  for (const notify::RecipientDigest& digest : digests) {
    const auto is_of = [&digest](const notify::Notice& notice) {
      return notice.recipient == digest.recipient.str() && notice.mode == digest.mode;
    };
    const auto is_sent = [&is_of](const notify::Notice& notice) {
      return is_of(notice) && notice.status == notify::NoticeStatus::sent;
    };
    if (std::ranges::none_of(notices, is_of) || std::ranges::any_of(notices, is_sent)) continue;
    for (const auto& [id, name] : digest.accounts) {
      if (const auto account = base::AccountId::parse(id)) accounts.insert(*account);
    }
  }
  return accounts;
}

}  // namespace

Result<Notices> Notices::prepare(const Configuration& configuration, const std::filesystem::path& run_dir, aws::Caller& hub,
                                 const Services& services) {
  const notify::NotifySettings& settings = configuration.defaults.notify;
  Result<notify::TemplateSet> templates = notify::load_templates(settings);
  if (!templates) return templates.error();
  notify::AddressBook book;
  if (!settings.recipients_file.empty()) {
    Result<notify::AddressBook> read = notify::AddressBook::read(settings.recipients_file);
    if (!read) return read.error();
    book = std::move(*read);
  }
  Result<Channels> channels = Channels::make(settings, run_dir, hub, services);
  if (!channels) return channels.error();
  Notices notices(std::move(*templates), std::move(book), std::move(*channels));
  // The file channel needs no real sender.
  const std::string sender = settings.sender.empty() ? "keyward@localhost.localdomain" : settings.sender;
  notices.sender_ = notify::MailAddress::parse(sender);
  if (!notices.sender_) {
    return base::Error{base::ErrorKind::invalid, "config", "BadSender", "", "notify.sender is not an e-mail address: " + sender};
  }
  return notices;
}

void Notices::collect(const AccountReport& report, RunMemory& memory) {
  AccountReport news{report.account, report.settings, report.mode, report.audited_at, report.earlier, {}, std::nullopt, false};
  for (const rotation::UserReport& user : report.users) {
    rotation::UserReport told{user.facts, {}};
    for (const Outcome& outcome : user.outcomes) {
      if (!notify::concerns_people(outcome)) continue;
      if (is_standing(outcome) && !memory.is_news(matter_of(report.account, user, outcome), told_as(report.mode))) continue;
      told.outcomes.push_back(outcome);
    }
    if (!told.outcomes.empty()) news.users.push_back(std::move(told));
  }
  if (!news.users.empty()) news_.push_back(std::move(news));
}

Task<Told> Notices::deliver(Job& job, std::string run, base::Instant at) {
  notify::Digest digest(book_);
  for (AccountReport& report : news_) {
    if (needs_account_tags(report)) report.account.tags = co_await job.account_tags(report.account.id);
    const notify::AccountContext context{report.account, report.settings.policy, report.settings.notify, told_as(report.mode)};
    digest.add(context, report.users, {});
  }
  news_.clear();
  Told told;
  told.problems.assign(digest.problems().begin(), digest.problems().end());
  const notify::Letterhead letterhead{*sender_, std::move(run), at};
  const std::vector<notify::RecipientDigest> digests = std::move(digest).finish();
  const std::vector<notify::Channel*> channels = channels_.mail();
  for (const notify::RecipientDigest& one : digests) {
    // One by one: a mail has some ten thousand characters, and each account may have its own.
    const std::vector<notify::Message> message{notify::compose(one, templates_, letterhead)};
    std::vector<notify::Notice> notices = co_await notify::deliver_all(message, channels);
    std::ranges::move(notices, std::back_inserter(told.notices));
  }
  told.not_reached = not_reached(digests, told.notices);
  co_return told;
}

Task<std::vector<notify::Notice>> Notices::tell_operators(notify::RunDigest digest) {
  const std::vector<notify::OperatorChannel*> channels = channels_.operators();
  std::vector<notify::Notice> notices = co_await notify::tell_all(digest, channels);
  co_return notices;
}

}  // namespace keyward::orchestrator
