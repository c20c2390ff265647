#include "orchestrator/configuration_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "orchestrator/configuration_environment.hpp"
#include "orchestrator/configuration_rules.hpp"
#include "orchestrator/configuration_values.hpp"

namespace keyward::orchestrator {
namespace {

constexpr std::size_t k_max_read = (1 << 20) + 1;  // one more than parse_yaml() accepts, so that it can tell
constexpr std::size_t k_max_external_id = 1224;    // AssumeRole's limit

/// The first `limit` bytes of a file, or the reason why not.
std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit, std::string& reason) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(limit, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(limit));
  if (!in && !in.eof()) {
    reason = errno != 0 ? std::generic_category().message(errno) : "it is not a file";
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

class Loader {
 public:
  explicit Loader(const ConfigurationSources& sources) : sources_(sources) {
    if (sources.file) reading_.base_directory = sources.file->parent_path();
  }

  LoadedOrRefused load() {
    const bool readable = !sources_.file || read_configuration_file();
    for (EnvironmentValue& said : read_environment(sources_.environment, sources_.partition, problems_)) {
      lay_over(said.path, std::move(said.value));
    }
    read_command_line();
    assemble();
    if (!problems_.has_errors()) resolve_external_id();
    // Of a file that nobody can read, every rule would say that something is missing.
    if (readable) check();
    return finish();
  }

 private:
  // ---- the file ----

  /// False when nothing can be said about the file's settings.
  bool read_configuration_file() {
    const std::string name = sources_.file->string();
    const Origin whole_file{Origin::Kind::file, name, 0, 0};
    std::string reason;
    const auto text = sources_.text ? sources_.text : read_file(*sources_.file, k_max_read, reason);
    if (!text) {
      problems_.error(whole_file, "", "cannot be read: " + reason);
      return false;
    }
    const auto root = parse_yaml(*text, name, problems_);
    if (!root) return false;
    if (root->kind != YamlValue::Kind::map) {
      problems_.error(root->origin, "", what_it_is(*root) + "; a configuration is a group of keys");
      return false;
    }
    std::vector<Setting> settings;
    read_section(*root, "", "", Scope::run, settings);
    for (Setting& setting : settings) {
      const std::string path = setting.field->path;
      said_.insert_or_assign(path, std::move(setting));
    }
    return true;
  }

  /// Reads the fields below `prefix` ("policy."). In an override only fields of scope `account` are known.
  void read_section(const YamlValue& section, const std::string& prefix, const std::string& shown_prefix, Scope scope,
                    std::vector<Setting>& settings) {
    for (const YamlEntry& entry : section.entries) {
      const std::string path = prefix + entry.key;
      const std::string shown_path = shown_prefix + path;
      const Field* field = find_field(path);
      if (scope == Scope::account && prefix.empty() && entry.key == "match") continue;  // read_override() has it
      if (field != nullptr && (scope == Scope::run || field->scope == Scope::account)) {
        read_field(*field, entry.value, shown_path, settings);
      } else if (scope == Scope::run && path == k_overrides_path) {
        read_overrides(*entry.value, shown_path);
      } else if (!names_below(path + ".", scope).empty()) {
        if (entry.value->kind == YamlValue::Kind::map) {
          read_section(*entry.value, path + ".", shown_prefix, scope, settings);
        } else if (entry.value->kind != YamlValue::Kind::null) {  // a section with nothing but comments
          refuse(*entry.value, shown_path, reading_,
                 fmt::format("a group of keys: {}", fmt::join(names_below(path + ".", scope), ", ")));
        }
      } else {
        problems_.error(entry.origin, shown_path, unknown_key(entry.key, prefix, scope));
      }
    }
  }

  void read_field(const Field& field, const std::shared_ptr<const YamlValue>& value, const std::string& shown_path,
                  std::vector<Setting>& settings) {
    Change change = field.read(*value, shown_path, reading_);
    if (change) {
      settings.push_back({&field, std::move(change), value->origin, shown_path, value});
    } else {
      refused_.insert(field.path);
    }
  }

  /// The keys that may stand below `prefix`, in the order of the table.
  static std::vector<std::string> names_below(const std::string& prefix, Scope scope) {
    std::vector<std::string> names;
    const auto add = [&](std::string_view path) {
      if (!path.starts_with(prefix)) return;
      path.remove_prefix(prefix.size());
      std::string name(path.substr(0, path.find('.')));
      if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    };
    for (const Field& field : configuration_fields()) {
      if (scope == Scope::run || field.scope == Scope::account) add(field.path);
    }
    if (scope == Scope::run) add(k_overrides_path);
    if (scope == Scope::account && prefix.empty()) names.insert(names.begin(), "match");
    return names;
  }

  static std::string unknown_key(const std::string& key, const std::string& prefix, Scope scope) {
    const Field* elsewhere = find_field(prefix + key);
    if (elsewhere != nullptr) return "cannot differ from account to account; set it for the whole run";
    for (const Field& field : configuration_fields()) {
      const bool same_name = field.path.ends_with("." + key);
      if (same_name && (scope == Scope::run || field.scope == Scope::account)) {
        return fmt::format("unknown key here; did you mean \"{}\"?", field.path);
      }
    }
    return "unknown key; " + suggestion(key, names_below(prefix, scope));
  }

  // ---- accounts.overrides ----

  void read_overrides(const YamlValue& list, const std::string& shown_path) {
    if (list.kind != YamlValue::Kind::list) {
      refuse(list, shown_path, reading_, "a list; [] is an empty one");
      return;
    }
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      read_override(*list.items[i], fmt::format("{}[{}]", shown_path, i));
    }
  }

  void read_override(const YamlValue& entry, const std::string& shown_path) {
    if (entry.kind != YamlValue::Kind::map) {
      refuse(entry, shown_path, reading_,
             fmt::format("a group of keys: {}", fmt::join(names_below("", Scope::account), ", ")));
      return;
    }
    LoadedOverride loaded{{}, entry.origin, {}};
    read_section(entry, "", shown_path + ".", Scope::account, loaded.settings);
    const auto rule = std::ranges::find(entry.entries, "match", &YamlEntry::key);
    if (rule == entry.entries.end()) {
      problems_.error(entry.origin, shown_path, "has no \"match\"; say for which accounts: one of id, ou, tag");
      return;
    }
    const std::string rule_path = shown_path + ".match";
    auto match = AccountRule{}.read(*rule->value, rule_path, reading_);
    if (!match) return;
    const std::string shown = boost::json::serialize(AccountRule{}.show(*match));
    const auto [first, is_new] = matches_.try_emplace(shown, shown_path);
    if (!is_new) {
      problems_.error(rule->value->origin, rule_path,
                      fmt::format("{} has an override already, {}; put both into one", shown, first->second));
    }
    if (entry.entries.size() == 1) {
      problems_.warning(entry.origin, shown_path,
                        "overrides nothing; name dry_run, policy, store, notify or report, or remove it");
    }
    loaded.match = std::move(*match);
    loaded_.overrides.push_back(std::move(loaded));
  }

  // ---- environment and command line ----

  void read_command_line() {
    const auto flag = [this](const std::string& name, std::string_view path, std::string text) {
      lay_over(path, outside_value({Origin::Kind::flag, name, 0, 0}, std::move(text)));
    };
    const CommandLineOverrides& line = sources_.command_line;
    if (line.dry_run) flag("--dry-run", "dry_run", "true");
    if (line.region) flag("--region", "region", *line.region);
    if (line.profile) flag("--profile", "profile", *line.profile);
  }

  /// Environment and flags stand above the overrides; only DryRunFlag=false does not, the safer value wins.
  void lay_over(std::string_view path, YamlValue said) {
    const Field* field = find_field(path);
    if (field == nullptr) return;
    auto value = std::make_shared<const YamlValue>(std::move(said));
    std::vector<Setting> settings;
    read_field(*field, value, field->path, settings);
    if (settings.empty()) return;
    const bool turns_dry_run_off = path == "dry_run" && value->text == "false";
    if (field->scope == Scope::account && !turns_dry_run_off) {
      std::erase_if(loaded_.final_settings, [&](const Setting& earlier) { return earlier.field == field; });
      loaded_.final_settings.push_back(settings.front());
    }
    said_.insert_or_assign(field->path, std::move(settings.front()));
  }

  // ---- putting it together ----

  void assemble() {
    Configuration& run = loaded_.configuration;
    for (const auto& [path, setting] : said_) {
      setting.change({run.defaults, &run});
      loaded_.origins[path] = setting.origin;
    }
    if (!said_.contains("audit_role")) {
      run.audit_role = run.member_role;
      if (said_.contains("member_role")) loaded_.origins["audit_role"] = said_.at("member_role").origin;
    }
    for (const LoadedOverride& loaded : loaded_.overrides) {
      run.overrides.push_back({loaded.match, apply_all(loaded.settings)});
    }
    run.final_say = apply_all(loaded_.final_settings);
  }

  static std::function<void(AccountSettings&)> apply_all(const std::vector<Setting>& settings) {
    std::vector<Change> changes;
    changes.reserve(settings.size());
    for (const Setting& setting : settings) changes.push_back(setting.change);
    return [changes = std::move(changes)](AccountSettings& account) {
      for (const Change& change : changes) change({account, nullptr});
    };
  }

  void resolve_external_id() {
    Configuration& run = loaded_.configuration;
    const std::string& reference = run.external_id_reference;
    if (reference.empty()) return;
    const Setting& setting = said_.at("external_id");
    const auto refuse_it = [&](std::string message) {
      problems_.error(setting.origin, setting.shown_path, std::move(message));
    };
    std::string id = reference;
    if (reference.starts_with("env:")) {
      const std::string name = reference.substr(4);
      const auto variable = sources_.environment.find(name);
      if (variable == sources_.environment.end() || variable->second.empty()) {
        return refuse_it(fmt::format("the environment variable {} is not set; set it or change the reference", name));
      }
      id = variable->second;
    } else if (reference.starts_with("file:") || reference.starts_with("cred:")) {
      std::string reason;
      const auto file = referred_file(reference, reading_, reason);
      if (!file) return refuse_it(reason);
      const auto text = read_file(*file, k_max_external_id + 3, reason);
      if (!text) return refuse_it(fmt::format("{} cannot be read: {}", reference.substr(5), reason));
      id = text->substr(0, text->find_last_not_of("\r\n") + 1);
    }
    if (!is_external_id(id)) {
      return refuse_it(
          fmt::format("does not lead to an external id; that is 2 to {} characters of A-Z a-z 0-9 _ + = , . @ : / -",
                      k_max_external_id));
    }
    run.external_id = id;
  }

  static bool is_external_id(std::string_view id) {
    return id.size() >= 2 && id.size() <= k_max_external_id && std::ranges::all_of(id, [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    std::string_view("_+=,.@:/-").find(c) != std::string_view::npos;
           });
  }

  // ---- rules ----

  void check() {
    const Configuration& run = loaded_.configuration;
    const SettingOf global = [this](std::string_view path) -> const Setting* {
      const auto found = said_.find(path);
      return found == said_.end() ? nullptr : &found->second;
    };
    check_run_settings(run, sources_.now, {global, refused_}, problems_);
    check_account_settings(run.defaults, run.region, {global, refused_}, problems_);
    for (std::size_t i = 0; i < loaded_.overrides.size(); ++i) {
      AccountSettings settings = run.defaults;
      run.overrides[i].apply(settings);
      run.final_say(settings);
      const SettingOf of_override = [&](std::string_view path) -> const Setting* {
        const auto named = [path](const Setting& setting) { return setting.field->path == path; };
        const auto last = std::ranges::find_if(loaded_.final_settings, named);
        if (last != loaded_.final_settings.end()) return &*last;
        const auto own = std::ranges::find_if(loaded_.overrides[i].settings, named);
        return own != loaded_.overrides[i].settings.end() ? &*own : global(path);
      };
      check_account_settings(settings, run.region, {of_override, refused_}, problems_);
    }
  }

  LoadedOrRefused finish() {
    // Errors of the file in its order, whatever found them; then environment and flags.
    std::multimap<std::tuple<bool, int, int>, Problem> in_order;
    for (const Problem& problem : problems_.list()) {
      const Origin& origin = problem.origin;
      in_order.emplace(std::tuple(origin.kind != Origin::Kind::file, origin.line, origin.column), problem);
    }
    LoadedOrRefused answer;
    for (auto& [place, problem] : in_order) answer.problems.push_back(std::move(problem));
    if (!problems_.has_errors()) answer.loaded = std::move(loaded_);
    return answer;
  }

  const ConfigurationSources& sources_;
  Problems problems_;
  Reading reading_{problems_, {}, sources_.environment};
  LoadedConfiguration loaded_;
  std::map<std::string, Setting, std::less<>> said_;  ///< by field path, the strongest that was said for all accounts
  std::set<std::string, std::less<>> refused_;        ///< fields with a value that could not be read
  std::map<std::string, std::string> matches_;        ///< rules of the overrides, with their places
};

}  // namespace

LoadedOrRefused load_configuration(const ConfigurationSources& sources) { return Loader(sources).load(); }

}  // namespace keyward::orchestrator
