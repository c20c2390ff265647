#include "aws/credentials_profile.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/assume_role_credentials.hpp"
#include "aws/credentials_container.hpp"
#include "aws/credentials_environment.hpp"
#include "aws/credentials_imds.hpp"
#include "aws/credentials_process.hpp"
#include "aws/credentials_web_identity.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/sts_client.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;
using Provider = std::shared_ptr<CredentialProvider>;

class StaticCredentials final : public CredentialProvider {
 public:
  explicit StaticCredentials(CredentialsPtr credentials) : credentials_(std::move(credentials)) {}
  Task<Result<CredentialsPtr>> credentials() override { co_return credentials_; }

 private:
  CredentialsPtr credentials_;
};

/// Follows a profile to its end. Lives for one resolution.
class ProfileResolver {
 public:
  ProfileResolver(const SharedConfig& config, const ChainSettings& settings) : config_(config), settings_(settings) {}

  Result<Provider> resolve(const std::string& name) {
    const auto found = find(name);
    if (!found) return found.error();
    const SharedConfig::Section& profile = **found;
    visited_.push_back(name);
    // As in the SDKs a token file decides before a role does, and a role before static keys.
    if (const auto token_file = value(profile, "web_identity_token_file"))
      return web_identity(name, profile, *token_file);
    if (value(profile, "role_arn")) return role(name, profile);
    return without_role(name, profile);
  }

 private:
  static std::optional<std::string> value(const SharedConfig::Section& profile, const std::string& key) {
    return variable(profile, key);
  }

  static Error invalid(const std::string& profile, std::string code, std::string message) {
    return {ErrorKind::invalid, "credentials", std::move(code), "", "profile " + profile + ": " + std::move(message)};
  }

  Result<const SharedConfig::Section*> find(const std::string& name) const {
    const auto at = config_.profiles.find(name);
    if (at != config_.profiles.end()) return &at->second;
    return invalid(name, "NoSuchProfile", "it is in neither the config nor the credentials file");
  }

  static bool has_static_keys(const SharedConfig::Section& profile) {
    return value(profile, "aws_access_key_id") || value(profile, "aws_secret_access_key");
  }

  Result<Provider> static_keys(const std::string& name, const SharedConfig::Section& profile) const {
    const auto key_id = value(profile, "aws_access_key_id");
    const auto secret = value(profile, "aws_secret_access_key");
    if (!key_id || !secret) {
      return invalid(name, "PartialCredentials",
                     std::string(key_id ? "aws_secret_access_key" : "aws_access_key_id") + " is missing");
    }
    auto credentials = std::make_shared<Credentials>();
    credentials->access_key_id = *key_id;
    credentials->secret_access_key = base::Secret(*secret);
    credentials->session_token = base::Secret(value(profile, "aws_session_token").value_or(""));
    credentials->source = "profile " + name;
    return Provider(std::make_shared<StaticCredentials>(std::move(credentials)));
  }

  Result<Provider> without_role(const std::string& name, const SharedConfig::Section& profile) const {
    constexpr std::array<std::string_view, 6> k_unsupported = {"sso_session",   "sso_start_url", "sso_account_id",
                                                               "sso_role_name", "sso_region",    "login_session"};
    for (const std::string_view key : k_unsupported) {
      if (!value(profile, std::string(key))) continue;
      return invalid(name, "UnsupportedProfile",
                     std::string(key) +
                         " is not supported: a daily job has nobody to log in; use a role, or export "
                         "credentials with credential_process");
    }
    if (has_static_keys(profile)) return static_keys(name, profile);
    if (const auto command = value(profile, "credential_process")) {
      return refreshed(std::make_unique<ProcessCredentials>(*command, settings_.environment));
    }
    return Error{ErrorKind::not_found, "credentials", "NoCredentials", "",
                 "profile " + name + " says nothing about credentials"};
  }

  Result<base::Arn> role_arn(const std::string& name, const SharedConfig::Section& profile) const {
    const auto text = value(profile, "role_arn");
    if (!text) return invalid(name, "NoRole", "role_arn is missing");
    const auto arn = base::Arn::parse(*text);
    if (!arn) return invalid(name, "BadRole", "role_arn is not an ARN: \"" + *text + "\"");
    return *arn;
  }

  std::string session_name(const SharedConfig::Section& profile) const {
    return value(profile, "role_session_name").value_or(default_role_session_name(settings_.context.clock));
  }

