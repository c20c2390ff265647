#include "orchestrator/configuration_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value_from.hpp>
#include <utility>

#include "base/digest.hpp"
#include "orchestrator/configuration_values.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

/// What applies: the settings of the run and of an account, and where each came from.
struct Effective {
  AccountSettings account;
  std::map<std::string, Origin> origins;
  std::vector<std::string> undecided;  ///< overrides that may or may not fit the account
};

void lay_on(Effective& effective, const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) {
    setting.change({effective.account, nullptr});
    effective.origins[setting.field->path] = setting.origin;
  }
}

Effective effective_for(const LoadedConfiguration& loaded, const std::optional<base::AccountId>& id) {
  Effective effective{loaded.configuration.defaults, loaded.origins, {}};
  if (!id) return effective;
  for (const LoadedOverride& entry : loaded.overrides) {
    if (!entry.match.id) {
      effective.undecided.push_back(
          fmt::format("{} ({})", json::serialize(AccountRule{}.show(entry.match)), describe(entry.origin)));
      continue;
    }
    if (*entry.match.id != *id) continue;
    lay_on(effective, entry.settings);
    break;  // the first that fits
  }
  lay_on(effective, loaded.final_settings);
  return effective;
}

std::string origin_of(const std::map<std::string, Origin>& origins, const std::string& path) {
  const auto found = origins.find(path);
  return describe(found == origins.end() ? Origin{} : found->second);
}

/// The value that one setting of an override names.
json::value shown_value(const LoadedConfiguration& loaded, const Setting& setting) {
  AccountSettings settings = loaded.configuration.defaults;
  setting.change({settings, nullptr});
  return setting.field->show(loaded.configuration, settings);
}

/// Text with the origins in one column.
std::string align(const std::vector<std::pair<std::string, std::string>>& lines) {
  constexpr std::size_t k_widest = 80;
  std::size_t width = 0;
  for (const auto& [left, origin] : lines) {
    if (left.size() <= k_widest) width = std::max(width, left.size());
  }
  std::string text;
  for (const auto& [left, origin] : lines) text += fmt::format("{:<{}}   ({})\n", left, width, origin);
  return text;
}

std::string effective_table(const LoadedConfiguration& loaded, const Effective& effective, bool with_overrides) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Field& field : configuration_fields()) {
    const json::value value = field.show(loaded.configuration, effective.account);
    lines.emplace_back(fmt::format("{} = {}", field.path, json::serialize(value)),
                       origin_of(effective.origins, field.path));
  }
  for (std::size_t i = 0; with_overrides && i < loaded.overrides.size(); ++i) {
    const LoadedOverride& entry = loaded.overrides[i];
    lines.emplace_back(
        fmt::format("{}[{}].match = {}", k_overrides_path, i, json::serialize(AccountRule{}.show(entry.match))),
        describe(entry.origin));
    for (const Setting& setting : entry.settings) {
      lines.emplace_back(fmt::format("{} = {}", setting.shown_path, json::serialize(shown_value(loaded, setting))),
                         describe(setting.origin));
    }
  }
  std::string text = align(lines);
  for (const std::string& rule : effective.undecided) {
    text += fmt::format("# an override for {} may replace some of these; only a run knows\n", rule);
  }
  return text;
}

std::string effective_json(const LoadedConfiguration& loaded, const Effective& effective, bool with_overrides) {
  json::object settings;
  for (const Field& field : configuration_fields()) {
    settings[field.path] = {{"value", field.show(loaded.configuration, effective.account)},
                            {"origin", origin_of(effective.origins, field.path)}};
  }
  json::object answer{{"settings", std::move(settings)}};
  if (with_overrides) {
    json::array overrides;
    for (const LoadedOverride& entry : loaded.overrides) {
      json::object named;
      for (const Setting& setting : entry.settings) {
        named[setting.field->path] = {{"value", shown_value(loaded, setting)}, {"origin", describe(setting.origin)}};
      }
      overrides.push_back({{"match", AccountRule{}.show(entry.match)},
                           {"origin", describe(entry.origin)},
                           {"settings", std::move(named)}});
    }
    answer["overrides"] = std::move(overrides);
  } else {
    answer["undecided_overrides"] = json::value_from(effective.undecided);
  }
  return json::serialize(answer) + "\n";
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

json::object empty_section() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}};
}

