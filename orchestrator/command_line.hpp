#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "orchestrator/exit_code.hpp"
#include "orchestrator/init_options.hpp"
#include "orchestrator/policy_mode.hpp"
#include "orchestrator/shard.hpp"
#include "report/run_format.hpp"
#include "rotation/forecast.hpp"

namespace CLI {
class App;
}

namespace keyward::orchestrator {

enum class Command {
  inventory,
  audit,
  plan,
  apply,
  run,
  rotate,
  recover,
  explain,
  simulate,
  report_render,
  report_merge,
  notify_preview,
  notify_test,
  doctor,
  policy,
  lambda,
  config_validate,
  config_show,
  config_schema,
  init,
  completion,
  manual,
  help,
  version
};
enum class OutputFormat { table, json, jsonl, csv };
enum class LogFormat { automatic, text, json };
enum class ColorChoice { automatic, always, never };
enum class ProgressChoice { automatic, bar, plain, none };
enum class Shell { bash, zsh, fish };
enum class ManualPage { keyward, configuration };

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
  std::string account;     ///< rotate, explain, doctor, config show
  std::string user;        ///< rotate, explain
  std::string reason;      ///< rotate
  std::string compromised; ///< rotate: the access key id that is switched off first
  bool list = false;       ///< recover
  int days = 0;            ///< simulate
  rotation::Adoption adoption = rotation::Adoption::prompt;  ///< simulate
  std::optional<Shard> shard;        ///< audit, run, recover; absent: the whole organization
  std::vector<std::string> records;  ///< report merge: folders of run records, or ids of runs
  std::string out;                   ///< report merge, notify preview: the folder that is written; plan, report: the file
  std::string run;                   ///< report: id or folder of a record; empty: the newest
  std::optional<report::RunFormat> format;  ///< report
  std::string junit;                        ///< audit: the file that is written; empty: none
  std::string to;                    ///< notify test: an address
  bool all_accounts = false;         ///< doctor
  bool write_test = false;           ///< doctor
  bool partial = false;              ///< report merge
  PolicyMode policy_mode = PolicyMode::control;           ///< policy
  PolicyFormat policy_format = PolicyFormat::json;        ///< policy
  bool trust = false;                                     ///< policy: who may assume the role, not what it may do
  std::optional<std::string> principal;                   ///< policy: ARN of the identity that runs keyward
  std::string diff;                  ///< plan: id or folder of the run that it is compared with; empty: none
  std::string plan_file;             ///< apply
  bool quiet = false;
  InitOptions init;
  Shell shell = Shell::bash;                ///< completion
  ManualPage page = ManualPage::keyward;    ///< man
  std::vector<std::string> words;           ///< help: the command's name
};

/// Whether the command goes through the accounts, so that machines can share it.
constexpr bool takes_shard(Command command) {
  return command == Command::audit || command == Command::run || command == Command::recover;
}

/// Describes every command and option to the parser, which writes what it finds into the line. Both outlive the parsing.
void add_commands(CLI::App& app, CommandLine& line);

/// What was asked for, or the exit code when the parser has said everything itself (help, version, an error: 0 or 2).
std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv);

}  // namespace keyward::orchestrator
