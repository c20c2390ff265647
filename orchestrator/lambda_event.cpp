#include "orchestrator/lambda_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/encoding.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using boost::json::object;
using boost::json::value;

constexpr const char* k_shapes =
    "the events are: {} or a schedule of EventBridge; {\"action\":\"run\"[,\"dryrun\"]}; {\"action\":\"inventory\"[,\"dryrun\"][,\"bucket\",\"prefix\"]}; "
    "{\"account\",\"name\",\"email\"[,\"ForceRotate\"][,\"dryrun\"][,\"bucket\",\"prefix\"]}; "
    "{\"action\":\"merge\",\"bucket\",\"prefix\"}; {\"action\":\"create\"|\"deactivate\"|\"delete\",\"username\"[,\"dryrun\"]}; "
    "{\"Step\",\"SecretId\",\"ClientRequestToken\"}";

base::Error refused(std::string_view what) {
  return {base::ErrorKind::invalid, "lambda event", "UnknownEvent", "", std::string(what) + "; " + k_shapes};
}

/// Which member, and what it must be.
base::Error refused(std::string_view member, std::string_view needs) {
  return refused("\"" + std::string(member) + "\" must be " + std::string(needs));
}

bool has_only(const object& event, std::initializer_list<std::string_view> needed, std::initializer_list<std::string_view> optional) {
  const auto in = [](const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  const bool complete = std::ranges::all_of(needed, [&event](std::string_view name) { return event.contains(name); });
  return complete && std::ranges::all_of(event, [&](const auto& member) { return in(needed, member.key()) || in(optional, member.key()); });
}

/// Of a member that may be missing. A value that is neither true nor false is an error, never "off".
Result<bool> flag(const object& event, std::string_view name) {
  const value* given = event.if_contains(name);
  if (given == nullptr) return false;
  if (given->is_bool()) return given->get_bool();
  const std::string text = given->is_string() ? base::lower_case(std::string(given->get_string())) : "";
  if (text != "true" && text != "false") return refused(name, "true or false");
  return text == "true";
}

Result<std::string> text(const object& event, std::string_view name) {
  const value* given = event.if_contains(name);
  if (given == nullptr || !given->is_string()) return refused(name, "a text");
  return std::string(given->get_string());
}

/// Where the parts of a fan-out leave what they found.
Result<std::optional<notify::BucketPlace>> fan_out_of(const object& event) {
  if (!event.contains("bucket") && !event.contains("prefix")) return std::optional<notify::BucketPlace>();
  const Result<std::string> bucket = text(event, "bucket");
  const Result<std::string> prefix = text(event, "prefix");
  if (!bucket) return bucket.error();
  if (!prefix) return prefix.error();
  std::optional<notify::BucketPlace> place = notify::BucketPlace::parse("s3://" + *bucket + "/" + *prefix);
  if (!place || place->bucket != *bucket) return refused("bucket", "the name of a bucket of S3");
  if (place->prefix.empty()) return refused("prefix", "where in the bucket this fan-out is, a place of its own for each");
  return place;
}

Result<std::optional<base::UserName>> user_name(const object& event, std::string_view name) {
  const Result<std::string> given = text(event, name);
  if (!given) return given.error();
  if (given->empty()) return std::optional<base::UserName>();
  std::optional<base::UserName> user = base::UserName::parse(*given);
  if (!user) return refused(name, "the name of an IAM user");
  return user;
}

/// A rule of EventBridge and a schedule of EventBridge Scheduler that was given no input send this. With a member of somebody
/// else ("dryrun") it is none: what it asks for would not be heard.
bool is_schedule(const object& event) {
  const auto is = [&event](std::string_view name, std::initializer_list<std::string_view> texts) {
    const value* given = event.if_contains(name);
    return given != nullptr && given->is_string() && std::ranges::find(texts, std::string_view(given->get_string())) != texts.end();
  };
  return is("source", {"aws.events", "aws.scheduler"}) && is("detail-type", {"Scheduled Event"}) &&
         has_only(event, {"source", "detail-type"}, {"version", "id", "account", "time", "region", "resources", "detail", "replay-name"});
}

Result<void> take_path(const value& given, accounts::Account& account) {
  if (!given.is_array()) return refused("path", "a list of ids of root and units");
  for (const value& unit : given.get_array()) {
    if (!unit.is_string()) return refused("path", "a list of ids of root and units");
    account.path.emplace_back(unit.get_string());
  }
  return {};
}

Result<void> take_tags(const value& given, accounts::Account& account) {
  if (!given.is_object()) return refused("tags", "an object of texts");
  account.tags.emplace();
  for (const auto& tag : given.get_object()) {
    if (!tag.value().is_string()) return refused("tags", "an object of texts");
    account.tags->emplace(tag.key(), tag.value().get_string());
  }
  return {};
}

Result<LambdaEvent> account_of(const object& event) {
  const Result<std::string> id = text(event, "account");
  const Result<std::string> name = text(event, "name");
  const Result<std::string> email = text(event, "email");
  const Result<bool> dry_run = flag(event, "dryrun");
  for (const Result<std::string>* part : {&id, &name, &email}) {
    if (!*part) return part->error();
  }
  if (!dry_run) return dry_run.error();
  const auto account = base::AccountId::parse(*id);
  if (!account) return refused("account", "12 digits, as a text");
  Result<std::optional<notify::BucketPlace>> fan_out = fan_out_of(event);
  if (!fan_out) return fan_out.error();
  AccountEvent one{
      {*account, *name, *email, accounts::AccountState::active, false, {}, {}}, event.contains("path"), {}, *dry_run, std::move(*fan_out)};
  if (event.contains("ForceRotate")) {
    const auto forced = user_name(event, "ForceRotate");
    if (!forced) return forced.error();
    if (*forced && one.fan_out) return refused("the members do not fit each other");
    one.force_rotate = *forced;
  }
  if (const value* path = event.if_contains("path")) {
    const Result<void> taken = take_path(*path, one.account);
    if (!taken) return taken.error();
  }
  if (const value* tags = event.if_contains("tags")) {
    const Result<void> taken = take_tags(*tags, one.account);
    if (!taken) return taken.error();
  }
  return LambdaEvent(std::move(one));
}

Result<LambdaEvent> user_of(const object& event, KeyOrder order) {
  const auto user = user_name(event, "username");
  if (!user) return user.error();
  if (!*user) return refused("username", "the name of an IAM user");
  const Result<bool> dry_run = flag(event, "dryrun");
  if (!dry_run) return dry_run.error();
  return LambdaEvent(UserEvent{order, **user, *dry_run});
}

Result<LambdaEvent> action_of(const object& event) {
  const Result<std::string> action = text(event, "action");
  if (!action) return action.error();
  constexpr auto k_orders = std::to_array<std::pair<std::string_view, KeyOrder>>(
      {{"create", KeyOrder::create}, {"deactivate", KeyOrder::deactivate}, {"delete", KeyOrder::remove}});
  const auto order = std::ranges::find(k_orders, std::string_view(*action), &std::pair<std::string_view, KeyOrder>::first);
  if (order != k_orders.end() && has_only(event, {"action", "username"}, {"dryrun"})) return user_of(event, order->second);
  if (!has_only(event, {"action"}, {"dryrun", "bucket", "prefix"})) return refused("the members do not fit the action");
  const Result<bool> dry_run = flag(event, "dryrun");
  if (!dry_run) return dry_run.error();
  Result<std::optional<notify::BucketPlace>> fan_out = fan_out_of(event);
  if (!fan_out) return fan_out.error();
  if (*action == "inventory") return LambdaEvent(InventoryEvent{*dry_run, std::move(*fan_out)});
  if (*action == "merge" && *fan_out && !event.contains("dryrun")) return LambdaEvent(MergeEvent{std::move(**fan_out)});
  if (*action == "merge" || *fan_out) return refused("the members do not fit the action");
  if (*action == "run") return LambdaEvent(DailyRunEvent{*dry_run});
  return refused("there is no such action");
}

}  // namespace

