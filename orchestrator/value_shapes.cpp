#include "orchestrator/value_shapes.hpp"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <charconv>

#include "base/time.hpp"
#include "notify/address_book.hpp"
#include "notify/bucket_templates.hpp"

namespace keyward::orchestrator {
namespace {

using std::chrono::milliseconds;

// Longest value AWS takes in any field that we pass on (an ARN). Also bounds the time that matching takes.
constexpr std::size_t k_max_text = 2048;

std::optional<long> parse_number(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What a YAML reader may take for a boolean, a number or nothing when it has no quotes (YAML 1.1 and 1.2).
bool reads_as_another_type(std::string_view text) {
  static const boost::regex other(
      "(true|false|yes|no|on|off|y|n|null|~|[-+]?(\\.inf|\\.nan|0x[0-9a-f]+|0o[0-7]+)|"
      "[-+]?[0-9][0-9_]*(\\.[0-9]*)?(e[-+]?[0-9]+)?|[-+]?\\.[0-9]+(e[-+]?[0-9]+)?)",
      boost::regex::perl | boost::regex::icase);
  return text.size() <= 64 && boost::regex_match(text.begin(), text.end(), other);
}

/// Control characters, and what yaml-cpp writes for bytes that are not UTF-8 (U+FFFD).
bool has_unprintable(std::string_view text) {
  return text.find("\xef\xbf\xbd") != std::string_view::npos ||
         std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

struct TimeUnit {
  std::string_view suffix;
  milliseconds length;
};
// Longest first, as they are shown.
constexpr std::array<TimeUnit, 5> k_time_units = {{{"d", std::chrono::days(1)},
                                                   {"h", std::chrono::hours(1)},
                                                   {"m", std::chrono::minutes(1)},
                                                   {"s", std::chrono::seconds(1)},
                                                   {"ms", milliseconds(1)}}};

std::optional<milliseconds> parse_time_span(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) return std::nullopt;
  for (const TimeUnit& unit : k_time_units) {
    if (text.substr(digits) == unit.suffix) return *parse_number(text.substr(0, digits)) * unit.length;
  }
  return std::nullopt;
}

std::string number_range(int low, int high, std::string_view unit) {
  return fmt::format("a whole number{} from {} to {}", unit, low, high);
}

/// A whole number without quotes in the range.
std::optional<int> read_number(const YamlValue& value, const std::string& path, Reading& reading, int low, int high,
                               std::string_view unit) {
  if (value.kind == YamlValue::Kind::scalar && value.style != YamlValue::Style::quoted) {
    const auto number = parse_number(value.text);
    // A leading zero means octal to some YAML readers and nothing to people.
    const bool plain = value.text == "0" || !value.text.starts_with('0');
    if (number && plain && *number >= low && *number <= high) return static_cast<int>(*number);
  }
  const bool in_quotes = value.kind == YamlValue::Kind::scalar && value.style == YamlValue::Style::quoted;
  refuse(value, path, reading, number_range(low, high, unit) + (in_quotes ? ", without quotes" : ""));
  return std::nullopt;
}

}  // namespace

void refuse(const YamlValue& value, const std::string& path, Reading& reading, std::string_view expectation) {
  reading.problems.error(value.origin, path, fmt::format("{}; it must be {}", what_it_is(value), expectation));
}

std::optional<std::string> read_text(const YamlValue& value, const std::string& path, Reading& reading,
                                     std::string_view expectation) {
  if (value.kind != YamlValue::Kind::scalar) {
    refuse(value, path, reading, expectation);
    return std::nullopt;
  }
  if (value.style == YamlValue::Style::plain && reads_as_another_type(value.text)) {
    reading.problems.error(value.origin, path,
                           fmt::format("is {} without quotes, which YAML may read as something else than text; "
                                       "write \"{}\" in quotes",
                                       value.text, value.text));
    return std::nullopt;
  }
  if (value.text.size() > k_max_text) {
    reading.problems.error(value.origin, path,
                           fmt::format("is {} characters long; it must be {}", value.text.size(), expectation));
    return std::nullopt;
  }
  if (has_unprintable(value.text)) {
    reading.problems.error(
        value.origin, path,
        fmt::format("holds a line break, control character or broken UTF-8; it must be {}", expectation));
    return std::nullopt;
  }
  return value.text;
}

std::optional<bool> TrueOrFalse::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  if (value.kind == YamlValue::Kind::scalar && value.style != YamlValue::Style::quoted) {
    if (value.text == "true") return true;
    if (value.text == "false") return false;
  }
  const bool in_quotes = value.kind == YamlValue::Kind::scalar && value.style == YamlValue::Style::quoted;
  refuse(value, path, reading, in_quotes ? "true or false, without quotes" : "true or false");
  return std::nullopt;
}

boost::json::object TrueOrFalse::schema() const { return {{"type", "boolean"}}; }

std::optional<int> WholeNumber::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  return read_number(value, path, reading, low, high, "");
}

boost::json::object WholeNumber::schema() const { return {{"type", "integer"}, {"minimum", low}, {"maximum", high}}; }

std::optional<std::chrono::days> Days::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  const auto number = read_number(value, path, reading, low, high, " of days");
  if (!number) return std::nullopt;
  return std::chrono::days(*number);
}

boost::json::object Days::schema() const { return WholeNumber{low, high}.schema(); }

std::optional<milliseconds> read_time_span(const YamlValue& value, const std::string& path, Reading& reading,
                                           milliseconds low, milliseconds high) {
  if (value.kind == YamlValue::Kind::scalar) {
    const auto span = parse_time_span(value.text);
    if (span && *span >= low && *span <= high) return span;
  }
  refuse(value, path, reading,
         fmt::format("a time span from {} to {}, such as 90s, 30m, 2h or 1d", format_time_span(low),
                     format_time_span(high)));
  return std::nullopt;
}

