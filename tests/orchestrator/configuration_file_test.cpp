#include "orchestrator/configuration_file.hpp"

#include "orchestrator/configuration_fixture.hpp"

namespace keyward::orchestrator {
namespace {
TEST_F(ConfigurationTest, Loads) { configuration_of(sound("")); }
}  // namespace
}  // namespace keyward::orchestrator
