#pragma once

namespace keyward::orchestrator {

/// Who holds rights.
enum class PolicyMode {
  control,    ///< the identity that runs keyward
  inventory,  ///< organization.list_role
  audit,      ///< audit_role
  rotate,     ///< member_role
  store,      ///< store.role, of a central store
  secret_rotation,  ///< the function by which Secrets Manager rotates secrets, in its own account
};

/// What `keyward policy` prints.
enum class PolicyFormat {
  json,            ///< the document of a policy
  cloudformation,  ///< a template that makes the role with its policy and its trust policy
};

}  // namespace keyward::orchestrator
