#include <algorithm>
#include <filesystem>

#include "aws/sns_client.hpp"
#include "aws/ssm_client.hpp"
#include "aws/url.hpp"
#include "notify/channel_secret.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/doctor_mail.hpp"

// How operators are told. No message is sent, and no URL of a webhook is named: whoever knows it can post.
namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using notify::ChannelSettings;
using report::Reach;

constexpr const char* k_pagerduty = "https://events.pagerduty.com";

std::string_view word(ChannelSettings::Type type) {
  switch (type) {
    case ChannelSettings::Type::ses: return "ses";
    case ChannelSettings::Type::smtp: return "smtp";
    case ChannelSettings::Type::sns: return "sns";
    case ChannelSettings::Type::slack: return "slack";
    case ChannelSettings::Type::teams: return "teams";
    case ChannelSettings::Type::webhook: return "webhook";
    case ChannelSettings::Type::pagerduty: return "pagerduty";
    case ChannelSettings::Type::metrics: return "metrics";
    case ChannelSettings::Type::file: return "file";
  }
  return "";
}

std::string way_fix(const base::Error& error, const std::string& host) {
  if (error.code == "AddressRefused") return "private_addresses: true   # at the channel, if the receiver is yours";
  if (error.code == "ResolveFailed") return "getent ahosts " + host;
  return "openssl s_client -connect " + host + ":443 -servername " + host + " -brief < /dev/null";
}

/// Name resolution, TLS and an HTTP answer of whatever status, from the host alone: what is posted to stays untouched.
Task<void> examine_host(Examination& examination, std::string channel, std::string secret_url, base::Reach reach) {
  const std::string id = "doctor.channel." + channel;
  const std::optional<std::string> problem = notify::problem_of_url(secret_url);
  const std::optional<aws::Url> url = aws::parse_url(secret_url);
  if (problem || !url) {
    examination.fail(id, "the URL of channel " + channel + " " + problem.value_or("is none"), "",
                     "notify:\n  channels: [{type: " + channel + ", url: env:NAME}]", Reach::part);
    co_return;
  }
  base::HttpRequest request;
  request.operation = channel;
  request.method = "HEAD";
  request.url = url->scheme + "://" + url->authority() + "/";
  request.timeout = std::chrono::seconds(15);
  request.reach = reach;
  request.reads = base::Reads::status;
  Result<base::HttpResponse> answer = co_await examination.services().context.transport.send(std::move(request));
  if (answer) {
    examination.ok(id, "channel " + channel + ": " + url->host + " answers");
  } else {
    examination.fail(id, "channel " + channel + ": " + url->host + " cannot be reached", reason_of(answer.error()),
                     way_fix(answer.error(), url->host), Reach::part);
  }
}

/// The value of a channel's secret; a failure is told.
Task<std::optional<notify::SecretPtr>> secret_of(Examination& examination, std::string channel,
                                                 notify::SecretSource source) {
  aws::SsmClient ssm(examination.job.hub());
  const std::string reference = source.reference.starts_with("ssm:") ? source.reference : std::string("its secret");
  const std::string parameter = source.reference.substr(std::min<std::size_t>(4, source.reference.size()));
  notify::ChannelSecret secret(std::move(source), ssm);
  Result<notify::SecretPtr> value = co_await secret.get();
  if (value) co_return *value;
  examination.fail("doctor.channel." + channel, "channel " + channel + ": " + reference + " cannot be read",
                   reason_of(value.error()),
                   reference.starts_with("ssm:")
                       ? "aws ssm describe-parameters --parameter-filters Key=Name,Values=" + parameter
                       : "",
                   Reach::part);
  co_return std::nullopt;
}

Task<void> examine_post(Examination& examination, ChannelSettings channel) {
  const std::string name(word(channel.type));
  const bool pagerduty = channel.type == ChannelSettings::Type::pagerduty;
  const notify::SecretSource& needed = pagerduty ? channel.routing_key : channel.url;
  std::optional<notify::SecretPtr> first = co_await secret_of(examination, name, needed);
  if (!first) co_return;
  if (!channel.secret.empty()) {
    std::optional<notify::SecretPtr> signing = co_await secret_of(examination, name, channel.secret);
    if (!signing) co_return;
  }
  std::string url = pagerduty ? (channel.endpoint.empty() ? std::string(k_pagerduty) : channel.endpoint)
                              : std::string((*first)->expose());
  const bool anywhere = pagerduty || channel.private_addresses.value_or(false);
  const base::Reach reach = anywhere ? base::Reach::anywhere : base::Reach::public_addresses;
  co_await examine_host(examination, name, std::move(url), reach);
}

Task<void> examine_topic(Examination& examination, base::Arn topic) {
  const std::string id = "doctor.channel.sns";
  const auto region = base::Region::parse(base::arn_region(topic));
  if (!region || !examination.caller) {
    examination.skip(id, "topic " + topic.str(), region ? "AWS does not know who is calling" : "it names no region");
    co_return;
  }
  const Services& services = examination.services();
  aws::Caller caller(services.context, *services.identity, *region, aws::Writes::refused);
  aws::SnsClient sns(caller);
  Result<bool> exists = co_await sns.topic_exists(topic.str());
  if (!exists) {
    examination.skip(id, "topic " + topic.str(), reason_of(exists.error()),
                     "aws sns get-topic-attributes --region " + region->str() + " --topic-arn " + topic.str());
  } else if (*exists) {
    examination.ok(id, "topic " + topic.str() + " exists");
  } else {
    const std::string arn = topic.str();
    examination.fail(id, "topic " + arn + " does not exist", "",
                     "aws sns create-topic --region " + region->str() + " --name " + arn.substr(arn.rfind(':') + 1),
                     Reach::part);
  }
}

void examine_folder(Examination& examination, const std::string& folder) {
  const std::string id = "doctor.mail.file";
  if (folder.empty()) {
    examination.ok(id, "mails are written into the folder of their run");
  } else if (const std::optional<std::string> obstacle = obstacle_in(folder)) {
    examination.fail(id, "mails cannot be written to " + folder, *obstacle,
                     "notify:\n  channels: [{type: file, directory: /var/lib/keyward/mail}]   # a folder that can be "
                     "made, or written to",
                     Reach::part);
  } else {
    examination.ok(id, "mails are written to " + folder);
  }
}

Task<void> examine_channel(Examination& examination, ChannelSettings channel) {
  using Type = ChannelSettings::Type;
  switch (channel.type) {
    case Type::ses: co_await examine_ses(examination); break;
    case Type::smtp: co_await examine_smtp(examination, channel); break;
    case Type::sns: co_await examine_topic(examination, *channel.topic_arn); break;
    case Type::slack:
    case Type::teams:
    case Type::webhook:
    case Type::pagerduty: co_await examine_post(examination, channel); break;
    case Type::metrics: examination.ok("doctor.channel.metrics", "metrics need a right and nothing else"); break;
    case Type::file: examine_folder(examination, channel.directory); break;
  }
}

}  // namespace

Task<void> examine_channels(Examination& examination) {
  for (const ChannelSettings& channel : examination.configuration().defaults.notify.channels)
    co_await examine_channel(examination, channel);
  const auto& channels = examination.configuration().defaults.notify.channels;
  const bool mail =
      std::ranges::any_of(channels, [](const ChannelSettings& one) { return notify::carries_mail(one.type); });
  if (!mail) {
    examination.warn("doctor.mail.none", "owners get no mail", "notify.channels names none of ses, smtp and file",
                     "notify:\n  channels: [{type: ses}]");
  }
}

}  // namespace keyward::orchestrator
