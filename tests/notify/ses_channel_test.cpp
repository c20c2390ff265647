#include "notify/ses_channel.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <utility>

#include "base/encoding.hpp"
#include "notify/coroutines.hpp"
#include "notify/delivery.hpp"
#include "notify/world.hpp"

namespace keyward::notify {
namespace {

/// Answers every request alike and remembers what was asked.
class FakeTransport final : public base::HttpTransport {
 public:
  FakeTransport(int status, std::string code, std::string body)
      : status_(status), code_(std::move(code)), body_(std::move(body)) {}

  base::Task<base::Result<base::HttpResponse>> send(base::HttpRequest request) override {
    urls.push_back(request.url);
    bodies.emplace_back(request.body.view());
    base::HttpResponse response;
    response.status = status_;
    if (!code_.empty()) response.headers.push_back({"x-amzn-errortype", code_});
    response.body = base::Body(body_);
    co_return response;
  }

  std::vector<std::string> urls;
  std::vector<std::string> bodies;

 private:
  int status_;
  std::string code_;
  std::string body_;
};

class FixedCredentials final : public aws::CredentialProvider {
 public:
  base::Task<base::Result<aws::CredentialsPtr>> credentials() override {
    auto fixed = std::make_shared<aws::Credentials>();
    fixed->access_key_id = "AKIAEXAMPLECALLER000";
    fixed->secret_access_key = base::Secret("not-a-real-secret");
    const aws::CredentialsPtr shared = std::move(fixed);
    co_return shared;
  }
};

class NoWait final : public base::Sleeper {
 public:
  base::Task<void> sleep_for(std::chrono::milliseconds) override { co_return; }
};

class FixedClock final : public base::Clock {
 public:
  base::Instant now() const noexcept override { return today(); }
};

/// SES as a channel sees it, with one answer for everything.
struct Ses {
  Ses(int status, std::string code, std::string body) : transport(status, std::move(code), std::move(body)) {}

  FixedClock host;
  aws::AwsClock clock{host};
  NoWait sleeper;
  FixedCredentials credentials;
  FakeTransport transport;
  aws::CallContext context{.transport = transport,
                           .clock = clock,
                           .sleeper = sleeper,
                           .endpoints = {},
                           .jitter = std::mt19937_64(1),
                           .statistics = {},
                           .user_agent = "keyward-test"};
  aws::Caller caller{context, credentials, *base::Region::parse("eu-central-1"), aws::Writes::refused};
  aws::SesClient client{caller};
};

TEST(SesChannel, SendsTheWholeMimeMessageEvenWhenNothingMayBeChanged) {
  Ses ses(200, "", R"({"MessageId": "0107-abc"})");
  SesChannel channel(ses.client, "keyward");
  const Message message = message_to("owner@example.org");
  const auto delivered = run(channel.deliver(message));
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(*delivered, "0107-abc");
  ASSERT_EQ(ses.transport.urls.size(), 1u);
  EXPECT_EQ(ses.transport.urls[0], "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails");
  const auto body = boost::json::parse(ses.transport.bodies[0]).as_object();
  EXPECT_EQ(body.at("FromEmailAddress").as_string(), "keyward@example.org");
  EXPECT_EQ(body.at("Destination").at("ToAddresses").at(0).as_string(), "owner@example.org");
  EXPECT_EQ(body.at("ConfigurationSetName").as_string(), "keyward");
  const auto data = body.at("Content").at("Raw").at("Data").as_string();
  EXPECT_EQ(base::base64_decode(std::string_view(data)), to_mime(message));
}

TEST(SesChannel, GoesOnAfterARefusalOfOneMessage) {
  for (const char* code : {"MessageRejected", "MailFromDomainNotVerifiedException", "NotFoundException"}) {
    Ses ses(400, code, R"({"message": "Email address is not verified."})");
    SesChannel channel(ses.client, "");
    const std::vector<Message> messages{message_to("a@example.org"), message_to("b@example.org")};
    const std::vector<Channel*> channels{&channel};
    const std::vector<Notice> notices = run(deliver_all(messages, channels));
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[0].status, NoticeStatus::rejected) << code;
    EXPECT_EQ(notices[0].error->code, code);
    EXPECT_EQ(ses.transport.urls.size(), 2u) << code;
  }
}

TEST(SesChannel, StopsAskingWhenSendingIsPaused) {
  for (const char* code : {"SendingPausedException", "AccountSuspendedException", "LimitExceededException"}) {
    Ses ses(400, code, "{}");
    SesChannel channel(ses.client, "");
    EXPECT_FALSE(run(channel.deliver(message_to("a@example.org"))));
    const auto second = run(channel.deliver(message_to("b@example.org")));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, code);
    EXPECT_EQ(ses.transport.urls.size(), 1u) << code;
  }
}

TEST(SesChannel, NeverSendsAgainWhatMayHaveGoneOut) {
  Ses ses(500, "", "<html>oops</html>");
  SesChannel channel(ses.client, "");
  const std::vector<Message> messages{message_to("a@example.org")};
  const std::vector<Channel*> channels{&channel};
  EXPECT_EQ(run(deliver_all(messages, channels)).at(0).status, NoticeStatus::uncertain);
  EXPECT_EQ(ses.transport.urls.size(), 1u);
}

TEST(SesChannel, TellsTheQuotaOfTheDayFromTheRate) {
  const base::Error rate{base::ErrorKind::throttled, "ses:SendEmail", "ThrottlingException", "",
                         "Maximum sending rate exceeded."};
  base::Error quota = rate;
  quota.message = "Daily message quota exceeded.";
  EXPECT_FALSE(stops_ses(rate));
  EXPECT_TRUE(stops_ses(quota));
}

}  // namespace
}  // namespace keyward::notify