  Result<Provider> web_identity(const std::string& name, const SharedConfig::Section& profile,
                                const std::string& token_file) {
    const auto arn = role_arn(name, profile);
    if (!arn) return arn.error();
    WebIdentityInputs inputs{token_file, *arn, session_name(profile)};
    if (!is_role_session_name(inputs.session_name))
      return invalid(name, "BadParameter", "role_session_name is malformed");
    return refreshed(std::make_unique<WebIdentityCredentials>(settings_.context, settings_.region, std::move(inputs)));
  }

  Result<Provider> role(const std::string& name, const SharedConfig::Section& profile) {
    const auto arn = role_arn(name, profile);
    if (!arn) return arn.error();
    if (value(profile, "mfa_serial")) {
      return invalid(name, "MfaNotSupported", "mfa_serial asks a person for a code, and a daily job has nobody to ask");
    }
    const auto duration = session_duration(name, profile);
    if (!duration) return duration.error();
    AssumeRoleInputs inputs{*arn, session_name(profile), value(profile, "external_id").value_or(""), "", *duration};

    const auto source_profile = value(profile, "source_profile");
    const auto credential_source = value(profile, "credential_source");
    if (source_profile.has_value() == credential_source.has_value()) {
      return invalid(name, "BadSource",
                     std::string(source_profile ? "both" : "neither") +
                         " of source_profile and credential_source given; a role needs exactly one");
    }
    Result<Provider> source =
        source_profile ? from_profile(name, *source_profile) : from_source(name, *credential_source);
    if (!source) return source.error();
    return refreshed(std::make_unique<AssumeRoleCredentials>(settings_.context, *std::move(source), settings_.region,
                                                             std::move(inputs)));
  }

  /// At most an hour: AWS refuses more where the source is a role itself, and it is renewed in time anyway.
  static Result<int> session_duration(const std::string& name, const SharedConfig::Section& profile) {
    const auto text = value(profile, "duration_seconds");
    if (!text) return 3600;
    int seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc() || end != text->data() + text->size() || seconds < 900 || seconds > 43'200) {
      return invalid(name, "BadDuration", "duration_seconds must be 900 to 43200, not \"" + *text + "\"");
    }
    return std::min(seconds, 3600);
  }

  Result<Provider> from_profile(const std::string& name, const std::string& source) {
    const auto found = find(source);
    if (!found) {
      return invalid(name, "NoSuchProfile",
                     "its source_profile " + source + " is in neither the config nor the credentials file");
    }
    // A source that has keys of its own ends the way, even if it also names a role; so a profile may name itself.
    if (has_static_keys(**found)) return static_keys(source, **found);
    if (std::ranges::find(visited_, source) != visited_.end()) {
      std::string way;
      for (const std::string& profile : visited_) way += profile + " -> ";
      return invalid(name, "ProfileLoop", "source_profile leads back to itself: " + way + source);
    }
    Result<Provider> provider = resolve(source);
    if (!provider && provider.error().kind == ErrorKind::not_found) {
      return invalid(name, "NoSource", "its source_profile " + source + " says nothing about credentials");
    }
    return provider;
  }

  Result<Provider> from_source(const std::string& name, const std::string& source) const {
    if (source == "Environment") return Provider(std::make_shared<EnvironmentCredentials>(settings_.environment));
    if (source == "EcsContainer") {
      return refreshed(std::make_unique<ContainerCredentials>(settings_.environment, settings_.context.transport,
                                                              settings_.context.sleeper));
    }
    if (source == "Ec2InstanceMetadata") {
      return refreshed(std::make_unique<ImdsCredentials>(settings_.environment, settings_.context.transport));
    }
    return invalid(
        name, "BadSource",
        "credential_source must be Environment, EcsContainer or Ec2InstanceMetadata, not \"" + source + "\"");
  }

  Result<Provider> refreshed(std::unique_ptr<CredentialProvider> source) const {
    return Provider(std::make_shared<RefreshingCredentials>(std::move(source), settings_.context.clock));
  }

  const SharedConfig& config_;
  const ChainSettings& settings_;
  std::vector<std::string> visited_;
};

}  // namespace

Result<std::shared_ptr<CredentialProvider>> profile_credentials(const std::string& profile, const SharedConfig& config,
                                                                const ChainSettings& settings) {
  ProfileResolver resolver(config, settings);
  return resolver.resolve(profile);
}

}  // namespace keyward::aws
