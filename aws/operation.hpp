#pragma once

#include <string>
#include <string_view>

#include "aws/endpoints.hpp"
#include "base/http.hpp"

namespace keyward::aws {

/// What a call does to AWS. A dry run lets `read` and `send` pass and refuses `write` before it leaves the process.
enum class Effect {
  read,    ///< changes nothing (AssumeRole and GenerateCredentialReport count here: they change nothing anyone owns)
  reveal,  ///< hands out a secret: changes nothing, and yet no session policy of a dry run allows it
  write,   ///< changes somebody's account
  send,    ///< tells people: mail, metrics, records
};

/// Whether a call is signed with somebody's credentials.
enum class Signing {
  required,
  none,  ///< AssumeRoleWithWebIdentity alone: its token says who calls
};

/// One AWS API call that keyward makes. Every client declares its calls as constants of this type, so a call without an
/// effect and an idempotency does not compile, and the list of all calls is the list of these constants.
struct Operation {
  constexpr Operation(Service of, std::string_view action, Effect does, base::Idempotency repeated,
                      Signing by = Signing::required)
      : service(of), name(action), effect(does), idempotency(repeated), signing(by) {}

  Service service;
  std::string_view name;  ///< "CreateAccessKey"
  Effect effect;
  base::Idempotency idempotency;
  Signing signing;

  /// "iam:CreateAccessKey": the name in permissions, records and errors.
  std::string full_name() const {
    const std::string_view prefix = permission_prefix(service);
    std::string text;
    text.reserve(prefix.size() + 1 + name.size());
    text += prefix;
    text += ':';
    text += name;
    return text;
  }
};

}  // namespace keyward::aws
