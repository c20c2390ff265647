#pragma once

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// "GetObject", "HeadObject", "PutObject"; empty for anything else.
std::string s3_action(const WireRequest& request);

/// S3 with path-style addresses: whole objects in, whole objects out.
WireReply handle_s3(const Call& call, const WireRequest& request);

}  // namespace keyward::sandbox
