#include "sandbox/world.hpp"

#include <algorithm>

namespace keyward::sandbox {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool CaseInsensitiveLess::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return static_cast<unsigned char>(lower(x)) < static_cast<unsigned char>(lower(y));
  });
}

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) { return lower(c); });
  return folded;
}

std::string_view to_string(AccountState state) {
  switch (state) {
    case AccountState::pending_activation: return "PENDING_ACTIVATION";
    case AccountState::active: return "ACTIVE";
    case AccountState::suspended: return "SUSPENDED";
    case AccountState::pending_closure: return "PENDING_CLOSURE";
    case AccountState::closed: return "CLOSED";
    case AccountState::novel: return "NOVEL";
  }
  return "ACTIVE";
}

std::optional<AccountState> parse_account_state(std::string_view text) {
  for (const AccountState state : {AccountState::pending_activation, AccountState::active, AccountState::suspended,
                                   AccountState::pending_closure, AccountState::closed, AccountState::novel}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

Account* World::find_account(std::string_view id) {
  const auto found = accounts.find(std::string(id));
  return found == accounts.end() ? nullptr : &found->second;
}

const OrganizationalUnit* World::find_unit(std::string_view id) const {
  const auto found = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.id == id; });
  return found == units.end() ? nullptr : &*found;
}

std::string World::organization_path(std::string_view parent) const {
  std::string path;
  for (std::string at(parent); !at.empty();) {
    path.insert(0, at + "/");
    const OrganizationalUnit* unit = find_unit(at);
    at = unit ? unit->parent : "";
  }
  return organization_id + "/" + path;
}

std::pair<User*, AccessKey*> World::find_key(std::string_view access_key_id, Account** account) {
  const auto owner = key_owners_.find(access_key_id);
  if (owner == key_owners_.end()) return {nullptr, nullptr};
  Account& owning = accounts.at(owner->second.account);
  const auto user = owning.users.find(owner->second.user);
  if (user == owning.users.end()) return {nullptr, nullptr};
  for (AccessKey& key : user->second.keys) {
    if (key.id != access_key_id) continue;
    if (account) *account = &owning;
    return {&user->second, &key};
  }
  return {nullptr, nullptr};
}

std::string_view World::account_of_key(std::string_view access_key_id) const {
  const auto owner = key_owners_.find(access_key_id);
  if (owner != key_owners_.end()) return owner->second.account;
  const auto session = sessions.find(std::string(access_key_id));
  return session == sessions.end() ? std::string_view() : session->second.account;
}

AccessKey& World::add_key(Account& account, User& user, AccessKey key) {
  key_owners_[key.id] = KeyOwner{account.id, user.name};
  user.keys.push_back(std::move(key));
  return user.keys.back();
}

void World::remove_key(User& user, std::string_view access_key_id) {
  for (const AccessKey& key : user.keys) {
    if (key.id == access_key_id) removed_keys.push_back(key);
  }
  std::erase_if(user.keys, [&](const AccessKey& key) { return key.id == access_key_id; });
  const auto owner = key_owners_.find(access_key_id);
  if (owner != key_owners_.end()) key_owners_.erase(owner);
}

void World::spread(AccessKey& key) {
  const auto delay = static_cast<double>(propagation.count()) * (0.6 + 0.4 * random.unit());
  key.spread_at = clock.moment() + std::chrono::milliseconds(static_cast<std::int64_t>(delay));
  key.spreads_from = clock.moment() + std::chrono::milliseconds(static_cast<std::int64_t>(0.8 * delay));
}

void World::forget_expired_sessions() {
  if (now() - sessions_checked_ < std::chrono::hours(1) && now() >= sessions_checked_) return;
  sessions_checked_ = now();
  // Kept for a while after their end, so that they are refused as expired and not as unknown.
  const base::Instant oldest = now() - std::chrono::hours(24);
  std::erase_if(sessions, [&](const auto& entry) { return entry.second.expires < oldest; });
}

std::string user_arn(const Account& account, const User& user) {
  return "arn:aws:iam::" + account.id + ":user" + user.path + user.name;
}

std::string role_arn(const Account& account, const Role& role) {
  return "arn:aws:iam::" + account.id + ":role" + role.path + role.name;
}

std::string group_arn(const Account& account, const Group& group) {
  return "arn:aws:iam::" + account.id + ":group" + group.path + group.name;
}

std::string session_arn(const Session& session) {
  return "arn:aws:sts::" + session.account + ":assumed-role/" + session.role + "/" + session.name;
}

std::string secret_arn(const Account& account, const StoredSecret& secret, std::string_view region) {
  return "arn:aws:secretsmanager:" + std::string(region) + ":" + account.id + ":secret:" + secret.name + "-" +
         secret.suffix;
}

std::string kms_key_arn(const Account& account, const KmsKey& key) {
  return "arn:aws:kms:" + key.region + ":" + account.id + ":key/" + key.id;
}

}  // namespace keyward::sandbox
