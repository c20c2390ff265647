#include "orchestrator/configuration_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "rotation/policy.hpp"

namespace keyward::orchestrator {
namespace {

/// How the text of a variable becomes a value of the configuration file.
enum class Translation {
  text,            ///< as it is
  list,            ///< separated by commas, blanks around them dropped
  flag,            ///< true or false in any case
  central_flag,    ///< a flag: true is store.target central
  warn_days,       ///< the earliest of the warnings
  list_account,    ///< with OrgListRole a role's ARN
  parameter,       ///< the name of a parameter in Parameter Store
  units,           ///< organizational units: the accounts in them and no others
  template_bucket,  ///< with S3_BUCKET_PREFIX the place of the templates in S3
  template_prefix,  ///< read with the bucket
};

struct Variable {
  std::string_view name;
  std::string_view path;
  Translation translation;
};

// Where two names set one field, the first that is given wins: the guidance's code reads InstallationGracePeriod while
// its template sets InactiveBuffer; the SDKs prefer AWS_REGION.
constexpr std::array k_variables = std::to_array<Variable>({
    {"DryRunFlag", "dry_run", Translation::flag},
    {"StoreSecretsInCentralAccount", "store.target", Translation::central_flag},
    {"RotationPeriod", "policy.rotate_after_days", Translation::text},
    {"InstallationGracePeriod", "policy.install_grace_days", Translation::text},
    {"InactiveBuffer", "policy.install_grace_days", Translation::text},
    {"RecoveryGracePeriod", "policy.recovery_grace_days", Translation::text},
    {"PendingActionWarnPeriod", "policy.warn_days", Translation::warn_days},
    {"IAMExemptionGroup", "users.exempt_group", Translation::text},
    {"IAMAssumedRoleName", "member_role", Translation::text},
    {"RoleSessionName", "role_session_name", Translation::text},
    {"OrgListAccount", "organization.list_role", Translation::list_account},
    {"InventoryOU", "accounts.include", Translation::units},
    {"ResourceOwnerTag", "notify.owner_tag", Translation::text},
    {"CredentialReplicationRegions", "store.replica_regions", Translation::list},
    {"ADMIN_EMAIL", "notify.sender", Translation::text},
    {"EmailTemplateAudit", "notify.template_audit", Translation::text},
    {"EmailTemplateEnforce", "notify.template_enforce", Translation::text},
    {"AWS_REGION", "region", Translation::text},
    {"AWS_DEFAULT_REGION", "region", Translation::text},
    {"AWS_PROFILE", "profile", Translation::text},
    {"S3_BUCKET_NAME", "notify.templates", Translation::template_bucket},
    {"S3_BUCKET_PREFIX", "notify.templates", Translation::template_prefix},
    {"SMTPUserParamName", "notify.smtp_user", Translation::parameter},
    {"SMTPPasswordParamName", "notify.smtp_password", Translation::parameter},
});

bool is_flag(Translation translation) {
  return translation == Translation::flag || translation == Translation::central_flag;
}

std::optional<bool> parse_flag(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

YamlValue list_of(const Origin& origin, const std::vector<std::string>& texts) {
  YamlValue list = outside_value(origin, "");
  list.kind = YamlValue::Kind::list;
  for (const std::string& text : texts) list.items.push_back(std::make_shared<YamlValue>(outside_value(origin, text)));
  return list;
}

/// The warnings of the default policy from `text` days on, and `text` days itself: 7 is [7, 3, 1], 0 is none.
std::optional<YamlValue> warnings_from(const Origin& origin, const std::string& text) {
  int first = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
  if (error != std::errc() || end != text.data() + text.size() || first < 0 || first > 365) return std::nullopt;
  std::vector<std::string> days;
  if (first > 0) days.push_back(std::to_string(first));
  for (const int later : rotation::Policy{}.warn_days) {
    if (later < first) days.push_back(std::to_string(later));
  }
  return list_of(origin, days);
}

YamlValue unit_rules(const Origin& origin, const std::vector<std::string>& units) {
  YamlValue rules = outside_value(origin, "");
  rules.kind = YamlValue::Kind::list;
  for (const std::string& unit : units) {
    auto rule = std::make_shared<YamlValue>(outside_value(origin, ""));
    rule->kind = YamlValue::Kind::map;
    rule->entries.push_back({"ou", origin, std::make_shared<YamlValue>(outside_value(origin, unit))});
    rules.items.push_back(std::move(rule));
  }
  return rules;
}

/// The guidance's code reads its templates from Template/ below the prefix.
std::string template_place(const std::string& bucket, std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  const std::string last = prefix.substr(prefix.rfind('/') + 1);
  if (last != "Template" && last != "template") prefix += prefix.empty() ? "Template" : "/Template";
  return "s3://" + bucket + "/" + prefix;
}

class EnvironmentReader {
 public:
  EnvironmentReader(const std::map<std::string, std::string>& environment, std::string_view partition,
                    Problems& problems)
      : environment_(environment), partition_(partition), problems_(problems) {}

  std::vector<EnvironmentValue> read() {
    if (get("OrgListAccount").empty() && !get("OrgListRole").empty()) {
      problems_.error(origin("OrgListRole"), "organization.list_role",
                      "is set without OrgListAccount; set both or neither");
    }
    for (const Variable& variable : k_variables) read_variable(variable);
    return std::move(values_);
  }

 private:
  static Origin origin(std::string_view name) { return {Origin::Kind::environment, std::string(name), 0, 0}; }

  std::string get(std::string_view name) const {
    const auto found = environment_.find(std::string(name));
    return found == environment_.end() ? std::string() : found->second;
  }

  void read_variable(const Variable& variable) {
    const Origin where = origin(variable.name);
    const std::string text = get(variable.name);
    if (is_flag(variable.translation)) {
      if (environment_.contains(std::string(variable.name))) read_flag(variable, where, text);
      return;
    }
    if (text.empty()) return;
    switch (variable.translation) {
      case Translation::flag:
      case Translation::central_flag: break;
      case Translation::text: set(variable.path, outside_value(where, text)); break;
      case Translation::parameter: set(variable.path, outside_value(where, "ssm:" + text)); break;
      case Translation::list: set(variable.path, list_of(where, split(text))); break;
      case Translation::warn_days: {
        auto days = warnings_from(where, text);
        if (days) {
          set(variable.path, std::move(*days));
        } else {
          problems_.error(where, variable.path,
                          what_it_is(outside_value(where, text)) + "; it must be a whole number of days from 0 to 365");
        }
        break;
      }
      case Translation::list_account: {
        const std::string role = get("OrgListRole");
        if (role.empty()) {
          problems_.error(where, variable.path, "is set without OrgListRole; set both or neither");
        } else {
          set(variable.path, outside_value(where, fmt::format("arn:{}:iam::{}:role/{}", partition_, text, role)));
        }
        break;
      }
      case Translation::units:
        set(variable.path, unit_rules(where, split(text)));
        set("accounts.default", outside_value(where, "opt-in"));
        break;
      case Translation::template_bucket:
        set(variable.path, outside_value(where, template_place(text, get("S3_BUCKET_PREFIX"))));
        break;
      case Translation::template_prefix:
        if (get("S3_BUCKET_NAME").empty()) problems_.error(where, variable.path, "is set without S3_BUCKET_NAME; set both or neither");
        break;
    }
  }

  void read_flag(const Variable& variable, const Origin& where, const std::string& text) {
    const auto flag = parse_flag(text);
    if (!flag) {
      problems_.error(where, variable.path, what_it_is(outside_value(where, text)) + "; it must be true or false");
    } else if (variable.translation == Translation::central_flag) {
      set(variable.path, outside_value(where, *flag ? "central" : "member"));
    } else {
      set(variable.path, outside_value(where, *flag ? "true" : "false"));
    }
  }

  void set(std::string_view path, YamlValue value) {
    const auto earlier = std::ranges::find(values_, path, &EnvironmentValue::path);
    if (earlier == values_.end()) {
      values_.push_back({std::string(path), std::move(value)});
    } else if (earlier->value.text != value.text) {
      problems_.warning(value.origin, path,
                        fmt::format("{} is ignored, because {} is set to \"{}\"", what_it_is(value).substr(3),
                                    earlier->value.origin.name, earlier->value.text));
    }
  }

  const std::map<std::string, std::string>& environment_;
  std::string_view partition_;
  Problems& problems_;
  std::vector<EnvironmentValue> values_;
};

}  // namespace

const std::vector<EnvironmentName>& environment_names() {
  static const std::vector<EnvironmentName> k_names = [] {
    std::vector<EnvironmentName> names;
    for (const Variable& variable : k_variables) {
      names.push_back({variable.name, variable.path});
      if (variable.translation == Translation::list_account) names.push_back({"OrgListRole", variable.path});
    }
    return names;
  }();
  return k_names;
}

std::vector<EnvironmentValue> read_environment(const std::map<std::string, std::string>& environment,
                                               std::string_view partition, Problems& problems) {
  return EnvironmentReader(environment, partition, problems).read();
}

YamlValue outside_value(Origin origin, std::string text) {
  YamlValue value;
  value.kind = YamlValue::Kind::scalar;
  value.style = YamlValue::Style::outside;
  value.text = std::move(text);
  value.origin = std::move(origin);
  return value;
}

}  // namespace keyward::orchestrator
