#include "orchestrator/command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/command_tree.hpp"
#include "orchestrator/help_text.hpp"
#include "orchestrator/terminal.hpp"
#include "orchestrator/version.hpp"
#include "orchestrator/yaml_reader.hpp"

namespace keyward::orchestrator {
namespace {

constexpr const char* k_about =
    "Keeps the IAM user access keys of a whole AWS Organization inside policy, every day, without ever losing a key.";

// Ten years: what is not simulated within that is not decided by a policy of days.
constexpr int k_most_days = 3'650;

template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
std::string listed(const Words<T>& words) {
  std::string list;
  for (const auto& [word, value] : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

/// An option, or an argument by place, that takes one of these words, in upper or lower case. The name of its value lists
/// them: help, completion and manual read them there (orchestrator/command_tree.hpp).
template <class T>
CLI::Option* choice(CLI::App& app, const std::string& flags, T& target, Words<T> words, const std::string& text) {
  const auto dashes = flags.find("--");
  const std::string name = dashes == std::string::npos ? flags : flags.substr(dashes);
  std::string value;
  for (const auto& [word, meaning] : words) value += (value.empty() ? "" : "|") + word;
  return app
      .add_option_function<std::string>(
         flags,
         [name, &target, words = std::move(words)](const std::string& given) {
           const std::string wanted = CLI::ignore_case(given);
           const auto found = std::ranges::find(words, wanted, &std::pair<std::string, T>::first);
           if (found == words.end()) throw CLI::ValidationError(name, given + " is none of " + listed(words));
           target = found->second;
         },
         text)
      ->type_name(value);
}

const Words<OutputFormat> k_output_formats{{"table", OutputFormat::table},
                                           {"json", OutputFormat::json},
                                           {"jsonl", OutputFormat::jsonl},
                                           {"csv", OutputFormat::csv}};

const Words<std::optional<report::RunFormat>> k_run_formats{
    {"html", report::RunFormat::html}, {"json", report::RunFormat::json},   {"csv", report::RunFormat::csv},
    {"ocsf", report::RunFormat::ocsf}, {"asff", report::RunFormat::asff},   {"prometheus", report::RunFormat::prometheus},
    {"jsonl", report::RunFormat::jsonl}, {"junit", report::RunFormat::junit}};

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
  app.add_flag("-q,--quiet", line.quiet, "No progress, and only warnings and errors are logged; results stay");
}

void add_init_command(CLI::App& command, InitOptions& init) {
  const auto text = [&](const char* name, std::optional<std::string>& target, const char* value, const char* about) {
    command.add_option(name, target, about)->type_name(value);
  };
  command.add_option("--out", init.out, "The file that is written (else config.yaml)")->type_name("FILE");
  command.add_flag("--force", init.force, "Replace a file that is there");
  command.add_flag("--no-input", init.no_input, "Ask nothing, also on a terminal");
  text("--from-stack-parameters", init.stack_parameters, "FILE",
       "Take over the parameters of the AWS guidance's stack: JSON of describe-stacks, a parameters file, or {\"key\": \"value\"}");
  text("--organization-id", init.organization_id, "ID", "The organization, o-...; a run in any other one is refused");
  text("--list-role", init.list_role, "ARN", "Role that lists the organization (else the caller's own credentials)");
  text("--member-role", init.member_role, "NAME", "Role assumed in each account (else keyward-rotate)");
  text("--external-id", init.external_id, "REFERENCE", "Where the external id of that role is: env:NAME, file:PATH or cred:NAME");
  command.add_option("--account", init.accounts, "The first accounts that take part: an id, an ou-... or a tag NAME=VALUE; can be repeated")
      ->type_name("RULE")
      ->take_all();
  choice<std::optional<std::string>>(command, "--store", init.store, {{"member", "member"}, {"central", "central"}},
                                     "Secrets in each member account, or in a central one");
  text("--kms-key", init.kms_key, "KEY", "KMS key of the secrets (else alias/keyward for a central store)");
  text("--store-role", init.store_role, "ARN", "central: role that writes the secrets");
  text("--sender", init.sender, "ADDRESS", "From address of mail by SES (else mail goes to files)");
  text("--state-dir", init.state_dir, "DIR", "Folder of the run records (else /var/lib/keyward)");
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

void add_policy_command(CLI::App& policy, CommandLine& line) {
  choice<PolicyMode>(policy, "MODE", line.policy_mode,
                     {{"control", PolicyMode::control},
                      {"inventory", PolicyMode::inventory},
                      {"audit", PolicyMode::audit},
                      {"rotate", PolicyMode::rotate},
                      {"store", PolicyMode::store},
                      {"secret-rotation", PolicyMode::secret_rotation}},
                     "Of the identity that runs keyward, organization.list_role, audit_role, member_role or store.role; or of\n"
                     "the function by which Secrets Manager rotates secrets")
      ->required();
  choice<PolicyFormat>(policy, "--format", line.policy_format,
                       {{"json", PolicyFormat::json}, {"cloudformation", PolicyFormat::cloudformation}},
                       "The document of a policy, or a template that makes the role");
  policy.add_flag("--trust", line.trust, "The role's trust policy: who may assume it");
  policy.add_option("--principal", line.principal, "The identity that runs keyward, which the trust policy names")->type_name("ARN");
}

/// Without a command of its own `report` renders a record again.
void add_report_options(CLI::App& report, CommandLine& line) {
  report.require_subcommand(0, 1);
  report.add_option("--run", line.run, "Id of a run in state_dir, or the folder of a record (else the newest run that ended)")->type_name("RUN");
  choice(report, "--format", line.format, k_run_formats, "Form");
  report.add_option("--out", line.out, "File that is replaced by it (else it goes to standard output)")->type_name("FILE");
  report.callback([&report, &line] {
    if (!report.get_subcommands().empty()) return;
    if (!line.format) throw CLI::RequiredError("--format");
    line.command = Command::report_render;
  });
}

/// The command that was named, as far as it was understood.
const CLI::App& chosen(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

/// What the commands print that have no rows, and so no form for rows.
constexpr auto k_without_rows = std::to_array<std::pair<Command, std::string_view>>({
    {Command::explain, "table or json"},
    {Command::config_show, "table or json"},
    {Command::config_validate, "table or json"},
    {Command::config_schema, "json"},
    {Command::init, "table or json"},
    {Command::version, "table or json"},
    {Command::policy, "what --format says"},
    {Command::lambda, "nothing, its results go to Lambda"},
    {Command::completion, "a script of the shell"},
    {Command::manual, "a manual page"},
    {Command::help, "a text"},
    {Command::notify_preview, "a text"},
    {Command::notify_test, "a text"},
});

void refuse_rows(const CommandLine& line, const CLI::App& app) {
  if (line.output != OutputFormat::jsonl && line.output != OutputFormat::csv) return;
  const auto found = std::ranges::find(k_without_rows, line.command, &std::pair<Command, std::string_view>::first);
  if (found == k_without_rows.end()) return;
  const auto given = std::ranges::find(k_output_formats, line.output, &std::pair<std::string, OutputFormat>::second);
  throw CLI::ValidationError("--output", describe(chosen(app)).name() + " prints " + std::string(found->second) + ", not " + given->first);
}

/// What is wrong with words that no command and no option takes.
std::string unknown_word(const CommandNode& node, const std::vector<Argument>& global, const std::vector<std::string>& words) {
  const std::string word = words.front().substr(0, words.front().find('='));
  if (!node.commands.empty() && !word.starts_with('-')) {
    std::vector<std::string> commands;
    commands.reserve(node.commands.size());
    for (const CommandNode& child : node.commands) commands.push_back(child.path.back());
    return "\"" + word + "\" is no command; " + suggestion(word, commands);
  }
  if (!word.starts_with('-')) return "\"" + word + "\" is more than this command takes";
  std::vector<std::string> options{"--help"};
  for (const std::vector<Argument>* list : {&node.options, &global}) {
    for (const Argument& option : *list) options.insert(options.end(), option.names.begin(), option.names.end());
  }
  const std::string near = nearest(word, options);
  return word + " is no option of this command" + (near.empty() ? "" : "; " + near);
}

/// Says what is wrong with the command line, and where help is.
ExitCode refuse(const CLI::App& app, const CLI::ParseError& error) {
  const CommandNode node = describe(chosen(app));
  const std::string name = node.path.empty() ? "keyward" : "keyward " + node.name();
  const bool incomplete = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool too_much = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::vector<std::string> unknown = app.remaining(true);
  if ((incomplete || too_much) && !unknown.empty()) {
    std::cerr << name << ": " << unknown_word(node, describe(app).options, unknown) << '\n';
  } else if (incomplete && !node.runs) {
    std::cerr << render_help(node, help_width(STDERR_FILENO));
    return ExitCode::usage;
  } else {
    std::cerr << error.what() << '\n';
  }
  std::cerr << "Try: " << name << " --help\n";
  return ExitCode::usage;
}

}  // namespace

void add_commands(CLI::App& app, CommandLine& line) {
  app.description(k_about);
  app.formatter_fn([](const CLI::App* shown, const std::string&, CLI::AppFormatMode) {
    return render_help(describe(*shown), help_width(STDOUT_FILENO));
  });
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
  audit->add_option("--junit", line.junit, "Writes the verdicts as JUnit XML besides")->type_name("FILE");
  add_shard_option(*audit, line);
  CLI::App* plan = command(app, "plan", "What run would do now, for people to approve and for apply to carry out", Command::plan);
  plan->add_option("--out", line.out, "File for the plan; apply takes it within 24 hours")->type_name("FILE");
  plan->add_option("--diff", line.diff, "Also what changed since this run: its id, or the folder of its record")->type_name("RUN");
  command(app, "apply", "Carry out a plan, exactly; what has changed since it was made is left alone", Command::apply)
      ->add_option("FILE", line.plan_file, "What keyward plan --out wrote")
      ->required()
      ->type_name("");
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
  CLI::App* explain = command(app, "explain", "One user's keys, the rule that decides and what comes when; for the support desk", Command::explain);
  explain->add_option("--account", line.account, "Account id")->required()->type_name("ID");
  explain->add_option("--user", line.user, "IAM user name")->required()->type_name("NAME");
  CLI::App* simulate = command(app, "simulate", "The next days of this policy over the keys as they are, mails included", Command::simulate);
  simulate->add_option("--days", line.days, "How many days, one run each")->required()->type_name("N")->check(CLI::Range(1, k_most_days));
  choice<rotation::Adoption>(*simulate, "--adoption", line.adoption,
                             {{"prompt", rotation::Adoption::prompt}, {"late", rotation::Adoption::late}, {"never", rotation::Adoption::never}},
                             "What owners do with a new key");
  CLI::App* report = app.add_subcommand("report", "A finished run, rendered again from its record; makes no AWS call");
  add_report_options(*report, line);
  CLI::App* merge = command(*report, "merge", "Make one record of the records of all shards of a run", Command::report_merge);
  merge->add_option("--out", line.out, "Folder for the merged record; must not exist or be empty")->required()->type_name("DIR");
  merge->add_flag("--partial", line.partial, "Merge although shards are missing: says which, and exits 4");
  merge->add_option("RUN", line.records, "Folders of the shards' records, or ids of runs in state_dir; default: of each shard the newest in state_dir");
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
  add_policy_command(*command(app, "policy", "The IAM policy that this configuration needs, and no more; makes no AWS call", Command::policy), line);
  command(app, "lambda", "Serve the events of AWS Lambda; run does so by itself where AWS_LAMBDA_RUNTIME_API is set", Command::lambda)
      ->add_flag("--dry-run", line.dry_run, "Change nothing, whatever configuration and events say");
  CLI::App* config = app.add_subcommand("config", "Look at the configuration; makes no AWS call");
  config->require_subcommand(1);
  command(*config, "validate", "Check the configuration", Command::config_validate);
  command(*config, "show", "The effective configuration and where each value comes from", Command::config_show)
      ->add_option("--account", line.account, "As it applies to this account")->type_name("ID");
  command(*config, "schema", "JSON Schema of config.yaml", Command::config_schema);
  add_init_command(*command(app, "init", "Write a commented config.yaml, by asking or from options; makes no AWS call", Command::init), line.init);
  choice<Shell>(*command(app, "completion", "Completion of commands, options and words, for a shell to read", Command::completion), "SHELL",
                line.shell, {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}, "For which shell")
      ->required();
  choice<ManualPage>(*command(app, "man", "The manual, for man to read", Command::manual), "PAGE", line.page,
                     {{"keyward", ManualPage::keyward}, {"keyward.yaml", ManualPage::configuration}}, "Which page (else keyward)");
  command(app, "help", "What a command is for, and its options", Command::help)
      ->add_option("COMMAND", line.words, "Which command (else all of them)");
  command(app, "version", "Which keyward this is", Command::version);
}

std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("", "keyward");
  add_commands(app, line);
  try {
    app.parse(argc, argv);
    refuse_rows(line, app);
  } catch (const CLI::ParseError& error) {
    // CLI11 has exit codes of its own above 100; help and version are 0.
    if (error.get_exit_code() != 0) return refuse(app, error);
    app.exit(error, std::cout, std::cerr);
    return ExitCode::done;
  }
  if (line.quiet) {
    line.progress = ProgressChoice::none;
    if (app.count("--log-level") == 0) line.log_level = "warn";
  }
  return line;
}

}  // namespace keyward::orchestrator
