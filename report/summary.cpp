#include "report/summary.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "base/files.hpp"
#include "report/text.hpp"

namespace keyward::report {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = boost::json;

/// Names every member once, for writing and for reading: `Visitor` has `value(name, member)` for each type in use.
template <class Summary, class Visitor>
void visit(Summary& s, Visitor& v) {
  v.value("run", s.run);
  v.value("command", s.command);
  v.value("dry_run", s.dry_run);
  v.value("version", s.version);
  v.value("started", s.started);
  v.value("finished", s.finished);
  v.value("organization", s.organization);
  v.value("region", s.region);
  v.value("clock_offset_seconds", s.clock_offset_seconds);
  v.value("seed", s.seed);
  v.value("policy", s.policy);
  v.value("mode", s.mode);
  v.value("configuration", s.configuration);
  v.value("plan", s.plan);
  v.value("shard", s.shard);
  v.value("merged_from", s.merged_from);
  v.value("shards_missing", s.shards_missing);
  v.value("accounts_total", s.accounts_total);
  v.value("accounts_missing", s.accounts_missing);
  v.value("accounts_participating", s.accounts_participating);
  v.value("accounts_covered", s.accounts_covered);
  v.value("accounts_dry_run", s.accounts_dry_run);
  v.value("accounts_enforced", s.accounts_enforced);
  v.value("accounts_skipped", s.accounts_skipped);
  v.value("uncovered", s.uncovered);
  v.value("users", s.users);
  v.value("keys", s.keys);
  v.value("keys_out_of_policy", s.keys_out_of_policy);
  v.value("oldest_active_key_days", s.oldest_active_key_days);
  v.value("active_keys_by_age", s.active_keys_by_age);
  v.value("decisions", s.decisions);
  v.value("outcomes", s.outcomes);
  v.value("users_unreadable", s.users_unreadable);
  v.value("needs_human", s.needs_human);
  v.value("recovery_needed", s.recovery_needed);
  v.value("held_back", s.held_back);
  v.value("due_since_plan", s.due_since_plan);
  v.value("limits", s.limits);
  v.value("exemptions", s.exemptions);
  v.value("notices_sent", s.notices_sent);
  v.value("notices_failed", s.notices_failed);
  v.value("events", s.events);
  v.value("api_calls", s.api_calls);
  v.value("api_throttled", s.api_throttled);
  v.value("api_retried", s.api_retried);
  v.value("interrupted", s.interrupted);
  v.value("stopped_by", s.stopped_by);
  v.value("exit_code", s.exit_code);
}

constexpr std::array<std::pair<std::string_view, std::string ExemptionRecord::*>, 5> k_exemption_members{
    {{"account", &ExemptionRecord::account},
     {"user", &ExemptionRecord::user},
     {"until", &ExemptionRecord::until},
     {"reason", &ExemptionRecord::reason},
     {"owner", &ExemptionRecord::owner}}};

class Writer {
 public:
  template <class T>
  void value(std::string_view name, const T& member) {
    object_[name] = to_json(member);
  }
  const json::object& object() const { return object_; }

 private:
  static json::value to_json(const std::string& text) { return json::value(valid_utf8(text)); }
  static json::value to_json(bool flag) { return json::value(flag); }
  static json::value to_json(int number) { return json::value(number); }
  static json::value to_json(std::int64_t number) { return json::value(number); }
  static json::value to_json(std::uint64_t number) { return json::value(number); }
  static json::value to_json(base::Instant instant) { return json::value(base::format_iso8601(instant)); }
  static json::value to_json(const PolicyDays& days) {
    json::object object;
    object["rotate"] = days.rotate;
    object["deactivate"] = days.deactivate;
    object["delete"] = days.remove;
    return object;
  }
  static json::value to_json(const std::optional<ShardPart>& part) {
    if (!part) return nullptr;
    json::object object;
    object["index"] = part->index;
    object["count"] = part->count;
    object["accounts_in_organization"] = part->accounts_in_organization;
    return object;
  }
  static json::value to_json(const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(valid_utf8(text));
    return array;
  }
  static json::value to_json(const std::vector<Uncovered>& accounts) {
    json::array array;
    for (const Uncovered& account : accounts) {
      json::object object;
      object["account"] = valid_utf8(account.account);
      object["name"] = valid_utf8(account.name);
      object["reason"] = valid_utf8(account.reason);
      array.push_back(std::move(object));
    }
    return array;
  }
  static json::value to_json(const std::vector<ExemptionRecord>& exemptions) {
    json::array array;
    for (const ExemptionRecord& exemption : exemptions) {
      json::object object;
      for (const auto& [name, member] : k_exemption_members) object[name] = valid_utf8(exemption.*member);
      array.push_back(std::move(object));
    }
    return array;
  }
  static json::value to_json(const std::map<int, int>& by_number) {
    json::object object;
    for (const auto& [number, count] : by_number) object[std::to_string(number)] = count;
    return object;
  }
  template <class T>
  static json::value to_json(const std::map<std::string, T>& map) {
    json::object object;
    for (const auto& [name, member] : map) object[valid_utf8(name)] = to_json(member);
    return object;
  }

  json::object object_;
};

class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  template <class T>
  void value(std::string_view name, T& member) {
    const json::value* found = object_.if_contains(name);
    if (found != nullptr && !from_json(*found, member)) wrong_ = name;
  }
  /// The last member with a value of the wrong type; empty when all are right.
  std::string_view wrong() const { return wrong_; }

