#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "base/time.hpp"
#include "notify/message.hpp"
#include "notify/settings.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::notify {

// Small pieces from which the tests of this folder build accounts, users and outcomes.

inline constexpr std::string_view k_old_key = "AKIAEXAMPLEOLDKEY111";
inline constexpr std::string_view k_new_key = "AKIAEXAMPLENEWKEY222";

inline base::Instant instant(std::string_view iso) { return base::parse_iso8601(iso).value(); }
inline base::Instant today() { return instant("2026-11-21T02:30:00Z"); }

inline accounts::Account account(std::string_view id = "111122223333", std::string name = "prod-pay",
                                 std::string email = "aws+prod-pay@example.org") {
  return {
      *base::AccountId::parse(id), std::move(name), std::move(email), accounts::AccountState::active, false, {}, {}};
}

inline rotation::KeyFacts old_key(std::chrono::days age, rotation::Fact<rotation::KeyUse> last_use = {}) {
  return {*base::AccessKeyId::parse(k_old_key), rotation::KeyStatus::active, today() - age, std::move(last_use)};
}

inline rotation::UserReport user(std::string_view name = "svc-export", std::map<std::string, std::string> tags = {}) {
  rotation::UserFacts facts{*base::UserName::parse(name),
                            *base::Arn::parse("arn:aws:iam::111122223333:user/" + std::string(name)),
                            {},
                            {},
                            {},
                            {},
                            {}};
  facts.tags = rotation::Fact<std::map<std::string, std::string>>::known(std::move(tags));
  facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known(
      {old_key(std::chrono::days(90),
               rotation::Fact<rotation::KeyUse>::known({instant("2026-11-20T13:45:00Z"), "s3", "eu-central-1"}))});
  return rotation::UserReport{std::move(facts), {}};
}

inline rotation::Outcome outcome(rotation::Action action, rotation::Reason reason,
                                 rotation::OutcomeStatus status = rotation::OutcomeStatus::done) {
  rotation::Outcome result;
  result.decision.action = action;
  result.decision.reason = reason;
  result.decision.key = base::AccessKeyId::parse(k_old_key);
  result.status = status;
  result.at = today();
  return result;
}

inline rotation::Outcome warning(rotation::Reason reason, int days_left) {
  rotation::Outcome result = outcome(rotation::Action::warn, reason);
  result.decision.due = today() + std::chrono::days(days_left);
  result.decision.days_left = days_left;
  return result;
}

inline rotation::Outcome rotated() {
  rotation::Outcome result = outcome(rotation::Action::rotate, rotation::Reason::expired_active_key);
  result.new_key = base::AccessKeyId::parse(k_new_key);
  result.secret = rotation::SecretLocation{
      "arn:aws:secretsmanager:eu-central-1:111122223333:secret:Account_111122223333_User_svc-export_AccessKey-a1B2c3",
      "Account_111122223333_User_svc-export_AccessKey",
      *base::Region::parse("eu-central-1"),
      false,
      "AccessKey",
      "SecretKey"};
  return result;
}

inline rotation::UserReport user_with(std::vector<rotation::Outcome> outcomes, std::string_view name = "svc-export") {
  rotation::UserReport report = user(name);
  report.outcomes = std::move(outcomes);
  return report;
}

inline Message message_to(std::string_view recipient, std::string subject = "News",
                          std::string run = "20261121T023000Z-1") {
  return Message{.sender = *MailAddress::parse("keyward@example.org"),
                 .recipient = *MailAddress::parse(recipient),
                 .subject = std::move(subject),
                 .text = "Hello\n",
                 .html = "<p>Hello</p>\n",
                 .run = std::move(run),
                 .at = today(),
                 .mode = Mode::enforce,
                 .rows = 3};
}

}  // namespace keyward::notify
