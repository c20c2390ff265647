#include "report/explanation_words.hpp"

#include <algorithm>

#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

using base::Instant;
using rotation::Action;
using rotation::Decision;
using std::chrono::days;

std::string key_words(const UserExplanation& e, const base::AccessKeyId& key) {
  const int number = number_of_new_key(e, key);
  return number > 0 ? "new key " + std::to_string(number) : "key " + base::last_four(key);
}

std::string of_key(const UserExplanation& e, const std::optional<base::AccessKeyId>& key) {
  return key ? key_words(e, *key) : std::string("the user");
}

/// "in 12 days, 2026-12-03".
std::string when(Instant at, Instant now) {
  const int left = rotation::days_until(at, now);
  const std::string date = base::format_date(at);
  if (left <= 0) return left > -1 ? "now" : "since " + date;
  return (left == 1 ? "in 1 day, " : "in " + std::to_string(left) + " days, ") + date;
}

std::string age_words(const UserExplanation& e) { return e.facts->read_at ? duration(*e.facts->read_at, e.now) + " ago" : "now"; }

std::string use_words(const rotation::Fact<rotation::KeyUse>& use, Instant now) {
  if (use.is_unknown()) return "UNKNOWN: " + use.why();
  if (use.is_absent()) return "never";
  const rotation::KeyUse& last = use.value();
  const auto ago = std::max<long long>(0, std::chrono::floor<days>(now - last.at).count());
  return minute(last.at) + ", " + (ago == 0 ? "today" : counted(ago, "day") + " ago") + ", " + last.service + " in " + last.region;
}

bool is_only_proved(const rotation::KeyFacts& key) { return key.last_use.is_known() && !rotation::is_adopted(key); }

std::string status_words(rotation::KeyStatus status) {
  if (status == rotation::KeyStatus::active) return "active";
  return status == rotation::KeyStatus::inactive ? "inactive" : "of a status that this version does not know";
}

/// Actions as what is done to a key.
std::string action_words(const UserExplanation& e, const Decision& decision) {
  const std::string key = of_key(e, decision.key);
  switch (decision.action) {
    case Action::none: return "nothing to do about " + key;
    case Action::warn: return "the owner is warned: " + phrase(to_string(decision.reason)) + ", " + key;
    case Action::rotate: return "a new key is made and stored; it replaces " + key;
    case Action::deactivate: return key + " is deactivated";
    case Action::remove: return key + " is deleted";
    case Action::note: return "recorded about " + key + ", nothing else is done";
    case Action::wait: return key + " waits";
    case Action::hold: return key + " is left as it is until a person decides";
  }
  return {};
}

std::string dated(std::string what, Instant at) { return base::format_date(at) + "  " + std::move(what); }

void add_dated(std::vector<std::string>& lines, const std::map<base::AccessKeyId, Instant>& entries, const std::string& what) {
  for (const auto& [key, at] : entries) lines.push_back(dated("key " + base::last_four(key) + " " + what, at));
}

}  // namespace

int number_of_new_key(const UserExplanation& e, const base::AccessKeyId& key) {
  int number = 0;
  for (const rotation::ForecastEvent& event : e.coming) {
    if (!event.step.new_key) continue;
    ++number;
    if (*event.step.new_key == key) return number;
  }
  return 0;
}

std::string participation_words(const rotation::UserFacts& facts) {
  if (facts.exemption.is_unknown()) return "Whether the user is exempt could not be read, so it counts as exempt: " + facts.exemption.why();
  if (facts.exemption.is_known()) return "The user does not take part: " + facts.exemption.value().reason + ".";
  return "The account and the user take part.";
}

std::vector<FactLine> fact_lines(const UserExplanation& e) {
  const rotation::UserFacts& facts = *e.facts;
  const std::string age = age_words(e);
  std::vector<FactLine> lines;
  const bool by_configuration = facts.exemption.is_known() && facts.exemption.value().reason.starts_with("exempt by configuration");
  const std::string exempt = facts.exemption.is_absent()  ? "no"
                             : facts.exemption.is_known() ? facts.exemption.value().reason
                                                          : "UNKNOWN: " + facts.exemption.why();
  const std::string source = by_configuration ? "users.exempt" : e.exempt_group ? "users.*, iam:GetGroup" : "users.*";
  lines.push_back({"exempt", exempt, source, age});
  if (facts.keys.is_unknown()) lines.push_back({"keys", "UNKNOWN: " + facts.keys.why(), "iam:ListAccessKeys", age});
  if (facts.keys.is_known()) {
    for (const rotation::KeyFacts& key : facts.keys.value()) {
      const std::string name = "key " + base::last_four(key.id);
      const auto old = std::chrono::floor<days>(e.now - key.created).count();
      const std::string created = ", created " + minute(key.created) + ", " + counted(old, "day") + " old";
      lines.push_back({name, status_words(key.status) + created, "iam:ListAccessKeys", age});
      const std::string proof = is_only_proved(key) ? ": keyward's own proof that the key works, no use" : "";
      lines.push_back({name + " last used", use_words(key.last_use, e.now) + proof, "iam:GetAccessKeyLastUsed", age});
    }
  }
  const std::string tags = facts.tags.is_known() ? counted(static_cast<long long>(facts.tags.value().size()), "tag")
                           : facts.tags.is_absent() ? "none" : "UNKNOWN: " + facts.tags.why();
  lines.push_back({"tags", tags, "iam:ListUserTags", age});
  const std::string record = facts.ledger.is_known() ? "see below" : facts.ledger.is_absent() ? "none" : "UNKNOWN: " + facts.ledger.why();
  lines.push_back({"keyward's record", record, "tag " + e.record_tag, age});
  return lines;
}

