#include "orchestrator/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// One way of completing in three languages: go through the words before the cursor, down the tree of commands and over
// values of options; then offer what the place takes. The tree stands in the script as tables.
namespace keyward::orchestrator {
namespace {

/// " config show", as the scripts name a command; "" is keyward itself.
std::string key_of(const CommandNode& node) { return node.path.empty() ? "" : " " + node.name(); }

std::vector<std::string> command_names(const CommandNode& node) {
  std::vector<std::string> names;
  names.reserve(node.commands.size());
  for (const CommandNode& child : node.commands) names.push_back(child.path.back());
  return names;
}

std::vector<std::string> option_names(const std::vector<Argument>& options) {
  std::vector<std::string> names;
  for (const Argument& option : options) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

/// "words:a b", "file", "folder" or "text"; empty for a flag.
std::string value_of(const Argument& argument, const CommandNode& tree) {
  if (argument.value == "COMMAND") return fmt::format("words:{}", fmt::join(command_names(tree), " "));
  switch (argument.kind()) {
    case ValueKind::none: return "";
    case ValueKind::words: return fmt::format("words:{}", fmt::join(argument.words(), " "));
    case ValueKind::file: return "file";
    case ValueKind::folder:
    case ValueKind::record: return "folder";
    case ValueKind::text: break;
  }
  return "text";
}

std::string place_of(const CommandNode& node, const CommandNode& tree) {
  return node.places.empty() ? "" : value_of(node.places.front(), tree);
}

/// In single quotes of bash and zsh.
std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// In single quotes of fish.
std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += (c == '\'' || c == '\\') ? std::string("\\") + c : std::string(1, c);
  return quoted + "'";
}

/// The branches of a `case "$1 $2"`: which value an option takes. Options of the root are those of every command.
std::string value_branches(const CommandNode& tree) {
  std::string branches;
  const auto add = [&](const std::string& command, const std::vector<Argument>& options) {
    for (const Argument& option : options) {
      if (option.value.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.names) patterns += (patterns.empty() ? "" : " | ") + command + shell_quoted(" " + name);
      branches += fmt::format("    {}) value={} ;;\n", patterns, shell_quoted(value_of(option, tree)));
    }
  };
  for (const CommandNode* node : all_commands(tree)) {
    if (!node->path.empty()) add(shell_quoted(key_of(*node)), node->options);
  }
  add("*", tree.options);
  return branches;
}

constexpr std::string_view k_bash_walk = R"(_keyward() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at='' word i commands options place value
  COMPREPLY=()
  # Bash makes three words of --option=value.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -* ]]; then
      _keyward_value "$at" "$word"
      [[ -z $value ]] && continue
      [[ ${COMP_WORDS[i+1]} == = ]] && ((i++))
      ((i++))
    else
      _keyward_node "$at"
      [[ " $commands " == *" $word "* ]] && at+=" $word"
    fi
  done
  value=
  [[ $prev == -* ]] && _keyward_value "$at" "$prev"
  if [[ -z $value ]]; then
    _keyward_node "$at"
    value=$place
    [[ -n $commands ]] && value="words:$commands"
    [[ $cur == -* ]] && value="words:$options"
  fi
  case $value in
    words:*) mapfile -t COMPREPLY < <(compgen -W "${value#words:}" -- "$cur") ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}
complete -F _keyward keyward
)";

std::string bash(const CommandNode& tree) {
  std::string script =
      "# bash completion of keyward, written by: keyward completion bash\n\n"
      "# What may follow the command $1.\n"
      "_keyward_node() {\n  commands='' options='' place=''\n  case $1 in\n";
  for (const CommandNode* node : all_commands(tree)) {
    const std::vector<std::string> own = node->path.empty() ? std::vector<std::string>{} : option_names(node->options);
    script += fmt::format("    {}) commands={} options={} place={} ;;\n", shell_quoted(key_of(*node)),
                          shell_quoted(fmt::to_string(fmt::join(command_names(*node), " "))), shell_quoted(fmt::to_string(fmt::join(own, " "))),
                          shell_quoted(place_of(*node, tree)));
  }
  script += fmt::format("  esac\n  options+={}\n}}\n\n", shell_quoted(fmt::format(" {}", fmt::join(option_names(tree.options), " "))));
  script += "# What the option $2 of the command $1 takes; nothing for a flag.\n_keyward_value() {\n  value=\n  case \"$1 $2\" in\n";
  return script + value_branches(tree) + "  esac\n}\n\n" + std::string(k_bash_walk);
}

