#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "sandbox/control.hpp"

// The world as JSON. Every map is sorted and every list keeps its order, so that equal worlds give equal text.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

template <class Map>
json::object text_map(const Map& map) {
  json::object object;
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

/// Policies are shown as JSON, not as text inside JSON.
json::value policy_value(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value(text) : value;
}

json::object policies_value(const Policies& policies) {
  json::object object;
  for (const auto& [name, text] : policies) object[name] = policy_value(text);
  return object;
}

json::object key_value(const AccessKey& key) {
  return {{"id", key.id},
          {"secret", key.secret},
          {"status", key.active ? "Active" : "Inactive"},
          {"created", base::format_iso8601(key.created)},
          {"changed", base::format_iso8601(key.changed)}};
}

json::object user_value(const User& user) {
  json::array keys;
  for (const AccessKey& key : user.keys) keys.push_back(key_value(key));
  return {{"path", user.path},
          {"id", user.id},
          {"created", base::format_iso8601(user.created)},
          {"tags", text_map(user.tags)},
          {"groups", json::array(user.groups.begin(), user.groups.end())},
          {"policies", policies_value(user.policies)},
          {"attached_policies", json::array(user.attached_policies.begin(), user.attached_policies.end())},
          {"keys", std::move(keys)}};
}

json::object secret_state(const Account& account, const StoredSecret& secret) {
  json::object versions;
  for (const auto& [id, version] : secret.versions) {
    json::object item{{"created", base::format_iso8601(version.created)},
                      {"stages", json::array(version.stages.begin(), version.stages.end())}};
    if (version.text) item["text"] = *version.text;
    if (version.binary) item["binary"] = *version.binary;
    versions[id] = std::move(item);
  }
  json::object replicas;
  for (const auto& [region, replica] : secret.replicas) {
    replicas[region] = json::object{{"status", replica.status}, {"kms_key", replica.kms_key}};
  }
  json::object object{{"arn", secret_arn(account, secret, secret.region)},
                      {"name", secret.name},
                      {"region", secret.region},
                      {"description", secret.description},
                      {"kms_key", secret.kms_key},
                      {"tags", text_map(secret.tags)},
                      {"created", base::format_iso8601(secret.created)},
                      {"changed", base::format_iso8601(secret.changed)},
                      {"versions", std::move(versions)},
                      {"replicas", std::move(replicas)}};
  if (!secret.policy.empty()) object["policy"] = policy_value(secret.policy);
  if (!secret.rotation_function.empty()) {
    object["rotation"] = json::object{{"function", secret.rotation_function}, {"enabled", secret.rotation_enabled}};
  }
  if (secret.deletion) object["deletion"] = base::format_iso8601(*secret.deletion);
  return object;
}

json::object account_value(const Account& account) {
  json::object users, roles, groups;
  for (const auto& [name, user] : account.users) users[name] = user_value(user);
  for (const auto& [name, role] : account.roles) {
    roles[name] = json::object{{"path", role.path},
                               {"id", role.id},
                               {"max_session_seconds", role.max_session_seconds},
                               {"trust", policy_value(role.trust)},
                               {"policies", policies_value(role.policies)}};
  }
  for (const auto& [name, group] : account.groups) {
    groups[name] = json::object{{"path", group.path}, {"id", group.id}, {"policies", policies_value(group.policies)}};
  }
  json::array secrets, keys, topics;
  for (const auto& [name, secret] : account.secrets) secrets.push_back(secret_state(account, secret));
  for (const KmsKey& key : account.kms_keys) {
    keys.push_back(json::object{{"arn", kms_key_arn(account, key)}, {"alias", key.alias}, {"enabled", key.enabled}});
  }
  for (const auto& [region, name] : account.topics) topics.push_back(json::string(region + ":" + name));
  json::object parameters, buckets;
  for (const auto& [name, parameter] : account.parameters) {
    parameters[name.first + ":" + name.second] =
        json::object{{"type", parameter.type}, {"value", parameter.value}, {"version", parameter.version}};
  }
  for (const auto& [name, objects] : account.buckets) {
    json::object items;
    for (const auto& [key, object] : objects) items[key] = object.content;
    buckets[name] = std::move(items);
  }
  return {{"name", account.name},
          {"email", account.email},
          {"state", to_string(account.state)},
          {"parent", account.parent},
          {"alias", account.alias},
          {"tags", text_map(account.tags)},
          {"users", std::move(users)},
          {"groups", std::move(groups)},
          {"roles", std::move(roles)},
          {"secrets", std::move(secrets)},
          {"kms_keys", std::move(keys)},
          {"identities", json::array(account.identities.begin(), account.identities.end())},
          {"topics", std::move(topics)},
          {"parameters", std::move(parameters)},
          {"buckets", std::move(buckets)}};
}

}  // namespace

