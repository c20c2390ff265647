#pragma once

#include <memory>
#include <string_view>

#include "aws/caller.hpp"
#include "aws/cloudwatch_client.hpp"
#include "aws/sns_client.hpp"
#include "aws/ssm_client.hpp"
#include "notify/settings.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

namespace keyward::notify {

inline SecretSource secret_of(std::string_view text) { return {"env:SECRET", std::make_shared<const base::Secret>(text)}; }

/// The caller's own account as channels see it, with scripted answers.
struct Hub {
  class Credentials final : public aws::CredentialProvider {
   public:
    base::Task<base::Result<aws::CredentialsPtr>> credentials() override {
      auto fixed = std::make_shared<aws::Credentials>();
      fixed->access_key_id = "AKIAEXAMPLECALLER000";
      fixed->secret_access_key = base::Secret("not-a-real-secret");
      const aws::CredentialsPtr shared = std::move(fixed);
      co_return shared;
    }
  };

  test::FakeClock host;
  aws::AwsClock clock{host};
  test::FakeSleeper sleeper;
  Credentials credentials;
  test::FakeTransport transport;
  aws::CallContext context{.transport = transport,
                           .clock = clock,
                           .sleeper = sleeper,
                           .endpoints = {},
                           .jitter = std::mt19937_64(1),
                           .statistics = {},
                           .user_agent = "keyward-test"};
  aws::Caller caller{context, credentials, *base::Region::parse("eu-central-1"), aws::Writes::refused};
  aws::SsmClient ssm{caller};
  aws::SnsClient sns{caller};
  aws::CloudWatchClient cloudwatch{caller};
};

}  // namespace keyward::notify
