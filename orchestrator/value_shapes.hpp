#pragma once

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/regex.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "orchestrator/yaml_reader.hpp"

// A shape says what a value may be, three times from one description: `read` checks and converts it, `show` writes it
// as JSON, `schema` describes it as JSON Schema (draft-07), its `$comment` in words. `Type` is what reading yields. `read` reports every problem
// with its place and returns nothing when there was one.
namespace keyward::orchestrator {

enum class Need { optional, required };

/// What shapes need while they read.
struct Reading {
  Problems& problems;
  std::filesystem::path base_directory;  ///< relative paths in the file start here; empty: the working directory
  const std::map<std::string, std::string>& environment;  ///< for references `env:NAME` and `cred:NAME`
};

/// Reports "is X; it must be EXPECTATION" for the value.
void refuse(const YamlValue& value, const std::string& path, Reading& reading, std::string_view expectation);

/// The text of a value that has to be text. A plain `true`, `123` or `~` is refused: YAML reads it as something else.
std::optional<std::string> read_text(const YamlValue& value, const std::string& path, Reading& reading,
                                     std::string_view expectation);

struct TrueOrFalse {
  using Type = bool;
  std::optional<bool> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(bool value) const { return value; }
  boost::json::object schema() const;
};

/// A number without quotes, from `low` to `high`.
struct WholeNumber {
  using Type = int;
  int low;
  int high;
  std::optional<int> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(int value) const { return value; }
  boost::json::object schema() const;
};

/// A number of days, from `low` to `high`.
struct Days {
  using Type = std::chrono::days;
  int low;
  int high;
  std::optional<std::chrono::days> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(std::chrono::days value) const { return value.count(); }
  boost::json::object schema() const;
};

std::optional<std::chrono::milliseconds> read_time_span(const YamlValue& value, const std::string& path,
                                                        Reading& reading, std::chrono::milliseconds low,
                                                        std::chrono::milliseconds high);
/// With the largest unit that needs no fraction: "90s", "2h".
std::string format_time_span(std::chrono::milliseconds span);

/// "500ms", "90s", "30m", "2h", "1d"; from `low` to `high`. Smaller parts than a Duration can hold are dropped.
template <class Duration>
struct TimeSpan {
  using Type = Duration;
  Duration low;
  Duration high;
  std::optional<Duration> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    const auto span = read_time_span(value, path, reading, low, high);
    if (!span) return std::nullopt;
    return std::chrono::duration_cast<Duration>(*span);
  }
  boost::json::value show(Duration value) const { return boost::json::value(format_time_span(value)); }
  boost::json::object schema() const {
    return {{"type", "string"},
            {"pattern", "^[0-9]{1,9}(ms|s|m|h|d)$"},
            {"$comment", "a time span such as 90s, 30m or 2h, from " + format_time_span(low) + " to " + format_time_span(high)}};
  }
};

/// Text that matches a regular expression (ECMA 262, as in JSON Schema; anchored by us).
class Text {
 public:
  using Type = std::string;
  /// The expectation completes "it must be": "a DNS name such as example.org".
  Text(std::string pattern, std::string expectation);
  std::optional<std::string> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const std::string& value) const { return boost::json::value(value); }
  boost::json::object schema() const;
  /// The same, or nothing at all.
  Text or_empty() const;

 private:
  std::string pattern_;
  std::string expectation_;
  std::shared_ptr<const boost::regex> compiled_;  // compiling takes longer than matching, and lists match often
};

/// "2027-03-31"; yields midnight UTC.
struct Date {
  using Type = std::chrono::sys_seconds;
  std::optional<std::chrono::sys_seconds> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(std::chrono::sys_seconds value) const;
  boost::json::object schema() const;
};

/// A file or folder; a relative one in the file starts at the file's folder. No `s3://`.
struct LocalPath {
  using Type = std::string;
  Need need = Need::optional;  ///< optional: "" stands for none
  std::optional<std::string> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const std::filesystem::path& value) const { return boost::json::value(value.string()); }
  boost::json::object schema() const;
};

/// A file, or a DynamoDB table: dynamodb://TABLE?region=REGION.
struct FileOrTable : LocalPath {
  std::optional<std::string> read(const YamlValue& value, const std::string& path, Reading& reading) const;
};

/// A folder, or a place in S3: s3://BUCKET/PREFIX.
struct FolderOrBucket : LocalPath {
  std::optional<std::string> read(const YamlValue& value, const std::string& path, Reading& reading) const;
};

/// An account id. In quotes, because YAML makes numbers of ids and loses leading zeros.
struct QuotedAccountId {
  using Type = base::AccountId;
  std::optional<base::AccountId> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const base::AccountId& value) const { return boost::json::value(value.str()); }
  boost::json::object schema() const;
};

/// An id of base/ids.hpp, narrowed by a pattern.
template <class IdType>
struct Identifier {
  using Type = IdType;
  Text text;

  std::optional<IdType> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    const auto read = text.read(value, path, reading);
    if (!read) return std::nullopt;
    auto id = IdType::parse(*read);
    if (!id) refuse(value, path, reading, IdType::expectation());
    return id;
  }
  boost::json::value show(const IdType& value) const { return boost::json::value(value.str()); }
  boost::json::object schema() const { return text.schema(); }
};

/// One of a few words.
template <class Enum>
struct Choice {
  using Type = Enum;
  std::vector<std::pair<std::string, Enum>> words;

