#include "rotation/credential_report.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

namespace keyward::fuzz {
namespace {

std::string in_quotes(std::string_view field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

std::string key_fields(const std::vector<rotation::ReportedKey>& keys, std::size_t index) {
  if (index >= keys.size()) return ",false,N/A";
  return std::string(",") + (keys[index].active ? "true," : "false,") + base::format_iso8601(keys[index].changed);
}

/// The report that says of these users what was read of them, every field in quotes that may need it.
std::string written(const std::vector<rotation::ReportedUser>& users) {
  std::string csv =
      "user,arn,user_creation_time,access_key_1_active,access_key_1_last_rotated,access_key_2_active,access_key_2_last_rotated";
  for (const rotation::ReportedUser& user : users) {
    csv += '\n' + in_quotes(user.user.name.str()) + ',' + in_quotes(user.user.arn.str()) + ',' + in_quotes(user.fingerprint);
    csv += key_fields(user.keys, 0) + key_fields(user.keys, 1);
  }
  return csv;
}

}  // namespace

KEYWARD_FUZZ_TARGET(credential_report) {
  const auto users = rotation::parse_credential_report(input);
  if (!users) {
    require(users.error().kind == base::ErrorKind::invalid, "a report that cannot be read is invalid");
    require(is_one_line(users.error().message), "an error is one line");
    return;
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(input, '\n'));
  require(users->size() <= lines, "no more users than lines below the header");
  for (const rotation::ReportedUser& user : *users) require(user.keys.size() <= 2, "two keys are IAM's limit");

  const auto again = rotation::parse_credential_report(written(*users));
  require(again.has_value(), "what was read can be written");
  require(again->size() == users->size(), "as many users");
  for (std::size_t i = 0; i < users->size(); ++i) {
    require((*again)[i].user.name == (*users)[i].user.name && (*again)[i].user.arn == (*users)[i].user.arn, "the same users");
    require(std::ranges::equal((*again)[i].keys, (*users)[i].keys,
                               [](const auto& a, const auto& b) { return a.active == b.active && a.changed == b.changed; }),
            "the same keys");
  }
}

}  // namespace keyward::fuzz
