#include "rotation/auditor.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "rotation/decision.hpp"

namespace keyward::rotation {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

// AWS keeps a credential report for four hours; dates differ a little.
constexpr std::chrono::minutes k_report_lifetime{4 * 60 + 5};

// A report of a few users is made at once, one of thousands takes a minute or two. None is longer than a signal may have
// to wait.
constexpr auto k_report_waits = std::to_array<std::chrono::milliseconds>(
    {std::chrono::milliseconds(250), std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(4), std::chrono::seconds(8),
     std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10),
     std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(10)});

KeyStatus status_of(const std::string& text) {
  if (text == "Active") return KeyStatus::active;
  if (text == "Inactive") return KeyStatus::inactive;
  return KeyStatus::unrecognized;
}

/// IAM keeps the case of a tag's key and compares without it.
const std::string* tag_value(const std::map<std::string, std::string>& tags, const std::string& key) {
  const auto found = std::ranges::find(tags, base::lower_case(key), [](const auto& tag) { return base::lower_case(tag.first); });
  return found == tags.end() ? nullptr : &found->second;
}

bool selected(const UserSelection& selection, const std::map<std::string, std::string>& tags) {
  return std::ranges::any_of(selection.include, [&tags](const UserMatch& rule) {
    return !rule.tags.empty() && std::ranges::all_of(rule.tags, [&tags](const auto& wanted) {
      const std::string* value = tag_value(tags, wanted.first);
      return value != nullptr && *value == wanted.second;
    });
  });
}

}  // namespace

Fact<ExemptionFact> exemption_by_name(const base::AccountId& account, const base::UserName& user, const UserSelection& selection,
                                      base::Instant now) {
  for (const Exemption& exemption : selection.exempt) {
    if (exemption.account != account || base::lower_case(exemption.user.str()) != base::lower_case(user.str())) continue;
    if (exemption.until && now >= *exemption.until) continue;
    const std::string until =
        exemption.until ? " until " + base::format_date(*exemption.until - std::chrono::days(1)) : std::string();
    return Fact<ExemptionFact>::known({"exempt by configuration" + until + ": " + exemption.reason});
  }
  return Fact<ExemptionFact>::absent();
}

std::optional<base::Instant> exempt_until(const base::AccountId& account, const base::UserName& user, const UserSelection& selection,
                                          base::Instant now) {
  std::optional<base::Instant> until;
  for (const Exemption& exemption : selection.exempt) {
    if (exemption.account != account || base::lower_case(exemption.user.str()) != base::lower_case(user.str())) continue;
    if (!exemption.until) return std::nullopt;
    if (now < *exemption.until) until = std::max(until.value_or(*exemption.until), *exemption.until);
  }
  return until;
}

Fact<ExemptionFact> exemption_of(const base::AccountId& account, const base::UserName& user,
                                 const UserSelection& selection, const Fact<std::set<std::string>>& exempt_members,
                                 const Fact<std::map<std::string, std::string>>& tags, base::Instant now) {
  using Exempt = Fact<ExemptionFact>;
  Exempt named = exemption_by_name(account, user, selection, now);
  if (named.is_known()) return named;
  if (!selection.exempt_group.empty()) {
    if (exempt_members.is_unknown()) return Exempt::unknown("group " + selection.exempt_group + ": " + exempt_members.why());
    if (exempt_members.is_known() && exempt_members.value().contains(base::lower_case(user.str()))) {
      return Exempt::known({"member of " + selection.exempt_group});
    }
  }
  if (selection.by_default == Participation::opt_in) {
    if (tags.is_unknown()) return Exempt::unknown("tags of the user: " + tags.why());
    if (!tags.is_known() || !selected(selection, tags.value())) {
      return Exempt::known({"not selected: users.default is opt-in and no include rule matches"});
    }
  }
  return Exempt::absent();
}

Fact<Ledger> ledger_in(const Fact<std::map<std::string, std::string>>& tags, const std::string& tag) {
  if (tags.is_unknown()) return Fact<Ledger>::unknown(tags.why());
  if (tags.is_absent()) return Fact<Ledger>::absent();
  const std::string* value = tag_value(tags.value(), tag);
  if (value == nullptr) return Fact<Ledger>::absent();
  Result<Ledger> ledger = parse_ledger(*value);
  if (!ledger) return Fact<Ledger>::unknown(ledger.error().message);
  return Fact<Ledger>::known(std::move(*ledger));
}

