#include "sandbox/simulation.hpp"

#include <algorithm>
#include <array>

#include "sandbox/account_service.hpp"
#include "sandbox/authenticator.hpp"
#include "sandbox/cloudwatch_service.hpp"
#include "sandbox/dynamodb_service.hpp"
#include "sandbox/iam_service.hpp"
#include "sandbox/kms_service.hpp"
#include "sandbox/organizations_service.hpp"
#include "sandbox/s3_service.hpp"
#include "sandbox/secrets_manager_service.hpp"
#include "sandbox/security_hub_service.hpp"
#include "sandbox/ses_service.hpp"
#include "sandbox/sns_service.hpp"
#include "sandbox/ssm_service.hpp"
#include "sandbox/sts_service.hpp"
#include "sandbox/wire.hpp"

namespace keyward::sandbox {
namespace {

constexpr std::size_t k_log_size = 200'000;

/// The service a request is for: the signature's scope decides, as at AWS's own front door for one host name.
std::string service_of(const WireRequest& request, const std::optional<SignedHeader>& header) {
  if (header) return header->service;
  const std::string_view target = request.header("x-amz-target");
  if (target.starts_with("AWSOrganizations")) return "organizations";
  if (target.starts_with("secretsmanager")) return "secretsmanager";
  if (target.starts_with("AmazonSSM")) return "ssm";
  if (request.path().starts_with("/v2/email")) return "ses";
  return request.body.find("Version=2011-06-15") != std::string::npos ? "sts" : "iam";
}

std::string permission_prefix(const std::string& service) { return service == "monitoring" ? "cloudwatch" : service; }

/// What a call is about, for the log and for fault rules.
std::string target_of(Protocol protocol, const WireRequest& request) {
  if (protocol == Protocol::query) {
    const QueryParameters parameters = QueryParameters::parse(request.body);
    std::string target;
    for (const char* name : {"RoleArn", "UserName", "GroupName", "AccessKeyId", "Status", "TopicArn"}) {
      const auto value = parameters.find(name);
      if (value) target += (target.empty() ? "" : " ") + *value;
    }
    return target;
  }
  if (protocol == Protocol::rest_xml) return std::string(request.path());
  try {
    if (protocol == Protocol::rest_json) {
      std::string target(request.path());
      for (const std::string& recipient : ses_recipients(request)) target += " " + recipient;
      return target;
    }
    const JsonParameters parameters = JsonParameters::parse(request.body);
    std::string target;
    for (const char* name : {"SecretId", "Name", "VersionStage", "AccountId", "ParentId", "ResourceId"}) {
      const auto value = parameters.find(name);
      if (value) target += (target.empty() ? "" : " ") + *value;
    }
    return target;
  } catch (const ApiError&) {
    return "";  // the service itself will say what is wrong with it
  }
}

std::string app_of(const WireRequest& request) {
  constexpr std::string_view k_prefix = "app/";
  std::string_view agent = request.header("user-agent");
  while (!agent.empty()) {
    const std::string_view word = agent.substr(0, agent.find(' '));
    if (word.starts_with(k_prefix)) return std::string(word.substr(k_prefix.size()));
    agent.remove_prefix(std::min(agent.size(), word.size() + 1));
  }
  return "";
}

/// A request taken apart as far as that needs no look at the world.
struct Asked {
  std::optional<SignedHeader> header;
  std::string service;  ///< signing name
  std::optional<Protocol> protocol;
  std::string action;  ///< "CreateAccessKey"

