#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "aws/sigv4.hpp"
#include "base/encoding.hpp"
#include "sandbox/scenario.hpp"
#include "sandbox/simulation.hpp"

namespace keyward::sandbox::testing {

inline constexpr std::uint64_t k_seed = 20260101;

/// Who signs.
struct Signer {
  std::string access_key_id;
  std::string secret;
  std::string token;
  std::chrono::seconds clock_error{0};
};

/// A small organization with a clock that only the test moves, and a client that signs like an SDK.
class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() { RecordProperty("seed", std::to_string(k_seed)); }

  void load(const std::string& scenario) { load_scenario(world, boost::json::parse(scenario).as_object()); }

  Signer user_signer(const std::string& account, const std::string& user, std::size_t key = 0) {
    const AccessKey& found = world.accounts.at(account).users.at(user).keys.at(key);
    return {found.id, found.secret, "", {}};
  }
  Signer hub() { return user_signer(world.management_account, k_hub_user); }

  Outcome send(const Signer& signer, const std::string& service, const std::string& region, WireRequest request) {
    return simulation.handle(sign(signer, service, region, std::move(request)));
  }

  WireRequest sign(const Signer& signer, const std::string& service, const std::string& region, WireRequest request) {
    const base::Instant now = world.now() + signer.clock_error;
    request.headers.push_back({"Host", "127.0.0.1:8000"});
    request.headers.push_back({"X-Amz-Date", base::format_basic(now)});
    if (!signer.token.empty()) request.headers.push_back({"X-Amz-Security-Token", signer.token});
    aws::Credentials credentials;
    credentials.access_key_id = signer.access_key_id;
    credentials.secret_access_key = base::Secret(signer.secret);
    credentials.session_token = base::Secret(signer.token);
    const auto signature = aws::sigv4::compute(request.method, "http://127.0.0.1:8000" + request.target,
                                               request.headers, request.body, {region, service}, credentials, now);
    std::vector<std::string> names;
    for (const auto& header : request.headers) names.push_back(lower(header.name));
    std::sort(names.begin(), names.end());
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ";") + name;
    request.headers.push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=" + signer.access_key_id + "/" +
                                                    base::format_basic(now).substr(0, 8) + "/" + region + "/" +
                                                    service + "/aws4_request, SignedHeaders=" + list +
                                                    ", Signature=" + signature.signature});
    return request;
  }

  /// A Query call; `form` without Action.
  WireReply query(const Signer& signer, const std::string& service, const std::string& action,
                  const std::string& form) {
    WireRequest request{"POST", "/", {}, "Action=" + action + "&Version=2010-05-08" + (form.empty() ? "" : "&" + form)};
    return send(signer, service, "us-east-1", std::move(request)).reply;
  }

  /// A JSON 1.1 call.
  WireReply json(const Signer& signer, const std::string& service, const std::string& action,
                 const boost::json::object& body, const std::string& region = "us-east-1") {
    WireRequest request{"POST", "/", {{"X-Amz-Target", "prefix." + action}}, boost::json::serialize(body)};
    return send(signer, service, region, std::move(request)).reply;
  }

  Signer assume(const Signer& signer, const std::string& account, const std::string& policy = "", int seconds = 3600) {
    const WireReply reply = query(
        signer, "sts", "AssumeRole",
        "RoleArn=arn:aws:iam::" + account +
            ":role/keyward-rotate&RoleSessionName=test&DurationSeconds=" + std::to_string(seconds) +
            "&ExternalId=" + world.external_id + (policy.empty() ? "" : "&Policy=" + base::percent_encode(policy)));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return {element(reply, "AccessKeyId"), element(reply, "SecretAccessKey"), element(reply, "SessionToken"), {}};
  }

  /// The text of the first element of that name; empty when there is none.
  static std::string element(const WireReply& reply, const std::string& name) {
    const std::size_t begin = reply.body.find("<" + name + ">");
    if (begin == std::string::npos) return "";
    const std::size_t start = begin + name.size() + 2;
    return reply.body.substr(start, reply.body.find("</" + name + ">", start) - start);
  }
  static boost::json::object object(const WireReply& reply) { return boost::json::parse(reply.body).as_object(); }
  static std::string code(const WireReply& reply) {
    return reply.content_type == "text/xml" ? element(reply, "Code") : std::string(object(reply)["__type"].as_string());
  }

  std::chrono::milliseconds elapsed{0};
  World world{k_seed, VirtualClock(*base::parse_iso8601("2026-01-01T00:00:00Z"), [this] { return elapsed; })};
  Faults faults{k_seed};
  Simulation simulation{world, faults};
};

}  // namespace keyward::sandbox::testing
