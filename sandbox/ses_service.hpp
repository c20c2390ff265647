#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// What a REST request to SES v2 asks for: "SendEmail", "GetAccount", ...; empty for an unknown path.
std::string ses_action(const WireRequest& request);

/// Whom a SendEmail's Destination names; none for other requests. Throws ApiError for a body that is no JSON.
std::vector<std::string> ses_recipients(const WireRequest& request);

/// SES v2: SendEmail (Simple and Raw), GetAccount, identities. Mail is kept in the world for /_sandbox/mail.
boost::json::object handle_ses(const Call& call, const WireRequest& request);

}  // namespace keyward::sandbox
