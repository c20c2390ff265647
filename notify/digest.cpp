#include "notify/digest.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

bool before(const Row& left, const Row& right) {
  const auto order = [](const Row& row) { return std::tie(row.urgency, row.account_id, row.user, row.key, row.what); };
  return order(left) < order(right);
}

Row row_of(const OwnerNotice& notice, base::Instant now) {
  Row row = notice.row;
  row.matter = notice.matter;
  const std::string day = base::format_date(notice.written);
  if (day != base::format_date(now)) row.what = "As of " + day + ": " + row.what;
  return row;
}

void add(RecipientDigest& digest, const OwnerNotice& notice, base::Instant now) {
  digest.accounts.emplace(notice.row.account_id, notice.row.account_name);
  digest.partitions.insert(notice.partition);
  digest.rotation_days.insert(notice.rotation_days);
  digest.install_grace_days.insert(notice.install_grace_days);
  digest.recovery_grace_days.insert(notice.recovery_grace_days);
  digest.rows.push_back(row_of(notice, now));
}

}  // namespace

std::string matter_of(const accounts::Account& account, const rotation::UserReport& user, const rotation::Outcome& outcome) {
  const auto& decision = outcome.decision;
  std::string matter = account.id.str() + "/" + user.facts.name.str() + "/";
  if (decision.key) matter += decision.key->str();
  for (const std::string_view part : {to_string(decision.action), to_string(decision.reason), to_string(outcome.status)}) {
    matter += '/';
    matter += part;
  }
  // A person may have a key without a predecessor rotated twice.
  if (outcome.new_key) matter += "/" + outcome.new_key->str();
  return matter;
}

OwnerNotices notices_for(const AccountContext& context, const std::vector<rotation::UserReport>& users, const AddressBook& book) {
  OwnerNotices result;
  for (const rotation::UserReport& user : users) {
    if (std::ranges::none_of(user.outcomes, concerns_people)) continue;
    Recipients recipients = recipients_for(context.account, user.facts, context.settings, book, context.contact);
    result.problems.insert(std::make_move_iterator(recipients.problems.begin()), std::make_move_iterator(recipients.problems.end()));
    for (const rotation::Outcome& outcome : user.outcomes) {
      if (!concerns_people(outcome)) continue;
      const Row row = describe(context.account, user, outcome, context.policy, context.mode);
      for (const MailAddress& address : recipients.addresses) {
        result.notices.push_back({.recipient = address,
                                  .mode = context.mode,
                                  .matter = matter_of(context.account, user, outcome),
                                  .user = user.facts.name,
                                  .row = row,
                                  .partition = std::string(base::arn_partition(user.facts.arn)),
                                  .rotation_days = static_cast<int>(context.policy.rotate_after.count()),
                                  .install_grace_days = static_cast<int>(context.policy.install_grace.count()),
                                  .recovery_grace_days = static_cast<int>(context.policy.recovery_grace.count()),
                                  .warns_of = warned_action(outcome),
                                  .owed_since = context.now,
                                  .written = context.now});
      }
    }
  }
  return result;
}

std::vector<RecipientDigest> digests_of(const std::vector<OwnerNotice>& notices, base::Instant now) {
  std::map<std::pair<std::string, Mode>, RecipientDigest> digests;
  for (const OwnerNotice& notice : notices) {
    const auto [entry, is_new] = digests.try_emplace({mailbox_key(notice.recipient), notice.mode}, notice.recipient, notice.mode);
    add(entry->second, notice, now);
  }
  std::vector<RecipientDigest> result;
  result.reserve(digests.size());
  for (auto& [key, digest] : digests) {
    std::ranges::sort(digest.rows, before);
    if (digest.rows.size() > k_max_rows) {
      digest.more = digest.rows.size() - k_max_rows;
      digest.rows.resize(k_max_rows);
    }
    result.push_back(std::move(digest));
  }
  return result;
}

}  // namespace keyward::notify
