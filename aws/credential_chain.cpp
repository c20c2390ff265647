#include "aws/credential_chain.hpp"

#include <utility>
#include <vector>

#include "aws/credentials_container.hpp"
#include "aws/credentials_environment.hpp"
#include "aws/credentials_imds.hpp"
#include "aws/credentials_profile.hpp"
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

/// AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, as EKS sets them.
Result<Provider> web_identity_of_environment(const ChainSettings& settings) {
  const auto token_file = variable(settings.environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file) {
    return Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
  }
  const auto invalid = [](std::string message) {
    return Error{ErrorKind::invalid, "credentials", "BadWebIdentity", "", std::move(message)};
  };
  const auto role = variable(settings.environment, "AWS_ROLE_ARN");
  if (!role) return invalid("AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not");
  const auto arn = base::Arn::parse(*role);
  if (!arn) return invalid("AWS_ROLE_ARN is not an ARN: \"" + *role + "\"");
  const auto name = variable(settings.environment, "AWS_ROLE_SESSION_NAME");
  WebIdentityInputs inputs{*token_file, *arn, name ? *name : default_role_session_name(settings.context.clock)};
  if (!is_role_session_name(inputs.session_name)) return invalid("AWS_ROLE_SESSION_NAME is malformed");
  return Provider(std::make_shared<WebIdentityCredentials>(settings.context, settings.region, std::move(inputs)));
}

/// The profile that is asked for, or "default" if there is one.
Result<Provider> chosen_profile(const ChainSettings& settings) {
  const auto config = load_shared_config(settings.environment, settings.home);
  if (!config) return config.error();
  const auto named = named_profile(settings.profile, settings.environment);
  if (!named && !config->profiles.contains("default")) {
    return Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "there is no default profile"};
  }
  auto provider = profile_credentials(named.value_or("default"), *config, settings);
  // Who names a profile on the command line means that identity and no other.
  if (!provider && settings.profile && provider.error().kind == ErrorKind::not_found) {
    Error error = provider.error();
    error.kind = ErrorKind::invalid;
    return error;
  }
  return provider;
}

/// A way whose settings are read when the chain comes to it, and once.
class ReadAtFirstUse final : public CredentialProvider {
 public:
  using Read = Result<Provider> (*)(const ChainSettings&);
  ReadAtFirstUse(const ChainSettings& settings, Read read) : settings_(settings), read_(read) {}

  Task<Result<CredentialsPtr>> credentials() override {
    if (!provider_) {
      Result<Provider> provider = read_(settings_);
      if (!provider) co_return provider.error();
      provider_ = *std::move(provider);
    }
    Result<CredentialsPtr> credentials = co_await provider_->credentials();
    co_return credentials;
  }
  void forget() noexcept override {
    if (provider_) provider_->forget();
  }

 private:
  const ChainSettings& settings_;
  Read read_;
  Provider provider_;
};

class Chain final : public CredentialProvider {
 public:
  explicit Chain(ChainSettings settings) : settings_(std::move(settings)) {
    if (!settings_.profile) {
      ways_.push_back({"environment", std::make_unique<EnvironmentCredentials>(settings_.environment)});
      ways_.push_back({"web identity", std::make_unique<ReadAtFirstUse>(settings_, web_identity_of_environment)});
    }
    ways_.push_back({"shared config", std::make_unique<ReadAtFirstUse>(settings_, chosen_profile)});
    ways_.push_back({"container", std::make_unique<ContainerCredentials>(
                                      settings_.environment, settings_.context.transport, settings_.context.sleeper)});
    ways_.push_back(
        {"instance metadata", std::make_unique<ImdsCredentials>(settings_.environment, settings_.context.transport)});
  }

  Task<Result<CredentialsPtr>> credentials() override {
    std::string looked_at;
    for (std::size_t i = chosen_.value_or(0); i < ways_.size(); ++i) {
      Way& way = ways_[i];
      Result<CredentialsPtr> fetched = co_await way.provider->credentials();
      // Once a way has shown to be the configured one it stays so for the run, whatever becomes of it.
      if (fetched || chosen_ || fetched.error().kind != ErrorKind::not_found) {
        chosen_ = i;
        co_return fetched;
      }
      looked_at += std::string(looked_at.empty() ? "" : "; ") + way.name + ": " + fetched.error().message;
    }
    co_return Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "no AWS credentials found. " + looked_at};
  }
  void forget() noexcept override {
    if (chosen_) ways_[*chosen_].provider->forget();
  }

 private:
  struct Way {
    std::string name;
    std::unique_ptr<CredentialProvider> provider;
  };

  ChainSettings settings_;
  std::vector<Way> ways_;
  std::optional<std::size_t> chosen_;
};

/// The region that the environment or the profile (may be null) names. Absent is no error, malformed is `invalid`.
Result<std::optional<base::Region>> configured_region(const Environment& environment,
                                                      const SharedConfig::Section* profile) {
  std::string origin = "AWS_REGION";
  auto text = variable(environment, origin);
  if (!text) text = variable(environment, origin = "AWS_DEFAULT_REGION");
  if (!text && profile != nullptr) text = variable(*profile, origin = "region");
  if (!text) return std::optional<base::Region>();
  auto region = base::Region::parse(*text);
  if (!region) {
    return Error{ErrorKind::invalid, "region", "BadRegion", "",
                 origin + " must be " + std::string(base::Region::expectation()) + ", not \"" + *text + "\""};
  }
  return region;
}

}  // namespace

std::unique_ptr<CredentialProvider> default_credential_chain(ChainSettings settings) {
  const AwsClock& clock = settings.context.clock;
  return std::make_unique<RefreshingCredentials>(std::make_unique<Chain>(std::move(settings)), clock);
}

Result<base::Region> resolve_region(const std::optional<std::string>& explicit_region, const Environment& environment,
                                    const std::string& home, const std::optional<std::string>& profile) {
  if (explicit_region) {
    const auto region = base::Region::parse(*explicit_region);
    if (region) return *region;
    return Error{
        ErrorKind::invalid, "region", "BadRegion", "",
        "the region must be " + std::string(base::Region::expectation()) + ", not \"" + *explicit_region + "\""};
  }
  auto region = configured_region(environment, nullptr);
  if (!region) return region.error();
  if (*region) return **region;

  const auto config = load_shared_config(environment, home);
  if (!config) return config.error();
  const auto at = config->profiles.find(named_profile(profile, environment).value_or("default"));
  if (at != config->profiles.end()) {
    region = configured_region(environment, &at->second);
    if (!region) return region.error();
    if (*region) return **region;
  }
  return Error{ErrorKind::not_found, "region", "NoRegion", "",
               "no region given: use --region, AWS_REGION or the profile's region"};
}

}  // namespace keyward::aws
