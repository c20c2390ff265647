#include <boost/json/serialize.hpp>

#include "orchestrator/configuration_environment.hpp"
#include "orchestrator/configuration_fields.hpp"
#include "orchestrator/manual.hpp"
#include "orchestrator/roff.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

/// What a value may be, in words, from its schema.
std::string type_of(const json::object& schema) {
  if (const json::value* comment = schema.if_contains("$comment")) return std::string(comment->as_string());
  if (const json::value* words = schema.if_contains("enum")) {
    std::string list;
    for (const json::value& word : words->as_array()) list += (list.empty() ? "" : ", ") + std::string(word.as_string());
    return list.find(',') == std::string::npos ? list : "one of " + list;
  }
  if (const json::value* kinds = schema.if_contains("anyOf")) {
    std::string list;
    for (const json::value& kind : kinds->as_array()) list += (list.empty() ? "" : ", or ") + type_of(kind.as_object());
    return list;
  }
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) return "anything";
  if (*type == "boolean") return "true or false";
  if (*type == "integer")
    return "a whole number from " + json::serialize(schema.at("minimum")) + " to " + json::serialize(schema.at("maximum"));
  if (*type == "array") return "a list; each: " + type_of(schema.at("items").as_object());
  if (*type == "object") return schema.contains("properties") ? "a group of keys" : "names with their values";
  return "text";
}

/// The keys of a group, of a list of groups, or of one of several forms; nothing for plain values.
const json::object* keys_of(const json::object& schema) {
  if (const json::value* keys = schema.if_contains("properties")) return &keys->as_object();
  if (const json::value* items = schema.if_contains("items")) return keys_of(items->as_object());
  if (const json::value* kinds = schema.if_contains("anyOf")) {
    for (const json::value& kind : kinds->as_array()) {
      if (const json::object* keys = keys_of(kind.as_object())) return keys;
    }
  }
  return nullptr;
}

/// ".", but not behind another one.
std::string sentence(std::string text) {
  if (!text.ends_with('.') && !text.ends_with("...")) text += '.';
  return text;
}

std::string described_keys(const json::object& keys) {
  std::string text = ".RS\n";
  for (const auto& [name, schema] : keys) {
    const json::object& key = schema.as_object();
    text += roff::item(roff::bold(name),
                       roff::prose(sentence(std::string(key.at("description").as_string())) + " Value: " + sentence(type_of(key))));
    if (const json::object* below = keys_of(key)) text += described_keys(*below);
  }
  return text + ".RE\n";
}

std::string described(const Field& field, const Configuration& defaults) {
  std::string text = sentence(field.description) + " Value: " + sentence(type_of(field.schema));
  const json::value value = field.show(defaults, defaults.defaults);
  const bool none = value.is_null() || value == json::value("");
  text += " Default: " + (none ? std::string("none") : json::serialize(value)) + ".";
  if (field.scope == Scope::account) text += " May differ by account.";
  std::string names;
  for (const EnvironmentName& name : environment_names()) {
    if (name.path == field.path) names += (names.empty() ? "" : ", ") + std::string(name.name);
  }
  if (!names.empty()) text += " Environment: " + names + ".";
  text = roff::item(roff::bold(field.path), roff::prose(text));
  if (const json::object* keys = keys_of(field.schema)) text += described_keys(*keys);
  return text;
}

}  // namespace

std::string render_configuration_manual() {
  std::string text = roff::heading("KEYWARD.YAML", 5);
  text += roff::section("NAME") + "keyward.yaml \\- configuration of keyward\n";
  text +=
      roff::section("DESCRIPTION") +
      roff::prose(
          "The configuration of keyward(1): config.yaml in the working directory, /etc/keyward/config.yaml, or what -c names. It is YAML. "
          "Unknown and duplicate keys are errors, account ids stand in quotes, and a secret never stands in it: env:NAME, file:PATH, "
          "cred:NAME or ssm:PARAMETER says where it is. Relative paths start at the file's folder.") +
      "\n";
  text += roff::paragraph(
      "A flag wins over the environment, that over accounts.overrides, that over the file, that over the default. For dry_run the safer "
      "value wins. keyward config validate checks a file, keyward config show tells where each value comes from.");
  const Configuration defaults;
  std::string section;
  text += roff::section("KEYS");
  for (const Field& field : configuration_fields()) {
    const auto dot = field.path.find('.');
    const std::string own = dot == std::string::npos ? "" : field.path.substr(0, dot);
    if (own != section && !own.empty()) text += roff::subsection(own);
    if (own != section && own.empty()) text += roff::subsection("the whole run");
    section = own;
    text += described(field, defaults);
    if (field.path == "accounts.exclude")
      text += roff::item(roff::bold(k_overrides_path), roff::prose(sentence(std::string(k_overrides_description))));
  }
  return text + roff::section("SEE ALSO") + roff::bold("keyward") + "(1)\n";
}

}  // namespace keyward::orchestrator
