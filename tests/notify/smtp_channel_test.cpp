#include "notify/smtp_channel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "notify/coroutines.hpp"
#include "notify/delivery.hpp"
#include "notify/hub.hpp"
#include "notify/world.hpp"
#include "support/fake_clock.hpp"

namespace keyward::notify {
namespace {

using base::Error;
using base::ErrorKind;

/// A mail server that says what it was told to say, then "Ok".
class FakeSmtp final : public base::SmtpTransport {
 public:
  base::Task<base::Result<std::string>> send(base::SmtpRequest request) override {
    const bool login = request.login != nullptr;
    logins.push_back(login ? std::string(request.login->user.expose()) + ":" + std::string(request.login->password.expose()) : "");
    requests.push_back(std::move(request));
    if (script.empty()) co_return "2.0.0 Ok:\r\n queued";
    const Error next = script.front();
    script.pop_front();
    co_return next;
  }
  void refuse(ErrorKind kind, std::string code, int times = 1) {
    for (int i = 0; i < times; ++i) script.push_back({kind, "smtp", code, "", "scripted"});
  }

  std::deque<Error> script;
  std::vector<base::SmtpRequest> requests;
  std::vector<std::string> logins;
};

struct Server {
  explicit Server(SecretSource user = {}, SecretSource password = {})
      : channel({{"smtp.example.org", 587, base::SmtpSecurity::starttls}, std::chrono::seconds(7)}, {std::move(user), hub.ssm},
                {std::move(password), hub.ssm}, {smtp, sleeper, random}) {}

  base::Result<std::string> deliver(const char* recipient) { return run(channel.deliver(message_to(recipient))); }

  Hub hub;
  FakeSmtp smtp;
  test::FakeSleeper sleeper;
  std::mt19937_64 random{1};
  SmtpChannel channel;
};

TEST(SmtpChannel, HandsOverTheWholeMailWithTheLogin) {
  Server server(secret_of("user"), secret_of("pass\n"));
  const auto taken = server.deliver("owner@example.org");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(*taken, "2.0.0 Ok: queued");
  ASSERT_EQ(server.smtp.requests.size(), 1u);
  const base::SmtpRequest& request = server.smtp.requests[0];
  EXPECT_EQ(request.sender, "keyward@example.org");
  EXPECT_EQ(request.recipient, "owner@example.org");
  EXPECT_EQ(request.mail, to_mime(message_to("owner@example.org")));
  EXPECT_EQ(request.server.host, "smtp.example.org");
  EXPECT_EQ(request.timeout, std::chrono::seconds(7));
  EXPECT_EQ(server.smtp.logins[0], "user:pass") << "without the line end of the file";
}

TEST(SmtpChannel, TriesAgainWhatWasSurelyNotTakenAndNothingElse) {
  for (const ErrorKind kind : {ErrorKind::throttled, ErrorKind::transient}) {
    Server server;
    server.smtp.refuse(kind, "SMTP451", 2);
    EXPECT_TRUE(server.deliver("a@example.org"));
    EXPECT_EQ(server.smtp.requests.size(), 3u);
    EXPECT_EQ(server.sleeper.slept().size(), 2u);
  }
  for (const ErrorKind kind : {ErrorKind::invalid, ErrorKind::denied, ErrorKind::ambiguous}) {
    Server server;
    server.smtp.refuse(kind, "SMTP550");
    EXPECT_FALSE(server.deliver("a@example.org"));
    EXPECT_EQ(server.smtp.requests.size(), 1u) << to_string(kind);
  }
}

TEST(SmtpChannel, GoesOnAfterWhatConcernsOneMail) {
  for (const char* code : {"SMTP550", "SMTP552", "SMTP554"}) {
    Server server;
    server.smtp.refuse(ErrorKind::invalid, code);
    EXPECT_FALSE(server.deliver("a@example.org"));
    EXPECT_TRUE(server.deliver("b@example.org"));
  }
  Server greylisted;
  greylisted.smtp.refuse(ErrorKind::throttled, "SMTP450", 5);
  EXPECT_FALSE(greylisted.deliver("a@example.org"));
  EXPECT_TRUE(greylisted.deliver("b@example.org"));
}

TEST(SmtpChannel, EndsWithWhatConcernsEveryMail) {
  const std::pair<ErrorKind, const char*> endings[] = {{ErrorKind::denied, "SMTP535"},
                                                       {ErrorKind::invalid, "StartTlsMissing"},
                                                       {ErrorKind::invalid, "CertificateRefused"},
                                                       {ErrorKind::throttled, "SMTP454"},
                                                       {ErrorKind::transient, "ConnectFailed"},
                                                       {ErrorKind::deadline_exceeded, "DeadlineExceeded"}};
  for (const auto& [kind, code] : endings) {
    Server server;
    server.smtp.refuse(kind, code, 5);
    const auto first = server.deliver("a@example.org");
    const std::size_t tries = server.smtp.requests.size();
    const auto second = server.deliver("b@example.org");
    ASSERT_FALSE(first);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, code);
    EXPECT_EQ(server.smtp.requests.size(), tries) << code;
  }
}

TEST(SmtpChannel, OfAServerThatFellSilentOnlyTheOneMailIsUncertain) {
  Server server;
  server.smtp.refuse(ErrorKind::ambiguous, "NoReplyToMail");
  const std::vector<Message> messages{message_to("a@example.org"), message_to("b@example.org")};
  const std::vector<Notice> notices = run(deliver_all(messages, {&server.channel}));
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[0].status, NoticeStatus::uncertain);
  EXPECT_EQ(notices[1].status, NoticeStatus::unavailable);
  EXPECT_EQ(server.smtp.requests.size(), 1u);
}

TEST(SmtpChannel, FetchesItsLoginOnceAndOnlyWhenThereIsMail) {
  Server server({"ssm:/keyward/user", nullptr}, {"ssm:/keyward/password", nullptr});
  server.hub.transport.answer(200, R"({"Parameter": {"Value": "u"}})").answer(200, R"({"Parameter": {"Value": "p"}})");
  EXPECT_TRUE(server.hub.transport.requests().empty());
  EXPECT_TRUE(server.deliver("a@example.org"));
  EXPECT_TRUE(server.deliver("b@example.org"));
  ASSERT_EQ(server.hub.transport.requests().size(), 2u);
  EXPECT_EQ(server.hub.transport.requests()[0].header("X-Amz-Target"), "AmazonSSM.GetParameter");
  EXPECT_EQ(server.hub.transport.requests()[0].body, R"({"Name":"/keyward/user","WithDecryption":true})");
  EXPECT_EQ(server.smtp.logins, (std::vector<std::string>{"u:p", "u:p"}));
}

TEST(SmtpChannel, SendsNothingWithoutTheLoginThatItShouldHave) {
  Server server({"ssm:/keyward/user", nullptr}, {"ssm:/keyward/password", nullptr});
  server.hub.transport.answer(400, R"({"__type": "ParameterNotFound"})");
  const auto delivered = server.deliver("a@example.org");
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().kind, ErrorKind::not_found);
  EXPECT_NE(delivered.error().message.find("/keyward/user"), std::string::npos);
  EXPECT_FALSE(server.deliver("b@example.org"));
  EXPECT_TRUE(server.smtp.requests.empty());
  EXPECT_EQ(server.hub.transport.requests().size(), 1u);
}

}  // namespace
}  // namespace keyward::notify
