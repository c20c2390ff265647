#include "orchestrator/commands.hpp"

namespace keyward::orchestrator {
base::Task<ExitCode> run_explain(CommandContext context) {
  static_cast<void>(context);
  co_return ExitCode::done;
}
}  // namespace keyward::orchestrator
