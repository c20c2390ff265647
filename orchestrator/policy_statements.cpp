#include "orchestrator/policy_statements.hpp"

#include <algorithm>
#include <utility>

namespace keyward::orchestrator {
namespace {

bool has_sid(const std::vector<PolicyStatement>& statements, const std::string& sid) {
  return std::ranges::find(statements, sid, &PolicyStatement::sid) != statements.end();
}

}  // namespace

void PolicyStatements::add(PolicyStatement statement) {
  const auto same = [&statement](const PolicyStatement& other) {
    return other.sid.starts_with(statement.sid) && other.effect == statement.effect && other.actions == statement.actions &&
           other.conditions == statement.conditions;
  };
  const auto found = std::ranges::find_if(permissions_.statements, same);
  if (found != permissions_.statements.end()) {
    for (std::string& resource : statement.resources) {
      if (std::ranges::find(found->resources, resource) == found->resources.end())
        found->resources.push_back(std::move(resource));
    }
    return;
  }
  const std::string sid = statement.sid;
  for (int number = 2; has_sid(permissions_.statements, statement.sid); ++number)
    statement.sid = sid + std::to_string(number);
  permissions_.statements.push_back(std::move(statement));
}

void PolicyStatements::note(std::string text) {
  if (std::ranges::find(permissions_.notes, text) == permissions_.notes.end())
    permissions_.notes.push_back(std::move(text));
}

std::vector<std::string> actions_of(const std::vector<aws::Operation>& calls) {
  std::vector<std::string> actions;
  actions.reserve(calls.size());
  for (const aws::Operation& call : calls) actions.push_back(call.full_name());
  return actions;
}

}  // namespace keyward::orchestrator
