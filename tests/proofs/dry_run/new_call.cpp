#include "aws/operation.hpp"

// A call that somebody adds. It compiles with both classes given, and with neither left out (CMakeLists.txt).
namespace keyward::aws {

#ifdef WITH_EFFECT
#ifdef WITH_IDEMPOTENCY
inline constexpr Operation k_delete_user{Service::iam, "DeleteUser", Effect::write, base::Idempotency::idempotent};
#else
inline constexpr Operation k_delete_user{Service::iam, "DeleteUser", Effect::write};
#endif
#else
inline constexpr Operation k_delete_user{Service::iam, "DeleteUser"};
#endif

}  // namespace keyward::aws
