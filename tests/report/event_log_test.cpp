#include "report/event_log.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "report/samples.hpp"

namespace keyward::report {
namespace {

Event full_event() {
  Event e;
  e.time = samples::now();
  e.event = "action";
  e.account = "111122223333";
  e.account_name = "prod \"pay\"";
  e.user = "svc";
  e.access_key_id = "AKIAEXAMPLEEXAMPLE7Q";
  e.key_status = "active";
  e.verdict = "ok";
  e.age_days = 94;
  e.last_used = "never";
  e.last_used_service = "s3";
  e.last_used_region = "eu-central-1";
  e.action = "rotate";
  e.reason = "expired_active_key";
  e.outcome = "done";
  e.due = samples::now();
  e.next = "deactivate";
  e.next_at = samples::now() + std::chrono::days(10);
  e.new_access_key_id = "AKIAEXAMPLEEXAMPLE8R";
  e.secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf";
  e.recipient = "a@example.org";
  e.subject = "Keys";
  e.request_id = "9d1c";
  e.error = "iam:X: no";
  e.detail = "because";
  return e;
}

std::vector<Event> all_of(const std::filesystem::path& file, EventsRead& read) {
  std::vector<Event> events;
  read = read_events(file, [&events](const Event& event) { events.push_back(event); }).value();
  return events;
}

TEST(EventLog, MembersStandInTheirOrderWithTimeAndRunFirst) {
  EXPECT_EQ(
      format_event(full_event(), "run-1"),
      R"({"time":"2026-11-21T02:30:00Z","run":"run-1","event":"action","account":"111122223333","account_name":"prod \"pay\"",)"
      R"("user":"svc","access_key_id":"AKIAEXAMPLEEXAMPLE7Q","key_status":"active","verdict":"ok","age_days":94,"last_used":"never",)"
      R"("last_used_service":"s3","last_used_region":"eu-central-1","action":"rotate","reason":"expired_active_key","outcome":"done",)"
      R"("due":"2026-11-21T02:30:00Z","next":"deactivate","next_at":"2026-12-01T02:30:00Z","new_access_key_id":"AKIAEXAMPLEEXAMPLE8R",)"
      R"("secret":"arn:aws:secretsmanager:us-east-1:111122223333:secret:x-AbCdEf","recipient":"a@example.org","subject":"Keys",)"
      R"("request_id":"9d1c","error":"iam:X: no","detail":"because"})");
}

TEST(EventLog, ALineOfAnAccountInDryRunSaysSo) {
  Event event = full_event();
  event.dry_run = true;
  const std::string line = format_event(event, "run-1");
  EXPECT_NE(line.find(R"("verdict":"ok","dry_run":true,"age_days")"), std::string::npos) << line;
  EXPECT_TRUE(parse_event(line).value().dry_run);
  EXPECT_FALSE(parse_event(format_event(full_event(), "run-1")).value().dry_run);
}

TEST(EventLog, EmptyMembersAreLeftOut) {
  Event event;
  event.time = samples::now();
  event.event = "failure";
  EXPECT_EQ(format_event(event, "r"), R"({"time":"2026-11-21T02:30:00Z","run":"r","event":"failure"})");
}

TEST(EventLog, EveryMemberComesBack) {
  const Event event = full_event();
  const auto back = parse_event(format_event(event, "r"));
  ASSERT_TRUE(back);
  EXPECT_EQ(format_event(*back, "r"), format_event(event, "r"));
}

TEST(EventLog, HostileNamesStayInOneLine) {
  Event event = full_event();
  event.account_name = "a\nb\r\x1b[0m\xFF\u2028";
  const std::string line = format_event(event, "r");
  EXPECT_EQ(line.find_first_of("\n\r\x1b"), std::string::npos);
  EXPECT_EQ(parse_event(line)->account_name, "a\nb\r\x1b[0m\uFFFD\u2028");
}

TEST(EventLog, FileIsPrivateAndEveryLineIsThereAtOnce) {
  const samples::Folder folder;
  const auto file = folder / "events.jsonl";
  EventLog log = EventLog::open(file, "r").value();
  EXPECT_EQ(samples::mode_of(file), 0600u);
  ASSERT_TRUE(log.append(full_event()));
  EXPECT_EQ(samples::content(file), format_event(full_event(), "r") + "\n");  // before close()
  ASSERT_TRUE(log.close());
  EXPECT_TRUE(log.close());
  EXPECT_FALSE(log.append(full_event()));
}

TEST(EventLog, LooseModeOfAnOldFileIsTightened) {
  const samples::Folder folder;
  const auto file = folder / "events.jsonl";
  samples::put(file, "");
  ::chmod(file.c_str(), 0644);
  EventLog log = EventLog::open(file, "r").value();
  EXPECT_EQ(samples::mode_of(file), 0600u);
}

TEST(EventLog, DoesNotFollowAPlantedLink) {
  const samples::Folder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "events.jsonl");
  EXPECT_FALSE(EventLog::open(folder / "events.jsonl", "r"));
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST(EventLog, CutLastLineIsToleratedAndEndedByTheNextWriter) {
  const samples::Folder folder;
  const auto file = folder / "events.jsonl";
  const std::string line = format_event(full_event(), "r");
  samples::put(file, line + "\n" + line.substr(0, line.size() / 2));
  EventsRead read;
  EXPECT_EQ(all_of(file, read).size(), 1u);
  EXPECT_TRUE(read.cut);
  EXPECT_EQ(read.unreadable, 0u);

  EventLog log = EventLog::open(file, "r").value();
  ASSERT_TRUE(log.append(full_event()));
  ASSERT_TRUE(log.close());
  EXPECT_EQ(all_of(file, read).size(), 2u);
  EXPECT_FALSE(read.cut);
  EXPECT_EQ(read.unreadable, 1u);  // the half line is told, not hidden
}

TEST(EventLog, ReadsBackFromEveryCutOfAFile) {
  const samples::Folder folder;
  const auto file = folder / "events.jsonl";
  Event event;
  event.time = samples::now();
  event.event = "failure";
  const std::string line = format_event(event, "r") + "\n";
  const std::string text = line + line;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    samples::put(file, text.substr(0, size));
    EventsRead read;
    const std::size_t whole = size / line.size() + (size % line.size() == line.size() - 1 ? 1 : 0);
    EXPECT_EQ(all_of(file, read).size(), whole) << size;
    EXPECT_EQ(read.cut, size % line.size() != 0) << size;
    EXPECT_EQ(read.unreadable, 0u) << size;
  }
}

TEST(EventLog, MissingFileIsNotFound) {
  const samples::Folder folder;
  const auto read = read_events(folder / "events.jsonl", [](const Event&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, base::ErrorKind::not_found);
}

TEST(EventLog, WhatIsNoEventIsRefused) {
  for (const char* line : {"", "{}", "[]", "null", "{\"time\":\"2026-11-21T02:30:00Z\"}",
                           "{\"time\":\"soon\",\"event\":\"action\"}", "{\"time\":1,\"event\":2}"}) {
    EXPECT_FALSE(parse_event(line)) << line;
  }
}

}  // namespace
}  // namespace keyward::report
