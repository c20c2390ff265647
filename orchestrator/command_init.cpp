#include "orchestrator/command_init.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <filesystem>
#include <istream>
#include <ostream>

#include "base/files.hpp"
#include "orchestrator/command_tree.hpp"
#include "orchestrator/configuration_draft.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/stack_parameters.hpp"
#include "report/layout.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

/// {id}, {ou} or {tag}, as accounts.include takes it; nothing for a text that is none of them.
std::optional<json::value> account_rule(const std::string& text) {
  if (base::AccountId::parse(text)) return json::object{{"id", text}};
  if (text.starts_with("ou-") || text.starts_with("r-")) return json::object{{"ou", text}};
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return json::object{{"tag", json::object{{text.substr(0, equals), text.substr(equals + 1)}}}};
}

std::vector<std::string> parts(const std::string& text) {
  std::vector<std::string> list;
  std::string part;
  for (const char c : text + ",") {
    if (c != ',') {
      if (c != ' ' || !part.empty()) part += c;
    } else if (!part.empty()) {
      part.erase(part.find_last_not_of(' ') + 1);
      list.push_back(std::move(part));
      part.clear();
    }
  }
  return list;
}

class Init {
 public:
  explicit Init(const InitContext& context) : context_(context), options_(context.line.init), file_(options_.out) {}

  ExitCode run() {
    std::error_code failed;
    if (!options_.force && std::filesystem::exists(std::filesystem::symlink_status(file_, failed))) return there_already();
    if (!take_stack_parameters() || !take_options()) return ExitCode::usage;
    if (context_.interactive && !ask_all()) {
      context_.err << "\nkeyward init: nothing was written\n";
      return ExitCode::usage;
    }
    settle();
    const std::string text = draft_.render();
    if (!loads(text)) return ExitCode::usage;
    return write(text);
  }

 private:
  ExitCode there_already() {
    context_.err << "keyward init: " << file_.string() << " exists and was left as it is; --out FILE writes another, --force replaces it\n";
    return ExitCode::usage;
  }

  // ---- what was given ----

  bool take_stack_parameters() {
    if (!options_.stack_parameters) return true;
    base::Result<std::string> text = base::read_named(*options_.stack_parameters);
    if (!text) return complain(base::describe(text.error()));
    const base::Result<std::vector<StackParameter>> parameters = read_stack_parameters(*text);
    if (!parameters) return complain(*options_.stack_parameters + ": " + parameters.error().message);
    translated_ = translate_stack_parameters(*parameters, draft_);
    draft_.remark("Parameters of the stack:");
    for (const TranslatedParameter& one : translated_) {
      draft_.remark("  " + one.name + " = " + one.value + ": " + std::string(word_for(one.outcome)) + ". " + one.text);
    }
    tell_parameters();
    return true;
  }

  void tell_parameters() {
    using Outcome = TranslatedParameter::Outcome;
    constexpr std::size_t k_width = 100;
    for (const Outcome outcome : {Outcome::taken, Outcome::never_worked, Outcome::not_taken, Outcome::not_needed, Outcome::unknown}) {
      bool first = true;
      for (const TranslatedParameter& one : translated_) {
        if (one.outcome != outcome) continue;
        if (first) context_.err << word_for(outcome) << ":\n";
        first = false;
        context_.err << "  " << report::wrapped(one.name + " = " + one.value + ": " + one.text, k_width, 4);
      }
    }
    context_.err << "dry_run stays true: nothing is changed until you set it to false.\n\n";
  }

  bool take_options() {
    const std::vector<std::pair<std::string_view, const std::optional<std::string>*>> texts{{"organization.id", &options_.organization_id},
                                                                                            {"organization.list_role", &options_.list_role},
                                                                                            {"member_role", &options_.member_role},
                                                                                            {"external_id", &options_.external_id},
                                                                                            {"store.target", &options_.store},
                                                                                            {"store.kms_key_id", &options_.kms_key},
                                                                                            {"store.role", &options_.store_role},
                                                                                            {"notify.sender", &options_.sender},
                                                                                            {"state_dir", &options_.state_dir}};
    bool sound = true;
    for (const auto& [path, given] : texts) {
      if (*given) sound = said(set(path, **given)) && sound;
    }
    if (!options_.accounts.empty()) sound = said(set_accounts(options_.accounts)) && sound;
    return sound;
  }

