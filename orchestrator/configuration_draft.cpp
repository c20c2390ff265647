#include "orchestrator/configuration_draft.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "orchestrator/configuration_fields.hpp"
#include "orchestrator/secret_look.hpp"
#include "report/layout.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

constexpr std::size_t k_comment_width = 110;

/// Text that no YAML reader takes for anything else may stand without quotes.
bool needs_no_quotes(std::string_view text) {
  constexpr std::array<std::string_view, 9> k_words{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./@").find(c) != std::string_view::npos;
  };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::string small(text);
  std::ranges::transform(small, small.begin(), lower);
  const bool begins_well = !text.empty() && ((small.front() >= 'a' && small.front() <= 'z') || small.front() == '/');
  return begins_well && std::ranges::all_of(text, plain) && std::ranges::find(k_words, small) == k_words.end();
}

std::string yaml(const json::value& value) {
  if (value.is_string()) return needs_no_quotes(value.get_string()) ? std::string(value.get_string()) : json::serialize(value);
  std::string text;
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) text += (text.empty() ? "" : ", ") + yaml(item);
    return "[" + text + "]";
  }
  if (value.is_object()) {
    for (const auto& [key, item] : value.get_object()) text += (text.empty() ? "" : ", ") + yaml(json::value(key)) + ": " + yaml(item);
    return "{" + text + "}";
  }
  return json::serialize(value);
}

std::string comment(std::string_view text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::istringstream lines(report::wrapped(text, k_comment_width - indent, 0));
  std::string out;
  for (std::string line; std::getline(lines, line);) out += margin + "# " + line + "\n";
  return out;
}

bool any_secret(const YamlValue& value) {
  return looks_like_secret(value.text) || std::ranges::any_of(value.items, [](const auto& item) { return any_secret(*item); }) ||
         std::ranges::any_of(value.entries, [](const YamlEntry& entry) { return any_secret(*entry.value); });
}

bool is_none(const json::value& value) { return value.is_null() || value == json::value(""); }

/// The field's description, and for a field without a default what may stand there.
std::string about(const Field& field, const json::value& applies) {
  std::string text = field.description;
  const json::value* form = field.schema.if_contains("$comment");
  if (is_none(applies) && form != nullptr) text += ". Here: " + std::string(form->as_string());
  return text;
}

}  // namespace

std::optional<std::string> ConfigurationDraft::set(std::string_view path, const json::value& value) {
  Problems problems;
  const auto root = parse_yaml(json::serialize(json::object{{"value", value}}), "", problems);
  if (root == nullptr || root->entries.size() != 1) return std::string(path) + ": cannot be written";
  return set(path, *root->entries.front().value);
}

std::optional<std::string> ConfigurationDraft::set(std::string_view path, const YamlValue& value) {
  const std::string shown(path);
  const Field& field = *find_field(path);
  if (any_secret(value))
    return shown + ": looks like a secret, which never stands in a configuration; name where it is, such as env:NAME or file:PATH";
  const bool reference = value.text.starts_with("env:") || value.text.starts_with("file:") || value.text.starts_with("cred:");
  if (path == "external_id" && !value.text.empty() && !reference)
    return shown + ": must be env:NAME, file:PATH or cred:NAME, where the external id is";
  Problems problems;
  const std::map<std::string, std::string> no_environment;
  Reading reading{problems, {}, no_environment};
  const Change change = field.read(value, shown, reading);
  if (!change) return problems.list().empty() ? shown + ": is not accepted" : shown + ": " + problems.list().front().message;
  Configuration scratch;
  change({scratch.defaults, &scratch});
  values_[shown] = field.show(scratch, scratch.defaults);
  return std::nullopt;
}

void ConfigurationDraft::clear(std::string_view path) { values_.erase(std::string(path)); }

const json::value* ConfigurationDraft::get(std::string_view path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

std::string ConfigurationDraft::text_of(std::string_view path) const {
  const Configuration defaults;
  const json::value* set = get(path);
  const json::value value = set != nullptr ? *set : find_field(path)->show(defaults, defaults.defaults);
  if (is_none(value)) return {};
  return value.is_string() ? std::string(value.get_string()) : yaml(value);
}

void ConfigurationDraft::note(std::string_view path, std::string text) { notes_[std::string(path)].push_back(std::move(text)); }

void ConfigurationDraft::remark(std::string text) { remarks_.push_back(std::move(text)); }

std::string ConfigurationDraft::render() const {
  std::string text =
      comment("Configuration of keyward, written by: keyward init", 0) +
      comment(
          "A key that is commented out stands at its default. keyward config validate checks this file, keyward config show tells "
          "what applies and where it comes from, and keyward.yaml(5) tells of every key.",
          0);
  if (!remarks_.empty()) text += "#\n";
  for (const std::string& remark : remarks_) text += comment(remark, 0);
  const Configuration defaults;
  std::string section;
  for (const Field& field : configuration_fields()) {
    const auto dot = field.path.find('.');
    const std::string own = dot == std::string::npos ? "" : field.path.substr(0, dot);
    const std::size_t indent = own.empty() ? 0 : 2;
    if (own != section || own.empty()) text += "\n";
    if (own != section && !own.empty()) text += own + ":\n";
    section = own;
    const json::value* set = get(field.path);
    json::value applies = set != nullptr ? *set : field.show(defaults, defaults.defaults);
    if (set == nullptr && field.path == "audit_role") applies = json::value(text_of("member_role"));
    text += comment(about(field, applies), indent);
    if (const auto notes = notes_.find(field.path); notes != notes_.end()) {
      for (const std::string& note : notes->second) text += comment(note, indent);
    }
    const std::string key = own.empty() ? field.path : field.path.substr(dot + 1);
    text += std::string(indent, ' ') + (set != nullptr ? "" : "# ") + key + ":" + (is_none(applies) ? "" : " " + yaml(applies)) + "\n";
    if (field.path == "accounts.exclude") text += comment(k_overrides_description, 2) + "  # overrides: []\n";
  }
  return text;
}

}  // namespace keyward::orchestrator
