#include "orchestrator/channels.hpp"

#include <string>
#include <utility>

#include "aws/cloudwatch_client.hpp"
#include "aws/ses_client.hpp"
#include "aws/sns_client.hpp"
#include "aws/ssm_client.hpp"
#include "notify/chat_channel.hpp"
#include "notify/file_channel.hpp"
#include "notify/metrics_channel.hpp"
#include "notify/pagerduty_channel.hpp"
#include "notify/ses_channel.hpp"
#include "notify/slack_message.hpp"
#include "notify/smtp_channel.hpp"
#include "notify/sns_channel.hpp"
#include "notify/teams_message.hpp"
#include "notify/webhook_channel.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using notify::ChannelSettings;

constexpr int k_starttls_port = 587;
constexpr int k_implicit_tls_port = 465;  // RFC 8314
/// A mail server may look at a mail before it takes it; the others answer at once or not at all.
constexpr std::chrono::seconds k_smtp_timeout{60};
constexpr std::chrono::seconds k_post_timeout{30};

/// SES's SMTP interface (aws-api.md, section 5.3); nothing where no such host is known.
std::optional<std::string> ses_smtp_host(const Services& services) {
  if (services.partition != "aws" && services.partition != "aws-us-gov") return std::nullopt;
  return "email-smtp." + services.region.str() + ".amazonaws.com";
}

/// A topic's region signs; a caller belongs to one region.
struct Topic {
  Topic(const Services& services, base::Region region)
      : caller(services.context, *services.identity, std::move(region), aws::Writes::refused), client(caller) {}
  aws::Caller caller;
  aws::SnsClient client;
};

}  // namespace

Result<base::SmtpServer> smtp_server(const ChannelSettings& channel, const Services& services) {
  const std::optional<std::string> host = channel.host.empty() ? ses_smtp_host(services) : channel.host;
  if (!host) {
    return base::Error{base::ErrorKind::invalid, "config", "NoSmtpHost", "",
                       "SES has no known SMTP endpoint in partition " + services.partition + "; name a host for the channel smtp"};
  }
  const base::SmtpSecurity security = channel.tls.value_or(base::SmtpSecurity::starttls);
  const int usual_port = security == base::SmtpSecurity::starttls ? k_starttls_port : k_implicit_tls_port;
  return base::SmtpServer{*host, static_cast<std::uint16_t>(channel.port.value_or(usual_port)), security};
}

struct Channels::Clients {
  explicit Clients(aws::Caller& hub, std::shared_ptr<aws::CredentialProvider> its_identity)
      : identity(std::move(its_identity)), ses(hub), ssm(hub), cloudwatch(hub) {}
  std::shared_ptr<aws::CredentialProvider> identity;
  aws::SesClient ses;
  aws::SsmClient ssm;
  aws::CloudWatchClient cloudwatch;
  std::vector<std::unique_ptr<Topic>> topics;
};

class Channels::Builder {
 public:
  Builder(Channels& channels, const notify::NotifySettings& settings, const std::filesystem::path& run_dir, const Services& services)
      : channels_(channels), clients_(*channels.clients_), settings_(settings), run_dir_(run_dir), services_(services) {}

  Result<void> add(const ChannelSettings& channel) {
    switch (channel.type) {
      case ChannelSettings::Type::ses: mail<notify::SesChannel>(clients_.ses, channel.configuration_set); break;
      case ChannelSettings::Type::smtp: return add_smtp(channel);
      case ChannelSettings::Type::file:
        mail<notify::FileChannel>(channel.directory.empty() ? run_dir_ / "mail" : std::filesystem::path(channel.directory));
        break;
      case ChannelSettings::Type::sns: return add_sns(channel);
      case ChannelSettings::Type::slack: add_chat("slack", &notify::slack_message, channel); break;
      case ChannelSettings::Type::teams: add_chat("teams", &notify::teams_message, channel); break;
      case ChannelSettings::Type::webhook:
        operators<notify::WebhookChannel>(secret(channel.url), secret(channel.secret), timeout(channel), post_tools(reach(channel)));
        break;
      case ChannelSettings::Type::pagerduty:
        operators<notify::PagerDutyChannel>(secret(channel.routing_key), channel.endpoint, timeout(channel), post_tools(base::Reach::anywhere));
        break;
      case ChannelSettings::Type::metrics: add_metrics(channel); break;
    }
    return {};
  }

