#include "report/html_report.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "report/event_log.hpp"
#include "report/samples.hpp"
#include "report/user_events.hpp"

namespace keyward::report {
namespace {

constexpr const char* k_old = "AKIAEXAMPLEEXAMPLE7Q";

/// The text between the first `begin` and the `end` after it.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "(missing)";
  const std::size_t at = from + begin.size();
  return text.substr(at, text.find(end, at) - at);
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void add_user(HtmlReport& report, const accounts::Account& account, const rotation::UserReport& user) {
  for (const Event& event : user_events(account, user, rotation::Policy{}, samples::now())) report.add(event);
}

std::string sample_page(const std::string& account_name = "prod-payments") {
  HtmlReport report(samples::summary());
  rotation::UserReport rotated = samples::decided(samples::user("svc-export", {samples::key(k_old, 94)}));
  rotated.outcomes[0].new_key = base::AccessKeyId::parse("AKIAEXAMPLEEXAMPLE8R");
  rotated.outcomes[0].secret =
      rotation::SecretLocation{"arn:aws:secretsmanager:us-east-1:111122223333:secret:hidden-AbCdEf",
                               "hidden",
                               base::Region::parse("us-east-1").value(),
                               false,
                               "a",
                               "s"};
  add_user(report, samples::account("111122223333", account_name), rotated);
  add_user(report, samples::account("444455556666", "sandbox"),
           samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE1A", 20)})));
  return report.render();
}

TEST(HtmlReport, SameRunGivesTheSameBytes) { EXPECT_EQ(sample_page(), sample_page()); }

TEST(HtmlReport, PolicyAllowsExactlyThePagesOwnStyleAndScript) {
  const std::string page = sample_page();
  const auto hash_of = [](const std::string& content) {
    const base::Sha256 hash = base::sha256(content);
    return "sha256-" + base::base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
  };
  const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\"");
  EXPECT_TRUE(policy.starts_with("default-src 'none'")) << policy;
  EXPECT_EQ(between(policy, "style-src '", "'"), hash_of(between(page, "<style>", "</style>")));
  EXPECT_EQ(between(policy, "script-src '", "'"), hash_of(between(page, "<script>", "</script>")));
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  // An inline style or handler would be refused by that policy.
  EXPECT_EQ(page.find(" style="), std::string::npos);
  EXPECT_EQ(page.find(" onclick="), std::string::npos);
}

TEST(HtmlReport, AsksNothingOfTheNetwork) {
  const std::string page = sample_page();
  for (const char* trace : {"http:", "https:", "src=\"", "url(h", "@import", "<link", "<img", "<iframe"})
    EXPECT_EQ(page.find(trace), std::string::npos) << trace;
}

TEST(HtmlReport, HostileNamesAreText) {
  const std::string hostile = "</script><script>alert(1)</script><!--\"'&\x1b[2J\u2028";
  const std::string page = sample_page(hostile);
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("\u2028"), std::string::npos);
  EXPECT_EQ(count(page, "<script"), 2u);  // the data and the page's own
  EXPECT_EQ(count(page, "</script"), 2u);
  EXPECT_NE(page.find("&lt;/script&gt;&lt;script&gt;alert(1)"), std::string::npos);
  const std::string data = between(page, "id=\"data\">", "</script>");
  EXPECT_EQ(data.find_first_of("<>&"), std::string::npos);
  EXPECT_NO_THROW(boost::json::parse(data));
  EXPECT_NE(boost::json::serialize(boost::json::parse(data)).find("</script><script>alert(1)"), std::string::npos);
}

TEST(HtmlReport, KeysAppearByTheirLastFourAndSecretsNotAtAll) {
  const std::string page = sample_page();
  EXPECT_EQ(page.find("AKIA"), std::string::npos);
  EXPECT_EQ(page.find("secretsmanager"), std::string::npos);
  EXPECT_NE(page.find("…LE7Q"), std::string::npos);
  EXPECT_NE(page.find("…LE8R"), std::string::npos);
}

TEST(HtmlReport, CoverageComesFirstThenWhatNeedsAPerson) {
  const std::string page = sample_page();
  const std::size_t coverage = page.find("1 account NOT covered");
  const std::size_t person = page.find("id=\"person\"");
  const std::size_t posture = page.find("id=\"posture\"");
  ASSERT_NE(coverage, std::string::npos);
  EXPECT_LT(coverage, person);
  EXPECT_LT(person, posture);
  EXPECT_NE(page.find("Nothing is known about the keys of the others"), std::string::npos);
  EXPECT_NE(page.find("Deploy the member role in this account"), std::string::npos);
}

TEST(HtmlReport, FullCoverageIsSaidOnlyWhenEveryAccountWasCovered) {
  RunSummary summary = samples::summary();
  summary.uncovered.clear();
  EXPECT_EQ(HtmlReport(summary).render().find("Every account was covered"),
            std::string::npos);  // 2 of 3, and nobody named
  summary.accounts_covered = 3;
  EXPECT_NE(HtmlReport(summary).render().find("Every account was covered"), std::string::npos);
}

/// A run through accounts in dry run and accounts that are not.
std::string page_of(int dry_run, int enforced) {
  HtmlReport report(samples::summary_of(dry_run, enforced));
  const auto add = [&report](const accounts::Account& account, bool dry) {
    for (const Event& event : samples::account_events(account, dry)) report.add(event);
  };
  if (dry_run > 0) add(samples::account("777788889999", "try"), true);
  if (enforced > 0) add(samples::account(), false);
  return report.render();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(HtmlReport, DryRunIsLoud) {
  const std::string page = page_of(1, 0);
  EXPECT_TRUE(has(page, ">DRY RUN<"));
  EXPECT_TRUE(has(page, "Dry run: nothing was changed."));
  EXPECT_TRUE(has(page, "What a run would do</h2>"));
  EXPECT_FALSE(has(page, "What this run did"));
  EXPECT_TRUE(has(page, "<span class=\"name\">Would rotate</span><b class=\"\">1</b>"));
  EXPECT_TRUE(has(page, "dry run, read-only sessions"));
  EXPECT_TRUE(has(page, ">covered, dry run</span>"));
  EXPECT_TRUE(has(between(page, "id=\"ahead\">", "</section>"), "Outside a dry run."));
}

TEST(HtmlReport, WithoutADryRunNothingSpeaksOfOne) {
  const std::string page = page_of(0, 1);
  const std::string text = page.substr(page.find("<body>"), page.find("<script type") - page.find("<body>"));
  EXPECT_TRUE(has(text, ">ENFORCED<"));
  EXPECT_TRUE(has(text, "What this run did</h2>"));
  for (const char* word : {"dry run", "Dry run", "DRY RUN", "would"}) EXPECT_FALSE(has(text, word)) << word;
}

TEST(HtmlReport, WhatWasDoneStandsApartFromWhatWasOnlyTold) {
  const std::string page = page_of(1, 1);
  EXPECT_TRUE(has(page, ">PARTLY DRY RUN<"));
  EXPECT_TRUE(has(page, "<strong>1 of 2 accounts in dry run; nothing was changed there.</strong>"));
  EXPECT_FALSE(has(page, "Dry run: nothing was changed."));
  EXPECT_TRUE(has(page, "<span class=\"name\">Rotated</span><b class=\"\">1</b><span>in this run; would rotate 1 more, in dry run</span>"));
  const std::string done = between(page, "id=\"actions\">", "</section>");
  EXPECT_TRUE(done.starts_with("What this run did</h2>"));
  EXPECT_TRUE(has(done, ">rotated</span>") && has(done, "prod-payments") && has(done, ">warned</span>")) << done;
  EXPECT_FALSE(has(done, "try")) << done;
  const std::string told = between(page, "id=\"would\">", "</section>");
  EXPECT_TRUE(told.starts_with("What a run would do in the accounts in dry run</h2>"));
  EXPECT_TRUE(has(told, ">would rotate</span>") && has(told, "try") && has(told, ">due soon</span>")) << told;
  EXPECT_FALSE(has(told, "prod-payments")) << told;
  EXPECT_TRUE(has(page, "1 of 2 accounts in dry run, with read-only sessions; the others enforced"));
  const auto data = boost::json::parse(between(page, "id=\"data\">", "</script>"));
  // The last two columns: changed, would change.
  for (const auto& row : data.at("tables").at("accounts").at("rows").as_array()) {
    const bool dry = row.at(0).as_string() == "777788889999";
    EXPECT_EQ(row.at(8).as_int64(), dry ? 0 : 1);
    EXPECT_EQ(row.at(9).as_int64(), dry ? 1 : 0);
  }
}

TEST(HtmlReport, UsersThatCouldNotBeReadStandBesideCoverage) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.users_unreadable = 1;
  rotation::UserFacts unread = samples::user("unread", {});
  unread.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::unknown("iam:ListAccessKeys: AccessDenied");
  HtmlReport report(summary);
  add_user(report, samples::account(), samples::decided(unread));
  const std::string page = report.render();
  EXPECT_FALSE(has(page, "Every account was covered"));
  const std::string section = between(page, "id=\"coverage\">", "</section>");
  EXPECT_TRUE(section.starts_with("1 user NOT READ</h2>")) << section;
  EXPECT_TRUE(has(section, "1: unread</td>") && has(section, "iam:ListAccessKeys: AccessDenied")) << section;
  EXPECT_TRUE(has(page, "Nothing else needs a person"));
  EXPECT_FALSE(has(page, "no fact that could not be read"));
}

TEST(HtmlReport, SaysWhichClockIsAhead) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.clock_offset_seconds = -7500;
  EXPECT_TRUE(has(HtmlReport(summary).render(), "this host&#39;s is 2 h 5 min ahead of AWS; AWS&#39;s was used"));
}

