#include "orchestrator/plan_json.hpp"

#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/named.hpp"
#include "report/text.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

using base::Instant;
using rotation::Decision;
using rotation::ExemptionFact;
using rotation::Fact;
using rotation::KeyFacts;
using rotation::KeyStatus;
using rotation::KeyUse;
using rotation::Ledger;
using rotation::UserFacts;
using rotation::UserPlan;

constexpr const char* k_active = "active";
constexpr const char* k_inactive = "inactive";
constexpr const char* k_unknown = "unknown";
constexpr const char* k_never = "never";

// ---- writing

json::object json_of(const KeyFacts& key) {
  json::object object;
  object["access_key_id"] = key.id.str();
  object["status"] = key.status == KeyStatus::active ? k_active : k_inactive;
  object["created"] = base::format_iso8601(key.created);
  object["last_used"] = key.last_use.is_known()    ? base::format_iso8601(key.last_use.value().at)
                        : key.last_use.is_absent() ? k_never
                                                   : k_unknown;
  return object;
}

/// The value of the tag; null without one.
json::value json_of(const Fact<Ledger>& ledger) {
  if (!ledger.is_known()) return nullptr;
  const base::Result<std::string> value = rotation::format_ledger(ledger.value());
  return value ? json::value(*value) : json::value(nullptr);
}

json::object json_of(const Decision& step) {
  json::object object;
  object["action"] = to_string(step.action);
  object["reason"] = to_string(step.reason);
  if (step.key) object["access_key_id"] = step.key->str();
  if (step.due) object["due"] = base::format_iso8601(*step.due);
  return object;
}

json::object json_of(const UserPlan& user) {
  json::object object;
  object["user"] = user.facts.name.str();
  object["arn"] = user.facts.arn.str();
  json::array keys;
  if (user.facts.keys.is_known()) {
    for (const KeyFacts& key : user.facts.keys.value()) keys.push_back(json_of(key));
  }
  object["keys"] = std::move(keys);
  object["ledger"] = json_of(user.facts.ledger);
  object["exempt"] = nullptr;
  if (user.facts.exemption.is_known()) object["exempt"] = report::valid_utf8(user.facts.exemption.value().reason);
  json::array steps;
  for (const Decision& step : user.steps) steps.push_back(json_of(step));
  object["actions"] = std::move(steps);
  return object;
}

// ---- reading: what is missing or of another kind throws, and is caught at the only entrance

struct Unexpected {};

template <class T>
T need(std::optional<T> value) {
  if (!value) throw Unexpected();
  return std::move(*value);
}

const json::value& member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) throw Unexpected();
  return *value;
}

std::string text(const json::object& object, std::string_view name) {
  const json::value& value = member(object, name);
  if (!value.is_string()) throw Unexpected();
  return std::string(value.get_string());
}

const json::array& list(const json::object& object, std::string_view name) {
  const json::value& value = member(object, name);
  if (!value.is_array()) throw Unexpected();
  return value.get_array();
}

const json::object& as_object(const json::value& value) {
  if (!value.is_object()) throw Unexpected();
  return value.get_object();
}

Instant time(const json::object& object, std::string_view name) { return need(base::parse_iso8601(text(object, name))); }

Fact<KeyUse> use_of(const std::string& last_used) {
  if (last_used == k_never) return Fact<KeyUse>::absent();
  if (last_used == k_unknown) return Fact<KeyUse>();
  return Fact<KeyUse>::known({need(base::parse_iso8601(last_used)), "", ""});
}

KeyFacts key_of(const json::object& object) {
  const std::string status = text(object, "status");
  if (status != k_active && status != k_inactive) throw Unexpected();
  return {need(base::AccessKeyId::parse(text(object, "access_key_id"))), status == k_active ? KeyStatus::active : KeyStatus::inactive,
          time(object, "created"), use_of(text(object, "last_used"))};
}

Fact<Ledger> ledger_of(const json::value& value) {
  if (value.is_null()) return Fact<Ledger>::absent();
  if (!value.is_string()) throw Unexpected();
  base::Result<Ledger> ledger = rotation::parse_ledger(std::string_view(value.get_string()));
  if (!ledger) throw Unexpected();
  return Fact<Ledger>::known(std::move(*ledger));
}

Decision step_of(const json::object& object) {
  Decision step;
  step.action = need(base::named(text(object, "action"), rotation::Action::hold));
  step.reason = need(base::named(text(object, "reason"), rotation::k_last_reason));
  if (object.contains("access_key_id")) step.key = need(base::AccessKeyId::parse(text(object, "access_key_id")));
  if (object.contains("due")) step.due = time(object, "due");
  return step;
}

UserPlan user_of(const json::object& object) {
  std::vector<KeyFacts> keys;
  for (const json::value& key : list(object, "keys")) keys.push_back(key_of(as_object(key)));
  UserPlan user{UserFacts{need(base::UserName::parse(text(object, "user"))), need(base::Arn::parse(text(object, "arn"))),
                          Fact<std::vector<KeyFacts>>::known(std::move(keys)), Fact<ExemptionFact>::absent(), {},
                          ledger_of(member(object, "ledger")), std::nullopt},
                {}};
  if (!member(object, "exempt").is_null()) user.facts.exemption = Fact<ExemptionFact>::known({text(object, "exempt")});
  for (const json::value& step : list(object, "actions")) user.steps.push_back(step_of(as_object(step)));
  return user;
}

Plan read(const json::object& object) {
  Plan plan{text(object, "id"),           text(object, "version"),      time(object, "created"),   time(object, "expires"),
            text(object, "configuration"), text(object, "organization"), text(object, "inventory"), {}};
  for (const json::value& value : list(object, "accounts")) {
    const json::object& one = as_object(value);
    const json::value& dry_run = member(one, "dry_run");
    if (!dry_run.is_bool()) throw Unexpected();
    AccountPlan account{text(one, "name"), dry_run.get_bool(), {}};
    for (const json::value& entry : list(one, "users")) {
      UserPlan user = user_of(as_object(entry));
      const base::UserName name = user.facts.name;
      account.users.emplace(name, std::move(user));
    }
    plan.accounts.emplace(need(base::AccountId::parse(text(one, "account"))), std::move(account));
  }
  return plan;
}

}  // namespace

json::object json_of(const Plan& plan) {
  json::object object;
  object["id"] = plan.id;
  object["version"] = plan.version;
  object["created"] = base::format_iso8601(plan.created);
  object["expires"] = base::format_iso8601(plan.expires);
  object["configuration"] = plan.configuration;
  object["organization"] = report::valid_utf8(plan.organization);
  object["inventory"] = plan.inventory;
  json::array accounts;
  for (const auto& [id, account] : plan.accounts) {
    json::object one;
    one["account"] = id.str();
    one["name"] = report::valid_utf8(account.name);
    one["dry_run"] = account.dry_run;
    json::array users;
    for (const auto& [name, user] : account.users) users.push_back(json_of(user));
    one["users"] = std::move(users);
    accounts.push_back(std::move(one));
  }
  object["accounts"] = std::move(accounts);
  return object;
}

std::optional<Plan> plan_of(const json::object& object) {
  try {
    return read(object);
  } catch (const Unexpected&) {
    return std::nullopt;
  }
}

}  // namespace keyward::orchestrator