  std::optional<std::string> set(std::string_view path, const std::string& text) { return draft_.set(path, json::value(text)); }

  std::optional<std::string> set_accounts(const std::vector<std::string>& texts) {
    json::array rules;
    for (const std::string& text : texts) {
      const std::optional<json::value> rule = account_rule(text);
      if (!rule) return "\"" + text + "\" is neither an account id of 12 digits, an organizational unit ou-..., nor a tag NAME=VALUE";
      rules.push_back(*rule);
    }
    return draft_.set("accounts.include", json::value(std::move(rules)));
  }

  bool said(const std::optional<std::string>& problem) { return !problem || complain(*problem); }

  bool complain(const std::string& problem) {
    context_.err << "keyward init: " << problem << '\n';
    return false;
  }

  // ---- what is asked ----

  bool ask_all() {
    context_.err << "A few questions. Enter takes what stands in [brackets], - the default.\n\n";
    return ask("organization.id", options_.organization_id, "The organization's id, o-...; a run in any other one is refused") &&
           ask("member_role", options_.member_role, "The role that keyward assumes in each account") &&
           ask("external_id", options_.external_id, "Where that role's external id is, env:NAME, file:PATH or cred:NAME") && ask_accounts() &&
           ask("store.target", options_.store, "Secrets in each member account or in a central one (member, central)") && ask_central() &&
           ask("notify.sender", options_.sender, "From address of mail by SES; without it mail goes to files") &&
           ask("state_dir", options_.state_dir, "Folder of the run records");
  }

  bool ask_central() {
    if (draft_.text_of("store.target") != "central") return true;
    if (draft_.get("store.kms_key_id") == nullptr) (void)set("store.kms_key_id", "alias/keyward");
    return ask("store.kms_key_id", options_.kms_key, "KMS key of the central secrets") &&
           ask("store.role", options_.store_role, "ARN of the role that writes them; none: the caller's own credentials");
  }

  bool ask_accounts() {
    if (!options_.accounts.empty()) return true;
    while (true) {
      const std::optional<std::string> answer = line("The first accounts: ids, ou-... or tag NAME=VALUE, separated by commas", "none yet");
      if (!answer) return false;
      if (answer->empty() || *answer == "-") return true;
      if (said(set_accounts(parts(*answer)))) return true;
    }
  }

  /// Asks until the field takes the answer; not where an option has said it.
  bool ask(std::string_view path, const std::optional<std::string>& given, const std::string& question) {
    if (given) return true;
    while (true) {
      const std::string before = draft_.text_of(path);
      const std::optional<std::string> answer = line(question, before.empty() ? "none" : before);
      if (!answer) return false;
      if (answer->empty()) return true;
      if (*answer == "-") {
        draft_.clear(path);
        return true;
      }
      if (said(set(path, *answer))) return true;
    }
  }

  /// Nothing when there will be no answer.
  std::optional<std::string> line(const std::string& question, const std::string& standard) {
    context_.err << question << " [" << standard << "]: " << std::flush;
    std::string answer;
    if (!std::getline(context_.in, answer)) return std::nullopt;
    answer.erase(answer.find_last_not_of(" \t\r") + 1);
    return answer.substr(std::min(answer.size(), answer.find_first_not_of(" \t")));
  }

  // ---- the file ----

