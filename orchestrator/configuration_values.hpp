#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "orchestrator/configuration.hpp"
#include "orchestrator/value_shapes.hpp"

// The shapes (value_shapes.hpp) of what stands in keyward's configuration: names, rules, exemptions, channels.
namespace keyward::orchestrator {

Text address();
Text domain();
Text anything(std::string expectation);
Text tag_name();
Text file_name();  ///< without a folder
Text role_name();  ///< name or path/name, not an ARN
Identifier<base::Arn> role_arn();
/// What aws:PrincipalArn can be, by which the secret's policy denies all others: of a session it is the role's ARN, and an account's
/// root is the ARN of the root user alone.
Identifier<base::Arn> reader_arn();
Identifier<base::Region> region();

Choice<rotation::ConflictRule> conflict_rule();
Choice<rotation::UnusedRule> unused_rule();
Choice<rotation::StoreTarget> store_target();
Choice<notify::OwnerSource> owner_source();

/// accounts:: and rotation:: each have their own Participation, because rotation knows nothing of accounts.
template <class Participation>
Choice<Participation> participation() {
  return {{{"opt-in", Participation::opt_in}, {"opt-out", Participation::opt_out}}};
}

/// The rules of accounts.include, accounts.exclude and accounts.overrides[].match: exactly one of id, ou, tag.
struct AccountRule {
  using Type = accounts::AccountMatch;
  std::optional<accounts::AccountMatch> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const accounts::AccountMatch& match) const;
  boost::json::object schema() const;
};

/// The rules of users.include.
Group<rotation::UserMatch> user_rule();

struct ExemptionShape {
  using Type = rotation::Exemption;
  std::optional<rotation::Exemption> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const rotation::Exemption& exemption) const;
  boost::json::object schema() const;
};

/// One of the three well-known JSON layouts, or own field names.
struct SecretFormatShape {
  using Type = rotation::SecretFormat;
  std::optional<rotation::SecretFormat> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const rotation::SecretFormat& format) const;
  boost::json::object schema() const;
};

/// The file that `file:PATH` or `cred:NAME` names, or the reason why there is none. A credential is a file in the folder
/// that systemd made for the unit, $CREDENTIALS_DIRECTORY (systemd.exec(5), "Credentials").
std::optional<std::filesystem::path> referred_file(std::string_view reference, const Reading& reading, std::string& reason);

/// `env:NAME`, `file:PATH`, `cred:NAME` or `ssm:PARAMETER`: where a secret is. All but the last are read at once; the secret
/// itself is never shown, and a text that is none of them is refused without repeating it, because it may be the secret.
struct SecretShape {
  using Type = notify::SecretSource;
  enum class Content { anything, url, webhook_keys };
  Content content = Content::anything;
  std::optional<notify::SecretSource> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const notify::SecretSource& value) const {
    return value.empty() ? boost::json::value(nullptr) : boost::json::value(value.reference);
  }
  boost::json::object schema() const;
};

/// One entry of notify.channels: keys that belong to another type are refused.
struct ChannelShape {
  using Type = notify::ChannelSettings;
  std::optional<notify::ChannelSettings> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const notify::ChannelSettings& channel) const;
  boost::json::object schema() const;
};

}  // namespace keyward::orchestrator
