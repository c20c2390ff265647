#include "aws/endpoints.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "aws/url.hpp"
#include "base/http.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view k_operation = "endpoints";

Error invalid(std::string code, std::string message) {
  return {ErrorKind::invalid, std::string(k_operation), std::move(code), {}, std::move(message)};
}

enum class Fips {
  none,        ///< refused
  dash_fips,   ///< "-fips" behind the host's first label
  plain_host,  ///< the usual host is the FIPS host
};

/// A service that lives in one region of a partition, whatever region the program works in.
struct Home {
  std::string_view host;  ///< without the DNS suffix: "iam", "organizations.us-east-1"; empty: not known to be offered
  std::string_view region;  ///< signed with
};

struct Partition {
  std::string_view id;
  std::string_view region_prefix;  ///< of "<prefix>-<direction>-<number>"; see matches()
  std::string_view dns_suffix;
  Home iam;
  Home organizations;
  Home account;
  bool has_fips;
  bool has_email;
};

// aws-api.md, sections 0.3 and 11. IAM's region in China is cn-north-1, that of Organizations and of Account Management
// cn-northwest-1. Organizations, Account and FIPS hosts of the partitions below the third are not known to us.
// clang-format off
constexpr std::array<Partition, 8> k_partitions = {{
    {.id = "aws", .region_prefix = "", .dns_suffix = "amazonaws.com",
     .iam = {"iam", "us-east-1"}, .organizations = {"organizations.us-east-1", "us-east-1"},
     .account = {"account.us-east-1", "us-east-1"}, .has_fips = true, .has_email = true},
    {.id = "aws-cn", .region_prefix = "cn", .dns_suffix = "amazonaws.com.cn",
     .iam = {"iam.cn-north-1", "cn-north-1"}, .organizations = {"organizations.cn-northwest-1", "cn-northwest-1"},
     .account = {"account.cn-northwest-1", "cn-northwest-1"}, .has_fips = false, .has_email = false},
    {.id = "aws-us-gov", .region_prefix = "us-gov", .dns_suffix = "amazonaws.com",
     .iam = {"iam.us-gov", "us-gov-west-1"}, .organizations = {"organizations.us-gov-west-1", "us-gov-west-1"},
     .account = {"account.us-gov-west-1", "us-gov-west-1"}, .has_fips = true, .has_email = true},
    {.id = "aws-eusc", .region_prefix = "eusc-de", .dns_suffix = "amazonaws.eu",
     .iam = {"iam.eusc-de-east-1", "eusc-de-east-1"}, .organizations = {}, .account = {}, .has_fips = false,
     .has_email = true},
    {.id = "aws-iso", .region_prefix = "us-iso", .dns_suffix = "c2s.ic.gov",
     .iam = {"iam.us-iso-east-1", "us-iso-east-1"}, .organizations = {}, .account = {}, .has_fips = false,
     .has_email = true},
    {.id = "aws-iso-b", .region_prefix = "us-isob", .dns_suffix = "sc2s.sgov.gov",
     .iam = {"iam.us-isob-east-1", "us-isob-east-1"}, .organizations = {}, .account = {}, .has_fips = false,
     .has_email = true},
    {.id = "aws-iso-e", .region_prefix = "eu-isoe", .dns_suffix = "cloud.adc-e.uk",
     .iam = {"iam.eu-isoe-west-1", "eu-isoe-west-1"}, .organizations = {}, .account = {}, .has_fips = false,
     .has_email = true},
    {.id = "aws-iso-f", .region_prefix = "us-isof", .dns_suffix = "csp.hci.ic.gov",
     .iam = {"iam.us-isof-south-1", "us-isof-south-1"}, .organizations = {}, .account = {}, .has_fips = false,
     .has_email = true},
}};
// clang-format on

constexpr std::array<std::string_view, 9> k_commercial_prefixes = {"us", "eu", "ap", "sa", "ca",
                                                                   "me", "af", "il", "mx"};

