#include "sandbox/faults.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "sandbox/policy_engine.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, Fault>, 13> k_names = {{{"throttle", Fault::throttle},
                                                                         {"error_before", Fault::error_before},
                                                                         {"error_after", Fault::error_after},
                                                                         {"drop_before", Fault::drop_before},
                                                                         {"drop_after", Fault::drop_after},
                                                                         {"html", Fault::html},
                                                                         {"truncate", Fault::truncate},
                                                                         {"empty", Fault::empty},
                                                                         {"denied", Fault::denied},
                                                                         {"expired_token", Fault::expired_token},
                                                                         {"bad_signature", Fault::bad_signature},
                                                                         {"quote_request", Fault::quote_request},
                                                                         {"quote_answer", Fault::quote_answer}}};

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

double parse_rate(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 1) {
    refuse("a fault rate is a number from 0 to 1, not '" + std::string(text) + "'");
  }
  return value;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value) return "";
  if (!value->is_string()) refuse(std::string(name) + " must be text");
  return std::string(value->get_string());
}

int number_of(const json::object& object, std::string_view name, int otherwise) {
  const json::value* value = object.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_int64()) refuse(std::string(name) + " must be a number");
  return static_cast<int>(value->get_int64());
}

FaultRule read_rule(const json::value& value) {
  if (!value.is_object()) refuse("a rule is an object");
  const json::object& object = value.get_object();
  for (const auto& [name, member] : object) {
    static constexpr std::array<std::string_view, 6> k_members = {"action", "account", "target",
                                                                  "fault",  "skip",    "times"};
    if (std::find(k_members.begin(), k_members.end(), name) == k_members.end())
      refuse("unknown member of a rule: " + std::string(name));
  }
  const auto fault = parse_fault(text_of(object, "fault"));
  if (!fault) refuse("unknown fault '" + text_of(object, "fault") + "'");
  return {text_of(object, "action"),    text_of(object, "account"),   text_of(object, "target"), *fault,
          number_of(object, "skip", 0), number_of(object, "times", 1)};
}

BucketRule read_bucket(const json::value& value) {
  if (!value.is_object()) refuse("a bucket is an object");
  const json::object& object = value.get_object();
  for (const auto& [name, member] : object) {
    static constexpr std::array<std::string_view, 4> k_members = {"action", "account", "per_second", "burst"};
    if (std::find(k_members.begin(), k_members.end(), name) == k_members.end())
      refuse("unknown member of a bucket: " + std::string(name));
  }
  const int per_second = number_of(object, "per_second", 0);
  return {text_of(object, "action"), text_of(object, "account"), static_cast<double>(per_second),
          static_cast<double>(number_of(object, "burst", per_second))};
}

}  // namespace

std::optional<Fault> parse_fault(std::string_view name) {
  for (const auto& [known, fault] : k_names) {
    if (known == name) return fault;
  }
  return std::nullopt;
}

std::string_view name_of(Fault fault) {
  for (const auto& [name, value] : k_names) {
    if (value == fault) return name;
  }
  return "none";
}

std::chrono::milliseconds parse_duration(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc()) {
    if (unit == "ms") return std::chrono::milliseconds(value);
    if (unit == "s") return std::chrono::seconds(value);
    if (unit == "m") return std::chrono::minutes(value);
    if (unit == "h") return std::chrono::hours(value);
    if (unit == "d") return std::chrono::hours(24 * value);
  }
  refuse("a duration is a number with ms, s, m, h or d, not '" + std::string(text) + "'");
}

void Faults::set_rates(std::string_view text) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) refuse("expected name=rate, not '" + std::string(pair) + "'");
    const std::string_view name = pair.substr(0, equals);
    const double rate = parse_rate(pair.substr(equals + 1));
    if (name == "throttle") {
      throttle_ = rate;
    } else if (name == "error") {
      error_ = rate;
    } else if (name == "drop") {
      drop_ = rate;
    } else {
      refuse("unknown fault '" + std::string(name) + "': throttle, error and drop have rates");
    }
  }
}

