#include "orchestrator/workplace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "aws/credential_fixture.hpp"
#include "support/run.hpp"

namespace keyward::orchestrator {
namespace {

using accounts::Account;

const base::UserName k_alice = *base::UserName::parse("alice");
const base::Arn k_arn = *base::Arn::parse("arn:aws:iam::222222222222:user/alice");

base::Task<base::Error> error_of_making(rotation::SecretStore& store) {
  base::UserName user = k_alice;
  base::Arn arn = k_arn;
  std::optional<aws::SecretDescription> seen;
  const base::Result<rotation::PreparedSecret> made = co_await store.prepare(std::move(user), std::move(arn), std::move(seen));
  co_return made ? base::Error() : made.error();
}

/// Which of an account's sessions and callers may write, by what they send when they are asked to.
struct WorkplaceTest : testing::Test {
  aws::FakeWorld world;
  std::shared_ptr<aws::ScriptedCredentials> hub = std::make_shared<aws::ScriptedCredentials>(aws::CredentialsPtr(aws::long_term_credentials()));
  Configuration configuration;
  ChangeBudget budget{10, 10};
  std::ostringstream lines;
  base::Log log{base::LogLevel::error, base::LogFormat::text, lines};
  bool stopping = false;
  ChangeGate gate;
  AccountSettings settings;
  const Account account{*base::AccountId::parse("222222222222"), "", "", accounts::AccountState::active, false, {}, {}};

  WorkplaceTest() {
    configuration.state_dir = world.home.path();
    settings.store.target = rotation::StoreTarget::central;
  }

  /// The error of a write to the store, and what was sent for it, credentials included.
  base::Error write_to_store(Mode mode) {
    world.transport.otherwise(200, aws::sts_answer("AssumeRole", world.in(std::chrono::hours(1))));
    const RunParts parts{configuration, world.context, hub, world.region, "aws", {"run", {}}, budget, log, nullptr, base::Deadline::after(std::chrono::hours(1)), stopping, gate};
    Workplace workplace(parts, account, settings, mode, std::nullopt);
    return test::run(world.loop, error_of_making(workplace.store()));
  }
  bool has_sent(std::string_view text) const {
    return std::ranges::any_of(world.transport.requests(), [text](const auto& request) { return request.body.find(text) != std::string::npos; });
  }
};

TEST_F(WorkplaceTest, ACentralStoreIsWrittenByNobodyInADryRun) {
  for (const bool by_role : {false, true}) {
    if (by_role) settings.store.role = base::Arn::parse("arn:aws:iam::111122223333:role/keyward-store");
    EXPECT_EQ(write_to_store(Mode::dry_run).code, "DryRun");
    EXPECT_TRUE(world.transport.requests().empty()) << "not even a session was opened";
  }
  EXPECT_NE(write_to_store(Mode::enforce).code, "DryRun") << "or the rest shows nothing";
  EXPECT_TRUE(has_sent("Action=AssumeRole&"));
  EXPECT_FALSE(has_sent("&Policy=")) << "a store's role that may not write in a run that acts";
}

TEST_F(WorkplaceTest, TheStoresRoleIsOpenedWithTheReadOnlyPolicyInADryRun) {
  settings.store.role = base::Arn::parse("arn:aws:iam::111122223333:role/keyward-store");
  world.transport.otherwise(200, aws::sts_answer("AssumeRole", world.in(std::chrono::hours(1))));
  const RunParts parts{configuration, world.context, hub, world.region, "aws", {"run", {}}, budget, log, nullptr, base::Deadline::after(std::chrono::hours(1)), stopping, gate};
  Workplace workplace(parts, account, settings, Mode::dry_run, std::nullopt);
  static_cast<void>(test::run(world.loop, workplace.store().check(k_alice)));
  EXPECT_TRUE(has_sent("role%2Fkeyward-store"));
  EXPECT_TRUE(has_sent("&Policy="));
}

}  // namespace
}  // namespace keyward::orchestrator