  std::optional<Enum> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    const auto text = read_text(value, path, reading, expectation());
    if (!text) return std::nullopt;
    for (const auto& [word, meaning] : words) {
      if (word == *text) return meaning;
    }
    refuse(value, path, reading, expectation());
    return std::nullopt;
  }
  boost::json::value show(Enum value) const {
    for (const auto& [word, meaning] : words) {
      if (meaning == value) return boost::json::value(word);
    }
    return nullptr;
  }
  boost::json::object schema() const {
    boost::json::array allowed;
    for (const auto& [word, meaning] : words) allowed.emplace_back(word);
    return {{"enum", std::move(allowed)}};
  }

 private:
  std::string expectation() const {
    std::string list;
    for (const auto& [word, meaning] : words) list += (list.empty() ? "" : ", ") + word;
    return words.size() == 1 ? list : "one of " + list;
  }
};

/// Any number of values of one shape, none of them twice.
template <class Shape>
struct ListOf {
  using Type = std::vector<typename Shape::Type>;
  Shape shape;

  std::optional<Type> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    if (value.kind != YamlValue::Kind::list) {
      refuse(value, path, reading, "a list; [] is an empty one");
      return std::nullopt;
    }
    Type items;
    std::set<std::string> seen;
    bool complete = true;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const std::string item_path = fmt::format("{}[{}]", path, i);
      auto item = shape.read(*value.items[i], item_path, reading);
      if (!item) {
        complete = false;
        continue;
      }
      const std::string shown = boost::json::serialize(shape.show(*item));
      if (!seen.insert(shown).second) {
        reading.problems.error(value.items[i]->origin, item_path, fmt::format("{} is listed twice; remove one", shown));
        complete = false;
      }
      items.push_back(std::move(*item));
    }
    if (!complete) return std::nullopt;
    return items;
  }
  boost::json::value show(const Type& value) const {
    boost::json::array items;
    for (const auto& item : value) items.push_back(shape.show(item));
    return items;
  }
  boost::json::object schema() const { return {{"type", "array"}, {"items", shape.schema()}, {"uniqueItems", true}}; }
};

/// A value in memory that may be absent is shown as null.
template <class Shape, class T>
boost::json::value show_value(const Shape& shape, const T& value) {
  return shape.show(value);
}
template <class Shape, class T>
boost::json::value show_value(const Shape& shape, const std::optional<T>& value) {
  return value ? shape.show(*value) : boost::json::value(nullptr);
}

/// One key of a small group of keys. `Draft` is the struct that is filled.
template <class Draft>
struct Member {
  std::string name;
  Need need = Need::optional;
  std::string description;
  boost::json::object schema;
  std::function<bool(const YamlValue&, const std::string& path, Reading&, Draft&)> read;
  std::function<boost::json::value(const Draft&)> show;
};

template <class Draft, class Shape, class Access>
Member<Draft> member(std::string name, Need need, Shape shape, Access access, std::string description) {
  Member<Draft> made{std::move(name), need, std::move(description), shape.schema(), {}, {}};
  made.read = [shape, access](const YamlValue& value, const std::string& path, Reading& reading, Draft& draft) {
    auto read = shape.read(value, path, reading);
    // NOLINTNEXTLINE(bugprone-optional-value-conversion): there are members that are no optional, too
    if (read) access(draft) = std::move(*read);
    return read.has_value();
  };
  made.show = [shape, access](const Draft& draft) { return show_value(shape, access(draft)); };
  return made;
}

/// A group of keys without a default: a rule, an exemption, a channel.
template <class Draft>
struct Group {
  using Type = Draft;
  std::vector<Member<Draft>> members;

  std::optional<Draft> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    if (value.kind != YamlValue::Kind::map) {
      refuse(value, path, reading, fmt::format("a group of keys: {}", fmt::join(names(), ", ")));
      return std::nullopt;
    }
    Draft draft;
    bool complete = true;
    std::set<std::string> given;
    for (const YamlEntry& entry : value.entries) {
      const std::string entry_path = path + "." + entry.key;
      given.insert(entry.key);
      const Member<Draft>* member = find(entry.key);
      if (member == nullptr) {
        reading.problems.error(entry.origin, entry_path, "unknown key; " + suggestion(entry.key, names()));
        complete = false;
      } else if (!member->read(*entry.value, entry_path, reading, draft)) {
        complete = false;
      }
    }
    for (const Member<Draft>& member : members) {
      if (member.need == Need::optional || given.contains(member.name)) continue;
      reading.problems.error(value.origin, path,
                             fmt::format("has no \"{}\"; add it: {}", member.name, member.description));
      complete = false;
    }
    if (!complete) return std::nullopt;
    return draft;
  }
  boost::json::value show(const Draft& draft) const {
    boost::json::object shown;
    for (const Member<Draft>& member : members) {
      boost::json::value value = member.show(draft);
      const bool absent = value.is_null() || (value.is_string() && value.get_string().empty()) ||
                          (value.is_object() && value.get_object().empty());
      if (!absent) shown[member.name] = std::move(value);
    }
    return shown;
  }
  boost::json::object schema() const {
    boost::json::object properties;
    boost::json::array required;
    for (const Member<Draft>& member : members) {
      boost::json::object property = member.schema;
      property["description"] = member.description;
      properties[member.name] = std::move(property);
      if (member.need == Need::required) required.emplace_back(member.name);
    }
    boost::json::object schema{
        {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

 private:
  const Member<Draft>* find(const std::string& name) const {
    for (const Member<Draft>& member : members) {
      if (member.name == name) return &member;
    }
    return nullptr;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    list.reserve(members.size());
    for (const Member<Draft>& member : members) list.push_back(member.name);
    return list;
  }
};

/// Tag keys and the values they must have: {keyward: enabled}. At least one.
struct Tags {
  using Type = std::vector<std::pair<std::string, std::string>>;
  std::optional<Type> read(const YamlValue& value, const std::string& path, Reading& reading) const;
  boost::json::value show(const Type& value) const;
  boost::json::object schema() const;
};

}  // namespace keyward::orchestrator
