#include "aws/write_guard.hpp"

namespace keyward::aws {
namespace {

/// Without a default: an effect that is added is answered here, or it does not compile.
bool changes_something(Effect effect) {
  switch (effect) {
    case Effect::read:
    case Effect::reveal:
    case Effect::send: return false;
    case Effect::write: break;
  }
  return true;
}

}  // namespace

std::optional<base::Error> refused_by_guard(const Operation& operation, Writes writes) {
  if (writes == Writes::allowed || !changes_something(operation.effect)) return std::nullopt;
  return base::Error{base::ErrorKind::denied, operation.full_name(), "DryRun", "",
                     "a dry run may not change anything; the call was not sent"};
}

}  // namespace keyward::aws
