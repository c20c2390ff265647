#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "orchestrator/exit_code.hpp"
#include "orchestrator/shard.hpp"

namespace keyward::orchestrator {

enum class Command {
  inventory,
  audit,
  run,
  rotate,
  recover,
  report_merge,
  notify_preview,
  notify_test,
  doctor,
  config_validate,
  config_show,
  config_schema
};
enum class OutputFormat { table, json, jsonl, csv };
enum class LogFormat { automatic, text, json };
enum class ColorChoice { automatic, always, never };
enum class ProgressChoice { automatic, bar, plain, none };

/// What stood on the command line.
struct CommandLine {
  Command command = Command::run;
  std::optional<std::string> config;
  std::optional<std::string> profile;
  std::optional<std::string> region;
  OutputFormat output = OutputFormat::table;
  std::string log_level = "info";
  LogFormat log_format = LogFormat::automatic;
  ColorChoice color = ColorChoice::automatic;
  ProgressChoice progress = ProgressChoice::automatic;
  bool dry_run = false;
  bool exit_zero = false;  ///< audit
  std::string account;     ///< rotate, doctor, config show
  std::string user;        ///< rotate
  std::string reason;      ///< rotate
  std::string compromised; ///< rotate: the access key id that is switched off first
  bool list = false;       ///< recover
  std::optional<Shard> shard;        ///< audit, run, recover; absent: the whole organization
  std::vector<std::string> records;  ///< report merge: folders of run records, or ids of runs
  std::string out;                   ///< report merge, notify preview: the folder that is written
  std::string to;                    ///< notify test: an address
  bool all_accounts = false;         ///< doctor
  bool write_test = false;           ///< doctor
  bool partial = false;              ///< report merge
};

/// Whether the command goes through the accounts, so that machines can share it.
constexpr bool takes_shard(Command command) {
  return command == Command::audit || command == Command::run || command == Command::recover;
}

/// What was asked for, or the exit code when the parser has said everything itself (help, version, an error: 0 or 2).
std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv);

}  // namespace keyward::orchestrator
