#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/yaml_reader.hpp"

namespace keyward::orchestrator {

/// A configuration file in the making: what it will say, each value checked by the field that will read it, and every
/// other key as a comment.
class ConfigurationDraft {
 public:
  /// Sets a field. Returns what is wrong with the value, if anything, and leaves the field as it was. A value that may be
  /// a secret is refused without repeating it.
  std::optional<std::string> set(std::string_view path, const boost::json::value& value);
  /// The same for what came from elsewhere, where nothing has quotes.
  std::optional<std::string> set(std::string_view path, const YamlValue& value);

  /// The field stands at its default again.
  void clear(std::string_view path);

  /// Nothing when it was not set.
  const boost::json::value* get(std::string_view path) const;
  /// What applies: what was set, or the default, as text; empty: none.
  std::string text_of(std::string_view path) const;

  /// A comment at a key.
  void note(std::string_view path, std::string text);
  /// A comment at the head of the file.
  void remark(std::string text);

  /// The file: YAML, with every key of the configuration.
  std::string render() const;

 private:
  std::map<std::string, boost::json::value, std::less<>> values_;
  std::map<std::string, std::vector<std::string>, std::less<>> notes_;
  std::vector<std::string> remarks_;
};

}  // namespace keyward::orchestrator