constexpr std::string_view k_zsh_walk = R"(_keyward() {
  local at= prev= word place value
  local -a kw_commands kw_options
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ $word == -* ]]; then
      [[ $word == *=* ]] && continue
      _keyward_value "$at" "$word"
      [[ -n $value ]] && ((i++))
    else
      _keyward_node "$at"
      (( ${kw_commands[(I)${(b)word}:*]} )) && at+=" $word"
    fi
  done
  prev=$words[CURRENT-1]
  if [[ $words[CURRENT] == --*=* ]]; then
    prev=${words[CURRENT]%%=*}
    compset -P '*='
  fi
  value=
  [[ $prev == -* ]] && _keyward_value "$at" "$prev"
  if [[ -z $value ]]; then
    _keyward_node "$at"
    if [[ $words[CURRENT] == -* ]]; then
      _describe -o option kw_options
      return
    elif (( $#kw_commands )); then
      _describe command kw_commands
      return
    fi
    value=$place
  fi
  case $value in
    (words:*) compadd -- ${=value#words:} ;;
    (file) _files ;;
    (folder) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _keyward ]]; then _keyward "$@"; else compdef _keyward keyward; fi
)";

/// "name:what it is", as _describe takes it.
std::string described(const std::string& name, const std::string& text) { return shell_quoted(name + ":" + text); }

std::string described_options(const std::vector<Argument>& options) {
  std::string list;
  for (const Argument& option : options) {
    for (const std::string& name : option.names) list += " " + described(name, option.text);
  }
  return list;
}

std::string zsh(const CommandNode& tree) {
  std::string script =
      "#compdef keyward\n# zsh completion of keyward, written by: keyward completion zsh\n\n"
      "# What may follow the command $1.\n"
      "_keyward_node() {\n  kw_commands=() kw_options=() place=''\n  case $1 in\n";
  for (const CommandNode* node : all_commands(tree)) {
    std::string commands;
    for (const CommandNode& child : node->commands) commands += " " + described(child.path.back(), child.text);
    const std::string own = node->path.empty() ? "" : described_options(node->options);
    script += fmt::format("    ({})\n      kw_commands=({} )\n      kw_options=({} )\n      place={} ;;\n", shell_quoted(key_of(*node)), commands,
                          own, shell_quoted(place_of(*node, tree)));
  }
  script += fmt::format("  esac\n  kw_options+=({} )\n}}\n\n", described_options(tree.options));
  script += "# What the option $2 of the command $1 takes; nothing for a flag.\n_keyward_value() {\n  value=\n  case \"$1 $2\" in\n";
  return script + value_branches(tree) + "  esac\n}\n\n" + std::string(k_zsh_walk);
}

/// What `complete` of fish is told of a value.
std::string fish_value(const std::string& value) {
  if (value.empty()) return "";
  if (value.starts_with("words:")) return " -x -a " + fish_quoted(value.substr(6));
  if (value == "file") return " -r -F";
  if (value == "folder") return " -x -a '(__fish_complete_directories)'";
  return " -x";
}

std::string fish_option(const Argument& option, const std::string& condition, const CommandNode& tree) {
  std::string line = "complete -c keyward" + condition;
  for (const std::string& name : option.names) line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return line + fish_value(value_of(option, tree)) + " -d " + fish_quoted(option.text) + "\n";
}

std::string fish(const CommandNode& tree) {
  std::string paths;
  std::set<std::string> with_value;
  for (const CommandNode* node : all_commands(tree)) {
    if (!node->path.empty()) paths += " " + fish_quoted(key_of(*node));
    for (const Argument& option : node->options) {
      if (!option.value.empty()) with_value.insert(option.names.begin(), option.names.end());
    }
  }
  std::string script = fmt::format(R"(# fish completion of keyward, written by: keyward completion fish

# The command that stands before the cursor.
function __keyward_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l at
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- $word {}
            and set skip 1
        else if contains -- "$at $word"{}
            set at "$at $word"
        end
    end
    echo "$at"
end

function __keyward_is
    set -l at (__keyward_at)
    test "$at" = "$argv[1]"
end

complete -c keyward -f
)",
                                   fmt::join(with_value, " "), paths);
  for (const Argument& option : tree.options) script += fish_option(option, "", tree);
  for (const CommandNode* node : all_commands(tree)) {
    const std::string condition = " -n " + fish_quoted("__keyward_is '" + key_of(*node) + "'");
    for (const CommandNode& child : node->commands) {
      script += "complete -c keyward" + condition + " -a " + child.path.back() + " -d " + fish_quoted(child.text) + "\n";
    }
    if (!node->path.empty()) {
      for (const Argument& option : node->options) script += fish_option(option, condition, tree);
    }
    const std::string place = place_of(*node, tree);
    if (place.starts_with("words:")) script += "complete -c keyward" + condition + " -a " + fish_quoted(place.substr(6)) + "\n";
    if (place == "file") script += "complete -c keyward" + condition + " -F\n";
    if (place == "folder") script += "complete -c keyward" + condition + " -a '(__fish_complete_directories)'\n";
  }
  return script;
}

}  // namespace

std::string completion_script(const CommandNode& tree, Shell shell) {
  switch (shell) {
    case Shell::bash: return bash(tree);
    case Shell::zsh: return zsh(tree);
    case Shell::fish: break;
  }
  return fish(tree);
}

}  // namespace keyward::orchestrator
