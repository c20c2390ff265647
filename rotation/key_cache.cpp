#include "rotation/key_cache.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

#include "base/digest.hpp"
#include "base/files.hpp"

namespace keyward::rotation {
namespace {

namespace json = boost::json;

/// Stands before the digest of what follows; the number changes with the format.
constexpr std::string_view k_magic = "keyward-key-cache 1 ";

constexpr std::string_view k_active = "active";
constexpr std::string_view k_inactive = "inactive";

/// Which of the row's keys this one is: the same status, and not made after the row says it was last changed.
bool may_be(const KeyFacts& key, const ReportedKey& reported) {
  const bool active = key.status == KeyStatus::active;
  return key.status != KeyStatus::unrecognized && active == reported.active && key.created <= reported.changed;
}

bool agree(const std::vector<KeyFacts>& keys, const std::vector<ReportedKey>& reported) {
  if (keys.size() != reported.size() || keys.size() > 2) return false;
  if (keys.empty()) return true;
  if (keys.size() == 1) return may_be(keys[0], reported[0]);
  return (may_be(keys[0], reported[0]) && may_be(keys[1], reported[1])) ||
         (may_be(keys[0], reported[1]) && may_be(keys[1], reported[0]));
}

std::optional<KeyFacts> key_of(const json::value& value) {
  const auto* fields = value.if_array();
  if (fields == nullptr || fields->size() != 3) return std::nullopt;
  const auto text = [fields](std::size_t i) {
    const auto* field = (*fields)[i].if_string();
    return field == nullptr ? std::string() : std::string(*field);
  };
  const auto id = base::AccessKeyId::parse(text(0));
  const auto created = base::parse_iso8601(text(2));
  const bool known_status = text(1) == k_active || text(1) == k_inactive;
  if (!id || !created || !known_status) return std::nullopt;
  return KeyFacts{*id, text(1) == k_active ? KeyStatus::active : KeyStatus::inactive, *created, {}};
}

}  // namespace

KeyCache::KeyCache(std::filesystem::path file, base::AccountId account) : file_(std::move(file)), account_(account.str()) { load(); }

void KeyCache::load() {
  const base::Result<std::string> text = base::read_whole(file_);
  if (!text || !text->starts_with(k_magic)) return;
  const std::size_t end_of_line = text->find('\n');
  if (end_of_line == std::string::npos) return;
  const std::string_view digest = std::string_view(*text).substr(k_magic.size(), end_of_line - k_magic.size());
  const std::string_view content = std::string_view(*text).substr(end_of_line + 1);
  if (base::sha256_hex(content) != digest) return;
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(content.data(), content.size()), failed);
  const auto* root = failed ? nullptr : value.if_object();
  if (root == nullptr || !root->contains("users") || !root->at("users").is_object()) return;
  if (!root->contains("account") || root->at("account") != json::value(account_)) return;
  for (const auto& user : root->at("users").get_object()) {
    const auto name = base::UserName::parse(std::string(user.key()));
    const auto* fields = user.value().if_array();
    if (!name || fields == nullptr || fields->empty() || !fields->at(0).is_string()) continue;
    Entry entry{std::string(fields->at(0).get_string()), {}};
    const bool readable = std::all_of(fields->begin() + 1, fields->end(), [&entry](const json::value& one) {
      const auto key = key_of(one);
      if (key) entry.keys.push_back(*key);
      return key.has_value();
    });
    if (readable) entries_.insert_or_assign(*name, std::move(entry));
  }
}

const std::vector<KeyFacts>* KeyCache::find(const ReportedUser& row) const {
  const auto entry = entries_.find(row.user.name);
  // Whoever writes the file could make a key look younger, or vanish: the row of today must agree.
  const bool same = entry != entries_.end() && entry->second.fingerprint == row.fingerprint && agree(entry->second.keys, row.keys);
  return same ? &entry->second.keys : nullptr;
}

void KeyCache::remember(const ReportedUser& row, const std::vector<KeyFacts>& keys) {
  if (!agree(keys, row.keys) || forgotten_.contains(row.user.name)) {
    if (entries_.erase(row.user.name) > 0) changed_ = true;
    return;
  }
  Entry entry{row.fingerprint, {}};
  for (const KeyFacts& key : keys) entry.keys.push_back({key.id, key.status, key.created, {}});
  const auto same_key = [](const KeyFacts& a, const KeyFacts& b) {
    return a.id == b.id && a.status == b.status && a.created == b.created;
  };
  const auto known = entries_.find(row.user.name);
  if (known != entries_.end() && known->second.fingerprint == entry.fingerprint &&
      std::ranges::equal(known->second.keys, entry.keys, same_key)) {
    return;
  }
  entries_.insert_or_assign(row.user.name, std::move(entry));
  changed_ = true;
}

void KeyCache::forget(const base::UserName& user) {
  forgotten_.insert(user);
  if (entries_.erase(user) > 0) changed_ = true;
}

void KeyCache::keep_only(const std::vector<ReportedUser>& rows) {
  std::set<base::UserName> named;
  for (const ReportedUser& row : rows) named.insert(row.user.name);
  const auto gone = std::erase_if(entries_, [&named](const auto& entry) { return !named.contains(entry.first); });
  if (gone > 0) changed_ = true;
}

base::Result<void> KeyCache::save() {
  if (!changed_ || file_.empty()) return {};
  json::object users;
  for (const auto& [name, entry] : entries_) {
    json::array fields;
    fields.emplace_back(entry.fingerprint);
    for (const KeyFacts& key : entry.keys) {
      const bool active = key.status == KeyStatus::active;
      fields.push_back(json::array{key.id.str(), active ? k_active : k_inactive, base::format_iso8601(key.created)});
    }
    users[name.str()] = std::move(fields);
  }
  json::object root;
  root["account"] = account_;
  root["users"] = std::move(users);
  const std::string content = json::serialize(root);
  // Beside the other records of runs; a reader without a state_dir has none.
  std::error_code failed;
  std::filesystem::create_directory(file_.parent_path(), failed);
  // A cache that a power cut damages is ignored: ten thousand accounts need not wait for the disk.
  base::Result<void> written =
      base::write_atomically(file_, std::string(k_magic) + base::sha256_hex(content) + '\n' + content, base::Durability::may_be_lost);
  if (written) changed_ = false;
  return written;
}

}  // namespace keyward::rotation
