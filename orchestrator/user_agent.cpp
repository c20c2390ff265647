#include "orchestrator/user_agent.hpp"

#include <algorithm>
#include <string_view>

#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

constexpr const char* k_variable = "AWS_SDK_UA_APP_ID";
constexpr std::size_t k_longest_id = 50;

bool is_allowed(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || std::string_view("!$%&*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

base::Result<std::string> user_agent(const std::map<std::string, std::string>& environment) {
  std::string agent = std::string("keyward/") + k_version;
  const auto found = environment.find(k_variable);
  if (found == environment.end() || found->second.empty()) return agent;
  const std::string& id = found->second;
  if (id.size() > k_longest_id || !std::ranges::all_of(id, is_allowed)) {
    return base::Error{base::ErrorKind::invalid, k_variable, "BadAppId", "",
                       "an application id has at most 50 characters: letters, digits and !$%&*+-.^_`|~"};
  }
  agent += " app/" + id;
  return agent;
}

}  // namespace keyward::orchestrator
