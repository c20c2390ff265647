#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "orchestrator/permissions.hpp"
#include "orchestrator/policy_document.hpp"

namespace keyward::orchestrator {

/// What a template writes where an account id belongs; CloudFormation fills it in.
inline constexpr const char* k_stack_account = "${AWS::AccountId}";

struct RoleTemplate {
  std::string role;               ///< "path/name", without the leading slash
  std::string description;        ///< of the role
  std::string principal;          ///< empty: a parameter of the template
  std::string external_id;        ///< empty: none, or a parameter
  bool asks_external_id = false;  ///< there is one, and it does not stand in the configuration: a parameter
  std::string organization;
  std::string session_name;
};

/// A CloudFormation template that makes the role with these rights and with its trust policy.
boost::json::object role_template(const RoleTemplate& role, const Permissions& permissions);

/// A template that makes a managed policy, attached to `principal` where that is a role or a user.
boost::json::object policy_template(const std::string& description, const std::string& principal,
                                    const Permissions& permissions);

}  // namespace keyward::orchestrator
