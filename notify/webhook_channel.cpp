#include "notify/webhook_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.hpp"
#include "base/encoding.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;

constexpr std::string_view k_prefix = "whsec_";
constexpr std::size_t k_shortest_key = 24;
constexpr std::size_t k_longest_key = 64;
constexpr std::size_t k_most_bytes = 20'000;
constexpr std::size_t k_most_entries = 100;

std::string render(const RunDigest& digest, std::size_t entries) {
  json::object event{{"type", "keyward.run.finished"}, {"timestamp", base::format_iso8601(digest.finished)}};
  event["data"] = digest_json(digest, entries, entries);
  return json::serialize(event);
}

}  // namespace

std::optional<std::vector<base::Secret>> parse_webhook_keys(std::string_view secret) {
  std::vector<base::Secret> keys;
  while (!secret.empty()) {
    const std::string_view one = secret.substr(0, secret.find(' '));
    secret.remove_prefix(std::min(one.size() + 1, secret.size()));
    if (one.empty()) continue;
    if (!one.starts_with(k_prefix)) return std::nullopt;
    const std::optional<std::string> key = base::base64_decode(one.substr(k_prefix.size()));
    if (!key || key->size() < k_shortest_key || key->size() > k_longest_key) return std::nullopt;
    keys.emplace_back(*key);
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

std::string webhook_signature(const std::vector<base::Secret>& keys, std::string_view id, std::string_view timestamp, std::string_view body) {
  const std::string content = fmt::format("{}.{}.{}", id, timestamp, body);
  std::string signatures;
  for (const base::Secret& key : keys) {
    const base::Sha256 mac = base::hmac_sha256(key.expose(), content);
    if (!signatures.empty()) signatures += ' ';
    signatures += "v1," + base::base64_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  }
  return signatures;
}

std::string webhook_payload(const RunDigest& digest) {
  const std::size_t most = std::min(std::max(digest.troubles.size(), digest.changes.size()), k_most_entries);
  return fitted(most, k_most_bytes, [&digest](std::size_t entries) { return render(digest, entries); });
}

base::Task<base::Result<std::string>> WebhookChannel::tell(const RunDigest& digest) {
  base::Result<SecretPtr> url = co_await url_.get();
  if (!url) co_return url.error();
  base::Result<SecretPtr> secret = co_await secret_.get();
  if (!secret) co_return secret.error();
  const std::optional<std::vector<base::Secret>> keys = parse_webhook_keys((*secret)->expose());
  if (!keys) {
    co_return base::Error{base::ErrorKind::invalid, "webhook", "BadSecret", "",
                          "the secret of the channel is not whsec_ and the base64 form of 24 to 64 bytes"};
  }
  const std::string id = "keyward_" + digest_id(digest);
  Post post{.channel = "webhook",
            .url = std::string((*url)->expose()),
            .body = webhook_payload(digest),
            .headers = {},
            .idempotency = base::Idempotency::idempotent,
            .timeout = timeout_};
  const std::string body = post.body;
  post.headers = [this, &id, &keys, &body] {
    const std::string timestamp = std::to_string(tools_.clock.now().time_since_epoch().count());
    return std::vector<base::HttpHeader>{{"webhook-id", id},
                                         {"webhook-timestamp", timestamp},
                                         {"webhook-signature", webhook_signature(*keys, id, timestamp, body)}};
  };
  base::Result<std::string> answer = co_await post_json(std::move(post), tools_);
  if (!answer) co_return answer;
  co_return id;
}

}  // namespace keyward::notify
