#include <algorithm>
#include <set>

#include "base/task_group.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/job.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

// The way to AWS, the clock, and who calls.
namespace keyward::orchestrator {
namespace {

using aws::Service;
using base::Result;
using base::Task;
using notify::ChannelSettings;

/// A service in a region, as far as its endpoint goes.
using Place = std::pair<Service, base::Region>;

std::set<Service> services_of_channels(const notify::NotifySettings& settings) {
  std::set<Service> services;
  for (const ChannelSettings& channel : settings.channels) {
    if (channel.type == ChannelSettings::Type::ses) services.insert(Service::ses);
    if (channel.type == ChannelSettings::Type::metrics && !channel.embedded.value_or(false))
      services.insert(Service::cloudwatch);
    for (const notify::SecretSource* source : {&channel.url, &channel.secret, &channel.routing_key}) {
      if (source->reference.starts_with("ssm:")) services.insert(Service::ssm);
    }
  }
  if (settings.smtp_user.reference.starts_with("ssm:") || settings.smtp_password.reference.starts_with("ssm:"))
    services.insert(Service::ssm);
  return services;
}

std::vector<Place> places_of(const Configuration& configuration, const base::Region& region) {
  std::vector<Place> places{{Service::sts, region}, {Service::organizations, region}, {Service::iam, region}};
  const rotation::StoreSettings& store = configuration.defaults.store;
  places.emplace_back(Service::secrets_manager, store.region.value_or(region));
  for (const base::Region& replica : store.replica_regions) places.emplace_back(Service::secrets_manager, replica);
  for (const Service service : services_of_channels(configuration.defaults.notify))
    places.emplace_back(service, region);
  return places;
}

/// Whether anything answers there. The request asks for nothing and is not signed.
Task<void> knock(base::HttpTransport& transport, std::string url, std::optional<base::Error>& failure) {
  base::HttpRequest request;
  request.operation = "HEAD " + url;
  request.method = "HEAD";
  request.url = url + "/";
  request.timeout = std::chrono::seconds(15);
  Result<base::HttpResponse> answer = co_await transport.send(std::move(request));
  if (!answer) failure = answer.error();
}

Task<void> knock_at_all(base::HttpTransport& transport, const std::vector<std::string>& urls,
                        std::vector<std::optional<base::Error>>& failures, base::TaskGroup& group) {
  for (std::size_t i = 0; i < urls.size(); ++i) {
    Task<void> child = knock(transport, urls[i], failures[i]);
    co_await group.spawn(std::move(child));
  }
}

std::string host_of(const std::string& url) {
  const auto begin = url.find("://") + 3;
  return url.substr(begin, url.find_first_of(":/", begin) - begin);
}

/// Where the region is named.
std::string fix_of_region(const rotation::StoreSettings& store, const base::Region& region) {
  if (std::ranges::find(store.replica_regions, region) != store.replica_regions.end())
    return "store:\n  replica_regions: [...]   # names that aws account list-regions gives";
  if (store.region == region) return "store:\n  region: ...   # a name that aws account list-regions gives";
  return "keyward --region eu-central-1 doctor   # or another region that has the service";
}

std::string fix_of_way(const base::Error& error, const std::string& url) {
  if (error.code == "ResolveFailed") return "getent ahosts " + host_of(url);
  if (error.code == "CertificateRefused" || error.code == "TlsFailed")
    return "export AWS_CA_BUNDLE=/path/to/authorities.pem   # where a proxy inspects TLS";
  return "curl -sS -o /dev/null -w '%{http_code}\\n' " + url +
         "/   # a proxy is named by https_proxy, a VPC needs an endpoint";
}

bool is_root(const std::string& arn) { return arn.ends_with(":root"); }

constexpr const char* k_no_credentials_fix =
    "aws configure list   # which source the AWS CLI finds; keyward looks at the same ones\n"
    "aws sts get-caller-identity";

}  // namespace

Task<void> examine_network(Examination& examination) {
  const Services& services = examination.services();
  std::vector<std::string> urls;
  for (const auto& [service, region] : places_of(examination.configuration(), services.region)) {
    const Result<aws::Endpoint> endpoint = aws::resolve_endpoint(service, region, services.context.endpoints);
    if (!endpoint) {
      examination.fail("doctor.network.endpoint",
                       std::string(aws::permission_prefix(service)) + " has no endpoint in " + region.str(),
                       reason_of(endpoint.error()),
                       fix_of_region(examination.configuration().defaults.store, region));
    } else if (std::ranges::find(urls, endpoint->url) == urls.end()) {
      urls.push_back(endpoint->url);
    }
  }
  std::vector<std::optional<base::Error>> failures(urls.size());
  const auto body = [&](base::TaskGroup& group) {
    return knock_at_all(services.context.transport, urls, failures, group);
  };
  co_await base::run_group(urls.size() + 1, body);
  std::size_t reached = 0;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    if (!failures[i]) ++reached;
    if (failures[i])
      examination.fail("doctor.network.endpoint", urls[i] + " cannot be reached", reason_of(*failures[i]),
                       fix_of_way(*failures[i], urls[i]));
  }
  if (reached == urls.size())
    examination.ok("doctor.network.endpoint",
                   report::counted(static_cast<long long>(reached), "endpoint") + " answered");
}

Task<void> examine_credentials(Examination& examination) {
  const std::string id = "doctor.caller.credentials";
  Result<aws::CredentialsPtr> credentials = co_await examination.services().identity->credentials();
  if (!credentials) {
    examination.fail(id, "there are no usable credentials", reason_of(credentials.error()), k_no_credentials_fix);
    examination.skip("doctor.caller.identity", "who calls", "without credentials AWS cannot be asked");
    co_return;
  }
  const std::string source = (*credentials)->source;
  const bool long_lived = (*credentials)->session_token.empty();
  Result<aws::CallerIdentity> identity = co_await examination.job.identify();
  if (!identity) {
    examination.fail("doctor.caller.identity", "AWS does not accept the credentials from " + source,
                     reason_of(identity.error()), k_no_credentials_fix);
    co_return;
  }
  examination.caller = *identity;
  if (is_root(identity->arn)) {
    examination.warn(id, "the root user calls", "nothing limits what its key may do; " + identity->arn,
                     "keyward policy control > control.json   # what a role for keyward needs");
  } else if (long_lived) {
    examination.warn(
        id, "credentials from " + source + " are a long-lived key of a user",
        "a key that never expires can assume every role of keyward; run it with a role (instance, task, OIDC)",
        "keyward policy control > control.json   # what that role needs");
  } else {
    examination.ok(id, "credentials from " + source + " expire by themselves");
  }
  examination.ok("doctor.caller.identity", identity->arn + " calls");
}

Task<void> examine_clock(Examination& examination) {
  const std::string id = "doctor.caller.clock";
  const std::optional<std::chrono::seconds> offset = examination.services().context.clock.offset();
  if (!offset) {
    examination.skip(id, "the host's clock", "AWS gave no answer to compare it with");
  } else if (std::chrono::abs(*offset) > std::chrono::minutes(1)) {
    examination.warn(id, "the host's clock is wrong: " + report::host_clock(offset->count()),
                     "keyward corrects it by AWS's; other programs on this host do not",
                     "sudo timedatectl set-ntp true");
  } else {
    examination.ok(id, "the host's clock agrees with AWS's");
  }
  co_return;
}

}  // namespace keyward::orchestrator
