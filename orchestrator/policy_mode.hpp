#pragma once

namespace keyward::orchestrator {

/// Who holds rights.
enum class PolicyMode {
  control,    ///< the identity that runs keyward
  inventory,  ///< organization.list_role
  audit,      ///< audit_role
  rotate,     ///< member_role
  store,      ///< store.role, of a central store
};

/// What `keyward policy` prints.
enum class PolicyFormat {
  json,            ///< the document of a policy
  cloudformation,  ///< a template that makes the role with its policy and its trust policy
};

}  // namespace keyward::orchestrator