  /// What follows from the answers.
  void settle() {
    (void)draft_.set("dry_run", json::value(true));
    if (draft_.text_of("store.target") == "central" && draft_.text_of("store.kms_key_id").empty())
      (void)set("store.kms_key_id", "alias/keyward");
    const bool smtp = !draft_.text_of("notify.smtp_user").empty() && !draft_.text_of("notify.smtp_password").empty();
    const char* type = draft_.text_of("notify.sender").empty() ? "file" : smtp ? "smtp" : "ses";
    (void)draft_.set("notify.channels", json::array{json::object{{"type", type}}});
    if (smtp) return;
    for (const char* path : {"notify.smtp_user", "notify.smtp_password"}) {
      if (draft_.get(path) != nullptr) draft_.note(path, "Without the other one it is not used.");
    }
  }

  /// Reads what would be written, as every command will, with each variable that it refers to set.
  bool loads(const std::string& text) {
    ConfigurationSources sources;
    sources.file = file_;
    sources.text = text;
    sources.now = context_.now;
    const std::string reference = draft_.text_of("external_id");
    if (reference.starts_with("env:")) {
      variable_ = reference.substr(4);
      sources.environment[variable_] = "set-later";
    }
    const LoadedOrRefused answer = load_configuration(sources);
    for (const Problem& problem : answer.problems) {
      context_.err << "keyward init: " << (problem.severity == Problem::Severity::warning ? "warning: " : "") << problem.path << ": "
                   << problem.message << '\n';
    }
    if (!answer.loaded) context_.err << "keyward init: nothing was written\n";
    return answer.loaded.has_value();
  }

  ExitCode write(const std::string& text) {
    // A link cannot replace what somebody else has made meanwhile.
    const std::filesystem::path draft = file_.string() + ".draft-" + std::to_string(::getpid());
    const base::Result<void> written = base::write_atomically(options_.force ? file_ : draft, text);
    if (!written) {
      complain(base::describe(written.error()));
      return ExitCode::usage;
    }
    if (!options_.force) {
      const int linked = ::link(draft.c_str(), file_.c_str());
      const int why = errno;
      ::unlink(draft.c_str());
      if (linked != 0 && why == EEXIST) return there_already();
      if (linked != 0) {
        complain(base::describe(base::file_error("cannot be written", file_, why)));
        return ExitCode::usage;
      }
    }
    tell();
    return ExitCode::done;
  }

  // ---- what to do next ----

  std::vector<std::pair<std::string, std::string>> next_steps() const {
    const std::string call = "keyward -c " + file_.string();
    std::vector<std::pair<std::string, std::string>> steps;
    if (!variable_.empty()) steps.emplace_back("export " + variable_ + "=...", "the external id of the role's trust policy");
    steps.emplace_back(call + " config validate", "checks the file");
    if (find_command(command_tree(), {"doctor"}) != nullptr) steps.emplace_back(call + " doctor", "whether everything is in place");
    steps.emplace_back(call + " inventory", "which accounts take part");
    steps.emplace_back(call + " run --dry-run", "everything but the changes");
    return steps;
  }

  void tell() {
    if (context_.line.output == OutputFormat::table) {
      context_.out << "Wrote " << file_.string() << ". dry_run is true: nothing is changed.\nNext:\n";
      for (const auto& [command, meaning] : next_steps()) context_.out << "  " << command << "\n      " << meaning << '\n';
      return;
    }
    json::array parameters;
    for (const TranslatedParameter& one : translated_) {
      parameters.push_back({{"parameter", one.name}, {"value", one.value}, {"outcome", word_for(one.outcome)}, {"text", one.text}});
    }
    json::array next;
    for (const auto& [command, meaning] : next_steps()) next.emplace_back(command);
    context_.out << json::serialize(
                        json::object{{"file", file_.string()}, {"parameters", std::move(parameters)}, {"next", std::move(next)}})
                 << '\n';
  }

  const InitContext& context_;
  const InitOptions& options_;
  const std::filesystem::path file_;
  ConfigurationDraft draft_;
  std::vector<TranslatedParameter> translated_;
  std::string variable_;  ///< that external_id refers to
};

}  // namespace

ExitCode run_init(const InitContext& context) { return Init(context).run(); }

}  // namespace keyward::orchestrator
