#include "notify/kept_letters.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <optional>

#include "base/files.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;

constexpr std::string_view k_enforce = "enforce";
constexpr std::string_view k_dry_run = "dry_run";

json::object json_of(const TemplateValues::Fields& fields) {
  json::object object;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) object[name] = value;
  }
  return object;
}

std::string line_of(const Letter& letter) {
  json::array actions;
  for (const TemplateValues::Fields& action : letter.values.actions) actions.emplace_back(json_of(action));
  json::object line;
  line["recipient"] = letter.recipient.str();
  line["sender"] = letter.sender.str();
  line["mode"] = letter.mode == Mode::dry_run ? k_dry_run : k_enforce;
  line["run"] = letter.run;
  line["time"] = base::format_iso8601(letter.at);
  line["rows"] = letter.rows;
  line["message"] = json_of(letter.values.message);
  line["actions"] = std::move(actions);
  return json::serialize(line) + '\n';
}

std::string text(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<TemplateValues::Fields> fields_of(const json::value* value) {
  if (value == nullptr || !value->is_object()) return std::nullopt;
  TemplateValues::Fields fields;
  for (const auto& [name, one] : value->get_object()) {
    if (!one.is_string()) return std::nullopt;
    fields.emplace(name, one.get_string());
  }
  return fields;
}

std::optional<TemplateValues> values_of(const json::object& line) {
  const auto message = fields_of(line.if_contains("message"));
  const json::value* actions = line.if_contains("actions");
  if (!message || actions == nullptr || !actions->is_array()) return std::nullopt;
  TemplateValues values{*message, {}};
  for (const json::value& one : actions->get_array()) {
    auto action = fields_of(&one);
    if (!action) return std::nullopt;
    values.actions.push_back(std::move(*action));
  }
  return values;
}

std::optional<Letter> letter_of(std::string_view text_of_line) {
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(text_of_line.data(), text_of_line.size()), failed);
  if (failed || !value.is_object()) return std::nullopt;
  const json::object& line = value.get_object();
  const auto recipient = MailAddress::parse(text(line, "recipient"));
  const auto sender = MailAddress::parse(text(line, "sender"));
  const auto at = base::parse_iso8601(text(line, "time"));
  const std::string mode = text(line, "mode");
  const json::value* rows = line.if_contains("rows");
  auto values = values_of(line);
  if (!recipient || !sender || !at || !values || rows == nullptr || !rows->is_int64()) return std::nullopt;
  if (mode != k_enforce && mode != k_dry_run) return std::nullopt;
  return Letter{.sender = *sender,
                .recipient = *recipient,
                .mode = mode == k_dry_run ? Mode::dry_run : Mode::enforce,
                .run = text(line, "run"),
                .at = *at,
                .rows = static_cast<std::size_t>(rows->get_int64()),
                .values = std::move(*values)};
}

}  // namespace

base::Result<void> keep_letter(const std::filesystem::path& file, const Letter& letter) {
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << line_of(letter) << std::flush;
  if (!out) return base::file_error("cannot be written", file, errno);
  return {};
}

base::Result<std::vector<Letter>> kept_letters(const std::filesystem::path& file) {
  const base::Result<std::string> read = base::read_whole(file);
  std::vector<Letter> letters;
  if (!read && read.error().kind == base::ErrorKind::not_found) return letters;
  if (!read) return read.error();
  std::string_view rest = *read;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::optional<Letter> letter = letter_of(line);
    if (!letter) {
      return base::Error{base::ErrorKind::invalid, "run record", "DamagedRecord", "",
                         fmt::format("{}:{}: this line is damaged", file.string(), number)};
    }
    letters.push_back(std::move(*letter));
  }
  return letters;
}

}  // namespace keyward::notify
