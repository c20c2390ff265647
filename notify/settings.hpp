#pragma once

#include <string>
#include <vector>

namespace keyward::notify {

/// One way for a message to leave. Later channels add their settings here.
struct ChannelSettings {
  enum class Type { ses, file };
  Type type = Type::ses;
  std::string configuration_set;  ///< ses: optional
  std::string directory;          ///< file: where the .eml files go; empty: `mail/` in the run's folder
};

/// Where an owner's address is looked for, in order; the first that exists hears of its own keys.
enum class OwnerSource { user_tag, account_tag, alternate_contact };

struct NotifySettings {
  bool account_owner = true;  ///< the account's e-mail address gets the account's digest
  std::vector<OwnerSource> owner{OwnerSource::user_tag, OwnerSource::account_tag, OwnerSource::alternate_contact};
  std::string owner_tag = "owner";           ///< ResourceOwnerTag
  std::string recipients_file;               ///< CSV of account_id,email; empty: none
  std::vector<std::string> allowed_domains;  ///< empty: addresses from tags are not used
  std::string fallback;
  std::string sender;                        ///< ADMIN_EMAIL
  std::vector<ChannelSettings> channels{ChannelSettings{}};
  std::string templates;                     ///< folder or s3://bucket/prefix; empty: the built-in templates
  std::string template_enforce = "enforce.html";  ///< EmailTemplateEnforce
  std::string template_audit = "audit.html";      ///< EmailTemplateAudit
};

}  // namespace keyward::notify