/// `<prefix>-<word>-<digits>`, the regular expressions of the partition table: a word holds no hyphen, so
/// "us-gov-west-1" is not "us" + "gov-west".
bool matches(std::string_view region, std::string_view prefix) {
  if (!region.starts_with(prefix) || region.size() <= prefix.size() || region[prefix.size()] != '-') return false;
  region.remove_prefix(prefix.size() + 1);
  const auto hyphen = region.find('-');
  if (hyphen == 0 || hyphen == std::string_view::npos || hyphen + 1 == region.size()) return false;
  return std::ranges::all_of(region.substr(hyphen + 1), [](char c) { return c >= '0' && c <= '9'; });
}

base::Result<const Partition*> find_partition(const base::Region& region) {
  for (const Partition& partition : k_partitions) {
    const bool found = partition.region_prefix.empty()
                           ? std::ranges::any_of(k_commercial_prefixes,
                                                 [&](std::string_view prefix) { return matches(region.str(), prefix); })
                           : matches(region.str(), partition.region_prefix);
    if (found) return &partition;
  }
  return invalid("UnknownRegion", "region " + region.str() + " belongs to no known partition; is it spelled right?");
}

struct ServiceRow {
  Service service;
  std::string_view permission_prefix;
  std::string_view host_prefix;
  std::string_view signing_name;
  std::string_view environment_id;  ///< of AWS_ENDPOINT_URL_<id>
  Fips gov_fips;                    ///< in GovCloud the plain host of many services is the FIPS host already
};

constexpr std::array<ServiceRow, 13> k_services = {{
    {Service::organizations, "organizations", "organizations", "organizations", "ORGANIZATIONS", Fips::plain_host},
    {Service::sts, "sts", "sts", "sts", "STS", Fips::plain_host},
    {Service::iam, "iam", "iam", "iam", "IAM", Fips::plain_host},
    {Service::secrets_manager, "secretsmanager", "secretsmanager", "secretsmanager", "SECRETS_MANAGER",
     Fips::dash_fips},
    {Service::ses, "ses", "email", "ses", "SESV2", Fips::dash_fips},
    {Service::sns, "sns", "sns", "sns", "SNS", Fips::plain_host},
    {Service::ssm, "ssm", "ssm", "ssm", "SSM", Fips::plain_host},
    {Service::s3, "s3", "s3", "s3", "S3", Fips::dash_fips},
    {Service::cloudwatch, "cloudwatch", "monitoring", "monitoring", "CLOUDWATCH", Fips::plain_host},
    {Service::account, "account", "account", "account", "ACCOUNT", Fips::none},
    {Service::dynamodb, "dynamodb", "dynamodb", "dynamodb", "DYNAMODB", Fips::plain_host},
    {Service::kms, "kms", "kms", "kms", "KMS", Fips::dash_fips},
    {Service::security_hub, "securityhub", "securityhub", "securityhub", "SECURITYHUB", Fips::dash_fips},
}};

const ServiceRow& row_of(Service service) noexcept {
  return *std::ranges::find(k_services, service, &ServiceRow::service);
}

const Home* home_of(Service service, const Partition& partition) noexcept {
  switch (service) {
    case Service::iam: return &partition.iam;
    case Service::organizations: return &partition.organizations;
    case Service::account: return &partition.account;
    default: return nullptr;
  }
}

Fips fips_of(const ServiceRow& row, const Partition& partition) noexcept {
  if (!partition.has_fips || row.service == Service::account) return Fips::none;
  return partition.id == "aws-us-gov" ? row.gov_fips : Fips::dash_fips;
}

/// "sts.eu-west-1" -> "sts-fips.eu-west-1", "iam" -> "iam-fips".
std::string with_fips(std::string_view host) {
  const std::string_view label = host.substr(0, host.find('.'));
  return std::string(label) + "-fips" + std::string(host.substr(label.size()));
}

