#include <utility>

#include "orchestrator/doctor.hpp"

namespace keyward::orchestrator {

using report::Finding;
using report::Health;
using report::Reach;

void Examination::ok(std::string id, std::string what) {
  findings.push_back({std::move(id), Health::ok, std::move(what), {}, {}, Reach::everything, {}});
}

void Examination::warn(std::string id, std::string what, std::string cause, std::string fix) {
  findings.push_back(
      {std::move(id), Health::warning, std::move(what), std::move(cause), std::move(fix), Reach::part, {}});
}

void Examination::fail(std::string id, std::string what, std::string cause, std::string fix, Reach reach) {
  findings.push_back({std::move(id), Health::failure, std::move(what), std::move(cause), std::move(fix), reach, {}});
}

void Examination::skip(std::string id, std::string what, std::string cause, std::string fix) {
  findings.push_back(
      {std::move(id), Health::not_checked, std::move(what), std::move(cause), std::move(fix), Reach::part, {}});
}

void Visit::ok(std::string id, std::string what) {
  findings.push_back({std::move(id), Health::ok, std::move(what), {}, {}, Reach::part, {account.id.str()}});
}

void Visit::warn(std::string id, std::string what, std::string cause, std::string fix) {
  findings.push_back({std::move(id),
                      Health::warning,
                      std::move(what),
                      std::move(cause),
                      std::move(fix),
                      Reach::part,
                      {account.id.str()}});
}

void Visit::fail(std::string id, std::string what, std::string cause, std::string fix) {
  findings.push_back({std::move(id),
                      Health::failure,
                      std::move(what),
                      std::move(cause),
                      std::move(fix),
                      Reach::part,
                      {account.id.str()}});
}

void Visit::skip(std::string id, std::string what, std::string cause, std::string fix) {
  findings.push_back({std::move(id),
                      Health::not_checked,
                      std::move(what),
                      std::move(cause),
                      std::move(fix),
                      Reach::part,
                      {account.id.str()}});
}

accounts::Session Visit::session(const std::string& role, aws::Writes writes) const {
  const Services& services = examination.services();
  const Configuration& configuration = examination.configuration();
  const accounts::RoleSettings assumed{services.partition, role, configuration.role_session_name,
                                       configuration.external_id};
  return {
      services.context, services.identity, services.region, accounts::role_arn(assumed, account.id), assumed, writes};
}

accounts::Session& Visit::reading(const std::string& role) {
  const auto known = sessions.find(role);
  if (known != sessions.end()) return known->second;
  return sessions.emplace(role, session(role, aws::Writes::refused)).first->second;
}

std::string reason_of(const base::Error& error) {
  base::Error same_everywhere = error;
  same_everywhere.request_id.clear();
  // AWS names the session and the resource in it, which findings of several accounts would differ by.
  if (error.kind == base::ErrorKind::denied && error.message.starts_with("User: "))
    same_everywhere.message = "AWS does not allow it";
  return base::describe(same_everywhere);
}

}  // namespace keyward::orchestrator