Result<LambdaEvent> parse_lambda_event(std::string_view payload) {
  boost::system::error_code failed;
  const value parsed = boost::json::parse(payload, failed);
  if (failed) return refused("the event is not JSON");
  if (!parsed.is_object()) return refused("the event is not an object");
  const object& event = parsed.get_object();
  if (event.empty() || is_schedule(event)) return LambdaEvent(DailyRunEvent{});
  if (has_only(event, {"Step", "SecretId", "ClientRequestToken"}, {"RotationToken"})) return LambdaEvent(SecretEvent{event});
  if (has_only(event, {"account", "name", "email"}, {"ForceRotate", "dryrun", "path", "tags", "bucket", "prefix"})) return account_of(event);
  if (event.contains("action")) return action_of(event);
  return refused("the event has none of the shapes that keyward takes");
}

std::string_view name_of(const LambdaEvent& event) {
  constexpr std::array<std::string_view, std::variant_size_v<LambdaEvent>> k_names{"run", "inventory", "account", "merge", "user", "secret"};
  return k_names.at(event.index());
}

object account_event(const accounts::Account& account, bool with_path, bool with_tags, bool dry_run) {
  object event{{"account", account.id.str()}, {"name", account.name}, {"email", account.email}};
  if (with_path) event["path"] = boost::json::array(account.path.begin(), account.path.end());
  if (with_tags && account.tags) {
    object tags;
    for (const auto& [key, text] : *account.tags) tags[key] = text;
    event["tags"] = std::move(tags);
  }
  if (dry_run) event["dryrun"] = true;
  return event;
}

}  // namespace keyward::orchestrator