TEST(HtmlReport, ThresholdsAreThePolicysDays) {
  RunSummary summary = samples::summary();
  summary.policy = {45, 55, 65};
  HtmlReport report(summary);
  add_user(report, samples::account(), samples::decided(samples::user("svc", {samples::key(k_old, 20)})));
  const std::string page = report.render();
  EXPECT_NE(page.find("45 d: rotate"), std::string::npos);
  EXPECT_NE(page.find("55 d: deactivate"), std::string::npos);
  EXPECT_NE(page.find("65 d: delete"), std::string::npos);
}

TEST(HtmlReport, RotatedKeyIsNotShownAsStillToBeRotated) {
  const std::string page = sample_page();
  EXPECT_EQ(page.find("now: rotate"), std::string::npos);
  EXPECT_NE(page.find("rotated, 2026-12-01 deactivate"), std::string::npos);
}

TEST(HtmlReport, ReadsWithoutEventsAndWithoutKeys) {
  RunSummary summary;
  summary.run = "r";
  const std::string page = HtmlReport(summary).render();
  EXPECT_NE(page.find("No key has a date in this time."), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
}

TEST(HtmlReport, LongTablesSayHowMuchTheyLeaveOut) {
  HtmlReport report(samples::summary());
  for (int i = 0; i < 60; ++i) {
    const std::string id = "AKIAEXAMPLEEXAMPLE" + std::to_string(10 + i);
    add_user(report, samples::account(),
             samples::decided(samples::user(("user" + std::to_string(i)).c_str(), {samples::key(id.c_str(), 20)})));
  }
  const std::string page = report.render();
  EXPECT_NE(page.find("<noscript><p class=\"soft\">The first 50 of 60 rows."), std::string::npos);
  EXPECT_EQ(count(between(page, "<table class=\"stack sorts\" id=\"keys\">", "</table>"), "<tr>"), 51u);
  const auto data = boost::json::parse(between(page, "id=\"data\">", "</script>"));
  EXPECT_EQ(data.at("tables").at("keys").at("rows").as_array().size(), 60u);
}

TEST(HtmlReport, ManyUncoveredAccountsFoldAndAreCounted) {
  RunSummary summary = samples::summary();
  summary.uncovered.assign(320, summary.uncovered.at(0));
  const std::string section = between(HtmlReport(summary).render(), "id=\"coverage\">", "</section>");
  EXPECT_TRUE(section.starts_with("320 accounts NOT covered")) << section.substr(0, 80);
  EXPECT_EQ(count(between(section, "<tbody>", "</tbody>"), "<tr>"), 10u);
  EXPECT_NE(section.find("<summary>290 more</summary>"), std::string::npos);
  EXPECT_NE(section.find("20 more are in events.jsonl beside this file."), std::string::npos);
}

TEST(HtmlReport, WrittenFromARunsFolderAlsoWhenTheLastEventIsCut) {
  const samples::Folder folder;
  ASSERT_TRUE(write_summary(folder / "run.json", samples::summary()));
  EventLog log = EventLog::open(folder / "events.jsonl", "r").value();
  for (const Event& event :
       user_events(samples::account(), samples::decided(samples::user("svc", {samples::key(k_old, 20)})),
                   rotation::Policy{}, samples::now())) {
    ASSERT_TRUE(log.append(event));
  }
  ASSERT_TRUE(log.close());
  samples::put(folder / "events.jsonl", samples::content(folder / "events.jsonl") + "{\"time\":\"2026-");
  ASSERT_TRUE(write_report(folder.path()));
  EXPECT_EQ(samples::mode_of(folder / "report.html"), 0600u);
  EXPECT_NE(samples::content(folder / "report.html").find("…LE7Q"), std::string::npos);
  std::filesystem::remove(folder / "events.jsonl");
  EXPECT_FALSE(write_report(folder.path()));
}

TEST(HtmlReport, OfAShardAndOfAPartialMergeClaimNoMoreThanTheyCover) {
  RunSummary summary = samples::summary_of(0, 5);
  EXPECT_NE(HtmlReport(summary).render().find("Every account was covered"), std::string::npos);
  RunSummary shard = summary;
  shard.shard = ShardPart{2, 4, 10};
  const std::string of_shard = HtmlReport(shard).render();
  EXPECT_EQ(of_shard.find("Every account was covered"), std::string::npos);
  EXPECT_NE(of_shard.find("Every account of this shard was covered"), std::string::npos);
  EXPECT_NE(of_shard.find("2 of 4: 5 of 10 accounts; the others are not in this shard."), std::string::npos);
  RunSummary partial = summary;
  partial.merged_from = {"20261121T023000Z-0001"};
  partial.shards_missing = {"2/4", "3/4"};
  partial.accounts_missing = 6;
  const std::string of_partial = HtmlReport(partial).render();
  EXPECT_EQ(of_partial.find("Every account"), std::string::npos);
  EXPECT_EQ(between(of_partial, "<h2 id=\"coverage\">", "</h2>"), "2 shards MISSING");
  EXPECT_NE(of_partial.find("Missing: shards 2/4, 3/4, whose 6 accounts nothing is known about."), std::string::npos);
}

TEST(HtmlReport, ComparesWithTheLastRunOverTheSameAccounts) {
  RunSummary last = samples::summary_of(0, 1);
  last.run = "20261120T023000Z-0001";
  last.keys = 5;
  last.active_keys_by_age = {{20, 1}, {95, 2}};
  last.outcomes = {{"rotate", {{"done", 4}, {"failed", 1}}}};
  last.notices_failed = 2;
  RunHistory history;
  history.last = last;
  HtmlReport report(samples::summary_of(0, 1), history);
  add_user(report, samples::account(), samples::decided(samples::user("svc", {samples::key(k_old, 94)})));
  add_user(report, samples::account(), samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 20)})));
  const std::string page = report.render();
  const auto tile = [&page](const std::string& name) { return between(page, "<span class=\"name\">" + name + "</span>", "</div>"); };
  EXPECT_TRUE(has(tile("Keys"), "<b class=\"\">2</b>") && has(tile("Keys"), "\u22123 since last run")) << tile("Keys");
  EXPECT_TRUE(has(tile("Median age"), "20 d</b>") && has(tile("Median age"), "\u221275 d since last run")) << tile("Median age");
  EXPECT_TRUE(has(tile("Oldest active key"), "\u22121 d since")) << tile("Oldest active key");
  EXPECT_TRUE(has(tile("90 days and older"), ">1</b>") && has(tile("90 days and older"), "\u22121 since")) << tile("90 days and older");
  EXPECT_TRUE(has(tile("110 days and older"), "as in the last run")) << tile("110 days and older");
  EXPECT_TRUE(has(tile("Rotated"), "\u22123 since")) << tile("Rotated");
  EXPECT_TRUE(has(page, "Changes are since run 20261120T023000Z-0001"));
  EXPECT_TRUE(has(HtmlReport(samples::summary_of(0, 1)).render(), "so nothing is compared."));
}