Task<Result<std::vector<aws::IamUser>>> Auditor::users(Listing listing) {
  rows_.clear();
  without_report_.clear();
  if (listing == Listing::sparing) {
    Result<std::vector<ReportedUser>> rows = co_await report();
    if (rows) {
      parts_.cache.keep_only(*rows);
      std::vector<aws::IamUser> reported;
      for (ReportedUser& row : *rows) {
        reported.push_back(row.user);
        rows_.emplace(row.user.name, std::move(row));
      }
      co_return reported;
    }
    // An account that cannot be entered cannot be listed either.
    if (rows.error().operation.starts_with("sts:")) co_return rows.error();
    without_report_ = base::describe(rows.error());
  }
  Result<std::vector<aws::IamUser>> users = co_await parts_.iam.list_users();
  co_return users;
}

/// A report that was made in the last hours, asked for when there is none.
Task<Result<std::vector<ReportedUser>>> Auditor::report() {
  Result<bool> ready = co_await parts_.iam.generate_credential_report();
  if (!ready) co_return ready.error();
  std::size_t waits = 0;
  std::optional<aws::CredentialReport> report;
  while (!report) {
    if (!*ready) {
      if (waits == k_report_waits.size()) {
        co_return Error{ErrorKind::transient, "iam:GetCredentialReport", "ReportInProgress", "",
                        "the credential report was still being made after two minutes"};
      }
      if (!parts_.may_wait()) {
        co_return Error{ErrorKind::transient, "iam:GetCredentialReport", "ReportInProgress", "",
                        "the credential report was still being made when the run had to end"};
      }
      co_await parts_.waiting.sleep_for(k_report_waits[waits]);
      ++waits;
    }
    Result<std::optional<aws::CredentialReport>> answer = co_await parts_.iam.credential_report();
    if (!answer) co_return answer.error();
    report = std::move(*answer);
    ready = false;
  }
  const base::Instant now = parts_.clock.now();
  if (report->generated < now - k_report_lifetime || report->generated > now + k_clock_spread) {
    co_return Error{ErrorKind::invalid, "iam:GetCredentialReport", "ReportExpired", "",
                    "the credential report says that it was made at " + base::format_iso8601(report->generated)};
  }
  reported_at_ = report->generated;
  co_return parse_credential_report(report->csv);
}

/// The keys of a user who need not be asked for; null when they have to be listed.
const std::vector<KeyFacts>* Auditor::unchanged_keys(const base::UserName& user) const {
  static const std::vector<KeyFacts> k_none;
  const base::Instant now = parts_.clock.now();
  const auto row = rows_.find(user);
  if (row == rows_.end() || reported_at_ < now - k_unreported) return nullptr;
  if (row->second.keys.empty()) return &k_none;
  const std::vector<KeyFacts>* keys = parts_.cache.find(row->second);
  return keys != nullptr && !needs_details(*keys, parts_.policy, now) ? keys : nullptr;
}

/// The members of the exemption group, asked for once, and only when somebody has something due.
Task<Auditor::Members> Auditor::exempt_members() {
  if (parts_.selection.exempt_group.empty()) co_return Members::absent();
  std::optional<base::Permits::Permit> turn = co_await asking_for_members_.acquire();
  if (!exempt_members_) {
    Result<std::vector<std::string>> listed = co_await parts_.iam.group_members(parts_.selection.exempt_group);
    if (listed) {
      std::set<std::string> names;
      for (const std::string& name : *listed) names.insert(base::lower_case(name));
      exempt_members_ = Members::known(std::move(names));
    } else if (listed.error().kind == ErrorKind::not_found) {
      exempt_members_ = Members::absent();
    } else {
      exempt_members_ = Members::unknown(base::describe(listed.error()));
    }
  }
  co_return *exempt_members_;
}

