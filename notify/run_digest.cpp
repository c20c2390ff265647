#include "notify/run_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/digest.hpp"
#include "notify/text.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;

// A detail is the words of an answer; a name has IAM's and Organizations' limits.
constexpr std::size_t k_longest_detail = 300;
constexpr std::size_t k_longest_name = 128;
// Half of SHA-256: as unique as a random UUID.
constexpr std::size_t k_id_digits = 32;

std::string name(std::string_view text) { return shortened(one_line(text), k_longest_name); }
std::string words(std::string_view text) { return shortened(one_line(text), k_longest_detail); }

std::string counted(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

void put(json::object& object, std::string_view member, std::string_view value) {
  if (!value.empty()) object[member] = value;
}

json::array entries_json(const std::vector<RunEntry>& entries, std::size_t most) {
  json::array list;
  for (std::size_t i = 0; i < std::min(most, entries.size()); ++i) list.push_back(entry_json(entries[i]));
  return list;
}

}  // namespace

std::string headline(const RunDigest& digest) {
  std::string text = fmt::format("keyward {} of {}", name(digest.command), name(digest.organization));
  if (!digest.shard.empty()) text += ", shard " + name(digest.shard);
  if (is_dry(digest)) text += " (dry run)";
  text += fmt::format(": {} (exit {})", words(digest.exit_words), digest.exit_code);
  const int uncovered = digest.accounts - digest.accounts_covered;
  if (uncovered > 0) text += fmt::format("; {} not covered", counted(static_cast<std::size_t>(uncovered), "account"));
  return text;
}

std::vector<std::pair<std::string, std::string>> facts(const RunDigest& digest) {
  std::vector<std::pair<std::string, std::string>> list;
  list.emplace_back("Accounts", fmt::format("{} of {} covered", digest.accounts_covered, digest.accounts));
  list.emplace_back("Keys", fmt::format("{} of {}, {} out of policy", digest.keys, counted(static_cast<std::size_t>(digest.users), "user"),
                                        digest.keys_out_of_policy));
  for (const auto& [what, count] : digest.counts) list.emplace_back(name(what), std::to_string(count));
  if (!digest.stopped_by.empty()) list.emplace_back("Stopped by", words(digest.stopped_by));
  list.emplace_back("Run", name(digest.run));
  if (!digest.record.empty()) list.emplace_back("Record", words(digest.record));
  return list;
}

std::string line_of(const RunEntry& entry) {
  std::string who = name(entry.account);
  const std::string parts[] = {name(entry.account_name), name(entry.user), name(entry.access_key)};
  for (const std::string& part : parts) {
    if (!part.empty()) who += (who.empty() ? "" : " ") + part;
  }
  std::string line = name(entry.what);
  if (!who.empty()) line += ": " + who;
  if (!entry.detail.empty()) line += ": " + words(entry.detail);
  return shortened(line, k_longest_line);
}

std::string and_more(std::size_t shown, std::size_t listed, std::size_t more) {
  const std::size_t left = listed - std::min(shown, listed) + more;
  return left == 0 ? std::string() : fmt::format("and {} more", left);
}

json::object entry_json(const RunEntry& entry) {
  json::object object;
  put(object, "what", name(entry.what));
  put(object, "account", name(entry.account));
  put(object, "account_name", name(entry.account_name));
  put(object, "user", name(entry.user));
  put(object, "access_key", name(entry.access_key));
  put(object, "action", name(entry.action));
  put(object, "reason", name(entry.reason));
  put(object, "outcome", name(entry.outcome));
  put(object, "detail", words(entry.detail));
  if (entry.dry_run) object["dry_run"] = true;
  return object;
}

json::object digest_json(const RunDigest& digest, std::size_t troubles, std::size_t changes) {
  json::object object;
  object["run"] = name(digest.run);
  object["command"] = name(digest.command);
  object["mode"] = name(digest.mode);
  object["organization"] = name(digest.organization);
  put(object, "shard", name(digest.shard));
  object["finished"] = base::format_iso8601(digest.finished);
  object["exit_code"] = digest.exit_code;
  object["exit_words"] = words(digest.exit_words);
  put(object, "stopped_by", words(digest.stopped_by));
  object["accounts"] = digest.accounts;
  object["accounts_covered"] = digest.accounts_covered;
  object["users"] = digest.users;
  object["keys"] = digest.keys;
  object["keys_out_of_policy"] = digest.keys_out_of_policy;
  json::object counts;
  for (const auto& [what, count] : digest.counts) counts[name(what)] = count;
  object["counts"] = std::move(counts);
  object["troubles"] = entries_json(digest.troubles, troubles);
  object["troubles_not_listed"] = digest.troubles.size() - std::min(troubles, digest.troubles.size()) + digest.more_troubles;
  object["changes"] = entries_json(digest.changes, changes);
  object["changes_not_listed"] = digest.changes.size() - std::min(changes, digest.changes.size()) + digest.more_changes;
  put(object, "record", words(digest.record));
  return object;
}

std::string digest_id(const RunDigest& digest) {
  return base::sha256_hex(fmt::format("{}|{}|{}", digest.organization, digest.run, digest.shard)).substr(0, k_id_digits);
}

std::string fitted(std::size_t troubles, std::size_t most_bytes, const std::function<std::string(std::size_t)>& render) {
  for (;;) {
    std::string text = render(troubles);
    if (text.size() <= most_bytes || troubles == 0) return text;
    troubles = troubles * 3 / 4;
  }
}

}  // namespace keyward::notify
