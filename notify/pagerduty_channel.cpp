#include "notify/pagerduty_channel.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;

constexpr int k_safety_stop = 6;
constexpr int k_recovery_needed = 9;
constexpr std::size_t k_longest_key = 255;
constexpr std::size_t k_longest_summary = 1024;
constexpr std::size_t k_most_bytes = 100'000;
constexpr std::size_t k_most_entries = 100;

std::string render(const RunDigest& digest, PagerAction action, std::string_view routing_key, std::size_t troubles) {
  json::object event{{"routing_key", routing_key},
                     {"event_action", action == PagerAction::trigger ? "trigger" : "resolve"},
                     {"dedup_key", pagerduty_dedup_key(digest)}};
  if (action == PagerAction::resolve) return json::serialize(event);
  event["client"] = "keyward";
  event["payload"] = json::object{{"summary", shortened(headline(digest), k_longest_summary)},
                                  {"source", "keyward " + one_line(digest.organization)},
                                  {"severity", digest.exit_code == k_recovery_needed ? "critical" : "error"},
                                  {"timestamp", base::format_iso8601(digest.finished)},
                                  {"component", "keyward"},
                                  {"class", digest.exit_code == k_recovery_needed ? "recovery_needed" : "safety_stop"},
                                  {"custom_details", digest_json(digest, troubles, 0)}};
  return json::serialize(event);
}

}  // namespace

PagerAction pager_action(const RunDigest& digest) {
  if (digest.exit_code == k_recovery_needed || digest.exit_code == k_safety_stop) return PagerAction::trigger;
  // A dry run, or a rotation of one user, knows nothing of what an earlier run left behind.
  const bool is_daily_job = digest.command == "run" && !is_dry(digest);
  return digest.exit_code == 0 && is_daily_job ? PagerAction::resolve : PagerAction::none;
}

std::string pagerduty_dedup_key(const RunDigest& digest) {
  std::string key = "keyward/" + one_line(digest.organization);
  if (!digest.shard.empty()) key += "/" + one_line(digest.shard);
  return shortened(key, k_longest_key);
}

std::string pagerduty_payload(const RunDigest& digest, PagerAction action, std::string_view routing_key) {
  const std::size_t most = std::min(digest.troubles.size(), k_most_entries);
  return fitted(most, k_most_bytes,
                [&](std::size_t troubles) { return render(digest, action, routing_key, troubles); });
}

base::Task<base::Result<std::string>> PagerDutyChannel::tell(const RunDigest& digest) {
  base::Result<SecretPtr> routing_key = co_await routing_key_.get();
  if (!routing_key) co_return routing_key.error();
  Post post{.channel = "pagerduty",
            .url = (endpoint_.empty() ? std::string(k_pagerduty_endpoint) : endpoint_) + "/v2/enqueue",
            .body = pagerduty_payload(digest, pager_action(digest), (*routing_key)->expose()),
            .headers = {},
            .idempotency = base::Idempotency::idempotent,
            .timeout = timeout_};
  base::Result<std::string> answer = co_await post_json(std::move(post), tools_);
  if (!answer) co_return answer;
  co_return pagerduty_dedup_key(digest);
}

}  // namespace keyward::notify
