// What the operator channels make of a run, and of the answers to it.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.hpp"
#include "notify/chat_channel.hpp"
#include "notify/coroutines.hpp"
#include "notify/delivery.hpp"
#include "notify/hub.hpp"
#include "notify/pagerduty_channel.hpp"
#include "notify/slack_message.hpp"
#include "notify/sns_channel.hpp"
#include "notify/teams_message.hpp"
#include "notify/text.hpp"
#include "notify/webhook_channel.hpp"
#include "notify/world.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;
using base::ErrorKind;

// A name as somebody could choose it who wants to be taken for markup, a header, a formula, or to hide.
const std::string k_hostile = "=cmd|'/c x'!A1 <!channel>&<a href=x>\"q\"\r\nSubject: y\n\u202eabc\xff [l](http://evil) *b* `c` {{x}}";
const std::string k_url = "https://hooks.example.org/services/T0/B0/secret";

RunDigest digest() {
  RunDigest digest;
  digest.run = "20261121T023000Z-4f2a";
  digest.command = "run";
  digest.mode = "enforce";
  digest.organization = "o-exampleorgid";
  digest.finished = instant("2026-11-21T02:30:00Z");
  digest.exit_words = "done, every account covered";
  digest.accounts = digest.accounts_covered = 9;
  digest.users = 20;
  digest.keys = 31;
  digest.counts = {{"Rotated", 1}};
  digest.changes = {{"rotated", "111122223333", "prod-pay", "alice", "…7QXM", "rotate", "expired_active_key", "done", "91 d old", false}};
  digest.record = "/var/lib/keyward/runs/20261121T023000Z-4f2a";
  return digest;
}

RunDigest bad_digest(std::size_t troubles, const std::string& name = "prod", const std::string& detail = "AccessDenied") {
  RunDigest bad = digest();
  bad.exit_code = 9;
  bad.exit_words = "recovery needed";
  bad.accounts_covered = 7;
  for (std::size_t i = 0; i < troubles; ++i) {
    bad.troubles.push_back({"NOT COVERED", std::to_string(100000000000 + i), name, name, "", "", "", "not_covered", detail, false});
  }
  bad.more_troubles = 5;
  return bad;
}

std::vector<std::string> texts(const json::value& value) {
  if (value.is_string()) return {std::string(value.get_string())};
  std::vector<std::string> all;
  const auto add = [&all](const json::value& part) {
    for (std::string& text : texts(part)) all.push_back(std::move(text));
  };
  if (value.is_array()) {
    for (const json::value& part : value.get_array()) add(part);
  }
  if (value.is_object()) {
    for (const auto& part : value.get_object()) add(part.value());
  }
  return all;
}

bool tells(const json::value& document, std::string_view words) {
  for (const std::string& text : texts(document)) {
    if (text.find(words) != std::string::npos) return true;
  }
  return false;
}

void expect_harmless(std::string_view payload) {
  EXPECT_TRUE(is_utf8(payload));
  const json::value document = json::parse(payload);
  for (const std::string& text : texts(document)) {
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_EQ(text.find("\u202e"), std::string::npos) << text;
    EXPECT_EQ(text.find("\nSubject:"), std::string::npos) << text;
  }
}

TEST(RunDigest, SaysWhatIsWrongInItsFirstLine) {
  EXPECT_EQ(headline(digest()), "keyward run of o-exampleorgid: done, every account covered (exit 0)");
  RunDigest bad = bad_digest(1);
  bad.shard = "2/4";
  bad.mode = "dry_run";
  EXPECT_EQ(headline(bad), "keyward run of o-exampleorgid, shard 2/4 (dry run): recovery needed (exit 9); 2 accounts not covered");
}

TEST(RunDigest, TellsAnEntryInOneHarmlessLine) {
  EXPECT_EQ(line_of(digest().changes[0]), "rotated: 111122223333 prod-pay alice …7QXM: 91 d old");
  const std::string line = line_of(bad_digest(1, k_hostile + std::string(5000, 'x')).troubles[0]);
  EXPECT_LE(line.size(), k_longest_line);
  EXPECT_EQ(line, one_line(line));
}

// ---- forms

TEST(Slack, PutsGapsBeforeCountsAndEscapesMarkup) {
  const std::string payload = slack_message(bad_digest(2, k_hostile));
  expect_harmless(payload);
  const json::value document = json::parse(payload);
  EXPECT_EQ(payload.find("<!channel>"), std::string::npos);
  EXPECT_NE(payload.find("&lt;!channel&gt;&amp;"), std::string::npos);
  const json::array& blocks = document.at("blocks").as_array();
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].at("text").at("type").as_string(), "plain_text");
  EXPECT_TRUE(blocks[1].at("text").at("verbatim").as_bool());
  EXPECT_TRUE(tells(blocks[1], "NOT COVERED: 100000000000"));
  EXPECT_TRUE(tells(blocks[1], "and 5 more"));
  EXPECT_TRUE(tells(blocks[2], "Accounts: 7 of 9 covered"));
}

