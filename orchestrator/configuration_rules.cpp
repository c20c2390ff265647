#include "orchestrator/configuration_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <utility>

#include "rotation/secret_document.hpp"

namespace keyward::orchestrator {
namespace {

using notify::ChannelSettings;

/// A policy has * for each placeholder. Fewer letters than these are soon in the name of somebody else's secret, too.
constexpr std::ptrdiff_t k_least_own_letters = 3;
constexpr std::size_t k_max_secret_name = 256;  // what the API takes back; CreateSecret alone takes 512

/// Reports at the first of the fields that somebody set, so that a contradiction with a default points at the cause.
class Reporter {
 public:
  Reporter(const Said& said, Problems& problems) : said_(said), problems_(problems) {}

  void error(std::initializer_list<std::string_view> paths, std::string message) {
    if (was_refused(paths)) return;
    const auto [origin, path] = place(paths);
    problems_.error(origin, path, std::move(message));
  }
  void warning(std::initializer_list<std::string_view> paths, std::string message) {
    if (was_refused(paths)) return;
    const auto [origin, path] = place(paths);
    problems_.warning(origin, path, std::move(message));
  }
  /// At one item of a list.
  void item_error(std::string_view path, std::size_t index, std::string message) {
    if (was_refused({path})) return;
    const auto [origin, shown_path] = item_place(path, index);
    problems_.error(origin, shown_path, std::move(message));
  }
  void item_warning(std::string_view path, std::size_t index, std::string message) {
    if (was_refused({path})) return;
    const auto [origin, shown_path] = item_place(path, index);
    problems_.warning(origin, shown_path, std::move(message));
  }

 private:
  bool was_refused(std::initializer_list<std::string_view> paths) const {
    return std::ranges::any_of(paths, [this](std::string_view path) { return said_.refused.contains(path); });
  }

  using Place = std::pair<Origin, std::string>;

  Place place(std::initializer_list<std::string_view> paths) const {
    for (const std::string_view path : paths) {
      if (const Setting* setting = said_.about(path)) return {setting->origin, setting->shown_path};
    }
    return {Origin{}, std::string(*paths.begin())};
  }
  Place item_place(std::string_view path, std::size_t index) const {
    const Setting* setting = said_.about(path);
    if (setting == nullptr) return place({path});
    const bool has_item = setting->value && index < setting->value->items.size();
    return {has_item ? setting->value->items[index]->origin : setting->origin,
            fmt::format("{}[{}]", setting->shown_path, index)};
  }

