#include <algorithm>
#include <utility>

#include "orchestrator/doctor.hpp"

namespace keyward::orchestrator {

using report::Finding;
using report::Health;
using report::Reach;

namespace {

/// As one word, in quotes only where it needs them.
std::string for_shell(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+=:,@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

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

std::string with_configuration(const std::string& fix, const std::optional<std::string>& file) {
  constexpr std::string_view k_call = "keyward ";
  if (!file) return fix;
  std::string mended;
  for (std::size_t begin = 0; begin < fix.size();) {
    const std::size_t end = std::min(fix.find('\n', begin), fix.size() - 1) + 1;
    std::string line = fix.substr(begin, end - begin);
    if (line.starts_with(k_call)) line.insert(k_call.size(), "-c " + for_shell(*file) + " ");
    mended += line;
    begin = end;
  }
  return mended;
}

}  // namespace keyward::orchestrator
