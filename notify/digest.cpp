#include "notify/digest.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

void note_account(RecipientDigest& digest, const AccountContext& context, const base::Arn& user) {
  digest.accounts.emplace(context.account.id.str(), one_line(context.account.name));
  digest.partitions.emplace(base::arn_partition(user));
  digest.rotation_days.insert(static_cast<int>(context.policy.rotate_after.count()));
  digest.install_grace_days.insert(static_cast<int>(context.policy.install_grace.count()));
  digest.recovery_grace_days.insert(static_cast<int>(context.policy.recovery_grace.count()));
}

bool before(const Row& left, const Row& right) {
  const auto order = [](const Row& row) { return std::tie(row.urgency, row.account_id, row.user, row.key, row.what); };
  return order(left) < order(right);
}

}  // namespace

void Digest::add(const AccountContext& context, const std::vector<rotation::UserReport>& users,
                 const ShouldMail& should_mail) {
  for (const rotation::UserReport& user : users) {
    std::vector<Row> rows;
    for (const rotation::Outcome& outcome : user.outcomes) {
      if (!concerns_people(outcome) || (should_mail && !should_mail(user, outcome))) continue;
      rows.push_back(describe(context.account, user, outcome, context.policy, context.mode));
    }
    if (rows.empty()) continue;

    Recipients recipients = recipients_for(context.account, user.facts, context.settings, book_);
    problems_.insert(std::make_move_iterator(recipients.problems.begin()),
                     std::make_move_iterator(recipients.problems.end()));
    for (const MailAddress& address : recipients.addresses) {
      const auto [entry, is_new] = digests_.try_emplace({mailbox_key(address), context.mode}, address, context.mode);
      note_account(entry->second, context, user.facts.arn);
      std::ranges::copy(rows, std::back_inserter(entry->second.rows));
    }
  }
}

std::vector<RecipientDigest> Digest::finish() && {
  std::vector<RecipientDigest> result;
  result.reserve(digests_.size());
  for (auto& [key, digest] : digests_) {
    std::ranges::sort(digest.rows, before);
    if (digest.rows.size() > k_max_rows) {
      digest.more = digest.rows.size() - k_max_rows;
      digest.rows.resize(k_max_rows);
    }
    result.push_back(std::move(digest));
  }
  digests_.clear();
  return result;
}

}  // namespace keyward::notify
