#include "orchestrator/user_look.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "orchestrator/user_actions.hpp"

namespace keyward::orchestrator {

using base::Result;
using base::Task;

Task<Result<aws::IamUser>> find_user(Workplace& workplace, base::AccountId account, base::UserName name) {
  Result<std::vector<aws::IamUser>> users = co_await workplace.auditor().users(rotation::Listing::complete);
  if (!users) co_return users.error();
  const auto found = std::ranges::find(*users, base::lower_case(name.str()),
                                       [](const aws::IamUser& user) { return base::lower_case(user.name.str()); });
  if (found != users->end()) co_return std::move(*found);
  co_return base::Error{base::ErrorKind::not_found, "iam:ListUsers", k_no_such_user, "",
                        "account " + account.str() + " has no IAM user " + name.str()};
}

Task<UserLook> look_at_user(RunParts parts, accounts::Account account, base::UserName name) {
  UserLook look{open_report(parts, std::move(account), Mode::survey)};
  AccountReport& report = look.report;
  Workplace workplace(parts, report.account, report.settings, report.mode, std::nullopt);
  Result<aws::IamUser> user = co_await find_user(workplace, report.account.id, std::move(name));
  if (!user) {
    report.failure = user.error();
    co_return look;
  }
  rotation::UserFacts facts = co_await workplace.auditor().facts(*user, rotation::Reading::everything);
  report.users.push_back({std::move(facts), {}});
  Result<rotation::SecretLocation> location = co_await workplace.store().locate(user->name);
  if (location) {
    look.secret = std::optional(std::move(*location));
  } else if (location.error().kind != base::ErrorKind::not_found) {
    look.secret = location.error();
  }
  co_return look;
}

}  // namespace keyward::orchestrator
