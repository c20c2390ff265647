#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/smtp.hpp"

namespace keyward::notify {

using SecretPtr = std::shared_ptr<const base::Secret>;

/// Where a secret of a channel comes from: `env:NAME`, `file:PATH`, `cred:NAME` or `ssm:PARAMETER`. It is shown as this
/// reference and never as itself.
struct SecretSource {
  std::string reference;  ///< empty: none
  SecretPtr value;        ///< of all but ssm:, read with the configuration; null for ssm:

  bool empty() const noexcept { return reference.empty(); }
};

/// One way for messages to leave. Mail to owners goes through ses, smtp and file; what operators hear through the others.
struct ChannelSettings {
  enum class Type { ses, smtp, sns, slack, teams, webhook, pagerduty, metrics, file };
  Type type = Type::ses;
  std::string configuration_set;  ///< ses: optional
  std::string directory;          ///< file: where the .eml files go; empty: `mail/` in the run's folder
  std::string host;               ///< smtp; empty: SES's SMTP endpoint in the run's region
  std::optional<int> port;        ///< smtp; absent: 587, with implicit TLS 465
  std::optional<base::SmtpSecurity> tls;  ///< smtp; absent: STARTTLS
  std::optional<base::Arn> topic_arn;     ///< sns
  std::optional<bool> per_event;          ///< sns: besides the run's summary a message for every change and failure
  SecretSource url;                       ///< slack, teams, webhook: whoever knows it can post
  SecretSource secret;                    ///< webhook: signs
  SecretSource routing_key;               ///< pagerduty
  std::string endpoint;                   ///< pagerduty; empty: https://events.pagerduty.com
  std::string metric_namespace;           ///< metrics; empty: keyward
  std::optional<bool> embedded;           ///< metrics: lines on standard error instead of calls
  std::optional<bool> private_addresses;  ///< slack, teams, webhook: the URL may lead to this host or into a private network
  std::optional<std::chrono::milliseconds> timeout;  ///< smtp and those with a url, pagerduty: of one attempt
};

/// True for the channels that owners' mail goes through.
constexpr bool carries_mail(ChannelSettings::Type type) {
  return type == ChannelSettings::Type::ses || type == ChannelSettings::Type::smtp || type == ChannelSettings::Type::file;
}

/// Where an owner's address is looked for, in order; the first that exists hears of its own keys.
enum class OwnerSource { user_tag, account_tag, alternate_contact };

struct NotifySettings {
  bool account_owner = true;  ///< the account's e-mail address gets the account's digest
  std::vector<OwnerSource> owner{OwnerSource::user_tag, OwnerSource::account_tag, OwnerSource::alternate_contact};
  std::string owner_tag = "owner";           ///< ResourceOwnerTag
  std::string recipients_file;               ///< CSV of account_id,email, or dynamodb://TABLE; empty: none
  std::vector<std::string> allowed_domains;  ///< empty: addresses from tags are not used
  std::string fallback;
  bool require_warning = false;  ///< nothing is switched off or deleted before its owner received a warning of it
  std::string sender;                        ///< ADMIN_EMAIL
  std::vector<ChannelSettings> channels{ChannelSettings{}};
  SecretSource smtp_user;                    ///< SMTPUserParamName
  SecretSource smtp_password;                ///< SMTPPasswordParamName
  std::string templates;                     ///< folder or s3://bucket/prefix; empty: the built-in templates
  std::string template_enforce = "enforce.html";  ///< EmailTemplateEnforce
  std::string template_audit = "audit.html";      ///< EmailTemplateAudit
};

}  // namespace keyward::notify