  Protocol protocol_or_query() const { return protocol.value_or(Protocol::query); }
  std::string full_action() const { return permission_prefix(service) + ":" + action; }
};

Asked what_is_asked(const WireRequest& request) {
  Asked asked;
  asked.header = read_authorization(request);
  asked.service = service_of(request, asked.header);
  asked.protocol = protocol_of(asked.service, request);
  asked.action = action_of(asked.protocol_or_query(), request);
  if (asked.service == "ses") asked.action = ses_action(request);
  if (asked.service == "account") asked.action = account_action(request);
  if (asked.service == "securityhub") asked.action = security_hub_action(request);
  if (asked.service == "s3") asked.action = s3_action(request);
  return asked;
}

ApiError throttling_error(Protocol protocol, const std::string& service) {
  if (service == "organizations") {
    return {400, "TooManyRequestsException",
            "You have sent too many requests in too short a period of time. Try again later."};
  }
  if (service == "securityhub") return {429, "LimitExceededException", "The request was denied due to request throttling."};
  switch (protocol) {
    case Protocol::query: return {400, "Throttling", "Rate exceeded"};
    case Protocol::json_1_0:
    case Protocol::json_1_1: return {400, "ThrottlingException", "Rate exceeded"};
    case Protocol::rest_json: return {429, "TooManyRequestsException", "Too Many Requests"};
    case Protocol::rest_xml: break;
  }
  return {503, "SlowDown", "Please reduce your request rate."};
}

ApiError internal_error(Protocol protocol, const std::string& service) {
  if (service == "secretsmanager") return {500, "InternalServiceError", "An error occurred on the server side."};
  if (service == "organizations")
    return {500, "ServiceException",
            "AWS Organizations can't complete your request because of an internal service error. Try again later."};
  if (protocol == Protocol::query)
    return {500, service == "iam" ? "ServiceFailure" : "InternalFailure",
            "We encountered an internal error. Please try again."};
  return {500, "InternalFailure", "We encountered an internal error. Please try again."};
}

ApiError quoting(Protocol protocol, const std::string& text) {
  return {400, protocol == Protocol::query ? "ValidationError" : "ValidationException",
          "1 validation error detected: Value '" + text + "' failed to satisfy constraint"};
}

}  // namespace

bool is_read_only(std::string_view action) {
  static constexpr std::array<std::string_view, 7> k_prefixes = {
      "Get", "List", "Describe", "Head", "AssumeRole", "Simulate", "GenerateCredentialReport"};
  for (const std::string_view prefix : k_prefixes) {
    if (action.starts_with(prefix)) return true;
  }
  return false;
}

WireReply Simulation::execute(const Call& call, Protocol protocol, const WireRequest& request) {
  if (call.service == "iam") return query_reply(call, handle_iam(call, QueryParameters::parse(request.body)));
  if (call.service == "sts") return query_reply(call, handle_sts(call, QueryParameters::parse(request.body)));
  if (call.service == "sns") return query_reply(call, handle_sns(call, QueryParameters::parse(request.body)));
  if (call.service == "organizations") {
    if (world_.quirks.one_organizations_call && organizations_calls_ > 1) {
      throw ApiError(
          400, "TooManyRequestsException",
          "AWS Organizations can't complete your request because another request is already in progress. Try "
          "again later.");
    }
    return json_reply(protocol, handle_organizations(call, JsonParameters::parse(request.body)));
  }
  if (call.service == "secretsmanager")
    return json_reply(protocol, handle_secrets_manager(call, JsonParameters::parse(request.body)));
  if (call.service == "ssm") return json_reply(protocol, handle_ssm(call, JsonParameters::parse(request.body)));
  if (call.service == "dynamodb") return json_reply(protocol, handle_dynamodb(call, JsonParameters::parse(request.body)));
  if (call.service == "kms") return json_reply(protocol, handle_kms(call, JsonParameters::parse(request.body)));
  if (call.service == "ses") return json_reply(protocol, handle_ses(call, request));
  if (call.service == "account") return json_reply(protocol, handle_account(call, JsonParameters::parse(request.body)));
  if (call.service == "securityhub") return json_reply(protocol, handle_security_hub(call, JsonParameters::parse(request.body)));
  if (call.service == "monitoring") return handle_cloudwatch(call, protocol, request);
  return handle_s3(call, request);
}

Outcome Simulation::handle(const WireRequest& request) {
  const Asked asked = what_is_asked(request);
  const std::string& service = asked.service;
  const Protocol protocol = asked.protocol_or_query();
  const std::string request_id = world_.random.uuid();
  CallRecord entry;
  entry.time = world_.now();
  entry.action = asked.full_action();
  entry.target = target_of(protocol, request);
  entry.app = app_of(request);
  entry.outcome = "ok";
  entry.request_id = request_id;

  Outcome outcome;
  outcome.delay = faults_.latency();
  Fault fault = Fault::none;
  try {
    if (!asked.protocol)
      throw ApiError(400, "UnknownService", "The sandbox does not simulate the service " + service + ".");
    const bool by_token = service == "sts" && asked.action == "AssumeRoleWithWebIdentity";
    const Principal principal = by_token ? web_identity_principal(world_, QueryParameters::parse(request.body))
                                         : authenticate(world_, protocol, asked.header, request);
    entry.account = principal.account;
    entry.principal = principal.arn;
    fault = faults_.pick(entry.action, principal.account, entry.target, world_.clock.moment());
    if (fault == Fault::expired_token && principal.kind == PrincipalKind::user) fault = Fault::none;
    if (fault == Fault::expired_token) {
      world_.sessions.at(principal.access_key_id).expires = world_.now();
      authenticate(world_, protocol, asked.header, request);  // refuses it now, in the words of the protocol
    }
    if (fault == Fault::bad_signature && asked.header) refuse_signature(protocol, *asked.header, request, world_.now());
    if (fault == Fault::throttle) throw throttling_error(protocol, service);
    if (fault == Fault::error_before) throw internal_error(protocol, service);
    if (fault == Fault::denied) {
      throw ApiError(protocol == Protocol::query ? 403 : 400,
                     protocol == Protocol::query ? "AccessDenied" : "AccessDeniedException",
                     "User: " + principal.arn + " is not authorized to perform: " + entry.action);
    }
    if (fault == Fault::quote_request) throw quoting(protocol, request.body);
    if (fault == Fault::drop_before) {
      outcome.drop = true;
    } else if (fault == Fault::html) {
      outcome.reply = {500,
                       "text/html",
                       {},
                       "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"};
    } else {
      const Call call{world_,       world_.accounts.at(principal.account),
                      principal,    service,
                      asked.action, asked.header ? asked.header->region : "us-east-1",
                      world_.now(), request_id};
      outcome.reply = execute(call, protocol, request);
      if (fault == Fault::error_after) throw internal_error(protocol, service);
      if (fault == Fault::quote_answer) throw quoting(protocol, outcome.reply.body);
      outcome.drop = fault == Fault::drop_after;
      if (fault == Fault::truncate) outcome.reply.body.resize(outcome.reply.body.size() / 2);
      if (fault == Fault::empty) outcome.reply.body.clear();
    }
  } catch (const ApiError& error) {
    outcome.reply = error_reply(protocol, service, error, request_id);
    entry.outcome = error.code;
  }
  if (fault != Fault::none) entry.fault = name_of(fault);
  if (outcome.reply.status == 200 && !outcome.drop) outcome.reply.headers.push_back({"x-amzn-RequestId", request_id});
  const bool mutating = !is_read_only(asked.action);
  record(std::move(entry), mutating);
  return outcome;
}

void Simulation::record(CallRecord entry, bool mutating) {
  entry.number = ++calls_.number;
  ++calls_.counts[entry.action];
  if (entry.outcome != "ok") ++calls_.counts[entry.action + " " + entry.outcome];
  if (!mutating && entry.outcome == "ok" && entry.fault.empty()) return;
  calls_.latest.push_back(std::move(entry));
  if (calls_.latest.size() > k_log_size) calls_.latest.pop_front();
}

RequestLabel Simulation::label(const WireRequest& request) const {
  const Asked asked = what_is_asked(request);
  const std::string key = asked.header ? asked.header->access_key_id : "";
  return {asked.full_action(), std::string(world_.account_of_key(key)), target_of(asked.protocol_or_query(), request),
          app_of(request)};
}

void Simulation::forget_calls() {
  calls_.counts.clear();
  calls_.latest.clear();
}

void Simulation::take_snapshot() { snapshot_.emplace(Snapshot{world_, world_.clock.moment(), faults_, calls_}); }

bool Simulation::restore_snapshot() {
  if (!snapshot_) return false;
  world_ = snapshot_->world;
  world_.clock.set(snapshot_->moment);
  faults_ = snapshot_->faults;
  calls_ = snapshot_->calls;
  return true;
}

}  // namespace keyward::sandbox
