#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "aws/credential_chain.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::aws {

/// Everything a credential source touches, faked: no network, no real clock, an empty home.
struct FakeWorld {
  boost::asio::io_context loop;
  test::FakeTransport transport;
  test::FakeClock host_clock;
  AwsClock clock{host_clock};
  test::FakeSleeper sleeper{&host_clock};
  Environment environment{{"AWS_REGION", "eu-central-1"}};
  test::TemporaryDirectory home;
  base::Region region = base::Region::parse("eu-central-1").value();
  CallContext context{.transport = transport,
                      .clock = clock,
                      .sleeper = sleeper,
                      .endpoints = {},
                      .jitter = std::mt19937_64(1),
                      .statistics = {},
                      .user_agent = "keyward/test"};

  FakeWorld() { clock.learn(host_clock.now()); }

  ChainSettings settings() { return {context, environment, home.path(), {}, region}; }

  base::Result<CredentialsPtr> fetch(CredentialProvider& provider) { return test::run(loop, provider.credentials()); }

  std::string in(std::chrono::seconds duration) const { return base::format_iso8601(host_clock.now() + duration); }
};

inline std::string sts_answer(const std::string& action, const std::string& expiration,
                              const std::string& key_id = "ASIAEXAMPLE") {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId>"
         "<Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>" +
         key_id +
         "</AccessKeyId><SecretAccessKey>role&amp;secret</SecretAccessKey><SessionToken>role/token==</"
         "SessionToken><Expiration>" +
         expiration + "</Expiration></Credentials></" + action +
         "Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></" + action + "Response>";
}

inline std::string sts_error(const std::string& code, const std::string& message = "no") {
  return "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>" + code +
         "</Code><Message>" + message + "</Message></Error><RequestId>r-2</RequestId></ErrorResponse>";
}

inline std::string endpoint_document(const std::string& expiration, const std::string& key_id = "ASIAENDPOINT") {
  return R"({"Code":"Success","AccessKeyId":")" + key_id + R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
         expiration + R"("})";
}

inline std::shared_ptr<Credentials> long_term_credentials(std::string key_id = "AKIDBASE") {
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = std::move(key_id);
  credentials->secret_access_key = base::Secret("base secret");
  return credentials;
}

/// A source that gives what the test puts into `next` and counts.
class ScriptedCredentials final : public CredentialProvider {
 public:
  explicit ScriptedCredentials(base::Result<CredentialsPtr> first) : next(std::move(first)) {}
  base::Task<base::Result<CredentialsPtr>> credentials() override {
    ++fetches;
    co_return next;
  }
  void forget() noexcept override { ++forgotten; }

  base::Result<CredentialsPtr> next;
  int fetches = 0;
  int forgotten = 0;
};

}  // namespace keyward::aws