 private:
  static bool from_json(const json::value& value, std::string& text) {
    if (!value.is_string()) return false;
    text.assign(value.get_string().data(), value.get_string().size());
    return true;
  }
  static bool from_json(const json::value& value, bool& flag) {
    if (!value.is_bool()) return false;
    flag = value.get_bool();
    return true;
  }
  template <class Number>
    requires std::is_integral_v<Number>
  static bool from_json(const json::value& value, Number& number) {
    boost::system::error_code failed;
    number = value.to_number<Number>(failed);
    return !failed;
  }
  static bool from_json(const json::value& value, base::Instant& instant) {
    const auto parsed =
        value.is_string() ? base::parse_iso8601({value.get_string().data(), value.get_string().size()}) : std::nullopt;
    if (parsed) instant = *parsed;
    return parsed.has_value();
  }
  static bool from_json(const json::value& value, PolicyDays& days) {
    if (!value.is_object()) return false;
    Reader reader(value.get_object());
    reader.value("rotate", days.rotate);
    reader.value("deactivate", days.deactivate);
    reader.value("delete", days.remove);
    return reader.wrong().empty();
  }
  static bool from_json(const json::value& value, std::optional<ShardPart>& part) {
    part.reset();
    if (value.is_null()) return true;
    if (!value.is_object()) return false;
    Reader reader(value.get_object());
    part.emplace();
    reader.value("index", part->index);
    reader.value("count", part->count);
    reader.value("accounts_in_organization", part->accounts_in_organization);
    return reader.wrong().empty() && part->index >= 1 && part->index <= part->count;
  }
  static bool from_json(const json::value& value, std::vector<std::string>& texts) {
    if (!value.is_array()) return false;
    for (const json::value& text : value.get_array()) {
      if (!from_json(text, texts.emplace_back())) return false;
    }
    return true;
  }
  static bool from_json(const json::value& value, std::vector<Uncovered>& accounts) {
    if (!value.is_array()) return false;
    for (const json::value& entry : value.get_array()) {
      if (!entry.is_object()) return false;
      Reader reader(entry.get_object());
      Uncovered account;
      reader.value("account", account.account);
      reader.value("name", account.name);
      reader.value("reason", account.reason);
      if (!reader.wrong().empty()) return false;
      accounts.push_back(std::move(account));
    }
    return true;
  }
  static bool from_json(const json::value& value, std::vector<ExemptionRecord>& exemptions) {
    if (!value.is_array()) return false;
    for (const json::value& entry : value.get_array()) {
      if (!entry.is_object()) return false;
      Reader reader(entry.get_object());
      ExemptionRecord& exemption = exemptions.emplace_back();
      for (const auto& [name, member] : k_exemption_members) reader.value(name, exemption.*member);
      if (!reader.wrong().empty()) return false;
    }
    return true;
  }
  static bool from_json(const json::value& value, std::map<int, int>& by_number) {
    if (!value.is_object()) return false;
    for (const auto& [name, member] : value.get_object()) {
      int number = 0;
      const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
      if (failed != std::errc() || end != name.data() + name.size() || !from_json(member, by_number[number])) return false;
    }
    return true;
  }
  template <class T>
  static bool from_json(const json::value& value, std::map<std::string, T>& map) {
    if (!value.is_object()) return false;
    for (const auto& [name, member] : value.get_object()) {
      if (!from_json(member, map[std::string(name.data(), name.size())])) return false;
    }
    return true;
  }

  const json::object& object_;
  std::string_view wrong_;
};

Error not_a_summary(std::string why) { return Error{ErrorKind::invalid, "run.json", "", "", std::move(why)}; }

}  // namespace

Extent extent_of(const RunSummary& summary) noexcept {
  if (summary.dry_run) return Extent::dry_run;
  return summary.accounts_dry_run > 0 ? Extent::mixed : Extent::enforced;
}

namespace {

int with_outcome(const RunSummary& summary, const std::string& status) {
  int count = 0;
  for (const auto& [action, outcomes] : summary.outcomes) {
    if (const auto found = outcomes.find(status); found != outcomes.end()) count += found->second;
  }
  return count;
}

}  // namespace

int failed_actions(const RunSummary& summary) { return with_outcome(summary, "failed"); }

int stale_actions(const RunSummary& summary) { return with_outcome(summary, "stale"); }

std::string format_summary(const RunSummary& summary) {
  Writer writer;
  visit(summary, writer);
  return json::serialize(writer.object());
}

Result<RunSummary> parse_summary(std::string_view text) {
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), failed);
  if (failed) return not_a_summary("not JSON: " + failed.message());
  if (!value.is_object()) return not_a_summary("not an object");
  RunSummary summary;
  Reader reader(value.get_object());
  visit(summary, reader);
  if (!reader.wrong().empty()) return not_a_summary("wrong value for '" + std::string(reader.wrong()) + "'");
  if (summary.run.empty()) return not_a_summary("names no run");
  return summary;
}

Result<void> write_summary(const std::filesystem::path& file, const RunSummary& summary) {
  return base::write_atomically(file, format_summary(summary) + '\n');
}

Result<RunSummary> read_summary(const std::filesystem::path& file) {
  const Result<std::string> text = base::read_whole(file);
  if (!text) return text.error();
  return parse_summary(*text);
}

}  // namespace keyward::report