 private:
  template <class Channel, class... Arguments>
  void mail(Arguments&&... arguments) {
    channels_.mail_.push_back(std::make_unique<Channel>(std::forward<Arguments>(arguments)...));
  }
  template <class Channel, class... Arguments>
  void operators(Arguments&&... arguments) {
    channels_.operators_.push_back(std::make_unique<Channel>(std::forward<Arguments>(arguments)...));
  }

  Result<void> add_smtp(const ChannelSettings& channel) {
    Result<base::SmtpServer> address = smtp_server(channel, services_);
    if (!address) return address.error();
    notify::SmtpChannel::Settings server{*std::move(address), channel.timeout.value_or(k_smtp_timeout)};
    mail<notify::SmtpChannel>(std::move(server), secret(settings_.smtp_user), secret(settings_.smtp_password),
                              notify::SmtpChannel::Tools{services_.smtp, services_.context.sleeper, services_.context.jitter});
    return {};
  }

  Result<void> add_sns(const ChannelSettings& channel) {
    const auto region = base::Region::parse(base::arn_region(*channel.topic_arn));
    if (!region) {
      return base::Error{base::ErrorKind::invalid, "config", "BadTopic", "", channel.topic_arn->str() + " names no region"};
    }
    clients_.topics.push_back(std::make_unique<Topic>(services_, *region));
    const auto messages = channel.per_event.value_or(false) ? notify::SnsMessages::per_event : notify::SnsMessages::summary;
    operators<notify::SnsChannel>(clients_.topics.back()->client, channel.topic_arn->str(), messages);
    return {};
  }

  void add_chat(std::string_view name, notify::ChatChannel::Render render, const ChannelSettings& channel) {
    operators<notify::ChatChannel>(name, render, secret(channel.url), timeout(channel), post_tools(reach(channel)));
  }

  void add_metrics(const ChannelSettings& channel) {
    std::string name(channel.metric_namespace.empty() ? notify::k_metric_namespace : channel.metric_namespace);
    if (channel.embedded.value_or(false)) {
      operators<notify::EmbeddedMetricsChannel>(services_.err, std::move(name));
    } else {
      operators<notify::MetricsChannel>(clients_.cloudwatch, std::move(name));
    }
  }

  notify::ChannelSecret secret(const notify::SecretSource& source) { return {source, clients_.ssm}; }
  static std::chrono::milliseconds timeout(const ChannelSettings& channel) { return channel.timeout.value_or(k_post_timeout); }
  /// A URL is a secret that others may keep; an endpoint stands in the configuration.
  static base::Reach reach(const ChannelSettings& channel) {
    return channel.private_addresses.value_or(false) ? base::Reach::anywhere : base::Reach::public_addresses;
  }
  notify::PostTools post_tools(base::Reach reach) const {
    aws::CallContext& context = services_.context;
    return {context.transport, context.clock, context.sleeper, context.jitter, context.user_agent, reach};
  }

  Channels& channels_;
  Clients& clients_;
  const notify::NotifySettings& settings_;
  const std::filesystem::path& run_dir_;
  const Services& services_;
};

Channels::Channels() = default;
Channels::Channels(Channels&&) noexcept = default;
Channels& Channels::operator=(Channels&&) noexcept = default;
Channels::~Channels() = default;

Result<Channels> Channels::make(const notify::NotifySettings& settings, const std::filesystem::path& run_dir, aws::Caller& hub,
                                const Services& services) {
  Channels channels;
  channels.clients_ = std::make_unique<Clients>(hub, services.identity);
  Builder builder(channels, settings, run_dir, services);
  for (const ChannelSettings& channel : settings.channels) {
    const Result<void> added = builder.add(channel);
    if (!added) return added.error();
  }
  return channels;
}

std::vector<notify::Channel*> Channels::mail() const {
  std::vector<notify::Channel*> list;
  list.reserve(mail_.size());
  for (const auto& channel : mail_) list.push_back(channel.get());
  return list;
}

std::vector<notify::OperatorChannel*> Channels::operators() const {
  std::vector<notify::OperatorChannel*> list;
  list.reserve(operators_.size());
  for (const auto& channel : operators_) list.push_back(channel.get());
  return list;
}

}  // namespace keyward::orchestrator