json::object durable_state(World& world) {
  json::array units;
  for (const OrganizationalUnit& unit : world.units) {
    units.push_back(json::object{{"id", unit.id}, {"name", unit.name}, {"parent", unit.parent}});
  }
  json::object accounts;
  for (const auto& [id, account] : world.accounts) accounts[id] = account_value(account);
  return {{"organization", json::object{{"id", world.organization_id},
                                        {"root", world.root_id},
                                        {"management_account", world.management_account},
                                        {"external_id", world.external_id},
                                        {"units", std::move(units)}}},
          {"accounts", std::move(accounts)}};
}

json::object volatile_state(World& world) {
  json::object uses;
  json::array publications, metrics, sessions, spreading, findings;
  for (const auto& [id, account] : world.accounts) {
    for (const auto& [name, finding] : account.security_hub.findings) findings.push_back(json::parse(finding));
    for (const auto& [name, user] : account.users) {
      for (const AccessKey& key : user.keys) {
        if (world.clock.moment() < key.spread_at) spreading.push_back(json::string(key.id));
        if (!key.last_used) continue;
        uses[key.id] = json::object{{"account", id},
                                    {"user", user.name},
                                    {"date", base::format_iso8601(key.last_used->date)},
                                    {"service", key.last_used->service},
                                    {"region", key.last_used->region}};
      }
    }
    for (const Publication& publication : account.publications) {
      publications.push_back(json::object{{"time", base::format_iso8601(publication.time)},
                                          {"topic_arn", publication.topic_arn},
                                          {"subject", publication.subject},
                                          {"message", publication.message}});
    }
    for (const MetricDatum& datum : account.metrics) {
      metrics.push_back(json::object{{"time", base::format_iso8601(datum.time)},
                                     {"account", id},
                                     {"region", datum.region},
                                     {"namespace", datum.metric_namespace},
                                     {"name", datum.name},
                                     {"value", datum.value},
                                     {"unit", datum.unit},
                                     {"dimensions", text_map(datum.dimensions)}});
    }
  }
  for (const auto& [id, session] : world.sessions) {
    sessions.push_back(
        json::object{{"arn", session_arn(session)},
                     {"access_key_id", session.access_key_id},
                     {"secret", session.secret},
                     {"token", session.token},
                     {"policy", session.policy.empty() ? json::value(nullptr) : policy_value(session.policy)},
                     {"expires", base::format_iso8601(session.expires)}});
  }
  json::array removed;
  for (const AccessKey& key : world.removed_keys) removed.push_back(json::object{{"id", key.id}, {"secret", key.secret}});
  return {{"now", base::format_iso8601(world.now())},
          {"mails", world.mail_count},
          {"removed_keys", std::move(removed)},
          {"last_used", std::move(uses)},
          {"spreading", std::move(spreading)},
          {"sessions", std::move(sessions)},
          {"publications", std::move(publications)},
          {"metrics", std::move(metrics)},
          {"findings", std::move(findings)}};
}

json::array mail_list(const World& world) {
  json::array list;
  const auto addresses = [](const std::vector<std::string>& items) { return json::array(items.begin(), items.end()); };
  for (const Mail& mail : world.mails) {
    list.push_back(json::object{{"number", mail.number},
                                {"time", base::format_iso8601(mail.time)},
                                {"account", mail.account},
                                {"region", mail.region},
                                {"message_id", mail.message_id},
                                {"from", mail.from},
                                {"to", addresses(mail.to)},
                                {"cc", addresses(mail.cc)},
                                {"bcc", addresses(mail.bcc)},
                                {"reply_to", addresses(mail.reply_to)},
                                {"subject", mail.subject},
                                {"text", mail.text},
                                {"html", mail.html},
                                {"raw", mail.raw}});
  }
  return list;
}

}  // namespace keyward::sandbox
