#include "orchestrator/commands.hpp"
#include "orchestrator/preflight.hpp"
#include "report/inventory_table.hpp"

namespace keyward::orchestrator {

base::Task<ExitCode> run_inventory(CommandContext context) {
  Job job(context.configuration, context.services, std::nullopt);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  report::print_inventory(context.out, accounts->inventory, context.output);
  co_return with_signal(context, ExitCode::done);
}

}  // namespace keyward::orchestrator
