#include "orchestrator/plan.hpp"

#include <algorithm>
#include <vector>

#include "base/digest.hpp"
#include "report/words.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;

constexpr const char* k_make_another = "; make another one: keyward plan --out FILE";

bool was_interrupted(const rotation::UserReport& user) {
  return user.facts.ledger.is_known() && user.facts.ledger.value().intent.has_value();
}

}  // namespace

const rotation::UserPlan* AccountPlan::find(const base::UserName& user) const {
  const auto found = users.find(user);
  return found == users.end() ? nullptr : &found->second;
}

const AccountPlan* Plan::find(const base::AccountId& account) const {
  const auto found = accounts.find(account);
  return found == accounts.end() ? nullptr : &found->second;
}

void Plan::add(const AccountReport& report) {
  AccountPlan account{report.account.name, report.settings.dry_run, {}};
  for (const rotation::UserReport& user : report.users) {
    std::vector<rotation::Decision> decisions;
    decisions.reserve(user.outcomes.size());
    for (const rotation::Outcome& outcome : user.outcomes) decisions.push_back(outcome.decision);
    rotation::UserPlan planned{user.facts, rotation::steps_of(decisions)};
    if (planned.steps.empty()) continue;
    planned.facts.tags = {};  // they are other people's, and nothing is decided by them that does not stand beside them
    account.users.emplace(user.facts.name, std::move(planned));
  }
  if (account.users.empty() && std::ranges::none_of(report.users, was_interrupted)) return;
  accounts.emplace(report.account.id, std::move(account));
}

std::string inventory_digest(const accounts::Inventory& inventory) {
  std::vector<std::string> lines;
  for (const accounts::InventoryEntry& entry : inventory.entries) {
    if (entry.skip != accounts::Skip::none) continue;
    lines.push_back(entry.account.id.str() + ' ' + std::string(accounts::to_string(entry.account.state)) + '\n');
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return base::sha256_hex(text);
}

base::Error refused_plan(std::string code, std::string why) {
  return base::Error{base::ErrorKind::invalid, "plan", std::move(code), "", std::move(why)};
}

Result<void> check_program(const Plan& plan, std::string_view version, std::string_view configuration) {
  if (plan.version != version) {
    return refused_plan("OtherVersion", "it was made by keyward " + plan.version + " and this is keyward " + std::string(version) +
                                            ", whose rules may differ" + k_make_another);
  }
  if (plan.configuration != configuration) {
    return refused_plan("OtherConfiguration",
                        "the configuration is not the one that it was made with (file, environment and flags count); use that one, or if "
                        "the change is meant" + std::string(k_make_another).substr(1));
  }
  return {};
}

Result<void> check_time(const Plan& plan, base::Instant now) {
  if (now < plan.expires) return {};
  return refused_plan("Expired", "it expired on " + report::minute(plan.expires) + ", and AWS's time is " + report::minute(now) +
                                     k_make_another);
}

Result<void> check_organization(const Plan& plan, std::string_view organization) {
  if (plan.organization == organization) return {};
  return refused_plan("OtherOrganization", "it was made for the organization " + plan.organization + ", and these credentials belong to " +
                                               std::string(organization) + "; use the credentials that it was made with");
}

}  // namespace keyward::orchestrator
