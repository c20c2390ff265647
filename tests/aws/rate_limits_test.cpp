#include "aws/rate_limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "aws/assume_role_credentials.hpp"
#include "aws/operations.hpp"
#include "base/task_group.hpp"
#include "credential_fixture.hpp"
#include "support/virtual_time.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using namespace operations;
using base::Result;
using base::Task;

/// AWS in virtual time: every answer takes 60 ms, and accounts (access key ids) have token buckets or bad luck.
class FakeAws final : public base::HttpTransport {
 public:
  struct Bucket {
    double per_second;
    double tokens;
    double filled = 0;
  };

  explicit FakeAws(test::VirtualTime& time) : time_(time) {}

  Task<Result<base::HttpResponse>> send(base::HttpRequest request) override {
    const std::string account = account_of(request);
    sent[account].push_back(time_.seconds());
    ++requests;
    most_in_flight = std::max(most_in_flight, ++in_flight_);
    co_await time_.sleep_for(30ms);
    const bool admitted = admits(account);
    co_await time_.sleep_for(30ms);
    --in_flight_;
    if (broken) co_return response(500, "<ErrorResponse><Error><Code>ServiceFailure</Code></Error></ErrorResponse>");
    if (!admitted) {
      ++throttled;
      co_return response(400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>");
    }
    if (request.operation == "sts:AssumeRole") co_return response(200, sts_answer("AssumeRole", "2026-11-21T04:30:00Z"));
    if (request.operation.starts_with("organizations:")) co_return response(200, "{}");
    const std::string action = request.operation.substr(request.operation.find(':') + 1);
    co_return response(200, "<" + action + "Response><" + action + "Result/></" + action + "Response>");
  }

  std::map<std::string, Bucket> buckets;
  double luck = 1;  ///< part of the calls that is not throttled
  bool broken = false;

  std::map<std::string, std::vector<double>> sent;  ///< seconds, by access key id
  int requests = 0, throttled = 0, most_in_flight = 0;

 private:
  static std::string account_of(const base::HttpRequest& request) {
    base::HttpResponse lookup;
    lookup.headers = request.headers;
    const std::string authorization(lookup.header("Authorization"));
    const auto from = authorization.find("Credential=") + 11;
    return authorization.substr(from, authorization.find('/', from) - from);
  }
  static base::HttpResponse response(int status, std::string_view body) {
    base::HttpResponse made;
    made.status = status;
    made.body = base::Body(body);
    return made;
  }
  bool admits(const std::string& account) {
    if (luck < 1 && std::uniform_real_distribution<>()(chance_) > luck) return false;
    const auto found = buckets.find(account);
    if (found == buckets.end()) return true;
    Bucket& bucket = found->second;
    bucket.tokens = std::min(bucket.per_second, bucket.tokens + (time_.seconds() - bucket.filled) * bucket.per_second);
    bucket.filled = time_.seconds();
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  test::VirtualTime& time_;
  std::mt19937_64 chance_{7};
  int in_flight_ = 0;
};

/// An account at work: a session's caller, and how its calls ended.
struct Account {
  Account(CallContext& context, const base::Region& region, const std::string& name, std::optional<int> per_second)
      : identity(CredentialsPtr(long_term_credentials(name))), caller(context, identity, region, Writes::allowed) {
    caller.limit_rate(std::make_shared<AccountLimits>(context.limits, per_second));
  }
  ScriptedCredentials identity;
  Caller caller;
  int succeeded = 0, failed = 0;
};

struct RateLimitsTest : testing::Test {
  boost::asio::io_context loop;
  test::VirtualTime time;
  FakeAws service{time};
  test::FakeClock host_clock;
  AwsClock clock{host_clock};
  CallContext context{.transport = service,
                      .clock = clock,
                      .sleeper = time,
                      .endpoints = {},
                      .jitter = std::mt19937_64(1),
                      .statistics = {},
                      .user_agent = "keyward/test"};
  base::Region region = base::Region::parse("eu-central-1").value();

  std::unique_ptr<Account> account(const std::string& name, std::optional<int> per_second = 10) {
    return std::make_unique<Account>(context, region, name, per_second);
  }

  static Task<void> call(Account& account, int times) {
    for (int i = 0; i < times; ++i) {
      Parameters none;
      const Result<XmlAnswer> answer = co_await account.caller.query(k_list_access_keys, "2010-05-08", std::move(none));
      ++(answer ? account.succeeded : account.failed);
    }
  }
  static Task<void> start(base::TaskGroup& group, std::vector<Account*> accounts, int workers, int calls_each) {
    for (Account* one : accounts) {
      for (int i = 0; i < workers; ++i) {
        Task<void> child = call(*one, calls_each);
        co_await group.spawn(std::move(child));
      }
    }
  }
  /// In every account so many workers make so many calls each, one after the other; all side by side.
  void work(const std::vector<Account*>& accounts, int workers, int calls_each) {
    const auto body = [&](base::TaskGroup& group) { return start(group, accounts, workers, calls_each); };
    time.run(loop, base::run_group(100'000, body));
  }
};

TEST(ApiClass, IsWhatAwsCountsTogether) {
  EXPECT_NE(api_class(k_list_access_keys), api_class(k_list_user_tags));
  EXPECT_NE(api_class(k_describe_secret), api_class(k_put_secret_value));
  EXPECT_EQ(api_class(k_put_secret_value), api_class(k_update_secret_version_stage));
  EXPECT_EQ(api_class(k_get_resource_policy), api_class(k_put_resource_policy));
}

// ---- whose quota

TEST_F(RateLimitsTest, AThrottledAccountLeavesTheOthersAsTheyWere) {
  const auto alone = account("AKIDALONE");
  work({alone.get()}, 8, 20);
  const std::vector<double> pace = service.sent["AKIDALONE"];
  const double began = time.seconds();

  const auto tiny = account("AKIDTINY");
  const auto other = account("AKIDOTHER");
  service.buckets["AKIDTINY"] = {1, 1, began};
  work({tiny.get(), other.get()}, 8, 20);
  EXPECT_GT(service.sent["AKIDTINY"].back(), began + 100) << "160 calls at about one a second";
  ASSERT_EQ(service.sent["AKIDOTHER"].size(), pace.size());
  for (std::size_t i = 0; i < pace.size(); ++i) EXPECT_NEAR(service.sent["AKIDOTHER"][i] - began, pace[i], 0.0011);
  EXPECT_EQ(tiny->failed, 0);
}

TEST_F(RateLimitsTest, CallersOfOneAccountShareItsCeilingAndServicesDoNot) {
  const auto limits = std::make_shared<AccountLimits>(context.limits, 10);
  const auto reader = account("AKIDREADER"), writer = account("AKIDWRITER");
  reader->caller.limit_rate(limits);
  writer->caller.limit_rate(limits);
  work({reader.get(), writer.get()}, 4, 10);
  EXPECT_NEAR(time.seconds(), (80 - 10) / 10.0, 0.2);
  EXPECT_TRUE(limits->of(k_describe_secret).service->try_acquire());
  EXPECT_FALSE(limits->of(k_tag_user).service->try_acquire() && limits->of(k_tag_user).service->try_acquire());
}

TEST_F(RateLimitsTest, WithoutThrottlingOnlyAssumeRoleIsLimitedForAllTogether) {
  std::vector<std::unique_ptr<Account>> accounts;
  std::vector<Account*> all;
  for (int i = 0; i < 500; ++i) all.push_back(accounts.emplace_back(account("AKID" + std::to_string(i))).get());
  work(all, 5, 2);
  EXPECT_NEAR(time.seconds(), 0.12, 0.001) << "two answers one after the other";
  for (const Operation& operation : k_all) {
    AccountLimits account_limits(context.limits);
    const CallLimits limits = account_limits.of(operation);
    const bool endless = limits.api->per_second() == base::LearnedRate::k_unlimited;
    EXPECT_EQ(endless, !operation.name.starts_with("AssumeRole")) << operation.name;
    EXPECT_EQ(limits.in_flight != nullptr, operation.service == Service::organizations) << operation.name;
    EXPECT_EQ(limits.service, nullptr);
  }
}

TEST_F(RateLimitsTest, OrganizationsNeverHasTwoCallsInFlight) {
  const auto one = account("AKIDONE"), two = account("AKIDTWO");
  const auto ask = [](Caller& caller, int& answered) -> Task<void> {
    boost::json::object none;
    const Result<JsonAnswer> answer = co_await caller.json(k_list_accounts, "AWSOrganizationsV20161128", std::move(none));
    if (answer) ++answered;
  };
  int answered = 0;
  const auto start = [&](base::TaskGroup& group) -> Task<void> {
    return [](base::TaskGroup& its_group, Caller& first, Caller& second, int& count, auto make) -> Task<void> {
      for (int i = 0; i < 40; ++i) {
        Task<void> child = make(i % 2 == 0 ? first : second, count);
        co_await its_group.spawn(std::move(child));
      }
    }(group, one->caller, two->caller, answered, ask);
  };
  time.run(loop, base::run_group(100, start));
  EXPECT_EQ(answered, 40);
  EXPECT_EQ(service.most_in_flight, 1);
  EXPECT_NEAR(time.seconds(), 40 * 0.06, 0.001);
}

TEST_F(RateLimitsTest, TenThousandSessionsAskedForAtOnceStayUnderTheQuotaOfSts) {
  const auto hub = std::make_shared<ScriptedCredentials>(CredentialsPtr(long_term_credentials("AKIDHUB")));
  const auto role = base::Arn::parse("arn:aws:iam::111122223333:role/keyward-rotate").value();
  const AssumeRoleInputs inputs{role, "session", "", "", 3600};
  int assumed = 0;
  const auto ask = [](AssumeRoleCredentials& provider, int& count) -> Task<void> {
    const Result<CredentialsPtr> credentials = co_await provider.credentials();
    if (credentials) ++count;
  };
  std::vector<std::unique_ptr<AssumeRoleCredentials>> sessions;
  for (int i = 0; i < 10'000; ++i) {
    sessions.push_back(std::make_unique<AssumeRoleCredentials>(context, hub, region, inputs));
  }
  const auto start = [&](base::TaskGroup& group) -> Task<void> {
    return [](base::TaskGroup& its_group, auto& all, int& count, auto make) -> Task<void> {
      for (const auto& session : all) {
        Task<void> child = make(*session, count);
        co_await its_group.spawn(std::move(child));
      }
    }(group, sessions, assumed, ask);
  };
  time.run(loop, base::run_group(100'000, start));
  EXPECT_EQ(assumed, 10'000);
  const std::vector<double>& sent = service.sent["AKIDHUB"];
  ASSERT_EQ(sent.size(), 10'000u);
  for (std::size_t i = 600; i < sent.size(); ++i) ASSERT_GT(sent[i] - sent[i - 600], 1.0);
  EXPECT_LT(time.seconds(), 10'000 / 530.0) << "and no slower than it has to be";
}

// ---- what accounts learn from each other

base::LearnedRate throttled_at(int per_second) {
  base::LearnedRate rate;
  const base::LearnedRate::Time now{1h};
  for (int i = 0; i < per_second + 3; ++i) rate.sent(now);
  for (int i = 0; i < 3; ++i) rate.throttled(now, now);
  return rate;
}

base::LearnedRate passed(int calls) {
  base::LearnedRate rate;
  for (int i = 0; i < calls; ++i) rate.sent(base::LearnedRate::Time{1h});
  return rate;
}

TEST(Experience, AFewThrottledAccountsHaveNoSay) {
  const ApiClass api = api_class(k_list_access_keys);
  Experience experience;
  for (int i = 0; i < 3; ++i) experience.learn(api, throttled_at(5));
  EXPECT_EQ(experience.usual(api), std::nullopt) << "too few to tell";
  for (int i = 0; i < 100; ++i) {
    experience.learn(api, passed(8));
    experience.learn(api, passed(8));
    experience.learn(api, throttled_at(5));
    if (i > 3) {
      EXPECT_EQ(experience.usual(api), std::nullopt) << i;
    }
  }
}

TEST(Experience, WhatMostAccountsFoundIsWhereOthersBegin) {
  const ApiClass api = api_class(k_list_access_keys);
  Experience experience;
  for (int i = 0; i < 20; ++i) {
    experience.learn(api, throttled_at(5));
    experience.learn(api, passed(2));  // too little to tell: nothing was throttled because little was asked for
  }
  ASSERT_TRUE(experience.usual(api));
  EXPECT_NEAR(*experience.usual(api), 0.7 * 5, 0.1);
  EXPECT_EQ(experience.usual(api_class(k_list_user_tags)), std::nullopt);

  // One that began there, was not throttled and saw more pass.
  base::LearnedRate faster;
  base::LearnedRate::Time now{1h};
  faster.begin_with(3.5, now);
  for (; now < base::LearnedRate::Time{1h} + 12s; now += 250ms) faster.sent(now);
  experience.learn(api, faster);
  EXPECT_GT(*experience.usual(api), 3.6);
}

TEST(Experience, GrowsWithEveryAccountThatIsNotThrottledAnyMore) {
  const ApiClass api = api_class(k_list_access_keys);
  Experience experience;
  for (int i = 0; i < 16; ++i) experience.learn(api, throttled_at(1));
  const double after_trouble = *experience.usual(api);
  // Each is done before it could prove more than it began with.
  const auto pass_slowly = [&](int accounts) {
    for (int i = 0; i < accounts; ++i) {
      base::LearnedRate slow;
      slow.begin_with(*experience.usual(api), base::LearnedRate::Time{1h});
      slow.sent(base::LearnedRate::Time{1h});
      experience.learn(api, slow);
    }
  };
  pass_slowly(50);
  EXPECT_GT(*experience.usual(api), 10 * after_trouble);
  pass_slowly(20'000);
  EXPECT_LE(*experience.usual(api), 1000) << "a number, however large the organization";
}

TEST(Experience, IsForgottenWhenAccountsDoWithoutIt) {
  const ApiClass api = api_class(k_list_access_keys);
  Experience experience;
  for (int i = 0; i < 16; ++i) experience.learn(api, throttled_at(5));
  for (int i = 0; i < 16; ++i) experience.learn(api, passed(50));
  EXPECT_EQ(experience.usual(api), std::nullopt);
}

TEST_F(RateLimitsTest, LaterAccountsAreHardlyThrottledWhereAllHaveTheSameLimit) {
  int first_throttled = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "AKID" + std::to_string(i);
    service.buckets[name] = {5, 5, time.seconds()};
    const auto next = account(name, 100);
    const int before = service.throttled;
    work({next.get()}, 8, 5);
    if (i < 4) first_throttled += service.throttled - before;
    if (i == 3) service.throttled = 0;
  }
  EXPECT_GE(first_throttled, 4 * 3);
  EXPECT_LT(service.throttled, 0.02 * 36 * 40);
}

// ---- the retries of the run

TEST_F(RateLimitsTest, TwoHundredAccountsWithOrdinaryThrottlingAllGetThrough) {
  service.luck = 0.7;
  std::vector<std::unique_ptr<Account>> accounts;
  std::vector<Account*> all;
  for (int i = 0; i < 200; ++i) all.push_back(accounts.emplace_back(account("AKID" + std::to_string(i))).get());
  // Beside fifty that get nowhere.
  for (int i = 0; i < 50; ++i) {
    const std::string name = "AKIDSTUCK" + std::to_string(i);
    service.buckets[name] = {0, 0};
    all.push_back(accounts.emplace_back(account(name)).get());
  }
  work(all, 8, 4);
  int failed = 0;
  for (int i = 0; i < 200; ++i) failed += all[static_cast<std::size_t>(i)]->failed;
  // Eight attempts in a row are unlucky once in 15,000 calls.
  EXPECT_LE(failed, 3);
  EXPECT_GT(service.throttled, 200 * 32 * 0.3);
}

TEST_F(RateLimitsTest, AStormOfRetriesEndsForTheWholeRun) {
  service.broken = true;
  std::vector<std::unique_ptr<Account>> accounts;
  std::vector<Account*> all;
  for (int i = 0; i < 1000; ++i) all.push_back(accounts.emplace_back(account("AKID" + std::to_string(i), 1000)).get());
  work(all, 8, 2);
  const int retries = service.requests - 1000 * 8 * 2;
  EXPECT_GT(retries, 3000);
  EXPECT_LE(retries, base::RunRetryBudget::k_capacity / base::RetryBudget::k_transient_cost);
}

}  // namespace
}  // namespace keyward::aws
