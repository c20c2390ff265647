#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keyward::orchestrator {

/// Where a setting came from.
struct Origin {
  enum class Kind { built_in, file, environment, flag };
  Kind kind = Kind::built_in;
  std::string name;  ///< file: as it was given; environment: the variable; flag: with its dashes
  int line = 0;      ///< file only, from 1; 0: the file as a whole
  int column = 0;    ///< file only, from 1, in characters

  bool operator==(const Origin&) const = default;
};

/// For `config show`: "default", "config.yaml:3", "environment RotationPeriod", "flag --dry-run".
std::string describe(const Origin& origin);

/// Something wrong with the configuration.
struct Problem {
  enum class Severity {
    error,    ///< the configuration is refused
    warning,  ///< accepted, but surely not what was meant
  };
  Severity severity = Severity::error;
  Origin origin;
  std::string path;     ///< "accounts.overrides[0].policy.warn_days"; empty: the document
  std::string message;  ///< what is wrong; what is right

  bool operator==(const Problem&) const = default;
};

/// "config.yaml:3:7: policy.rotate_after_days: is 0; it must be a whole number from 1 to 3650". A warning says so after
/// the place.
std::string describe(const Problem& problem);

/// Collects what is wrong, so that one attempt shows everything. Makes one harmless line of each. Keeps the first two hundred and drops repetitions.
class Problems {
 public:
  void error(const Origin& origin, std::string_view path, std::string message);
  void warning(const Origin& origin, std::string_view path, std::string message);

  bool has_errors() const noexcept { return has_errors_; }
  const std::vector<Problem>& list() const noexcept { return list_; }

 private:
  void add(Problem problem);

  std::vector<Problem> list_;
  bool has_errors_ = false;
};

struct YamlEntry;

/// A value with its place. Nothing is converted yet: whether `0123` is a number or an account id is for the field to
/// say.
struct YamlValue {
  enum class Kind { null, scalar, list, map };
  enum class Style {
    plain,    ///< in the file, without quotes
    quoted,   ///< in the file, in quotes or as a block
    outside,  ///< from the environment or the command line, where nothing has quotes
  };
  Kind kind = Kind::null;
  Style style = Style::plain;
  std::string text;  ///< scalar
  Origin origin;
  std::vector<std::shared_ptr<const YamlValue>> items;  ///< list
  std::vector<YamlEntry> entries;                       ///< map, in the file's order, every key once
};

struct YamlEntry {
  std::string key;
  Origin origin;
  std::shared_ptr<const YamlValue> value;
};

/// Reads one YAML document. Reports bad syntax, duplicate keys, tags (`!!str`), more than one document, broken UTF-8, over 1 MiB,
/// over 16 levels, over 100 000 values, over 64 aliases or an alias inside of what an alias repeats (which could grow
/// without bound). Never throws for what the text says. Returns an empty map for a document without content, and
/// nothing when the text cannot be used at all.
std::shared_ptr<const YamlValue> parse_yaml(std::string_view text, const std::string& file, Problems& problems);

/// `did you mean "policy"?` for a key that nearly is one of the known ones, else `known here: a, b, c`.
std::string suggestion(std::string_view key, const std::vector<std::string>& known);

/// A value for an error text: "is a list", `is "abc"`; long values are cut, control characters replaced.
std::string what_it_is(const YamlValue& value);

}  // namespace keyward::orchestrator