/// Puts a field's schema at its path, making the sections above it.
void place(json::object& root, std::string_view path, json::object schema) {
  json::object* section = &root;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    json::value& child = section->at("properties").as_object()[path.substr(0, dot)];
    if (child.is_null()) {
      child = empty_section();
      child.as_object()["type"] = {"object", "null"};  // a section may hold nothing but comments
    }
    section = &child.as_object();
    path.remove_prefix(dot + 1);
  }
  section->at("properties").as_object()[path] = std::move(schema);
}

json::object field_schema(const Field& field) {
  json::object schema = field.schema;
  schema["description"] = field.description;
  return schema;
}

}  // namespace

std::string render_effective(const LoadedConfiguration& loaded, TextFormat format,
                             const std::optional<base::AccountId>& account) {
  const Effective effective = effective_for(loaded, account);
  return format == TextFormat::json ? effective_json(loaded, effective, !account)
                                    : effective_table(loaded, effective, !account);
}

std::vector<ShownSetting> settings_of(const LoadedConfiguration& loaded, const accounts::Account& account) {
  Effective effective{loaded.configuration.defaults, loaded.origins, {}};
  const auto fits = [&account](const LoadedOverride& entry) { return accounts::matches(entry.match, account); };
  const auto first = std::ranges::find_if(loaded.overrides, fits);
  if (first != loaded.overrides.end()) lay_on(effective, first->settings);
  lay_on(effective, loaded.final_settings);
  std::vector<ShownSetting> shown;
  for (const Field& field : configuration_fields()) {
    shown.push_back({field.path, json::serialize(field.show(loaded.configuration, effective.account)), origin_of(effective.origins, field.path)});
  }
  return shown;
}

std::string configuration_digest(const LoadedConfiguration& loaded) {
  json::array parts;
  for (const Field& field : configuration_fields()) {
    if (field.path == "state_dir" || field.path == "profile") continue;
    parts.push_back({field.path, field.show(loaded.configuration, loaded.configuration.defaults)});
  }
  for (const LoadedOverride& entry : loaded.overrides) {
    parts.push_back(AccountRule{}.show(entry.match));
    for (const Setting& setting : entry.settings) parts.push_back({setting.field->path, shown_value(loaded, setting)});
  }
  for (const Setting& setting : loaded.final_settings) parts.push_back({setting.field->path, shown_value(loaded, setting)});
  return base::sha256_hex(json::serialize(parts));
}

std::string render_problems(const std::vector<Problem>& problems, TextFormat format) {
  const auto errors =
      static_cast<std::size_t>(std::ranges::count(problems, Problem::Severity::error, &Problem::severity));
  if (format == TextFormat::json) {
    json::array list;
    for (const Problem& problem : problems) {
      json::object entry{{"severity", problem.severity == Problem::Severity::error ? "error" : "warning"},
                         {"origin", describe(problem.origin)},
                         {"path", problem.path},
                         {"message", problem.message}};
      if (problem.origin.line > 0) {
        entry["file"] = problem.origin.name;
        entry["line"] = problem.origin.line;
        entry["column"] = problem.origin.column;
      }
      list.push_back(std::move(entry));
    }
    return json::serialize(json::object{{"valid", errors == 0}, {"problems", std::move(list)}}) + "\n";
  }
  std::string text;
  for (const Problem& problem : problems) text += describe(problem) + "\n";
  const std::size_t warnings = problems.size() - errors;
  if (errors > 0)
    return text + fmt::format("not valid: {}, {}\n", counted(errors, "error"), counted(warnings, "warning"));
  return text + (warnings > 0 ? fmt::format("valid, with {}\n", counted(warnings, "warning")) : "valid\n");
}

json::object configuration_schema() {
  const Configuration defaults;
  json::object schema = empty_section();
  json::object override_schema = empty_section();
  override_schema["required"] = json::array{"match"};
  place(override_schema, "match", AccountRule{}.schema());
  for (const Field& field : configuration_fields()) {
    json::object described = field_schema(field);
    if (field.scope == Scope::account) place(override_schema, field.path, described);
    json::value value = field.show(defaults, defaults.defaults);
    if (!value.is_null()) described["default"] = std::move(value);
    place(schema, field.path, std::move(described));
  }
  place(schema, k_overrides_path,
        {{"type", "array"}, {"description", k_overrides_description}, {"items", std::move(override_schema)}});
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "keyward configuration";
  return schema;
}

}  // namespace keyward::orchestrator