TEST(Slack, StaysWithinItsLimitsHoweverMuchWentWrong) {
  for (const std::size_t troubles : {0u, 40u, 1000u}) {
    const std::string payload = slack_message(bad_digest(troubles, std::string(1000, '<'), std::string(1000, '&')));
    EXPECT_LT(payload.size(), 13'000u);
    const json::value document = json::parse(payload);
    EXPECT_LE(document.at("blocks").as_array().size(), 50u);
    for (const json::value& block : document.at("blocks").as_array()) {
      const bool header = block.at("type").as_string() == "header";
      EXPECT_LE(block.at("text").at("text").as_string().size(), header ? 150u : 3000u);
    }
    EXPECT_TRUE(tells(document, "20261121T023000Z-4f2a"));
  }
}

TEST(Teams, ShowsForeignTextAsText) {
  const std::string payload = teams_message(bad_digest(2, k_hostile));
  expect_harmless(payload);
  const json::value document = json::parse(payload);
  const json::value& content = document.at("attachments").at(0).at("content");
  EXPECT_EQ(document.at("attachments").at(0).at("contentType").as_string(), "application/vnd.microsoft.card.adaptive");
  for (const json::value& block : content.at("body").as_array()) EXPECT_EQ(block.at("type").as_string(), "RichTextBlock");
  EXPECT_TRUE(tells(content.at("body").at(1), "NOT COVERED"));
}

TEST(Teams, StaysWithinItsLimitHoweverMuchWentWrong) {
  const std::string payload = teams_message(bad_digest(1000, k_hostile, std::string(1000, '"')));
  EXPECT_LE(payload.size(), 21'000u);
  EXPECT_TRUE(tells(json::parse(payload), "NOT COVERED"));
  EXPECT_TRUE(tells(json::parse(payload), "more"));
}

TEST(Webhook, HoldsTheRunForMachines) {
  const std::string payload = webhook_payload(bad_digest(1, k_hostile));
  expect_harmless(payload);
  const json::value document = json::parse(payload);
  EXPECT_EQ(document.at("type").as_string(), "keyward.run.finished");
  EXPECT_EQ(document.at("data").at("exit_code").as_int64(), 9);
  EXPECT_EQ(document.at("data").at("counts").at("Rotated").as_int64(), 1);
  EXPECT_EQ(document.at("data").at("changes").at(0).at("reason").as_string(), "expired_active_key");
  EXPECT_EQ(document.at("data").at("troubles_not_listed").as_int64(), 5);
  const std::string large = webhook_payload(bad_digest(1000, std::string(1000, '"'), std::string(1000, '"')));
  EXPECT_LE(large.size(), 20'000u);
  EXPECT_GT(json::parse(large).at("data").at("troubles_not_listed").as_int64(), 900);
}

TEST(Webhook, ReadsSecretsOfStandardWebhooks) {
  const std::string key(24, 'k');
  const std::string secret = "whsec_" + base::base64_encode(key);
  ASSERT_TRUE(parse_webhook_keys(secret));
  EXPECT_EQ(parse_webhook_keys(secret)->at(0).expose(), key);
  EXPECT_EQ(parse_webhook_keys(secret + " " + secret)->size(), 2u);
  for (const std::string& wrong : {std::string(), std::string("whsec_"), std::string("whsec_!!!"), base::base64_encode(key),
                                   "whsec_" + base::base64_encode("short"), "whsec_" + base::base64_encode(std::string(65, 'k'))}) {
    EXPECT_FALSE(parse_webhook_keys(wrong)) << wrong;
  }
}

// Computed with Python: base64(hmac(base64decode(secret), "msg_1.1614265330.{\"test\": 2432232314}", sha256)).
TEST(Webhook, SignsAsStandardWebhooksSays) {
  const auto keys = parse_webhook_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(keys);
  EXPECT_EQ(webhook_signature(*keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(PagerDuty, RingsForLostKeysAndStopsAndIsQuietAfterACleanRun) {
  const auto action = [](int code, std::string command, std::string mode) {
    RunDigest run = digest();
    run.exit_code = code;
    run.command = std::move(command);
    run.mode = std::move(mode);
    return pager_action(run);
  };
  EXPECT_EQ(action(9, "run", "enforce"), PagerAction::trigger);
  EXPECT_EQ(action(6, "run", "mixed"), PagerAction::trigger);
  EXPECT_EQ(action(9, "rotate", "enforce"), PagerAction::trigger);
  EXPECT_EQ(action(0, "run", "enforce"), PagerAction::resolve);
  EXPECT_EQ(action(0, "run", "mixed"), PagerAction::resolve);
  EXPECT_EQ(action(0, "run", "dry_run"), PagerAction::none);
  EXPECT_EQ(action(0, "rotate", "enforce"), PagerAction::none);
  EXPECT_EQ(action(0, "recover", "enforce"), PagerAction::none);
  for (const int code : {3, 4, 130, 143}) EXPECT_EQ(action(code, "run", "enforce"), PagerAction::none) << code;
}

TEST(PagerDuty, HasOneAlertAnInstallation) {
  RunDigest later = bad_digest(3);
  later.run = "20261122T023000Z-0001";
  EXPECT_EQ(pagerduty_dedup_key(digest()), "keyward/o-exampleorgid");
  EXPECT_EQ(pagerduty_dedup_key(later), pagerduty_dedup_key(digest()));
  later.shard = "2/4";
  EXPECT_EQ(pagerduty_dedup_key(later), "keyward/o-exampleorgid/2/4");
  later.organization = std::string(400, 'x');
  EXPECT_LE(pagerduty_dedup_key(later).size(), 255u);
}

TEST(PagerDuty, SaysWhatIsWrongWithinItsLimits) {
  const std::string payload = pagerduty_payload(bad_digest(1000, k_hostile, std::string(1000, '"')), PagerAction::trigger, "key");
  expect_harmless(payload);
  EXPECT_LT(payload.size(), 512u * 1024);
  const json::value document = json::parse(payload);
  EXPECT_EQ(document.at("event_action").as_string(), "trigger");
  EXPECT_EQ(document.at("payload").at("severity").as_string(), "critical");
  EXPECT_LE(document.at("payload").at("summary").as_string().size(), 1024u);
  EXPECT_EQ(json::serialize(json::parse(pagerduty_payload(digest(), PagerAction::resolve, "key"))),
            R"({"routing_key":"key","event_action":"resolve","dedup_key":"keyward/o-exampleorgid"})");
}

TEST(Sns, KeepsToSubjectsOfAsciiAndToItsSize) {
  RunDigest bad = bad_digest(1000, k_hostile, std::string(1000, 'x'));
  bad.exit_words = "ü" + std::string(300, 'x');
  for (const aws::Publication& one : sns_publications(bad, SnsMessages::per_event)) {
    EXPECT_LT(one.subject.size(), 100u);
    EXPECT_EQ(one.subject.find_first_not_of(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                            "abcdefghijklmnopqrstuvwxyz{|}~"),
              std::string::npos)
        << one.subject;
    EXPECT_LT(one.message.size(), 250'000u);
    EXPECT_TRUE(is_utf8(one.message));
    for (const auto& [name, value] : one.attributes) EXPECT_FALSE(value.empty()) << name;
  }
}

TEST(Sns, NamesAccountActionAndModeOfEveryEvent) {
  RunDigest run = bad_digest(1);
  run.changes[0].dry_run = true;
  const std::vector<aws::Publication> all = sns_publications(run, SnsMessages::per_event);
  ASSERT_EQ(all.size(), 3u);
  using Attributes = std::map<std::string, std::string>;
  EXPECT_EQ(all[0].attributes, (Attributes{{"event", "run"}, {"exit_code", "9"}, {"mode", "enforce"}}));
  EXPECT_EQ(all[1].attributes, (Attributes{{"event", "key"}, {"exit_code", "9"}, {"mode", "enforce"}, {"account", "100000000000"}, {"outcome", "not_covered"}}));
  EXPECT_EQ(all[2].attributes.at("action"), "rotate");
  EXPECT_EQ(all[2].attributes.at("mode"), "dry_run");
  EXPECT_EQ(json::parse(all[2].message).at("user").as_string(), "alice");
  EXPECT_EQ(sns_publications(run, SnsMessages::summary).size(), 1u);
}

// ---- answers

struct Posted {
  Hub hub;
  PostTools tools{hub.transport, hub.host, hub.sleeper, hub.context.jitter, "keyward-test"};

  std::unique_ptr<OperatorChannel> channel(const std::string& name) {
    const auto secret = [this](std::string_view text) { return ChannelSecret(secret_of(text), hub.ssm); };
    const std::chrono::seconds timeout(7);
    if (name == "slack") return std::make_unique<ChatChannel>("slack", &slack_message, secret(k_url), timeout, tools);
    if (name == "teams") return std::make_unique<ChatChannel>("teams", &teams_message, secret(k_url), timeout, tools);
    if (name == "pagerduty") return std::make_unique<PagerDutyChannel>(secret("routing-secret"), "", timeout, tools);
    return std::make_unique<WebhookChannel>(secret(k_url), secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), timeout, tools);
  }
  base::Result<std::string> tell(const std::string& name) { return run(channel(name)->tell(bad_digest(1))); }
  std::size_t requests() const { return hub.transport.requests().size(); }
};

const char* const k_posting[] = {"slack", "teams", "webhook", "pagerduty"};
bool can_repeat(std::string_view name) { return name == "webhook" || name == "pagerduty"; }

TEST(PostingChannels, PostOnceWhereAllIsWell) {
  for (const char* name : k_posting) {
    Posted posted;
    posted.hub.transport.answer(202, "");
    EXPECT_TRUE(posted.tell(name)) << name;
    ASSERT_EQ(posted.requests(), 1u);
    const auto& request = posted.hub.transport.requests()[0];
    EXPECT_EQ(request.url, std::string_view(name) == "pagerduty" ? "https://events.pagerduty.com/v2/enqueue" : k_url);
    EXPECT_EQ(request.header("Content-Type"), "application/json");
    EXPECT_EQ(request.timeout, std::chrono::seconds(7));
    EXPECT_EQ(request.idempotency == base::Idempotency::idempotent, can_repeat(name)) << name;
  }
}

TEST(PostingChannels, DoNotRepeatWhatWasRefusedForGood) {
  const std::pair<int, ErrorKind> refusals[] = {{301, ErrorKind::invalid}, {400, ErrorKind::invalid},   {401, ErrorKind::denied},
                                                {403, ErrorKind::denied},  {404, ErrorKind::not_found}, {410, ErrorKind::not_found},
                                                {413, ErrorKind::invalid}};
  for (const char* name : k_posting) {
    for (const auto& [status, kind] : refusals) {
      Posted posted;
      posted.hub.transport.answer(status, "see " + k_url + " routing-secret");
      const auto told = posted.tell(name);
      ASSERT_FALSE(told);
      EXPECT_EQ(told.error().kind, kind) << name << status;
      EXPECT_EQ(posted.requests(), 1u);
      EXPECT_EQ(describe(told.error()).find("secret"), std::string::npos) << "no part of a foreign answer that may repeat what is secret";
    }
  }
}

TEST(PostingChannels, WaitAsLongAsTheyAreAskedTo) {
  for (const char* name : k_posting) {
    Posted posted;
    posted.hub.transport.answer(429, "", {{"Retry-After", "30"}}).answer(503, "", {{"retry-after", "7"}}).answer(200, "ok");
    EXPECT_TRUE(posted.tell(name));
    ASSERT_EQ(posted.hub.sleeper.slept().size(), 2u);
    EXPECT_EQ(posted.hub.sleeper.slept()[0], std::chrono::seconds(30));
    EXPECT_EQ(posted.hub.sleeper.slept()[1], std::chrono::seconds(7));
  }
}

TEST(PostingChannels, GiveUpAfterAWhile) {
  for (const char* name : k_posting) {
    Posted posted;
    posted.hub.transport.otherwise(429, "");
    const auto told = posted.tell(name);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind, ErrorKind::throttled);
    EXPECT_EQ(posted.requests(), 5u);
    Posted for_long;
    for_long.hub.transport.answer(429, "", {{"Retry-After", "3600"}}).answer(200, "");
    EXPECT_FALSE(for_long.tell(name)) << "an hour is for the next run";
    EXPECT_TRUE(for_long.hub.sleeper.slept().empty());
  }
}

TEST(PostingChannels, RepeatWhatMayHaveArrivedOnlyWhereTheReceiverCanTell) {
  for (const char* name : k_posting) {
    Posted posted;
    posted.hub.transport.answer(500, "").answer(200, "");
    const auto told = posted.tell(name);
    EXPECT_EQ(static_cast<bool>(told), can_repeat(name)) << name;
    if (!told) {
      EXPECT_EQ(told.error().kind, ErrorKind::ambiguous);
    }
    Posted silent;
    silent.hub.transport.fail(can_repeat(name) ? ErrorKind::transient : ErrorKind::ambiguous, "TimedOut").answer(200, "");
    EXPECT_EQ(static_cast<bool>(silent.tell(name)), can_repeat(name)) << name;
  }
}

TEST(PostingChannels, SignEveryAttemptAnewUnderOneId) {
  Posted posted;
  posted.hub.transport.answer(503, "", {{"Retry-After", "9"}}).answer(200, "");
  test::FakeSleeper moving(&posted.hub.host);
  PostTools tools{posted.hub.transport, posted.hub.host, moving, posted.hub.context.jitter, "keyward-test"};
  WebhookChannel channel(ChannelSecret(secret_of(k_url), posted.hub.ssm),
                         ChannelSecret(secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), posted.hub.ssm), std::chrono::seconds(7), tools);
  const auto id = run(channel.tell(digest()));
  ASSERT_TRUE(id);
  const auto& requests = posted.hub.transport.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].header("webhook-id"), *id);
  EXPECT_EQ(requests[1].header("webhook-id"), *id);
  EXPECT_EQ(std::stoll(requests[1].header("webhook-timestamp")) - std::stoll(requests[0].header("webhook-timestamp")), 9);
  const auto keys = parse_webhook_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  for (const auto& request : requests) {
    EXPECT_EQ(request.header("webhook-signature"), webhook_signature(*keys, *id, request.header("webhook-timestamp"), request.body));
  }
}

TEST(PostingChannels, PostToNoOtherUrlThanHttps) {
  for (const char* url : {"http://hooks.example.org/x-secret", "hooks.example.org/x-secret", "ftp://x-secret", "https://u:p@x-secret/", ""}) {
    Posted posted;
    ChatChannel channel("slack", &slack_message, ChannelSecret(secret_of(url), posted.hub.ssm), std::chrono::seconds(7), posted.tools);
    const auto told = run(channel.tell(digest()));
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind, ErrorKind::invalid);
    EXPECT_EQ(describe(told.error()).find("secret\""), std::string::npos);
    EXPECT_EQ(describe(told.error()).find("x-secret"), std::string::npos);
    EXPECT_EQ(posted.requests(), 0u);
  }
}

TEST(SnsChannel, PublishesAndStopsAtTheFirstRefusal) {
  const std::string taken = "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>";
  const std::string arn = "arn:aws:sns:eu-central-1:111111111111:keyward.fifo";
  Hub hub;
  hub.transport.answer(200, taken).answer(200, taken);
  SnsChannel channel(hub.sns, arn, SnsMessages::per_event);
  const auto told = run(channel.tell(digest()));
  ASSERT_TRUE(told) << describe(told.error());
  EXPECT_EQ(*told, "m-1");
  ASSERT_EQ(hub.transport.requests().size(), 2u);
  EXPECT_NE(hub.transport.requests()[0].body.find("MessageGroupId=o-exampleorgid"), std::string::npos);
  EXPECT_EQ(hub.transport.requests()[0].url, "https://sns.eu-central-1.amazonaws.com/");

  const std::string refusal = "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>";
  Hub refusing;
  refusing.transport.answer(403, refusal);
  SnsChannel refused(refusing.sns, arn, SnsMessages::per_event);
  EXPECT_EQ(run(refused.tell(digest())).error().kind, ErrorKind::denied);
  EXPECT_EQ(refusing.transport.requests().size(), 1u);

  Hub throttling;
  throttling.transport.answer(400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>").otherwise(200, taken);
  SnsChannel throttled(throttling.sns, arn, SnsMessages::summary);
  EXPECT_TRUE(run(throttled.tell(digest())));

  Hub silent;
  silent.transport.fail(ErrorKind::ambiguous, "TimedOut").answer(200, taken);
  SnsChannel uncertain(silent.sns, arn, SnsMessages::summary);
  EXPECT_EQ(run(uncertain.tell(digest())).error().kind, ErrorKind::ambiguous);
  EXPECT_EQ(silent.transport.requests().size(), 1u);
}

TEST(TellAll, LetsNoChannelKeepAnotherFromTelling) {
  Posted posted;
  posted.hub.transport.answer(404, "no_service").answer(200, "ok");
  const auto slack = posted.channel("slack");
  const auto teams = posted.channel("teams");
  const auto pager = posted.channel("pagerduty");
  RunDigest partial = digest();
  partial.exit_code = 4;
  const std::vector<Notice> notices = run(tell_all(partial, {slack.get(), pager.get(), teams.get()}));
  ASSERT_EQ(notices.size(), 2u) << "the pager has nothing to say of a partial run";
  EXPECT_EQ(notices[0].status, NoticeStatus::rejected);
  EXPECT_EQ(notices[1].status, NoticeStatus::sent);
  EXPECT_EQ(notices[1].recipient, "operators");
}

}  // namespace
}  // namespace keyward::notify
