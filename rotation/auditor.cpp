#include "rotation/auditor.hpp"

#include <algorithm>

#include "rotation/decision.hpp"

namespace keyward::rotation {
namespace {

using base::Result;
using base::Task;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

KeyStatus status_of(const std::string& text) {
  if (text == "Active") return KeyStatus::active;
  if (text == "Inactive") return KeyStatus::inactive;
  return KeyStatus::unrecognized;
}

/// IAM keeps the case of a tag's key and compares without it.
const std::string* tag_value(const std::map<std::string, std::string>& tags, const std::string& key) {
  const auto found = std::ranges::find(tags, lower_case(key), [](const auto& tag) { return lower_case(tag.first); });
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

Fact<ExemptionFact> exemption_of(const base::AccountId& account, const base::UserName& user,
                                 const UserSelection& selection, const Fact<std::set<std::string>>& exempt_members,
                                 const Fact<std::map<std::string, std::string>>& tags, base::Instant now) {
  using Exempt = Fact<ExemptionFact>;
  for (const Exemption& exemption : selection.exempt) {
    if (exemption.account != account || lower_case(exemption.user.str()) != lower_case(user.str())) continue;
    if (exemption.until && now >= *exemption.until) continue;
    const std::string until =
        exemption.until ? " until " + base::format_date(*exemption.until - std::chrono::days(1)) : std::string();
    return Exempt::known({"exempt by configuration" + until + ": " + exemption.reason});
  }
  if (!selection.exempt_group.empty()) {
    if (exempt_members.is_unknown()) return Exempt::unknown("group " + selection.exempt_group + ": " + exempt_members.why());
    if (exempt_members.is_known() && exempt_members.value().contains(lower_case(user.str()))) {
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

Task<Result<std::vector<aws::IamUser>>> Auditor::users() {
  using Members = Fact<std::set<std::string>>;
  exempt_members_ = Members::absent();
  if (!selection_.exempt_group.empty()) {
    Result<std::vector<std::string>> members = co_await iam_.group_members(selection_.exempt_group);
    if (members) {
      std::set<std::string> names;
      for (const std::string& name : *members) names.insert(lower_case(name));
      exempt_members_ = Members::known(std::move(names));
    } else if (members.error().kind != base::ErrorKind::not_found) {
      exempt_members_ = Members::unknown(base::describe(members.error()));
    }
  }
  Result<std::vector<aws::IamUser>> users = co_await iam_.list_users();
  co_return users;
}

Task<Fact<std::vector<KeyFacts>>> Auditor::read_keys(base::UserName user) {
  using Keys = Fact<std::vector<KeyFacts>>;
  Result<std::vector<aws::AccessKeyMetadata>> listed = co_await iam_.list_access_keys(user);
  if (!listed) co_return Keys::unknown(base::describe(listed.error()));
  std::vector<KeyFacts> keys;
  for (const aws::AccessKeyMetadata& key : *listed) {
    KeyFacts facts{key.id, status_of(key.status), key.created, {}};
    keys.push_back(std::move(facts));
  }
  std::ranges::sort(keys, [](const KeyFacts& a, const KeyFacts& b) {
    return a.created != b.created ? a.created < b.created : a.id < b.id;
  });
  co_return Keys::known(std::move(keys));
}

Task<std::vector<KeyFacts>> Auditor::with_last_use(std::vector<KeyFacts> keys) {
  for (KeyFacts& key : keys) {
    Result<std::optional<aws::AccessKeyLastUsed>> used = co_await iam_.access_key_last_used(key.id);
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
  UserFacts facts{user.name, user.arn, {}, {}, {}, {}, previous_run_};
  facts.keys = co_await read_keys(user.name);
  const base::Instant now = clock_.now();
  const bool wanted = reading == Reading::everything || (facts.keys.is_known() && needs_details(facts.keys.value(), policy_, now));
  const bool detailed = wanted && facts.keys.is_known();
  const bool tags_select = selection_.by_default == Participation::opt_in;
  if (wanted || tags_select) {
    using Tags = Fact<std::map<std::string, std::string>>;
    Result<std::map<std::string, std::string>> tags = co_await iam_.list_user_tags(user.name);
    facts.tags = tags ? Tags::known(std::move(*tags)) : Tags::unknown(base::describe(tags.error()));
    facts.ledger = ledger_in(facts.tags, ledger_tag_);
  }
  if (detailed) {
    std::vector<KeyFacts> keys = co_await with_last_use(facts.keys.value());
    facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
  }
  facts.exemption = exemption_of(account_, user.name, selection_, exempt_members_, facts.tags, now);
  co_return facts;
}

}  // namespace keyward::rotation
