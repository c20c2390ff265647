#include "rotation/ledger.hpp"

#include <algorithm>

namespace keyward::rotation {
namespace {

constexpr std::string_view k_version = "v1";
constexpr std::size_t k_tag_value_limit = 256;  // IAM, per tag value

using base::AccessKeyId;
using base::Instant;

struct Stamp {
  std::string_view text;
  Instant at;
};

base::Error unreadable(std::string what) {
  return base::Error{base::ErrorKind::invalid, "ledger", "UnreadableLedger", "",
                     "keyward's record on the user, a tag, " + what +
                         "; restore it, or remove it to let keyward start over with full grace periods"};
}

/// "TEXT@20261121T023000Z".
std::optional<Stamp> read_stamp(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto moment = base::parse_iso8601(text.substr(at + 1));
  if (!moment) return std::nullopt;
  return Stamp{text.substr(0, at), *moment};
}

bool read_dated_key(std::string_view text, std::map<AccessKeyId, Instant>& entries) {
  const auto stamp = read_stamp(text);
  const auto key = stamp ? AccessKeyId::parse(stamp->text) : std::nullopt;
  return key && entries.emplace(*key, stamp->at).second;
}

/// Takes ":STORE" off the end; empty when there is none.
std::string take_store(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const std::string store(text.substr(colon + 1));
  text = text.substr(0, colon);
  return store;
}

bool read_rotation(std::string_view text, bool forced, Ledger& ledger) {
  std::string store = take_store(text);
  const auto stamp = read_stamp(text);
  if (!stamp || ledger.rotation) return false;
  const auto slash = stamp->text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto new_key = AccessKeyId::parse(stamp->text.substr(0, slash));
  const auto old_key = AccessKeyId::parse(stamp->text.substr(slash + 1));
  if (!new_key || !old_key) return false;
  ledger.rotation = Rotation{*new_key, *old_key, stamp->at, forced, std::move(store)};
  return true;
}

bool read_intent(std::string_view text, bool forced, Ledger& ledger) {
  std::string store = take_store(text);
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos || ledger.intent) return false;
  const auto stamp = read_stamp(text.substr(0, slash));
  if (!stamp || stamp->text.empty()) return false;
  Intent intent{std::string(stamp->text), stamp->at, {}, forced, std::move(store)};
  std::string_view keys = text.substr(slash + 1);
  while (!keys.empty()) {
    const auto one = keys.substr(0, keys.find('+'));
    keys.remove_prefix(std::min(keys.size(), one.size() + 1));
    const auto key = AccessKeyId::parse(one);
    if (!key) return false;
    intent.keys.push_back(*key);
  }
  ledger.intent = std::move(intent);
  return true;
}

bool read_entry(std::string_view entry, Ledger& ledger) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos) return false;
  const auto name = entry.substr(0, equals);
  const auto value = entry.substr(equals + 1);
  if (name == "rot") return read_rotation(value, false, ledger);
  if (name == "rotf") return read_rotation(value, true, ledger);
  if (name == "going") return read_dated_key(value, ledger.deactivating);
  if (name == "off") return read_dated_key(value, ledger.deactivated);
  if (name == "seen") return read_dated_key(value, ledger.first_seen_inactive);
  if (name == "told") return read_dated_key(value, ledger.announced);
  if (name == "kept") return read_dated_key(value, ledger.reactivated);
  if (name == "int") return read_intent(value, false, ledger);
  if (name == "intf") return read_intent(value, true, ledger);
  return false;
}

std::string with_store(const std::string& store) { return store.empty() ? "" : ":" + store; }

std::string stamped(const std::string& text, Instant at) { return text + "@" + base::format_basic(at); }

}  // namespace

void Ledger::forget_all_but(const std::vector<AccessKeyId>& existing) {
  const auto is_gone = [&existing](const auto& entry) { return std::ranges::find(existing, entry.first) == existing.end(); };
  std::erase_if(deactivating, is_gone);
  std::erase_if(deactivated, is_gone);
  std::erase_if(first_seen_inactive, is_gone);
  std::erase_if(announced, is_gone);
  std::erase_if(reactivated, is_gone);
  if (rotation && std::ranges::find(existing, rotation->new_key) == existing.end()) rotation.reset();
}

bool Ledger::forget_inactivity_of(const std::vector<AccessKeyId>& active) {
  const auto is_active = [&active](const auto& entry) { return std::ranges::find(active, entry.first) != active.end(); };
  if (std::erase_if(first_seen_inactive, is_active) == 0) return false;
  std::erase_if(announced, is_active);
  return true;
}

base::Result<std::string> format_ledger(const Ledger& ledger) {
  std::string text(k_version);
  const auto add = [&text](std::string_view name, const std::string& value) {
    text += ' ';
    text += name;
    text += '=';
    text += value;
  };
  if (ledger.rotation) {
    const Rotation& rotation = *ledger.rotation;
    add(rotation.forced ? "rotf" : "rot",
        stamped(rotation.new_key.str() + "/" + rotation.old_key.str(), rotation.at) + with_store(rotation.store));
  }
  for (const auto& [key, at] : ledger.deactivating) add("going", stamped(key.str(), at));
  for (const auto& [key, at] : ledger.deactivated) add("off", stamped(key.str(), at));
  for (const auto& [key, at] : ledger.first_seen_inactive) add("seen", stamped(key.str(), at));
  for (const auto& [key, at] : ledger.announced) add("told", stamped(key.str(), at));
  for (const auto& [key, at] : ledger.reactivated) add("kept", stamped(key.str(), at));
  if (ledger.intent) {
    std::string keys;
    for (const AccessKeyId& key : ledger.intent->keys) keys += (keys.empty() ? "" : "+") + key.str();
    add(ledger.intent->forced ? "intf" : "int", stamped(ledger.intent->run, ledger.intent->at) + "/" + keys + with_store(ledger.intent->store));
  }
  if (text.size() > k_tag_value_limit) {
    return base::Error{base::ErrorKind::limit_exceeded, "ledger", "LedgerTooLong", "",
                       "the record of this user's keys needs " + std::to_string(text.size()) +
                           " characters, a tag value has room for " + std::to_string(k_tag_value_limit)};
  }
  return text;
}

base::Result<Ledger> parse_ledger(std::string_view value) {
  if (value.substr(0, value.find(' ')) != k_version) return unreadable("is not of version v1");
  value.remove_prefix(std::min(value.size(), k_version.size() + 1));
  Ledger ledger;
  while (!value.empty()) {
    const auto entry = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(value.size(), entry.size() + 1));
    if (!read_entry(entry, ledger)) return unreadable("has an entry that cannot be read: " + std::string(entry));
  }
  return ledger;
}

}  // namespace keyward::rotation
