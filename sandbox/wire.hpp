#pragma once

#include <string>
#include <string_view>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// How a service speaks, by signing name. Nothing for a service that is not simulated.
std::optional<Protocol> protocol_of(std::string_view service, const WireRequest& request);

/// The action that a request of the Query or JSON protocols names; empty when it names none. REST services tell by
/// path.
std::string action_of(Protocol protocol, const WireRequest& request);

std::string_view xml_namespace(std::string_view service);

/// `result` is the inside of <ActionResult>; nothing for actions that answer without one.
WireReply query_reply(const Call& call, const std::optional<std::string>& result);
WireReply json_reply(Protocol protocol, const boost::json::object& body);
WireReply error_reply(Protocol protocol, std::string_view service, const ApiError& error, std::string_view request_id);

}  // namespace keyward::sandbox
