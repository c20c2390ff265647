#include "orchestrator/channel_permissions.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "notify/address_book.hpp"
#include "notify/bucket_templates.hpp"
#include "notify/metrics_channel.hpp"

namespace keyward::orchestrator {
namespace {

namespace calls = aws::operations;

using notify::ChannelSettings;
using notify::NotifySettings;
using notify::SecretSource;

std::string arn(const PolicyPlace& place, const std::string& service, const std::string& region,
                const std::string& resource) {
  return "arn:" + place.partition + ":" + service + ":" + region + ":" + place.account + ":" + resource;
}

void add_ses(PolicyStatements& policy, const ChannelSettings& channel, const std::string& sender,
             const PolicyPlace& place) {
  std::vector<std::string> resources;
  for (const std::string& identity : identities_of(sender))
    resources.push_back(arn(place, "ses", place.region, "identity/" + identity));
  if (!channel.configuration_set.empty()) {
    resources.push_back(arn(place, "ses", place.region, "configuration-set/" + channel.configuration_set));
  }
  std::vector<std::string> actions = actions_of({calls::k_send_email});
  actions.emplace_back("ses:SendRawEmail");
  policy.add({"SendMail",
              std::move(actions),
              std::move(resources),
              {{"StringEquals", "ses:FromAddress", {sender}}},
              "owners are told by mail, in the name of notify.sender only"});
}

/// `ssm:NAME`, `ssm:NAME:VERSION` or `ssm:ARN`.
std::string parameter_arn(std::string reference, const PolicyPlace& place) {
  reference.erase(0, reference.find(':') + 1);
  if (reference.starts_with("arn:")) return reference;
  const std::string name = reference.substr(0, reference.find(':'));
  return arn(place, "ssm", place.region, (name.starts_with('/') ? "parameter" : "parameter/") + name);
}

void add_secret(PolicyStatements& policy, const SecretSource& source, const PolicyPlace& place) {
  if (!source.reference.starts_with("ssm:")) return;
  policy.add({"ReadSecretsOfChannels",
              actions_of({calls::k_get_parameter}),
              {parameter_arn(source.reference, place)},
              {},
              "the secrets of channels are parameters"});
  policy.note(
      "parameters that are encrypted with a key of your own also need kms:Decrypt on that key, which the configuration "
      "does not name; those of aws/ssm need nothing more");
}

void add_channel(PolicyStatements& policy, const ChannelSettings& channel, const NotifySettings& settings,
                 const PolicyPlace& place) {
  using Type = ChannelSettings::Type;
  switch (channel.type) {
    case Type::ses: add_ses(policy, channel, settings.sender, place); break;
    case Type::smtp:
      add_secret(policy, settings.smtp_user, place);
      add_secret(policy, settings.smtp_password, place);
      break;
    case Type::sns:
      policy.add({"PublishRuns",
                  actions_of({calls::k_publish}),
                  {channel.topic_arn->str()},
                  {},
                  "operators are told through a topic"});
      policy.note(
          "a topic that is encrypted with a key of your own also needs kms:GenerateDataKey and kms:Decrypt on that "
          "key, which "
          "the configuration does not name");
      break;
    case Type::metrics: {
      if (channel.embedded.value_or(false)) break;
      const std::string name(channel.metric_namespace.empty() ? notify::k_metric_namespace : channel.metric_namespace);
      policy.add({"WriteMetrics",
                  actions_of({calls::k_put_metric_data}),
                  {"*"},
                  {{"StringEquals", "cloudwatch:namespace", {name}}},
                  "a run leaves its metrics; AWS scopes that by the namespace alone"});
      break;
    }
    case Type::slack:
    case Type::teams:
    case Type::webhook:
    case Type::pagerduty:
      for (const SecretSource* source : {&channel.url, &channel.secret, &channel.routing_key})
        add_secret(policy, *source, place);
      break;
    case Type::file: break;
  }
}

/// As a literal in a policy: `*` and `?` are wildcards there, and `?` stands for any one character.
std::string literal(std::string text) {
  std::ranges::replace(text, '*', '?');
  std::ranges::replace(text, '$', '?');
  return text;
}

void add_templates(PolicyStatements& policy, const NotifySettings& settings, const PolicyPlace& place) {
  const auto bucket = notify::BucketPlace::parse(settings.templates);
  if (!bucket) return;
  std::vector<std::string> prefixes{bucket->prefix};
  // fetch_templates() tries the other spelling of the guidance's prefix.
  if (bucket->prefix == "Template" || bucket->prefix.ends_with("/Template")) {
    prefixes.push_back(bucket->prefix);
    prefixes.back()[prefixes.back().rfind('T')] = 't';
  }
  std::vector<std::string> objects;
  for (const std::string& prefix : prefixes) {
    for (const std::string& file : {settings.template_enforce, settings.template_audit}) {
      const std::string text = std::filesystem::path(file).replace_extension(".txt").string();
      for (const std::string& name : {file, text}) {
        objects.push_back("arn:" + place.partition +
                          ":s3:::" + literal(bucket->bucket + "/" + (prefix.empty() ? "" : prefix + "/") + name));
      }
    }
  }
  policy.add({"ReadMailTemplates",
              actions_of({calls::k_get_object}),
              std::move(objects),
              {},
              "the mail templates are in a bucket"});
  policy.note(
      "templates that are encrypted with a key of your own also need kms:Decrypt on that key, which the configuration "
      "does not name");
}

}  // namespace

std::vector<std::string> identities_of(const std::string& sender) {
  std::vector<std::string> identities{sender};
  std::string domain = sender.substr(sender.rfind('@') + 1);
  while (domain.find('.') != std::string::npos) {
    identities.push_back(domain);
    domain.erase(0, domain.find('.') + 1);
  }
  return identities;
}

void add_channel_rights(PolicyStatements& policy, const NotifySettings& settings, const PolicyPlace& place) {
  for (const ChannelSettings& channel : settings.channels) add_channel(policy, channel, settings, place);
  add_templates(policy, settings, place);
  if (const auto table = notify::RecipientsTable::parse(settings.recipients_file)) {
    const std::string region = table->region ? table->region->str() : place.region;
    policy.add({"ReadRecipients",
                actions_of({calls::k_scan}),
                {arn(place, "dynamodb", region, "table/" + table->name)},
                {},
                "who hears of which account is a table"});
  }
}

void add_doctor_channel_rights(PolicyStatements& policy, const NotifySettings& settings, const PolicyPlace& place) {
  for (const ChannelSettings& channel : settings.channels) {
    if (channel.type == ChannelSettings::Type::ses) {
      std::vector<std::string> identities;
      for (const std::string& identity : identities_of(settings.sender))
        identities.push_back(arn(place, "ses", place.region, "identity/" + identity));
      policy.add({"LookAtMailAccount", actions_of({calls::k_get_account}), {"*"}, {},
                  "doctor looks whether SES lets the account send; AWS does not scope that"});
      policy.add({"LookAtMailIdentity", actions_of({calls::k_get_email_identity}), std::move(identities), {},
                  "doctor looks whether notify.sender is verified"});
    }
    if (channel.type == ChannelSettings::Type::sns) {
      policy.add({"LookAtTopic", actions_of({calls::k_get_topic_attributes}), {channel.topic_arn->str()}, {},
                  "doctor looks whether the topic exists"});
    }
  }
}

}  // namespace keyward::orchestrator
