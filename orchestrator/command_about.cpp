#include "orchestrator/command_about.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "orchestrator/command_tree.hpp"
#include "orchestrator/completion.hpp"
#include "orchestrator/help_text.hpp"
#include "orchestrator/manual.hpp"
#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

ExitCode help(const AboutContext& context, const CommandNode& tree) {
  const std::vector<std::string>& words = context.line.words;
  std::vector<std::string> known;
  for (const std::string& word : words) {
    const CommandNode& at = *find_command(tree, known);
    std::vector<std::string> next = known;
    next.push_back(word);
    if (find_command(tree, next) == nullptr) {
      std::vector<std::string> names;
      names.reserve(at.commands.size());
      for (const CommandNode& child : at.commands) names.push_back(child.path.back());
      const std::string near = nearest(word, names);
      context.err << "keyward help: there is no command \"" << joined(next) << "\"" << (near.empty() ? "" : "; " + near)
                  << "\nTry: keyward help\n";
      return ExitCode::usage;
    }
    known = std::move(next);
  }
  context.out << render_help(*find_command(tree, known), context.output.width.value_or(100));
  return ExitCode::done;
}

}  // namespace

ExitCode run_about(const AboutContext& context) {
  if (context.line.command == Command::version) {
    if (context.output.format == report::Format::json || context.output.format == report::Format::jsonl) {
      context.out << boost::json::serialize(boost::json::object{{"name", "keyward"}, {"version", k_version}}) << '\n';
    } else {
      context.out << "keyward " << k_version << '\n';
    }
    return ExitCode::done;
  }
  const CommandNode tree = command_tree();
  if (context.line.command == Command::help) return help(context, tree);
  if (context.line.command == Command::completion) {
    context.out << completion_script(tree, context.line.shell);
  } else {
    context.out << (context.line.page == ManualPage::keyward ? render_manual(tree) : render_configuration_manual());
  }
  return ExitCode::done;
}

}  // namespace keyward::orchestrator