void Faults::set_latency(std::string_view text) {
  const std::size_t dots = text.find("..");
  latency_low_ = parse_duration(text.substr(0, dots));
  latency_high_ = dots == std::string_view::npos ? latency_low_ : parse_duration(text.substr(dots + 2));
  if (latency_high_ < latency_low_) refuse("a latency goes from the smaller to the larger value");
}

void Faults::configure(const json::object& settings) {
  for (const auto& [name, value] : settings) {
    if (name == "rates" && value.is_string()) {
      throttle_ = error_ = drop_ = 0;
      set_rates(value.get_string());
    } else if (name == "latency" && value.is_string()) {
      set_latency(value.get_string());
    } else if (name == "rules" && value.is_array()) {
      std::vector<FaultRule> rules;
      for (const json::value& rule : value.get_array()) rules.push_back(read_rule(rule));
      rules_ = std::move(rules);
    } else if (name == "bucket" && (value.is_object() || value.is_array())) {
      std::vector<BucketRule> rules;
      if (value.is_object()) rules.push_back(read_bucket(value));
      if (value.is_array()) {
        for (const json::value& rule : value.get_array()) rules.push_back(read_bucket(rule));
      }
      bucket_rules_ = std::move(rules);
      buckets_.clear();
    } else {
      refuse("unknown or misshapen member '" + std::string(name) + "': rates, latency, rules and bucket are known");
    }
  }
}

json::object Faults::describe() const {
  json::array rules;
  for (const FaultRule& rule : rules_) {
    rules.push_back(json::object{{"action", rule.action},
                                 {"account", rule.account},
                                 {"target", rule.target},
                                 {"fault", name_of(rule.fault)},
                                 {"skip", rule.skip},
                                 {"times", rule.times}});
  }
  json::array buckets;
  for (const BucketRule& rule : bucket_rules_) {
    buckets.push_back(json::object{{"action", rule.action},
                                   {"account", rule.account},
                                   {"per_second", rule.per_second},
                                   {"burst", rule.burst}});
  }
  return {{"throttle", throttle_},
          {"error", error_},
          {"drop", drop_},
          {"latency_ms", json::array{latency_low_.count(), latency_high_.count()}},
          {"bucket", std::move(buckets)},
          {"rules", std::move(rules)}};
}

bool Faults::take_token(std::string_view action, std::string_view account, Moment now) {
  const auto rule = std::ranges::find_if(bucket_rules_, [&](const BucketRule& candidate) {
    return (candidate.action.empty() || matches_wildcard(candidate.action, action)) &&
           (candidate.account.empty() || candidate.account == account);
  });
  if (rule == bucket_rules_.end() || rule->per_second <= 0) return true;
  const std::string key = std::string(account) + " " + std::string(action);
  Bucket& bucket = buckets_.try_emplace(key, Bucket{rule->burst, now}).first->second;
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(rule->burst, bucket.tokens + std::max(0.0, seconds) * rule->per_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

Fault Faults::pick(std::string_view action, std::string_view account, std::string_view target, Moment now) {
  for (FaultRule& rule : rules_) {
    if (rule.times == 0 || !matches_wildcard(rule.action, action)) continue;
    if (!rule.account.empty() && rule.account != account) continue;
    if (!rule.target.empty() && target.find(rule.target) == std::string_view::npos) continue;
    if (rule.skip > 0) {
      --rule.skip;
      continue;
    }
    if (rule.times > 0) --rule.times;
    return rule.fault;
  }
  if (!take_token(action, account, now)) return Fault::throttle;
  if (throttle_ + error_ + drop_ <= 0) return Fault::none;
  double at = random_.unit();
  const bool before = random_.chance(0.5);
  if (at < throttle_) return Fault::throttle;
  at -= throttle_;
  if (at < error_) return before ? Fault::error_before : Fault::error_after;
  at -= error_;
  if (at < drop_) return before ? Fault::drop_before : Fault::drop_after;
  return Fault::none;
}

std::chrono::milliseconds Faults::latency() {
  const auto range = static_cast<std::uint64_t>((latency_high_ - latency_low_).count());
  return latency_low_ + std::chrono::milliseconds(range == 0 ? 0 : static_cast<std::int64_t>(random_.below(range + 1)));
}

}  // namespace keyward::sandbox