  const Said& said_;
  Problems& problems_;
};

void check_policy(const rotation::Policy& policy, Reporter& report) {
  for (std::size_t i = 0; i < policy.warn_days.size(); ++i) {
    const int day = policy.warn_days[i];
    if (i > 0 && day >= policy.warn_days[i - 1]) {
      report.item_error("policy.warn_days", i,
                        fmt::format("{} comes after {}; list the days from many to few", day, policy.warn_days[i - 1]));
    }
  }
  const auto earliest = std::ranges::max_element(policy.warn_days);
  if (earliest != policy.warn_days.end() && std::chrono::days(*earliest) >= policy.rotate_after) {
    report.error(
        {"policy.warn_days", "policy.rotate_after_days"},
        fmt::format("a warning {} days ahead does not fit keys that are rotated after {} days; warn_days must be "
                    "less than rotate_after_days",
                    *earliest, policy.rotate_after.count()));
  }
}

/// The length of the longest name that the template can make.
std::size_t longest_name(std::string_view name) {
  constexpr std::size_t k_longest_user = 64;  // IAM's limit at creation
  constexpr std::size_t k_account_id = 12;
  std::size_t length = 0;
  while (!name.empty()) {
    const bool user = name.starts_with("{user}");
    const bool account = name.starts_with("{account_id}");
    length += user ? k_longest_user : account ? k_account_id : 1;
    name.remove_prefix(user ? 6 : account ? 12 : 1);
  }
  return length;
}

/// How many letters and digits the template has of its own.
std::ptrdiff_t own_letters(std::string name) {
  for (const std::string_view placeholder : {"{user}", "{account_id}"}) {
    for (auto at = name.find(placeholder); at != std::string::npos; at = name.find(placeholder)) name.replace(at, placeholder.size(), "/");
  }
  return std::ranges::count_if(name, [](unsigned char c) { return std::isalnum(c) != 0; });
}

void check_store(const rotation::StoreSettings& store, const std::optional<base::Region>& run_region,
                 Reporter& report) {
  const bool central = store.target == rotation::StoreTarget::central;
  const bool has_user = store.name.find("{user}") != std::string::npos;
  const bool has_account = store.name.find("{account_id}") != std::string::npos;
  if (!has_user) {
    report.error({"store.name", "store.target"}, "two users would share one secret; the name must hold {user}");
  }
  if (central && !has_account) {
    report.error({"store.name", "store.target"},
                 "two accounts would share one secret in the central store; the name must hold {account_id}");
  }
  if (has_user && (has_account || !central) && own_letters(store.name) < k_least_own_letters) {
    report.error({"store.name", "store.target"},
                 fmt::format("has next to nothing that tells keyward's secrets from others of the account, and rights go by the name; give it at "
                             "least {} letters or digits beside the placeholders, such as keyward/{{account_id}}/{{user}}",
                             k_least_own_letters));
  }
  if (rotation::looks_like_arn_suffix(store.name)) {
    report.error(
        {"store.name"},
        "ends with a hyphen and six characters, which Secrets Manager takes for its own suffix; change the ending");
  }
  if (longest_name(store.name) > k_max_secret_name) {
    report.error({"store.name"}, fmt::format("makes names of up to {} characters; Secrets Manager takes {}, shorten it",
                                             longest_name(store.name), k_max_secret_name));
  }
  if (central && store.kms_key_id.empty()) {
    report.error({"store.kms_key_id", "store.target"},
                 "the central store needs a customer managed key, because the default key cannot be read from another "
                 "account; set store.kms_key_id");
  }
  if (central && store.kms_key_id.find("alias/aws/") != std::string::npos) {
    report.error({"store.kms_key_id", "store.target"},
                 "an AWS managed key cannot be read from another account; name a customer managed key");
  }
  if (!central && store.role) {
    report.warning(
        {"store.role", "store.target"},
        "has no effect in the member store, which is written with member_role; remove it or set store.target: "
        "central");
  }
  const std::optional<base::Region>& primary = store.region ? store.region : run_region;
  for (std::size_t i = 0; primary && i < store.replica_regions.size(); ++i) {
    if (store.replica_regions[i] != *primary) continue;
    report.item_error("store.replica_regions", i,
                      fmt::format("{} is the region of the secret itself; name other regions", primary->str()));
  }
}

bool has_channel(const notify::NotifySettings& notify, ChannelSettings::Type type) {
  return std::ranges::find(notify.channels, type, &ChannelSettings::type) != notify.channels.end();
}

void check_smtp(const notify::NotifySettings& notify, Reporter& report) {
  const bool login = !notify.smtp_user.empty();
  if (login != !notify.smtp_password.empty()) {
    report.error({"notify.smtp_user", "notify.smtp_password"}, "notify.smtp_user and notify.smtp_password go together; set both or neither");
  }
  if (!has_channel(notify, ChannelSettings::Type::smtp)) {
    if (login) report.warning({"notify.smtp_user"}, "has no effect without a channel of type smtp in notify.channels");
    return;
  }
  const bool at_ses = std::ranges::any_of(notify.channels, [](const ChannelSettings& channel) {
    return channel.type == ChannelSettings::Type::smtp && channel.host.empty();
  });
  if (at_ses && !login) {
    report.error({"notify.channels", "notify.smtp_user"}, "SES takes no mail by smtp without a login; set notify.smtp_user and notify.smtp_password, or name another host");
  }
}

void check_notify(const notify::NotifySettings& notify, Reporter& report) {
  const bool ses = has_channel(notify, ChannelSettings::Type::ses);
  if (notify.require_warning && std::ranges::none_of(notify.channels, notify::carries_mail, &ChannelSettings::type)) {
    report.error({"notify.require_warning", "notify.channels"},
                 "no warning can reach an owner, so no key would ever be switched off; name a channel of type ses, smtp or file");
  } else if (notify.channels.empty()) {
    report.warning({"notify.channels"}, "nobody will hear of anything; name a channel");
  } else if (std::ranges::none_of(notify.channels, notify::carries_mail, &ChannelSettings::type)) {
    report.warning({"notify.channels"}, "the owners of keys will hear of nothing; name a channel of type ses, smtp or file, too");
  }
  if (ses && notify.sender.empty()) {
    report.error({"notify.sender", "notify.channels"},
                 "mail by ses needs a sender; set notify.sender to an address that is verified in SES");
  }
  if (!ses && has_channel(notify, ChannelSettings::Type::smtp) && notify.sender.empty()) {
    report.error({"notify.sender", "notify.channels"}, "mail by smtp needs a sender; set notify.sender to an address that the server takes mail from");
  }
  check_smtp(notify, report);
  if (!notify.templates.empty()) return;
  const notify::NotifySettings defaults;
  if (notify.template_enforce != defaults.template_enforce) {
    report.warning({"notify.template_enforce"},
                   "has no effect without notify.templates; the built-in template is used");
  }
  if (notify.template_audit != defaults.template_audit) {
    report.warning({"notify.template_audit"}, "has no effect without notify.templates; the built-in template is used");
  }
}

void check_exemptions(const std::vector<rotation::Exemption>& exemptions, base::Instant now, Reporter& report) {
  std::map<std::pair<std::string, std::string>, std::size_t> seen;
  for (std::size_t i = 0; i < exemptions.size(); ++i) {
    const rotation::Exemption& exemption = exemptions[i];
    const auto [first, is_new] = seen.try_emplace({exemption.account.str(), exemption.user.str()}, i);
    if (!is_new) {
      report.item_error("users.exempt", i,
                        fmt::format("user {} of account {} is exempt already by users.exempt[{}]; keep one of them",
                                    exemption.user.str(), exemption.account.str(), first->second));
    }
    if (exemption.until && now >= *exemption.until) {
      report.item_warning(
          "users.exempt", i,
          fmt::format("expired after {}; user {} is treated like any other, remove the exemption or renew it",
                      base::format_date(*exemption.until - std::chrono::days(1)), exemption.user.str()));
    }
  }
}

}  // namespace

void check_account_settings(const AccountSettings& settings, const std::optional<base::Region>& run_region,
                            const Said& said, Problems& problems) {
  Reporter report(said, problems);
  check_policy(settings.policy, report);
  check_store(settings.store, run_region, report);
  check_notify(settings.notify, report);
}

void check_run_settings(const Configuration& run, base::Instant now, const Said& said, Problems& problems) {
  Reporter report(said, problems);
  if (run.accounts.by_default == accounts::Participation::opt_in && run.accounts.include.empty()) {
    report.warning({"accounts.include", "accounts.default"},
                   "no account takes part; name some in accounts.include or set accounts.default: opt-out");
  }
  if (run.users.by_default == rotation::Participation::opt_in && run.users.include.empty()) {
    report.warning({"users.include", "users.default"},
                   "no user takes part; name some in users.include or set users.default: opt-out");
  }
  if (run.users.by_default == rotation::Participation::opt_out && !run.users.include.empty()) {
    report.warning({"users.include"}, "has no effect while users.default is opt-out, because every user takes part");
  }
  check_exemptions(run.users.exempt, now, report);
  if (!run.prometheus_file.empty() && !run.prometheus_file.ends_with(".prom")) {
    report.warning({"report.prometheus_file"}, "node_exporter's textfile collector reads only files whose name ends with .prom");
  }
  if (run.limits.verify_interval > run.limits.verify_timeout) {
    report.error({"limits.verify_interval", "limits.verify_timeout"},
                 "a new key would be tried only once; verify_interval must not be longer than verify_timeout");
  }
}

}  // namespace keyward::orchestrator
