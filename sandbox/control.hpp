#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "sandbox/simulation.hpp"

namespace keyward::sandbox {

/// The endpoints under /_sandbox/: unsigned, for the tests and demos that drive the sandbox (docs/sandbox.md).
/// `request` is known to begin with that path.
WireReply handle_control(Simulation& simulation, const WireRequest& request);

/// What the control endpoints answer and read.
WireReply control_reply(const boost::json::value& value);
WireReply control_refusal(int status, std::string message);
/// Throws std::invalid_argument for anything but a JSON object; no body is an empty one.
boost::json::object control_body(const WireRequest& request);

/// Everything that lasts, in a fixed order: a run that changed nothing leaves it byte for byte the same. Dates of use,
/// sessions, mail, the clock and the counters are not in it.
boost::json::object durable_state(World& world);
/// The rest: key use, sessions, reports, publications, metrics, the clock.
boost::json::object volatile_state(World& world);
boost::json::array mail_list(const World& world);

/// Changes the world as somebody else would: an administrator in the console, a workload that uses its key.
/// Throws std::invalid_argument with a sentence for anything that cannot be done.
boost::json::object edit_world(World& world, const boost::json::object& edit);

}  // namespace keyward::sandbox
