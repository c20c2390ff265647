#include "orchestrator/help_text.hpp"

#include <algorithm>

#include "orchestrator/command_examples.hpp"
#include "orchestrator/yaml_reader.hpp"
#include "report/layout.hpp"

namespace keyward::orchestrator {
namespace {

// A column of names that is wider leaves too little for what they mean; such a name has a line of its own.
constexpr std::size_t k_widest_name = 34;
constexpr std::size_t k_narrowest_text = 30;

using Entries = std::vector<std::pair<std::string, std::string>>;

/// Names and their meanings in two columns, or one below the other where there is no room.
std::string in_columns(const Entries& entries, std::size_t width) {
  std::size_t column = 0;
  for (const auto& [name, meaning] : entries) {
    if (name.size() <= k_widest_name) column = std::max(column, name.size());
  }
  const bool narrow = column + 4 + k_narrowest_text > width;
  std::string text;
  for (const auto& [name, meaning] : entries) {
    const std::size_t indent = narrow ? 6 : column + 4;
    text += "  " + name;
    if (meaning.empty()) {
      text += '\n';
      continue;
    }
    if (narrow || name.size() > column) {
      text += '\n' + std::string(indent, ' ');
    } else {
      text += std::string(indent - 2 - name.size(), ' ');
    }
    text += report::wrapped(meaning, std::max(width, indent + 10) - indent, indent);
  }
  return text;
}

std::string shown(const Argument& argument) {
  std::string names;
  for (const std::string& name : argument.names) names += (names.empty() ? "" : ", ") + name;
  if (argument.names.front().starts_with('-') && !argument.value.empty()) names += " " + argument.value;
  return names;
}

std::string meaning(const Argument& argument) {
  std::string text = argument.text;
  if (argument.kind() == ValueKind::words && !argument.names.front().starts_with('-')) text += ": " + argument.value;
  if (argument.required) text += " (required)";
  return text;
}

std::string section(const std::string& title, const std::vector<Argument>& arguments, std::size_t width) {
  if (arguments.empty()) return {};
  Entries entries;
  for (const Argument& argument : arguments) entries.emplace_back(shown(argument), meaning(argument));
  return "\n" + title + ":\n" + in_columns(entries, width);
}

}  // namespace

std::string render_help(const CommandNode& node, std::size_t width) {
  Entries examples;
  for (const Example& example : examples_of(node)) examples.emplace_back(example.command, example.text);
  std::string text = report::wrapped(node.text, width, 0) + "\n" + in_columns(examples, width);
  text += "\nUsage: " + report::wrapped(usage_of(node), std::max<std::size_t>(width, 30) - 7, 7);
  text += section("Arguments", node.places, width);
  if (!node.commands.empty()) {
    Entries commands;
    for (const CommandNode& child : node.commands) commands.emplace_back(child.path.back(), child.text);
    text += "\nCommands:\n" + in_columns(commands, width);
  }
  text += section("Options", node.options, width);
  if (node.path.empty()) {
    Entries codes;
    for (const auto& [code, means] : exit_code_meanings()) codes.emplace_back(code, means);
    return text + "\nExit codes:\n" + in_columns(codes, width);
  }
  return text + "\n" + report::wrapped("Options of every command, and exit codes: keyward --help", width, 0);
}

const std::vector<std::pair<std::string_view, std::string_view>>& exit_code_meanings() {
  static const std::vector<std::pair<std::string_view, std::string_view>> k_codes{
      {"0", "done, every account covered"},
      {"1", "internal error"},
      {"2", "usage or configuration; no AWS call was made, unless what is wrong is a mail template in S3"},
      {"3", "findings: keys are out of policy (audit)"},
      {"4", "partial: an account, key or notice failed or was not covered; the rest is done"},
      {"5", "preflight failed; nothing was changed"},
      {"6", "a limit of the configuration refused something"},
      {"7", "another run is active on this host"},
      {"9", "recovery needed: a key exists whose secret could not be stored and that could not be removed"},
      {"130, 143", "interrupted by SIGINT or SIGTERM; what was begun was finished"}};
  return k_codes;
}

std::string nearest(std::string_view given, const std::vector<std::string>& known) {
  const std::string said = suggestion(given, known);
  return said.starts_with("did you mean") ? said : std::string();
}

}  // namespace keyward::orchestrator
