#include "orchestrator/command_examples.hpp"

#include <map>
#include <string_view>

namespace keyward::orchestrator {
namespace {

const std::map<std::string_view, std::vector<Example>>& written() {
  static const std::map<std::string_view, std::vector<Example>> k_examples{
      {"",
       {{"keyward inventory", "which accounts there are, and which take part"},
        {"keyward run --dry-run", "what the daily job would do now"}}},
      {"inventory",
       {{"keyward inventory", "every account, whether it takes part, and why not"},
        {"keyward -o csv inventory > accounts.csv", "the same for a spreadsheet"}}},
      {"audit",
       {{"keyward audit", "every key and what is out of policy; exit 3 when some are"},
        {"keyward -o json audit --exit-zero", "the same for a program, exit 0 either way"}}},
      {"plan",
       {{"keyward plan", "what run would do now"}, {"keyward plan --out plan.kwp", "the same, kept for apply; it expires after 24 hours"}}},
      {"apply",
       {{"keyward apply plan.kwp", "exactly what was planned; changed keys are left alone"},
        {"keyward -o json apply plan.kwp", "the same, told to a program"}}},
      {"run",
       {{"keyward run --dry-run", "everything but the changes"},
        {"keyward -c /etc/keyward/config.yaml run", "the daily job, for a timer"}}},
      {"rotate",
       {{"keyward rotate --account 111122223333 --user svc-export --reason CHG-1234", "a new key today; the old one has its grace"},
        {"keyward rotate --account 111122223333 --user svc-export --reason leaked --compromised AKIAIOSFODNN7EXAMPLE",
         "the leaked key is switched off at once"}}},
      {"recover", {{"keyward recover --list", "what interrupted rotations left behind"}, {"keyward recover", "finishes or undoes them"}}},
      {"explain",
       {{"keyward explain --account 111122223333 --user svc-export", "both keys, the rule that decides, the next dates"},
        {"keyward -o json explain --account 111122223333 --user svc-export", "the same for a program"}}},
      {"simulate",
       {{"keyward simulate --days 30", "the next month of this policy"},
        {"keyward simulate --days 365 --adoption never", "a year in which nobody takes up a new key"}}},
      {"report",
       {{"keyward report --format html --out report.html", "the page of the newest run that ended"},
        {"keyward report --format csv > keys.csv", "its rows for a spreadsheet"}}},
      {"report merge",
       {{"keyward report merge --out whole shard-1 shard-2", "one record of the records of two machines"},
        {"keyward report merge --out whole", "of the newest record of each shard, where they share a state_dir"},
        {"keyward report merge --partial --out whole shard-1", "although one is missing; exits 4 and says which"}}},
      {"notify preview",
       {{"keyward notify preview --out letters", "every message of the last run, with the templates of today"},
        {"keyward -c my.yaml notify preview --out letters", "the same for another configuration"}}},
      {"notify test",
       {{"keyward notify test --to me@example.org", "one mail about invented keys, marked as a test"},
        {"keyward -c my.yaml notify test --to me@example.org", "the same over the channels of another configuration"}}},
      {"doctor",
       {{"keyward doctor", "whether everything is in place for the first night"},
        {"keyward -o json doctor", "the same for a pipeline; exit 5 when something blocks"}}},
      {"policy",
       {{"keyward policy rotate", "what the role in each account may do, and no more"},
        {"keyward policy audit --format cloudformation > role.yaml", "a template that makes the role"}}},
      {"lambda",
       {{"keyward lambda", "what bootstrap in the package for AWS Lambda starts (docs/lambda.md)"},
        {"keyward lambda --dry-run", "the same, and no event changes anything"}}},
      {"init",
       {{"keyward init", "asks a few questions and writes config.yaml"},
        {"keyward init --out my.yaml --from-stack-parameters stack.json", "takes over the parameters of the AWS guidance's stack"}}},
      {"config validate",
       {{"keyward -c my.yaml config validate", "what is wrong with the file, with line and column"},
        {"keyward -o json config validate", "the same for a pipeline"}}},
      {"config show",
       {{"keyward config show", "every value that applies, and where it comes from"},
        {"keyward config show --account 111122223333", "what applies to this account"}}},
      {"config schema",
       {{"keyward config schema > config.schema.json", "for an editor that completes and checks"},
        {"keyward -o json config schema", "the same"}}},
      {"completion",
       {{"source <(keyward completion bash)", "in ~/.bashrc"},
        {"keyward completion fish > ~/.config/fish/completions/keyward.fish", "for fish; zsh: _keyward in a folder of fpath"}}},
      {"man", {{"keyward man | man -l -", "this manual"}, {"keyward man keyward.yaml > keyward.yaml.5", "every key of the configuration"}}},
      {"help", {{"keyward help audit", "what audit is for, and its options"}, {"keyward help config show", "a command below a command"}}},
      {"version", {{"keyward version", "which keyward this is"}, {"keyward -o json version", "the same for a program"}}},
  };
  return k_examples;
}

/// Something that may stand for the value.
std::string stand_in(const Argument& argument) {
  static const std::map<std::string_view, std::string_view> k_values{{"ID", "111122223333"},
                                                                     {"NAME", "svc-export"},
                                                                     {"TEXT", "CHG-1234"},
                                                                     {"ADDRESS", "me@example.org"},
                                                                     {"DIR", "folder"},
                                                                     {"FILE", "file"},
                                                                     {"N", "30"},
                                                                     {"I/N", "1/4"},
                                                                     {"RUN", "record"},
                                                                     {"KEYID", "AKIAIOSFODNN7EXAMPLE"}};
  if (argument.kind() == ValueKind::words) return argument.words().front();
  const auto known = k_values.find(argument.value);
  return known == k_values.end() ? argument.value : std::string(known->second);
}

}  // namespace

std::vector<Example> examples_of(const CommandNode& node) {
  const auto found = written().find(node.name());
  const bool only_holds_commands = !node.runs && !node.path.empty();
  if (found != written().end() && !only_holds_commands) return found->second;
  if (!node.runs) {
    std::vector<Example> first_of_each;
    first_of_each.reserve(node.commands.size());
    for (const CommandNode& child : node.commands) first_of_each.push_back(examples_of(child).front());
    if (node.commands.size() == 1) first_of_each = examples_of(node.commands.front());
    return first_of_each;
  }
  std::string call = node.name();
  for (const Argument& option : node.options) {
    if (option.required) call += " " + option.names.back() + (option.value.empty() ? "" : " " + stand_in(option));
  }
  for (const Argument& place : node.places) {
    if (place.required) call += " " + stand_in(place);
  }
  return {{"keyward " + call, ""}, {"keyward -c my.yaml " + call, "with a configuration of its own"}};
}

}  // namespace keyward::orchestrator
