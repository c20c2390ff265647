#include "notify/ses_channel.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/encoding.hpp"
#include "notify/coroutines.hpp"
#include "notify/delivery.hpp"
#include "notify/hub.hpp"
#include "notify/world.hpp"

namespace keyward::notify {
namespace {

/// SES as a channel sees it, with one answer for everything.
struct Ses : Hub {
  Ses(int status, const std::string& code, const std::string& body) {
    constexpr int k_enough = 4;
    for (int i = 0; i < k_enough; ++i) transport.answer(status, body, {{"x-amzn-errortype", code}});
  }
  aws::SesClient client{caller};
};

TEST(SesChannel, SendsTheWholeMimeMessageEvenWhenNothingMayBeChanged) {
  Ses ses(200, "", R"({"MessageId": "0107-abc"})");
  SesChannel channel(ses.client, "keyward");
  const Message message = message_to("owner@example.org");
  const auto delivered = run(channel.deliver(message));
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(*delivered, "0107-abc");
  ASSERT_EQ(ses.transport.requests().size(), 1u);
  EXPECT_EQ(ses.transport.requests()[0].url, "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails");
  const auto body = boost::json::parse(ses.transport.requests()[0].body).as_object();
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
    EXPECT_EQ(ses.transport.requests().size(), 2u) << code;
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
    EXPECT_EQ(ses.transport.requests().size(), 1u) << code;
  }
}

TEST(SesChannel, NeverSendsAgainWhatMayHaveGoneOut) {
  Ses ses(500, "", "<html>oops</html>");
  SesChannel channel(ses.client, "");
  const std::vector<Message> messages{message_to("a@example.org")};
  const std::vector<Channel*> channels{&channel};
  EXPECT_EQ(run(deliver_all(messages, channels)).at(0).status, NoticeStatus::uncertain);
  EXPECT_EQ(ses.transport.requests().size(), 1u);
}

TEST(SesChannel, TriesAgainWhereItIsThrottled) {
  Hub hub;
  hub.transport.answer(429, R"({"message": "Maximum sending rate exceeded."})", {{"x-amzn-errortype", "TooManyRequestsException"}});
  hub.transport.answer(200, R"({"MessageId": "0107-abc"})");
  aws::SesClient client(hub.caller);
  SesChannel channel(client, "");
  const auto delivered = run(channel.deliver(message_to("a@example.org")));
  ASSERT_TRUE(delivered) << delivered.error().message;
  ASSERT_EQ(hub.transport.requests().size(), 2u);
  EXPECT_EQ(hub.transport.requests()[0].body, hub.transport.requests()[1].body);

  Ses always(429, "TooManyRequestsException", R"({"message": "Maximum sending rate exceeded."})");
  SesChannel patient(always.client, "");
  const std::vector<Message> messages{message_to("a@example.org")};
  EXPECT_EQ(run(deliver_all(messages, {&patient})).at(0).status, NoticeStatus::unavailable) << "for the next run to send";
  EXPECT_EQ(always.transport.requests().size(), 3u);
}

TEST(SesChannel, WaitsForAnAnswerOnceAndGoesOnWithTheNextMail) {
  Hub hub;
  hub.transport.fail(base::ErrorKind::ambiguous, "TimedOut").answer(200, R"({"MessageId": "0107-abc"})");
  aws::SesClient client(hub.caller);
  SesChannel channel(client, "");
  const std::vector<Message> messages{message_to("a@example.org"), message_to("b@example.org")};
  const std::vector<Notice> notices = run(deliver_all(messages, {&channel}));
  ASSERT_EQ(hub.transport.requests().size(), 2u);
  EXPECT_EQ(hub.transport.requests()[0].timeout, std::chrono::seconds(60));
  EXPECT_EQ(notices.at(0).status, NoticeStatus::uncertain);
  EXPECT_EQ(notices.at(1).status, NoticeStatus::sent);
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