Task<Result<std::vector<KeyFacts>>> Auditor::read_keys(base::UserName user) {
  Result<std::vector<aws::AccessKeyMetadata>> listed = co_await parts_.iam.list_access_keys(user);
  if (!listed) co_return listed.error();
  std::vector<KeyFacts> keys;
  for (const aws::AccessKeyMetadata& key : *listed) {
    KeyFacts facts{key.id, status_of(key.status), key.created, {}};
    keys.push_back(std::move(facts));
  }
  std::ranges::sort(keys, [](const KeyFacts& a, const KeyFacts& b) {
    return a.created != b.created ? a.created < b.created : a.id < b.id;
  });
  co_return keys;
}

/// Whether the record on the user has to be known before his keys are remembered. Somebody switched his only key off and on,
/// so the record may speak of that, and then decide() has something to say as soon as he does it again, which the report does
/// not show at once. A key that was never switched has its date of creation in the report.
bool Auditor::was_switched(const base::UserName& user, const std::vector<KeyFacts>& keys) const {
  const auto row = rows_.find(user);
  return row != rows_.end() && keys.size() == 1 && row->second.keys.size() == 1 && row->second.keys[0].changed != keys[0].created;
}

void Auditor::remember(const UserFacts& facts) {
  const auto row = rows_.find(facts.name);
  if (row == rows_.end()) return;
  const std::vector<KeyFacts>& keys = facts.keys.value();
  const bool may_matter = was_switched(facts.name, keys) && !facts.ledger.is_absent() &&
                          (facts.ledger.is_unknown() || recorded_switch(facts.ledger.value(), keys[0].id));
  if (!may_matter) parts_.cache.remember(row->second, keys);
}

Task<std::vector<KeyFacts>> Auditor::with_last_use(std::vector<KeyFacts> keys) {
  for (KeyFacts& key : keys) {
    Result<std::optional<aws::AccessKeyLastUsed>> used = co_await parts_.iam.access_key_last_used(key.id);
    if (!used) {
      key.last_use = Fact<KeyUse>::unknown(base::describe(used.error()));
    } else if (!*used) {
      key.last_use = Fact<KeyUse>::absent();
    } else {
      key.last_use = Fact<KeyUse>::known({(*used)->at, (*used)->service, (*used)->region});
    }
  }
  co_return keys;
}

Task<UserFacts> Auditor::facts(aws::IamUser user, Reading reading) {
  using Keys = Fact<std::vector<KeyFacts>>;
  UserFacts facts{user.name, user.arn, {}, {}, {}, {}, previous_run_, false};
  const base::Instant now = parts_.clock.now();
  facts.exemption = exemption_by_name(account_, user.name, parts_.selection, now);
  const std::vector<KeyFacts>* unchanged = reading == Reading::as_needed ? unchanged_keys(user.name) : nullptr;
  if (unchanged != nullptr) {
    facts.keys = Keys::known(*unchanged);
    co_return facts;
  }
  Result<std::vector<KeyFacts>> keys = co_await read_keys(user.name);
  facts.gone = !keys && keys.error().kind == ErrorKind::not_found;
  if (facts.gone) {
    facts.keys = Keys::known({});
    co_return facts;
  }
  facts.keys = keys ? Keys::known(*keys) : Keys::unknown(base::describe(keys.error()));
  // The moment at which the keys are known: decide() is asked next.
  const bool in_detail = reading == Reading::everything || !keys || needs_details(*keys, parts_.policy, parts_.clock.now());
  if (in_detail || was_switched(user.name, *keys)) {
    using Tags = Fact<std::map<std::string, std::string>>;
    Result<std::map<std::string, std::string>> tags = co_await parts_.iam.list_user_tags(user.name);
    facts.tags = tags ? Tags::known(std::move(*tags)) : Tags::unknown(base::describe(tags.error()));
    facts.ledger = ledger_in(facts.tags, ledger_tag_);
    const std::string* secret = facts.tags.is_known() ? tag_value(facts.tags.value(), secret_tag_) : nullptr;
    if (secret != nullptr) facts.rotated_secret = *secret;
  }
  if (keys) remember(facts);
  if (!in_detail) co_return facts;
  if (keys) {
    std::vector<KeyFacts> used = co_await with_last_use(std::move(*keys));
    facts.keys = Keys::known(std::move(used));
  }
  const Members members = co_await exempt_members();
  facts.exemption = exemption_of(account_, user.name, parts_.selection, members, facts.tags, now);
  facts.read_at = now;
  co_return facts;
}

}  // namespace keyward::rotation
