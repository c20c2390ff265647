#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

// The commands as values. Help, completion, the manual and suggestions are all made of these, and these of the parser's
// own description, so that none of them can tell of a command or an option that is not there.
namespace keyward::orchestrator {

/// What completes the value of an option or argument.
enum class ValueKind {
  none,    ///< a flag takes no value
  words,   ///< one of a few
  file,
  folder,
  record,  ///< the id of a run, or the folder of its record
  text,    ///< anything
};

/// An option, or an argument that is known by its place.
struct Argument {
  std::vector<std::string> names;  ///< "-o", "--output"; of an argument by place only "RUN"
  std::string value;               ///< "FILE", "table|json"; empty for a flag
  std::string text;
  bool required = false;
  bool repeats = false;

  ValueKind kind() const;
  /// Of ValueKind::words.
  std::vector<std::string> words() const;
};

struct CommandNode {
  std::vector<std::string> path;  ///< {"config", "show"}; empty: keyward itself
  std::string text;
  bool runs = false;  ///< does something by itself, without a further command
  std::vector<Argument> options;  ///< its own; those of the root are for every command
  std::vector<Argument> places;
  std::vector<CommandNode> commands;

  /// "config show"
  std::string name() const;
};

/// What the parser takes, without what it hides.
CommandNode describe(const CLI::App& app);

/// The same for the program itself.
CommandNode command_tree();

/// Below `node`; nothing where there is no such command.
const CommandNode* find_command(const CommandNode& node, const std::vector<std::string>& path);

/// The node and all below it, in their order.
std::vector<const CommandNode*> all_commands(const CommandNode& node);

/// "keyward [OPTION...] config show [--account ID]", what is required without brackets.
std::string usage_of(const CommandNode& node);

}  // namespace keyward::orchestrator
