#include "orchestrator/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

constexpr const char* k_about =
    "Keeps the IAM user access keys of a whole AWS Organization inside policy, every day, without ever losing a key.\n\n"
    "  keyward inventory              which accounts there are, and which take part\n"
    "  keyward run --dry-run          what the daily job would do now";

constexpr const char* k_exit_codes =
    "Exit codes: 0 done, full coverage; 1 internal error; 2 usage or configuration; 3 findings (audit); 4 partial: an\n"
    "account, key or notice failed or was not covered; 5 preflight failed, nothing changed; 6 a limit refused; 7 another\n"
    "run is active; 9 recovery needed; 130/143 interrupted, drained cleanly.";

template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
std::string listed(const Words<T>& words) {
  std::string list;
  for (const auto& [word, value] : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

/// An option that takes one of these words, in upper or lower case.
template <class T>
void choice(CLI::App& app, const std::string& flags, T& target, Words<T> words, const std::string& text) {
  const std::string name = flags.substr(flags.find("--"));
  const std::string about = text + ": " + listed(words);
  app.add_option_function<std::string>(
         flags,
         [name, &target, words = std::move(words)](const std::string& given) {
           const std::string wanted = CLI::ignore_case(given);
           const auto found = std::ranges::find(words, wanted, &std::pair<std::string, T>::first);
           if (found == words.end()) throw CLI::ValidationError(name, given + " is none of " + listed(words));
           target = found->second;
         },
         about)
      ->type_name("WORD");
}

const Words<OutputFormat> k_output_formats{{"table", OutputFormat::table},
                                           {"json", OutputFormat::json},
                                           {"jsonl", OutputFormat::jsonl},
                                           {"csv", OutputFormat::csv}};

void add_global_options(CLI::App& app, CommandLine& line) {
  app.add_option("-c,--config", line.config, "Configuration file (else ./config.yaml, then /etc/keyward/config.yaml)")->type_name("FILE");
  app.add_option("--profile", line.profile, "Profile of the AWS configuration files")->type_name("NAME");
  app.add_option("--region", line.region, "AWS region to work from")->type_name("REGION");
  choice(app, "-o,--output", line.output, k_output_formats, "Form of the results");
  choice<std::string>(app, "--log-level", line.log_level,
                      {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}},
                      "What is logged on standard error");
  choice<LogFormat>(app, "--log-format", line.log_format,
                    {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}}, "Form of the log");
  choice<ColorChoice>(app, "--color", line.color,
                      {{"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}}, "Colours");
  choice<ProgressChoice>(app, "--progress", line.progress,
                         {{"auto", ProgressChoice::automatic},
                          {"bar", ProgressChoice::bar},
                          {"plain", ProgressChoice::plain},
                          {"none", ProgressChoice::none}},
                         "Progress on standard error");
}

void add_shard_option(CLI::App& command, CommandLine& line) {
  command
      .add_option_function<std::string>(
          "--shard",
          [&line](const std::string& given) {
            line.shard = parse_shard(given);
            if (line.shard) return;
            throw CLI::ValidationError("--shard", given + " is no shard: 1/4 to 4/4 are the shards of four machines, and there are " +
                                                      std::to_string(k_most_shards) + " at most");
          },
          "Only the accounts of shard I of N, from 1/N to N/N, chosen by a hash of the account id; N machines do the\n"
          "whole organization (else JOB_COMPLETION_INDEX, from 0, and JOB_COMPLETIONS of a Kubernetes Indexed Job)")
      ->type_name("I/N");
}

/// The commands that print a configuration have no rows, so no form for rows.
void refuse_rows(const CommandLine& line, const CLI::App& config) {
  if (line.output != OutputFormat::jsonl && line.output != OutputFormat::csv) return;
  for (const CLI::App* command : config.get_subcommands()) {
    const auto given = std::ranges::find(k_output_formats, line.output, &std::pair<std::string, OutputFormat>::second);
    const std::string forms = line.command == Command::config_schema ? "json" : "table or json";
    throw CLI::ValidationError("--output", "config " + command->get_name() + " prints " + forms + ", not " + given->first);
  }
}

}  // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(k_about, "keyward");
  app.footer(k_exit_codes);
  app.set_version_flag("--version", std::string("keyward ") + k_version);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand behind the command too
  add_global_options(app, line);

  const auto command = [&](CLI::App& parent, const std::string& name, const std::string& text, Command value) {
    CLI::App* sub = parent.add_subcommand(name, text);
    sub->callback([&line, value] { line.command = value; });
    return sub;
  };
  command(app, "inventory", "Every account of the organization, whether it takes part, and why not", Command::inventory);
  CLI::App* audit = command(app, "audit", "Facts and verdict for every key; exit 3 when keys are out of policy", Command::audit);
  audit->add_flag("--exit-zero", line.exit_zero, "Exit 0 although keys are out of policy");
  add_shard_option(*audit, line);
  CLI::App* run = command(app, "run", "The daily job: inventory, audit, decide, act, notify, report", Command::run);
  run->add_flag("--dry-run", line.dry_run, "Change nothing, whatever the configuration says");
  add_shard_option(*run, line);
  CLI::App* rotate = command(app, "rotate", "Rotate one user's key now, whatever its age", Command::rotate);
  rotate->add_option("--account", line.account, "Account id")->required()->type_name("ID");
  rotate->add_option("--user", line.user, "IAM user name")->required()->type_name("NAME");
  rotate->add_option("--reason", line.reason, "Why; recorded with the run")->required()->type_name("TEXT");
  rotate->add_option("--compromised", line.compromised, "Switch this access key off at once, then make its replacement")
      ->type_name("KEYID");
  rotate->add_flag("--dry-run", line.dry_run, "Change nothing, whatever the configuration says");
  CLI::App* recover = command(app, "recover", "Finish or undo interrupted rotations; exit 9 while one needs a person", Command::recover);
  recover->add_flag("--list", line.list, "Only show them; change nothing");
  add_shard_option(*recover, line);
  CLI::App* report = app.add_subcommand("report", "Records of finished runs; makes no AWS call");
  report->require_subcommand(1);
  CLI::App* merge = command(*report, "merge", "Make one record of the records of all shards of a run", Command::report_merge);
  merge->add_option("--out", line.out, "Folder for the merged record; must not exist or be empty")->required()->type_name("DIR");
  merge->add_flag("--partial", line.partial, "Merge although shards are missing: says which, and exits 4");
  merge->add_option("RUN", line.records, "Folders of the shards' records, or ids of runs in state_dir")->required();
  CLI::App* notify = app.add_subcommand("notify", "Try templates and channels");
  notify->require_subcommand(1);
  command(*notify, "preview", "Write every message of the last run again, with the templates of today; makes no AWS call",
          Command::notify_preview)
      ->add_option("--out", line.out, "Folder for the messages; must not exist or be empty")
      ->required()
      ->type_name("DIR");
  command(*notify, "test", "Send one mail about invented keys, marked as a test, over every channel for mail", Command::notify_test)
      ->add_option("--to", line.to, "Who gets it")
      ->required()
      ->type_name("ADDRESS");
  CLI::App* doctor = command(app, "doctor", "Every precondition of a run, with what mends it; exit 5 when something blocks", Command::doctor);
  CLI::Option* all = doctor->add_flag("--all", line.all_accounts, "Look into every account that takes part, not into some of them");
  doctor->add_option("--account", line.account, "Look into this account only")->type_name("ID")->excludes(all);
  doctor->add_flag("--write-test", line.write_test,
                   "Also store a secret of its own, and delete it again, wherever it looks, in a dry run too");
  CLI::App* config = app.add_subcommand("config", "Look at the configuration; makes no AWS call");
  config->require_subcommand(1);
  command(*config, "validate", "Check the configuration", Command::config_validate);
  command(*config, "show", "The effective configuration and where each value comes from", Command::config_show)
      ->add_option("--account", line.account, "As it applies to this account")->type_name("ID");
  command(*config, "schema", "JSON Schema of config.yaml", Command::config_schema);

  try {
    app.parse(argc, argv);
    refuse_rows(line, *config);
  } catch (const CLI::ParseError& error) {
    // CLI11 has exit codes of its own above 100; help and version are 0.
    return app.exit(error, std::cout, std::cerr) == 0 ? ExitCode::done : ExitCode::usage;
  }
  return line;
}

}  // namespace keyward::orchestrator
