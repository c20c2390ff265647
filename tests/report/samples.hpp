#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "report/event.hpp"
#include "report/summary.hpp"
#include "report/text.hpp"
#include "report/user_events.hpp"
#include "rotation/decision.hpp"
#include "rotation/outcome.hpp"

namespace keyward::report::samples {

/// A folder of its own for one test, gone at its end.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keyward-report-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void put(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

inline unsigned mode_of(const std::filesystem::path& file) {
  struct stat found{};
  return ::stat(file.c_str(), &found) == 0 ? found.st_mode & 0777u : 0u;
}

inline base::Instant now() { return base::parse_iso8601("2026-11-21T02:30:00Z").value(); }

inline accounts::Account account(const char* id = "111122223333", std::string name = "prod-payments") {
  return {base::AccountId::parse(id).value(),
          std::move(name),
          "owner@example.org",
          accounts::AccountState::active,
          false,
          {"r-ab12", "ou-ab12-11111111"},
          {}};
}

inline rotation::KeyFacts key(const char* id, int age_days, rotation::KeyStatus status = rotation::KeyStatus::active) {
  rotation::KeyFacts facts{base::AccessKeyId::parse(id).value(), status, now() - std::chrono::days(age_days), {}};
  facts.last_use = rotation::Fact<rotation::KeyUse>::known({now() - std::chrono::days(2), "s3", "eu-central-1"});
  return facts;
}

inline rotation::UserFacts user(const char* name, std::vector<rotation::KeyFacts> keys) {
  return {base::UserName::parse(name).value(),
          base::Arn::parse(std::string("arn:aws:iam::111122223333:user/") + name).value(),
          rotation::Fact<std::vector<rotation::KeyFacts>>::known(std::move(keys)),
          rotation::Fact<rotation::ExemptionFact>::absent(),
          rotation::Fact<std::map<std::string, std::string>>::absent(),
          rotation::Fact<rotation::Ledger>::absent(),
          std::nullopt};
}

/// The user with what decide() says, every decision carried out as `status`.
inline rotation::UserReport decided(rotation::UserFacts facts,
                                    rotation::OutcomeStatus status = rotation::OutcomeStatus::done) {
  rotation::UserReport report{std::move(facts), {}};
  for (rotation::Decision& decision : rotation::decide(report.facts, rotation::Policy{}, now())) {
    rotation::Outcome outcome;
    outcome.decision = std::move(decision);
    outcome.status = status;
    outcome.at = now();
    report.outcomes.push_back(std::move(outcome));
  }
  return report;
}

/// What RunRecord makes of an account in dry run, or of one that is not: a key rotated and one warned of.
inline std::vector<Event> account_events(const accounts::Account& account, bool dry_run) {
  const auto status = dry_run ? rotation::OutcomeStatus::dry_run : rotation::OutcomeStatus::done;
  Event covered;
  covered.time = now();
  covered.event = "account";
  covered.account = account.id.str();
  covered.account_name = account.name;
  covered.outcome = "covered";
  std::vector<Event> events{covered};
  for (const rotation::UserReport& report : {decided(user("svc-export", {key("AKIAEXAMPLEEXAMPLE7Q", 94)}), status),
                                             decided(user("etl", {key("AKIAEXAMPLEEXAMPLE8R", 87)}))}) {
    for (Event& event : user_events(account, report, rotation::Policy{}, now())) events.push_back(std::move(event));
  }
  for (Event& event : events) event.dry_run = dry_run;
  return events;
}

inline RunSummary summary() {
  RunSummary s;
  s.run = "20261121T023000Z-7f3a";
  s.command = "run";
  s.dry_run = false;
  s.version = "0.1.0";
  s.started = now();
  s.finished = now() + std::chrono::seconds(250);
  s.organization = "o-ab12cd34ef";
  s.clock_offset_seconds = -3;
  s.seed = 18446744073709551615u;
  s.accounts_total = 4;
  s.accounts_participating = 3;
  s.accounts_covered = 2;
  s.accounts_enforced = 3;
  s.accounts_skipped = {{"suspended by AWS", 1}};
  s.uncovered = {{"777788889999", "data-eu",
                  "sts:AssumeRole arn:aws:iam::777788889999:role/keyward-rotate: AccessDenied: not authorized"}};
  s.users = 3;
  s.keys = 4;
  s.keys_out_of_policy = 1;
  s.oldest_active_key_days = 94;
  s.decisions = {{"none", 2}, {"rotate", 1}};
  s.outcomes = {{"rotate", {{"done", 1}}}};
  s.limits = {{"max_changes", 500}};
  s.notices_sent = 1;
  s.api_calls = {{"iam:ListUsers", 2}, {"sts:AssumeRole", 3}};
  s.api_throttled = 1;
  s.api_retried = 2;
  s.exit_code = 4;
  return s;
}

/// A run through so many accounts in dry run and so many that are not, all covered.
inline RunSummary summary_of(int dry_run, int enforced) {
  RunSummary s = summary();
  s.dry_run = enforced == 0;
  s.accounts_total = s.accounts_participating = s.accounts_covered = dry_run + enforced;
  s.accounts_dry_run = dry_run;
  s.accounts_enforced = enforced;
  s.accounts_skipped.clear();
  s.uncovered.clear();
  s.outcomes.clear();
  if (enforced > 0) s.outcomes["rotate"]["done"] = enforced;
  if (dry_run > 0) s.outcomes["rotate"]["dry_run"] = dry_run;
  s.exit_code = 0;
  return s;
}

}  // namespace keyward::report::samples