std::string format_time_span(milliseconds span) {
  for (const TimeUnit& unit : k_time_units) {
    if (span % unit.length == milliseconds(0)) return fmt::format("{}{}", span / unit.length, unit.suffix);
  }
  return {};
}

Text::Text(std::string pattern, std::string expectation)
    : pattern_(std::move(pattern)),
      expectation_(std::move(expectation)),
      compiled_(std::make_shared<const boost::regex>(pattern_)) {}

std::optional<std::string> Text::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  auto text = read_text(value, path, reading, expectation_);
  if (!text || boost::regex_match(*text, *compiled_)) return text;
  refuse(value, path, reading, expectation_);
  return std::nullopt;
}

boost::json::object Text::schema() const { return {{"type", "string"}, {"pattern", "^(" + pattern_ + ")$"}, {"$comment", expectation_}}; }

Text Text::or_empty() const { return {"(" + pattern_ + ")?", expectation_ + ", or \"\" for none"}; }

std::optional<std::chrono::sys_seconds> Date::read(const YamlValue& value, const std::string& path,
                                                   Reading& reading) const {
  const auto date = value.kind == YamlValue::Kind::scalar ? base::parse_date(value.text) : std::nullopt;
  if (!date) refuse(value, path, reading, "a date such as 2027-03-31");
  return date;
}

boost::json::value Date::show(std::chrono::sys_seconds value) const {
  return boost::json::value(base::format_date(value));
}

boost::json::object Date::schema() const { return {{"type", "string"}, {"format", "date"}, {"$comment", "a date such as 2027-03-31"}}; }

std::optional<std::string> LocalPath::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  auto text = read_text(value, path, reading, "a path");
  if (!text) return std::nullopt;
  if (text->find("://") != std::string::npos) {
    reading.problems.error(value.origin, path, "only local paths are supported by this version; give a file or folder");
    return std::nullopt;
  }
  if (text->empty() && need == Need::required) {
    refuse(value, path, reading, "a path");
    return std::nullopt;
  }
  if (text->empty() || value.style == YamlValue::Style::outside) return text;
  return (reading.base_directory / *text).lexically_normal().string();
}

std::optional<std::string> FileOrTable::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  if (value.kind != YamlValue::Kind::scalar || !value.text.starts_with("dynamodb:")) return LocalPath::read(value, path, reading);
  if (notify::RecipientsTable::parse(value.text)) return value.text;
  refuse(value, path, reading, "a file, or a table such as dynamodb://owners?region=eu-central-1");
  return std::nullopt;
}

std::optional<std::string> FolderOrBucket::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  constexpr std::string_view k_expectation = "a folder, or s3://bucket/prefix";
  if (value.kind != YamlValue::Kind::scalar || value.text.find("://") == std::string::npos) return LocalPath::read(value, path, reading);
  auto text = read_text(value, path, reading, k_expectation);
  if (!text || notify::BucketPlace::parse(*text)) return text;
  refuse(value, path, reading, k_expectation);
  return std::nullopt;
}

boost::json::object LocalPath::schema() const {
  boost::json::object schema{{"type", "string"}, {"$comment", "a path"}};
  if (need == Need::required) schema["minLength"] = 1;
  return schema;
}

std::optional<base::AccountId> QuotedAccountId::read(const YamlValue& value, const std::string& path,
                                                     Reading& reading) const {
  constexpr std::string_view k_expectation = "an account id of 12 digits in quotes, such as \"111122223333\"";
  if (value.kind != YamlValue::Kind::scalar) {
    refuse(value, path, reading, k_expectation);
    return std::nullopt;
  }
  auto id = base::AccountId::parse(value.text);
  if (value.style == YamlValue::Style::plain && reads_as_another_type(value.text)) {
    const std::string_view what_is_lost = value.text.starts_with('0') ? "loses its leading zeros" : "becomes a number";
    reading.problems.error(
        value.origin, path,
        id ? fmt::format("is {0} without quotes and {1} in YAML; write \"{0}\" in quotes", value.text, what_is_lost)
           : fmt::format("is {} without quotes; it must be {}", value.text, k_expectation));
    return std::nullopt;
  }
  if (!id) refuse(value, path, reading, k_expectation);
  return id;
}

boost::json::object QuotedAccountId::schema() const { return {{"type", "string"}, {"pattern", "^[0-9]{12}$"}, {"$comment", "an account id in quotes"}}; }

std::optional<Tags::Type> Tags::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  if (value.kind != YamlValue::Kind::map || value.entries.empty()) {
    refuse(value, path, reading, "tag names with the values they must have, such as {keyward: enabled}");
    return std::nullopt;
  }
  Type tags;
  bool complete = true;
  for (const YamlEntry& entry : value.entries) {
    auto text = read_text(*entry.value, path + "." + entry.key, reading, "the tag's value");
    complete = complete && text;
    if (text) tags.emplace_back(entry.key, std::move(*text));
  }
  if (!complete) return std::nullopt;
  std::ranges::sort(tags);  // so that the same tags in another order are the same rule
  return tags;
}

boost::json::value Tags::show(const Type& value) const {
  boost::json::object shown;
  for (const auto& [key, text] : value) shown[key] = text;
  return shown;
}

boost::json::object Tags::schema() const {
  return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", {{"type", "string"}}}};
}

}  // namespace keyward::orchestrator