TEST(HtmlReport, SaysSinceWhenAnAccountIsNotCovered) {
  RunHistory history;
  const auto page = [&] { return between(HtmlReport(samples::summary(), history).render(), "id=\"coverage\">", "</section>"); };
  history.uncovered["777788889999"] = {samples::now() - std::chrono::days(3), false};
  EXPECT_TRUE(has(page(), ">2026-11-18</span></td>")) << page();
  history.uncovered["777788889999"].or_longer = true;
  EXPECT_TRUE(has(page(), ">2026-11-18</span> or longer</td>"));
  history.uncovered["777788889999"] = {samples::summary().started, false};
  EXPECT_TRUE(has(page(), ">this run</td>"));
}

TEST(HtmlReport, HeatMapGroupsAccountsByUnitAndAge) {
  HtmlReport report(samples::summary_of(0, 2));
  const auto account = [&report](const char* id, const char* name, const char* unit, int age) {
    Event event;
    event.time = samples::now();
    event.event = "account";
    event.account = id;
    event.account_name = name;
    event.organizational_unit = unit;
    event.outcome = "covered";
    report.add(event);
    add_user(report, samples::account(id, name), samples::decided(samples::user("svc", {samples::key(k_old, age)})));
  };
  account("111122223333", "shop", "r-ab12/ou-ab12-1/ou-ab12-2", 94);
  account("222233334444", "bank", "r-ab12/ou-ab12-1/ou-ab12-2", 5);
  const std::string heat = between(report.render(), "<table class=\"heat\">", "</table>");
  EXPECT_TRUE(has(heat, "<th scope=\"col\" class=\"c\">90\u201399</th>")) << heat;
  EXPECT_TRUE(has(heat, "ou-ab12-2</span> <span class=\"soft\">below r-ab12/ou-ab12-1</span>")) << heat;
  const auto row = [&heat](const std::string& name) {
    std::vector<std::string> numbers;
    std::string cells = between(heat, name, "</tr>");
    for (std::size_t at = cells.find("<td "); at != std::string::npos; at = cells.find("<td ", at + 1))
      numbers.push_back(between(cells.substr(at), ">", "<"));
    return numbers;
  };
  EXPECT_EQ(row("rowgroup"), (std::vector<std::string>{"1", "0", "0", "1", "0", "0"}));
  EXPECT_EQ(row(">shop"), (std::vector<std::string>{"0", "0", "0", "1", "0", "0"}));
  EXPECT_EQ(row(">bank"), (std::vector<std::string>{"1", "0", "0", "0", "0", "0"}));
}

