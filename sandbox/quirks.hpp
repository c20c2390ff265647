#pragma once

#include <boost/json/object.hpp>

#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// Sets the members that are there: account_state, account_status, account_paths, empty_account_page, short_iam_pages,
/// one_organizations_call, forgotten_tags, undying_keys, premature_sts (booleans), session_token_size (characters), key_list_lag,
/// report_duration (durations). Throws std::invalid_argument for anything else.
void read_quirks(Quirks& quirks, const boost::json::object& settings);

}  // namespace keyward::sandbox
