#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Account Management: GetAlternateContact.
std::string account_action(const WireRequest& request);
boost::json::object handle_account(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
