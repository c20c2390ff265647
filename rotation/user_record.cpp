#include "rotation/user_record.hpp"

#include <algorithm>

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

// Stands in an intent for the run of another host, whose own intent was replaced.
constexpr const char* k_unknown_run = "unknown";

}  // namespace

std::vector<AccessKeyId> active_ids_of(const UserFacts& facts) {
  std::vector<AccessKeyId> ids;
  for (const KeyFacts& key : facts.keys.value()) {
    if (key.status == KeyStatus::active) ids.push_back(key.id);
  }
  return ids;
}

std::vector<AccessKeyId> ids_of(const UserFacts& facts) {
  std::vector<AccessKeyId> ids;
  for (const KeyFacts& key : facts.keys.value()) ids.push_back(key.id);
  return ids;
}

Ledger ledger_of(const UserFacts& facts) { return facts.ledger.is_known() ? facts.ledger.value() : Ledger{}; }

bool contains(const std::vector<AccessKeyId>& ids, const AccessKeyId& id) { return std::ranges::find(ids, id) != ids.end(); }

Error overtaken_error() {
  return Error{ErrorKind::conflict, "rotate", "Overtaken", "", "another run worked on the user's keys at the same time; the next run looks at the user"};
}

Task<Result<void>> UserRecord::write(UserFacts facts, Ledger ledger) {
  const Result<std::string> value = format_ledger(ledger);
  if (!value) co_return value.error();
  Result<void> written = co_await parts_.iam.tag_user(facts.name, parts_.auditor.ledger_tag(), *value);
  co_return written;
}

Task<Result<bool>> UserRecord::has_key(base::UserName user, AccessKeyId key) {
  Result<std::vector<aws::AccessKeyMetadata>> listed = co_await parts_.iam.list_access_keys(user);
  if (!listed) co_return listed.error();
  co_return std::ranges::find(*listed, key, &aws::AccessKeyMetadata::id) != listed->end();
}

/// With a key there that the intent does not name the intent stays, for the next run to judge: another host's run may have
/// made that key, and its record may be the one that ours has replaced.
Task<Result<void>> UserRecord::clear_intent(UserFacts facts) {
  Ledger ledger = facts.ledger.value();
  const std::vector<AccessKeyId> known = ledger.intent->keys;
  Result<std::vector<aws::AccessKeyMetadata>> listed = co_await parts_.iam.list_access_keys(facts.name);
  if (!listed) co_return listed.error();
  const auto is_unknown = [&known](const aws::AccessKeyMetadata& key) { return !contains(known, key.id); };
  if (std::ranges::any_of(*listed, is_unknown)) {
    co_return Error{ErrorKind::conflict, "rotate", "KeysChanged", "", "somebody else made a key; the next run looks at it"};
  }
  ledger.intent.reset();
  Result<void> cleared = co_await close(std::move(facts), std::move(ledger), known);
  co_return cleared;
}

Task<Result<void>> UserRecord::close(UserFacts facts, Ledger ledger, std::vector<AccessKeyId> known) {
  Result<void> written = co_await write(facts, ledger);
  if (!written) co_return written.error();
  Result<std::vector<aws::AccessKeyMetadata>> listed = co_await parts_.iam.list_access_keys(facts.name);
  if (!listed) co_return listed.error();
  const auto made = std::ranges::find_if_not(*listed, [&known](const aws::AccessKeyMetadata& key) { return contains(known, key.id); });
  if (made == listed->end()) co_return Result<void>();
  Result<StoredState> state = co_await parts_.store.state(facts.name, made->id);
  if (!state) co_return state.error();
  if (*state == StoredState::absent) co_return Result<void>();
  ledger.intent = Intent{k_unknown_run, made->created, known, false, parts_.store.mark(facts.name)};
  Result<void> reopened = co_await write(facts, ledger);
  if (!reopened) co_return reopened.error();
  co_return overtaken_error();
}

}  // namespace keyward::rotation
