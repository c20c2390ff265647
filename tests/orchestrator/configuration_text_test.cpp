#include "orchestrator/configuration_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "orchestrator/configuration_fixture.hpp"

namespace keyward::orchestrator {
namespace {}  // namespace
}  // namespace keyward::orchestrator