TEST(HtmlReport, ExpiredExemptionsComeFirstAndThoseWithoutAnEndLast) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.exemptions = {{"111122223333", "forever", "", "", ""},
                        {"111122223333", "soon", "2026-12-01", "vendor", "a@example.org"},
                        {"111122223333", "over", "2026-11-20", "vendor", "b@example.org"},
                        {"111122223333", "today", "2026-11-21", "vendor", "c@example.org"}};
  const std::string section = between(HtmlReport(summary).render(), "id=\"exemptions\">", "</section>");
  const std::vector<std::string> order{"EXPIRED", "over", "ends soon", "today", "ends soon", "soon", "no end", "forever"};
  std::size_t at = 0;
  for (const std::string& word : order) {
    const std::size_t next = section.find(">" + word + "<", at);
    ASSERT_NE(next, std::string::npos) << word << " in " << section;
    at = next;
  }
}

TEST(HtmlReport, KeysThatDoNotFitAreCountedLoudlyAndThePageKeepsItsSize) {
  HtmlReport report(samples::summary());
  Event event;
  event.time = samples::now();
  event.event = "key";
  event.account = "111122223333";
  event.key_status = "active";
  event.verdict = "ok";
  event.age_days = 10;
  for (int i = 0; i < 60'000; ++i) {
    event.user = std::to_string(i) + std::string(120, 'x');
    event.access_key_id = "AKIAEXAMPLE" + std::to_string(100'000'000 + i);
    report.add(event);
  }
  const std::string page = report.render();
  EXPECT_LE(page.size(), 8u << 20u);
  EXPECT_GT(page.size(), 7u << 20u);
  const auto listed = boost::json::parse(between(page, "id=\"data\">", "</script>")).at("tables").at("keys").at("rows").as_array().size();
  EXPECT_TRUE(has(page, "<strong>" + grouped(60'000 - static_cast<long long>(listed)) + " more keys are counted above but not listed here"));
}

}  // namespace
}  // namespace keyward::report
