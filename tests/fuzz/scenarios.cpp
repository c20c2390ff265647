#include <boost/json/parse.hpp>
#include <stdexcept>

#include "fuzz/fuzz.hpp"
#include "sandbox/control.hpp"
#include "sandbox/scenario.hpp"

// Scenario files of the sandbox.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(scenarios) {
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(input, failed);
  if (failed || !value.is_object()) return;
  sandbox::World world(1, sandbox::VirtualClock(*base::parse_iso8601("2026-01-01T00:00:00Z"), [] { return std::chrono::milliseconds(0); }));
  try {
    sandbox::load_scenario(world, value.get_object());
  } catch (const std::invalid_argument& error) {
    require(*error.what() != '\0', "a refusal says why");
    return;
  }
  sandbox::durable_state(world);
  sandbox::volatile_state(world);
}

}  // namespace keyward::fuzz
