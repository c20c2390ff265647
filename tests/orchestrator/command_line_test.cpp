#include "orchestrator/command_line.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>
#include <vector>

namespace keyward::orchestrator {
namespace {

struct Parsed {
  std::optional<CommandLine> line;
  std::optional<ExitCode> code;
  std::string said;  ///< on standard error
};

Parsed parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "keyward");
  std::ostringstream said;
  std::streambuf* const before = std::cerr.rdbuf(said.rdbuf());
  const auto result = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  std::cerr.rdbuf(before);
  Parsed parsed{std::nullopt, std::nullopt, said.str()};
  if (const auto* line = std::get_if<CommandLine>(&result)) parsed.line = *line;
  if (const auto* code = std::get_if<ExitCode>(&result)) parsed.code = *code;
  return parsed;
}

TEST(CommandLine, TakesTheWordsOfItsChoicesInAnyCase) {
  const Parsed parsed =
      parse({"-o", "JSONL", "--log-level", "Debug", "--log-format", "json", "--color", "never", "--progress", "plain", "audit"});
  ASSERT_TRUE(parsed.line) << parsed.said;
  EXPECT_EQ(parsed.line->output, OutputFormat::jsonl);
  EXPECT_EQ(parsed.line->log_level, "debug");
  EXPECT_EQ(parsed.line->log_format, LogFormat::json);
  EXPECT_EQ(parsed.line->color, ColorChoice::never);
  EXPECT_EQ(parsed.line->progress, ProgressChoice::plain);
  EXPECT_EQ(parsed.line->command, Command::audit);
  EXPECT_EQ(parse({"audit", "--output", "csv"}).line->output, OutputFormat::csv);
}

TEST(CommandLine, AWrongWordIsToldWithTheRightOnes) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
      {{"-o", "xml", "audit"}, "--output: xml is none of table, json, jsonl, csv\n"},
      {{"--output=3", "audit"}, "--output: 3 is none of table, json, jsonl, csv\n"},
      {{"--log-level", "loud", "audit"}, "--log-level: loud is none of trace, debug, info, warn, error\n"},
      {{"--log-format", "xml", "audit"}, "--log-format: xml is none of auto, text, json\n"},
      {{"--color", "blue", "audit"}, "--color: blue is none of auto, always, never\n"},
      {{"audit", "--progress", "fast"}, "--progress: fast is none of auto, bar, plain, none\n"},
  };
  for (const auto& [arguments, words] : cases) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.code, ExitCode::usage);
    EXPECT_TRUE(parsed.said.starts_with(words)) << parsed.said;
  }
}

TEST(CommandLine, WhatHasNoRowsIsNotPrintedAsRows) {
  EXPECT_TRUE(parse({"-o", "json", "config", "show"}).line);
  EXPECT_TRUE(parse({"config", "schema"}).line);
  EXPECT_TRUE(parse({"-o", "jsonl", "inventory"}).line);
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
      {{"config", "show", "-o", "jsonl"}, "--output: config show prints table or json, not jsonl\n"},
      {{"-o", "csv", "config", "validate"}, "--output: config validate prints table or json, not csv\n"},
      {{"-o", "csv", "config", "schema"}, "--output: config schema prints json, not csv\n"},
      {{"explain", "--account", "1", "--user", "u", "-o", "csv"}, "--output: explain prints table or json, not csv\n"},
      {{"policy", "audit", "-o", "csv"}, "--output: policy prints what --format says, not csv\n"},
      {{"init", "-o", "jsonl"}, "--output: init prints table or json, not jsonl\n"},
      {{"version", "-o", "csv"}, "--output: version prints table or json, not csv\n"},
      {{"completion", "bash", "-o", "csv"}, "--output: completion prints a script of the shell, not csv\n"},
      {{"man", "-o", "csv"}, "--output: man prints a manual page, not csv\n"},
      {{"help", "run", "-o", "jsonl"}, "--output: help prints a text, not jsonl\n"},
      {{"notify", "preview", "--out", "d", "-o", "csv"}, "--output: notify preview prints a text, not csv\n"},
      {{"notify", "test", "--to", "a@b.org", "-o", "csv"}, "--output: notify test prints a text, not csv\n"},
  };
  for (const auto& [arguments, words] : cases) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.code, ExitCode::usage);
    EXPECT_TRUE(parsed.said.starts_with(words)) << parsed.said;
  }
}

TEST(CommandLine, AShardBelongsToCommandsThatGoThroughTheAccounts) {
  for (const char* command : {"run", "audit", "recover"}) {
    const Parsed parsed = parse({command, "--shard", "2/4"});
    ASSERT_TRUE(parsed.line) << parsed.said;
    EXPECT_EQ(parsed.line->shard, (Shard{2, 4}));
    EXPECT_TRUE(takes_shard(parsed.line->command));
    EXPECT_EQ(parse({command, "--shard", "0/4"}).code, ExitCode::usage);
  }
  EXPECT_EQ(parse({"inventory", "--shard", "2/4"}).code, ExitCode::usage);
  EXPECT_FALSE(takes_shard(Command::inventory));
  EXPECT_FALSE(takes_shard(Command::rotate));
}

TEST(CommandLine, AMergeNeedsAPlaceForTheSumOfItsRecords) {
  const Parsed parsed = parse({"report", "merge", "--out", "sum", "a", "b"});
  ASSERT_TRUE(parsed.line) << parsed.said;
  EXPECT_EQ(parsed.line->command, Command::report_merge);
  EXPECT_EQ(parsed.line->records, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(parsed.line->partial);
  EXPECT_EQ(parse({"report", "merge", "a"}).code, ExitCode::usage);
  const Parsed newest = parse({"report", "merge", "--out", "sum"});
  ASSERT_TRUE(newest.line) << newest.said;
  EXPECT_TRUE(newest.line->records.empty());
  EXPECT_EQ(parse({"report"}).code, ExitCode::usage);
}

TEST(CommandLine, AReportNeedsAFormat) {
  const Parsed parsed = parse({"report", "--run", "r-1", "--format", "OCSF", "--out", "file"});
  ASSERT_TRUE(parsed.line) << parsed.said;
  EXPECT_EQ(parsed.line->command, Command::report_render);
  EXPECT_EQ(parsed.line->format, report::RunFormat::ocsf);
  EXPECT_EQ(parsed.line->run, "r-1");
  EXPECT_EQ(parsed.line->out, "file");
  EXPECT_NE(parse({"report", "--run", "r-1"}).said.find("--format is required"), std::string::npos);
  EXPECT_EQ(parse({"report", "--format", "pdf"}).code, ExitCode::usage);
  EXPECT_NE(parse({"report", "--format", "pdf"}).said.find("ocsf, asff, prometheus"), std::string::npos);
}

}  // namespace
}  // namespace keyward::orchestrator
