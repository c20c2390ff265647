#pragma once

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// CloudWatch: PutMetricData in its Query and its JSON 1.0 form.
WireReply handle_cloudwatch(const Call& call, Protocol protocol, const WireRequest& request);

}  // namespace keyward::sandbox
