#include "rotation/credential_report.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace keyward::rotation {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::string_view k_root = "<root_account>";
constexpr std::string_view k_no_key = "N/A";
constexpr std::size_t k_usual_columns = 24;

Error unusable(std::string what) {
  return Error{ErrorKind::invalid, "iam:GetCredentialReport", "MalformedReport", "", std::move(what)};
}

/// Takes the fields of the next line from `rest` (RFC 4180: user names may hold commas). Nothing for a broken quotation.
std::optional<std::vector<std::string>> take_line(std::string_view& rest) {
  std::vector<std::string> fields;
  fields.reserve(k_usual_columns);
  fields.emplace_back();
  bool quoted = false;
  while (!rest.empty()) {
    const auto special = [quoted](char c) { return c == '"' || (!quoted && (c == ',' || c == '\n' || c == '\r')); };
    const std::string_view plain(rest.begin(), std::ranges::find_if(rest, special));
    fields.back() += plain;
    rest.remove_prefix(plain.size());
    if (rest.empty()) break;
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') {
      const bool literal = quoted && rest.starts_with('"');
      if (literal) {
        fields.back() += '"';
        rest.remove_prefix(1);
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c == '\n' && !quoted) {
      break;
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

/// Where the columns are.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& header) : header_(header) {}

  std::optional<std::size_t> find(std::string_view name) const {
    const auto at = std::ranges::find(header_, name);
    if (at == header_.end()) return std::nullopt;
    return static_cast<std::size_t>(at - header_.begin());
  }

 private:
  const std::vector<std::string>& header_;
};

struct KeyColumns {
  std::size_t active;
  std::size_t changed;
};

/// False when the field is not what AWS writes.
bool read_key(const std::vector<std::string>& fields, const KeyColumns& columns, std::vector<ReportedKey>& keys) {
  const std::string& active = fields[columns.active];
  const std::string& changed = fields[columns.changed];
  if (active != "true" && active != "false" && active != "TRUE" && active != "FALSE") return false;
  const bool is_active = active == "true" || active == "TRUE";
  if (changed == k_no_key) return !is_active;
  const auto at = base::parse_iso8601(changed);
  if (at) keys.push_back({is_active, *at});
  return at.has_value();
}

}  // namespace

Result<std::vector<ReportedUser>> parse_credential_report(std::string_view csv) {
  const auto header = take_line(csv);
  if (!header) return unusable("the credential report has no header");
  const Columns columns(*header);
  std::array<std::size_t, 7> at{};
  constexpr std::array<std::string_view, 7> k_names{"user",
                                                    "arn",
                                                    "user_creation_time",
                                                    "access_key_1_active",
                                                    "access_key_1_last_rotated",
                                                    "access_key_2_active",
                                                    "access_key_2_last_rotated"};
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    const auto column = columns.find(k_names[i]);
    if (!column) return unusable("the credential report has no column " + std::string(k_names[i]));
    at[i] = *column;
  }
  const auto beyond_two = columns.find("additional_credentials_info");
  const std::array<KeyColumns, 2> key_columns{KeyColumns{at[3], at[4]}, KeyColumns{at[5], at[6]}};

  std::vector<ReportedUser> users;
  while (!csv.empty()) {
    const auto fields = take_line(csv);
    if (!fields || fields->size() != header->size()) return unusable("the credential report has a broken line");
    if ((*fields)[at[0]] == k_root) continue;
    auto name = base::UserName::parse((*fields)[at[0]]);
    auto arn = base::Arn::parse((*fields)[at[1]]);
    if (!name || !arn) return unusable("the credential report has a user without a usable name or ARN");
    ReportedUser user{{std::move(*name), std::move(*arn)}, {}, (*fields)[at[2]]};
    for (const KeyColumns& key : key_columns) {
      if (!read_key(*fields, key, user.keys)) return unusable("the credential report has a key with an unreadable state");
      user.fingerprint.append(" ").append((*fields)[key.active]).append(" ").append((*fields)[key.changed]);
    }
    if (beyond_two) user.fingerprint.append(" ").append((*fields)[*beyond_two]);
    users.push_back(std::move(user));
  }
  return users;
}

}  // namespace keyward::rotation
