#pragma once

#include <optional>
#include <string>

#include "aws/iam_client.hpp"
#include "orchestrator/permissions.hpp"

namespace keyward::orchestrator {

/// The statement as a question to SimulatePrincipalPolicy: wildcards in resources and condition values are replaced by
/// something they match, because the simulator takes none. `principal` is an ARN. Pure.
aws::SimulatedAccess question_of(const PolicyStatement& statement, const std::string& principal);

/// The user or role whose policies decide for a caller: a session's role, as far as its ARN tells (a session does not
/// name the path of its role). Nothing for the root user and for federated users. Pure.
std::optional<std::string> principal_behind(const std::string& caller_arn);

}  // namespace keyward::orchestrator