std::vector<std::string> record_words(const UserExplanation& e) {
  const rotation::Fact<rotation::Ledger>& record = e.facts->ledger;
  if (record.is_unknown()) return {"It could not be read: " + record.why()};
  if (record.is_absent()) return {"None: keyward has done nothing to this user's keys yet."};
  const rotation::Ledger& ledger = record.value();
  std::vector<std::string> lines;
  if (ledger.rotation) {
    const rotation::Rotation& rotation = *ledger.rotation;
    lines.push_back(dated("keyward made key " + base::last_four(rotation.new_key) + "; it replaces key " + base::last_four(rotation.old_key) +
                              (rotation.forced ? ", because a person asked for it" : ""),
                          rotation.at));
  }
  add_dated(lines, ledger.announced, "was announced: its owner was told that it will be deactivated");
  add_dated(lines, ledger.deactivating, "was about to be deactivated; that it was done is not recorded");
  add_dated(lines, ledger.deactivated, "was deactivated by keyward");
  add_dated(lines, ledger.first_seen_inactive, "was seen inactive: somebody else deactivated it");
  add_dated(lines, ledger.reactivated, "was seen active again after keyward had deactivated it; it is kept");
  if (ledger.intent) lines.push_back(dated("run " + ledger.intent->run + " began a rotation and did not end it", ledger.intent->at));
  if (lines.empty()) lines.emplace_back("It says nothing.");
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> interruption_words(const UserExplanation& e) {
  if (!e.facts->ledger.is_known() || !e.facts->ledger.value().intent) return {};
  const rotation::Intent& intent = *e.facts->ledger.value().intent;
  return {"INTERRUPTED ROTATION: run " + intent.run + " began it at " + minute(intent.at) + " and did not end it. The next `keyward run` finishes or "
          "undoes it before anything else, or type now: keyward recover"};
}

std::string decision_words(const UserExplanation& e, const Decision& decision) {
  std::string text = action_words(e, decision) + " (" + std::string(to_string(decision.reason)) + ")";
  if (decision.due && !decision.is_change()) text += "; next date: " + when(*decision.due, e.now);
  if (!decision.detail.empty()) text += ". " + printable(decision.detail);
  return text;
}

std::string rule_words(const UserExplanation& e, const rotation::RuleLine& rule) {
  std::string text = of_key(e, rule.key) + ": " + std::string(in_words(rule.row));
  if (rule.fired) return text + " [" + std::string(to_string(rule.row)) + "]";
  text += " - not applied: " + rule.why;
  if (rule.from) text += "; " + when(*rule.from, e.now);
  return text;
}

std::string event_words(const UserExplanation& e, const rotation::ForecastEvent& event) {
  const Decision& decision = event.step.decision;
  std::string text = action_words(e, decision);
  if (event.step.new_key) text = key_words(e, *event.step.new_key) + " is made and stored; it replaces " + of_key(e, decision.key);
  if (decision.action == Action::warn && decision.due) text += ", on " + base::format_date(*decision.due);
  const bool needs_why = decision.action == Action::hold || decision.action == Action::wait || decision.action == Action::note;
  if (needs_why) text += ": " + phrase(to_string(decision.reason));
  return text;
}

std::vector<std::string> secret_words(const UserExplanation::Secret& secret) {
  const std::string where = printable(secret.name) + " in Secrets Manager of " + secret.place;
  if (!secret.exists) return {"Whether there is a secret could not be asked. New keys are stored as " + where + "."};
  if (!*secret.exists) return {"Nothing is stored yet. A new key will be stored as " + where + "."};
  std::vector<std::string> lines{"Stored as " + where + "."};
  if (!secret.fetch_as.empty()) lines.push_back(printable(secret.fetch_as) + ":");
  return lines;
}

}  // namespace keyward::report
