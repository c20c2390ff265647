#include "orchestrator/manual.hpp"

#include "orchestrator/command_examples.hpp"
#include "orchestrator/configuration_environment.hpp"
#include "orchestrator/help_text.hpp"
#include "orchestrator/roff.hpp"

namespace keyward::orchestrator {
namespace {

std::string shown(const Argument& argument) {
  std::string names;
  for (const std::string& name : argument.names) names += (names.empty() ? "" : ", ") + roff::bold(name);
  if (argument.names.front().starts_with('-') && !argument.value.empty()) names += " \\fI" + roff::text(argument.value) + "\\fR";
  return names;
}

std::string listed(const std::vector<Argument>& arguments) {
  std::string list;
  for (const Argument& argument : arguments) {
    std::string text = argument.text;
    if (argument.kind() == ValueKind::words && !argument.names.front().starts_with('-')) text += ": " + argument.value;
    list += roff::item(shown(argument), roff::prose(text + (argument.required ? " (required)." : ".")));
  }
  return list;
}

std::string commands(const CommandNode& tree) {
  std::string text;
  for (const CommandNode* node : all_commands(tree)) {
    if (node->path.empty() || !node->runs) continue;
    std::string usage = usage_of(*node);
    usage.replace(0, std::string_view("keyward [OPTION...]").size(), "keyward");
    text += roff::subsection(node->name()) + "\\fB" + roff::prose(usage) + "\\fR\n" + roff::paragraph(node->text + ".");
    text += listed(node->places) + listed(node->options);
  }
  return text;
}

std::string environment() {
  std::string text = roff::section("ENVIRONMENT");
  text += roff::prose("These stand for keys of the configuration and win over the file; see keyward.yaml(5).") + "\n";
  for (const EnvironmentName& name : environment_names()) text += roff::item(roff::bold(name.name), roff::text(name.path));
  text += roff::paragraph("The usual variables of AWS programs are honoured, besides:");
  const std::vector<std::pair<std::string_view, std::string_view>> others{
      {"AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SERVICE", "Where calls go instead of to AWS; plain HTTP for loopback only."},
      {"AWS_CA_BUNDLE", "Certificates to trust instead of the system's."},
      {"JOB_COMPLETION_INDEX, JOB_COMPLETIONS", "The shard, where --shard names none."},
      {"NO_COLOR", "When not empty, nothing is painted, unless --color always."},
      {"CLICOLOR_FORCE", "When neither empty nor 0, results are painted also where they go to no terminal."},
      {"TERM", "dumb: neither colours nor a progress bar."},
      {"COLUMNS", "How wide the terminal is, where it does not say so itself."}};
  for (const auto& [name, meaning] : others) text += roff::item(roff::bold(name), roff::prose(meaning));
  return text;
}

std::string files() {
  return roff::section("FILES") +
         roff::item(roff::bold("./config.yaml, /etc/keyward/config.yaml"),
                    roff::prose("The configuration, the first that exists, without -c.")) +
         roff::item(
             roff::bold("/var/lib/keyward"),
             roff::prose("The default of state_dir: records of runs below runs/, with run.json, events.jsonl, report.html and mail.")) +
         roff::item(roff::bold("~/.aws/config, ~/.aws/credentials"), roff::prose("Profiles, as for the AWS CLI."));
}

}  // namespace

std::string render_manual(const CommandNode& tree) {
  std::string text = roff::heading("KEYWARD", 1);
  text += roff::section("NAME") + "keyward \\- keeps IAM user access keys of an AWS Organization inside policy\n";
  text += roff::section("SYNOPSIS") + roff::bold("keyward") + " [\\fIOPTION\\fR...] \\fICOMMAND\\fR\n";
  text += roff::section("DESCRIPTION") + roff::prose(tree.text) + "\n";
  text += roff::paragraph("Results go to standard output, everything else to standard error.");
  text += roff::section("OPTIONS") + roff::prose("For every command, before it or behind it:") + "\n" + listed(tree.options);
  text += roff::section("COMMANDS") + commands(tree);
  text += roff::section("EXIT STATUS");
  for (const auto& [code, meaning] : exit_code_meanings()) text += roff::item(roff::bold(code), roff::prose(meaning) + ".");
  text += roff::paragraph("When several apply, the highest of 9, 6, 5, 4, 3 wins.");
  text += environment() + files() + roff::section("EXAMPLES") + roff::prose("As they are typed in a shell.") + "\n";
  for (const CommandNode* node : all_commands(tree)) {
    if (node->path.empty() || !node->runs) continue;
    for (const Example& example : examples_of(*node)) {
      text += roff::paragraph(example.text.empty() ? node->text + ":" : example.text + ":") + roff::example(example.command);
    }
  }
  return text + roff::section("SEE ALSO") + roff::bold("keyward.yaml") + "(5)\n";
}

}  // namespace keyward::orchestrator
