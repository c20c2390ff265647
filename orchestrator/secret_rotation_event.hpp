#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/job.hpp"

namespace keyward::orchestrator {

/// What the rotation of a secret has of the world. The references outlive it.
struct SecretRotationContext {
  const Configuration& configuration;
  Services services;  ///< the identity is the function's: it works in its own account and nowhere else
  base::Deadline deadline = base::Deadline::never();  ///< the new key is tried until then at most
};

/// Whether Secrets Manager sends this to a rotation function: it has a Step and a SecretId.
bool is_secret_rotation(const boost::json::object& event);

/// One step of a rotation by Secrets Manager: {"Step", "SecretId", "ClientRequestToken"} (docs/secret-rotation.md). The
/// answer is for people and logs; Secrets Manager looks only at whether there is one. Never holds a value of a secret.
/// Errors: the step failed, and the secret keeps its current value. `invalid` with code "InvalidEvent" for an event of
/// another shape.
base::Task<base::Result<boost::json::value>> handle_secret_rotation(boost::json::object event,
                                                                    SecretRotationContext context);

}  // namespace keyward::orchestrator