base::Result<std::string> checked_override(const std::string& name, std::string_view value) {
  const auto url = parse_url(value);
  if (!url) return invalid("BadEndpoint", name + " is not an absolute https URL: \"" + base::without_user(std::string(value)) + "\"");
  if (!url->query.empty() || (!url->path.empty() && url->path != "/")) {
    return invalid("BadEndpoint", name + " must have no path and no query: \"" + base::without_user(std::string(value)) + "\"");
  }
  if (url->scheme != "https" && !is_loopback(url->host)) {
    return invalid(
        "BadEndpoint",
        name + " must be https: plain http is for localhost, 127.0.0.0/8 and [::1] only, not \"" + url->host + "\"");
  }
  return url->scheme + "://" + url->authority();
}

/// An empty variable counts as not set, as in the SDKs.
std::string_view variable(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto at = environment.find(name);
  return at == environment.end() ? std::string_view() : std::string_view(at->second);
}

base::Result<bool> flag(const std::map<std::string, std::string>& environment, const std::string& name) {
  std::string value(variable(environment, name));
  std::ranges::transform(value, value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return invalid("BadFlag", name + " must be true or false, not \"" + value + "\"");
}

}  // namespace

std::string_view permission_prefix(Service service) noexcept { return row_of(service).permission_prefix; }

base::Result<EndpointSettings> endpoint_settings(const std::map<std::string, std::string>& environment) {
  EndpointSettings settings;
  const auto fips = flag(environment, "AWS_USE_FIPS_ENDPOINT");
  if (!fips) return fips.error();
  settings.use_fips = *fips;
  const auto ignore = flag(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (!ignore) return ignore.error();
  if (*ignore) return settings;

  const std::string k_all = "AWS_ENDPOINT_URL";
  if (const auto value = variable(environment, k_all); !value.empty()) {
    auto url = checked_override(k_all, value);
    if (!url) return url.error();
    settings.override_all = *std::move(url);
  }
  for (const ServiceRow& row : k_services) {
    const std::string name = k_all + "_" + std::string(row.environment_id);
    const auto value = variable(environment, name);
    if (value.empty()) continue;
    auto url = checked_override(name, value);
    if (!url) return url.error();
    settings.override_by_service[row.service] = *std::move(url);
  }
  return settings;
}

base::Result<std::string> partition_of(const base::Region& region) {
  const auto partition = find_partition(region);
  if (!partition) return partition.error();
  return std::string((*partition)->id);
}

base::Result<Endpoint> resolve_endpoint(Service service, const base::Region& region, const EndpointSettings& settings) {
  const auto found = find_partition(region);
  if (!found) return found.error();
  const Partition& partition = **found;
  const ServiceRow& row = row_of(service);
  const auto where = [&] { return std::string(row.permission_prefix) + " in partition " + std::string(partition.id); };

  Endpoint endpoint;
  endpoint.signing_name = row.signing_name;
  const Home* home = home_of(service, partition);
  if ((home != nullptr && home->region.empty()) || (service == Service::ses && !partition.has_email)) {
    return invalid("ServiceNotInPartition", "there is no known endpoint of " + where());
  }
  endpoint.signing_region = home != nullptr ? std::string(home->region) : region.str();

  // An override changes the host only: what is signed stays what AWS would be sent.
  if (const auto own = settings.override_by_service.find(service); own != settings.override_by_service.end()) {
    endpoint.url = own->second;
    return endpoint;
  }
  if (settings.override_all) {
    endpoint.url = *settings.override_all;
    return endpoint;
  }
  std::string host = home != nullptr ? std::string(home->host) : std::string(row.host_prefix) + "." + region.str();
  if (settings.use_fips) {
    const Fips fips = fips_of(row, partition);
    if (fips == Fips::none) return invalid("NoFipsEndpoint", "there is no known FIPS endpoint of " + where());
    if (fips == Fips::dash_fips) host = with_fips(host);
  }
  endpoint.url = "https://" + host + "." + std::string(partition.dns_suffix);
  return endpoint;
}

}  // namespace keyward::aws
