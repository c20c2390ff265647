#include "orchestrator/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "orchestrator/command_line.hpp"

namespace keyward::orchestrator {
namespace {

/// "N:INT in [1 - 90]" is the name of a value and what CLI11 checks it for.
void take_checks_from_value(Argument& argument) {
  const auto colon = argument.value.find(':');
  if (colon == std::string::npos) return;
  const std::string check = argument.value.substr(colon + 1);
  argument.value.resize(colon);
  const auto open = check.find('[');
  const auto dash = check.find(" - ", open);
  const auto close = check.find(']', open);
  if (open == std::string::npos || dash == std::string::npos || close == std::string::npos) return;
  argument.text += ", from " + check.substr(open + 1, dash - open - 1) + " to " + check.substr(dash + 3, close - dash - 3);
}

/// The lines of a text that was broken by hand, as one.
std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Argument argument_of(const CLI::Option& option) {
  Argument argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  if (option.get_positional()) argument.names = {option.get_name(true)};
  argument.text = one_line(option.get_description());
  argument.required = option.get_required();
  argument.repeats = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() > 0) argument.value = option.get_type_name();
  take_checks_from_value(argument);
  // CLI11 calls a value TEXT that nobody has named.
  if (option.get_positional() && (argument.value.empty() || argument.value == "TEXT")) argument.value = argument.names.front();
  return argument;
}

}  // namespace

ValueKind Argument::kind() const {
  if (value.empty()) return ValueKind::none;
  if (value.find('|') != std::string::npos) return ValueKind::words;
  if (value == "FILE") return ValueKind::file;
  if (value == "DIR") return ValueKind::folder;
  if (value == "RUN") return ValueKind::record;
  return ValueKind::text;
}

std::vector<std::string> Argument::words() const {
  std::vector<std::string> list;
  if (kind() == ValueKind::words) list = CLI::detail::split(value, '|');
  return list;
}

std::string CommandNode::name() const { return CLI::detail::join(path, " "); }

CommandNode describe(const CLI::App& app) {
  CommandNode node;
  for (const CLI::App* at = &app; at->get_parent() != nullptr; at = at->get_parent()) node.path.insert(node.path.begin(), at->get_name());
  node.text = one_line(app.get_description());
  const std::vector<const CLI::App*> shown = app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
  node.runs = shown.empty() || app.get_require_subcommand_min() == 0;
  for (const CLI::Option* option : app.get_options([](const CLI::Option* one) { return !one->get_group().empty(); })) {
    if (option == app.get_help_ptr() && app.get_parent() != nullptr) continue;  // the root's is enough
    (option->get_positional() ? node.places : node.options).push_back(argument_of(*option));
  }
  for (const CLI::App* sub : shown) node.commands.push_back(describe(*sub));
  return node;
}

CommandNode command_tree() {
  CLI::App app("", "keyward");
  CommandLine line;
  add_commands(app, line);
  return describe(app);
}

const CommandNode* find_command(const CommandNode& node, const std::vector<std::string>& path) {
  const CommandNode* at = &node;
  for (const std::string& name : path) {
    const auto below = std::ranges::find_if(at->commands, [&](const CommandNode& child) { return child.path.back() == name; });
    if (below == at->commands.end()) return nullptr;
    at = &*below;
  }
  return at;
}

std::vector<const CommandNode*> all_commands(const CommandNode& node) {
  std::vector<const CommandNode*> list{&node};
  for (const CommandNode& child : node.commands) {
    for (const CommandNode* below : all_commands(child)) list.push_back(below);
  }
  return list;
}

std::string usage_of(const CommandNode& node) {
  std::string usage = "keyward [OPTION...]";
  if (!node.path.empty()) usage += " " + node.name();
  for (const Argument& option : node.options) {
    if (node.path.empty()) break;
    std::string shown = option.names.back();
    if (!option.value.empty()) shown += " " + option.value;
    usage += option.required ? " " + shown : " [" + shown + "]";
  }
  for (const Argument& place : node.places) {
    const std::string shown = place.names.front() + (place.repeats ? "..." : "");
    usage += place.required ? " " + shown : " [" + shown + "]";
  }
  if (!node.commands.empty()) usage += node.runs ? " [COMMAND]" : " COMMAND";
  return usage;
}

}  // namespace keyward::orchestrator
