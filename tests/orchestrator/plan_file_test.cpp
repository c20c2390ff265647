#include "orchestrator/plan_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <random>

#include "base/files.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

const base::Instant k_now = *base::parse_iso8601("2026-11-21T02:30:00Z");
const base::AccountId k_account = *base::AccountId::parse("111122223333");
const base::UserName k_user = *base::UserName::parse("svc");

Plan sample() {
  using namespace rotation;
  const base::AccessKeyId id = *base::AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
  const base::AccessKeyId off = *base::AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");
  Ledger ledger;
  ledger.deactivated[off] = k_now - std::chrono::days(11);
  UserFacts facts{k_user,
                  *base::Arn::parse("arn:aws:iam::111122223333:user/svc"),
                  Fact<std::vector<KeyFacts>>::known(
                      {{id, KeyStatus::active, k_now - std::chrono::days(94), Fact<KeyUse>::known({k_now, "", ""})},
                       {off, KeyStatus::inactive, k_now - std::chrono::days(200), Fact<KeyUse>::absent()}}),
                  Fact<ExemptionFact>::absent(),
                  {},
                  Fact<Ledger>::known(ledger),
                  std::nullopt};
  Decision step;
  step.action = Action::remove;
  step.reason = Reason::recovery_grace_period_end;
  step.key = off;
  step.due = k_now;
  Plan plan{"20261121T023000Z-0001", "0.1.0", k_now, k_now + k_plan_lasts, "c0ffee", "o-exampleorgid", "feed", {}};
  AccountPlan account{"pay \"ments\"\x1b[31m \xe2\x80\xae", false, {}};
  account.users.emplace(k_user, UserPlan{facts, {step}});
  plan.accounts.emplace(k_account, account);
  plan.accounts.emplace(*base::AccountId::parse("444455556666"), AccountPlan{"interrupted", true, {}});
  return plan;
}

class PlanFile : public testing::Test {
 protected:
  PlanKey key() { return PlanKey::make_or_read(folder_.path()).value(); }
  std::string code_of(std::string_view text) {
    const base::Result<Plan> plan = parse_plan(text, key());
    return plan ? "" : plan.error().code;
  }
  test::TemporaryDirectory folder_;
};

TEST_F(PlanFile, SaysWhenItIsReadWhatItSaidWhenItWasWritten) {
  const Plan plan = sample();
  const std::filesystem::path file = folder_.path("plan.json");
  ASSERT_TRUE(write_plan(file, plan, key()));
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const base::Result<Plan> read = read_plan(file, folder_.path());
  ASSERT_TRUE(read) << base::describe(read.error());
  EXPECT_EQ(format_plan(*read, key()), format_plan(plan, key()));
  EXPECT_EQ(read->accounts.size(), 2U);
  const rotation::UserPlan* user = read->find(k_account)->find(k_user);
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(rotation::drift(plan.find(k_account)->find(k_user)->facts, user->facts), "");
  ASSERT_EQ(user->steps.size(), 1U);
  EXPECT_EQ(user->steps[0].action, rotation::Action::remove);
  EXPECT_EQ(user->steps[0].due, k_now);
}

TEST_F(PlanFile, TheKeyIsMadeOnceAndIsForNobodyElse) {
  const std::string name = key().name();
  EXPECT_EQ(key().name(), name);
  struct stat found{};
  ASSERT_EQ(::stat(folder_.path("plan.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(found.st_size, 32);
  EXPECT_EQ(format_plan(sample(), key()).find(*base::read_whole(folder_.path("plan.key"))), std::string::npos);
  ASSERT_EQ(::chmod(folder_.path("plan.key").c_str(), 0644), 0);
  const auto open_to_others = PlanKey::read(folder_.path());
  ASSERT_FALSE(open_to_others);
  EXPECT_NE(open_to_others.error().message.find("others may read it"), std::string::npos) << open_to_others.error().message;
  ASSERT_EQ(::chmod(folder_.path("plan.key").c_str(), 0600), 0);
  folder_.write("plan.key", "short");
  EXPECT_EQ(PlanKey::make_or_read(folder_.path()).error().code, "BadKey");
}

TEST_F(PlanFile, IndentedAnewOrWithAMemberTwiceItIsAnEditedOne) {
  const std::string good = format_plan(sample(), key());
  const std::string indented = std::string(good).insert(good.find(':') + 1, " ");
  const std::string twice = std::string(good).insert(1, R"("plan":{},)");
  EXPECT_EQ(code_of(indented), "Edited");
  EXPECT_EQ(code_of(twice), "Edited");
}

TEST_F(PlanFile, EveryChangedByteIsNoticed) {
  const std::string good = format_plan(sample(), key());
  ASSERT_EQ(code_of(good), "");
  const std::random_device::result_type seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text = good;
    text[random() % text.size()] = static_cast<char>(random() % 256);
    if (text == good) continue;
    EXPECT_NE(code_of(text), "") << text;
  }
}

TEST_F(PlanFile, ForeignEditedAndOtherFilesAreToldApart) {
  const std::string good = format_plan(sample(), key());
  const test::TemporaryDirectory elsewhere;
  EXPECT_EQ(code_of(format_plan(sample(), PlanKey::make_or_read(elsewhere.path()).value())), "Foreign");
  std::string edited = good;
  edited.replace(edited.find("\"delete\""), 8, "\"rotate\"");
  EXPECT_EQ(code_of(edited), "Edited");
  std::string newer = good;
  newer.replace(newer.find("\"keyward_plan\":1"), 16, "\"keyward_plan\":2");
  EXPECT_EQ(code_of(newer), "OtherVersion");
  for (const std::string& text : std::vector<std::string>{
           "", "null", "[]", "{}", "{\"keyward_plan\":1}", "{\"keyward_plan\":1,\"plan\":[]}", std::string(100'000, '['),
           good.substr(0, good.size() / 2), good + good, std::string("\0\xff", 2)}) {
    EXPECT_EQ(code_of(text), "NotAPlan") << text.substr(0, 100);
  }
  EXPECT_EQ(read_plan(folder_.path("none"), folder_.path()).error().code, "Unreadable");
  EXPECT_EQ(read_plan(folder_.path(), folder_.path()).error().code, "NotAPlan");
  ASSERT_EQ(::mkfifo(folder_.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_plan(folder_.path("pipe"), folder_.path()).error().code, "NotAPlan");
}

TEST_F(PlanFile, WhereNoPlanWasMadeEachIsForeign) {
  const std::filesystem::path file = folder_.path("plan.json");
  ASSERT_TRUE(write_plan(file, sample(), key()));
  const test::TemporaryDirectory elsewhere;
  EXPECT_EQ(read_plan(file, elsewhere.path()).error().code, "Foreign");
}

/// Sealed by whoever has the key, and not what keyward writes: nothing is taken for granted.
TEST_F(PlanFile, ASealedPlanOfAnotherShapeIsNoPlan) {
  const boost::json::object file = boost::json::parse(format_plan(sample(), key())).as_object();
  const auto sealed = [&](const boost::json::object& body) {
    boost::json::object changed = file;
    changed["seal"] = key().seal(boost::json::serialize(body));
    changed["plan"] = body;
    return boost::json::serialize(changed) + '\n';
  };
  ASSERT_EQ(code_of(sealed(file.at("plan").as_object())), "");
  for (const auto& member : file.at("plan").as_object()) {
    boost::json::object body = file.at("plan").as_object();
    body[member.key()] = 7;
    EXPECT_EQ(code_of(sealed(body)), "NotAPlan") << member.key();
    body.erase(member.key());
    EXPECT_EQ(code_of(sealed(body)), "NotAPlan") << member.key();
  }
  const auto& user = file.at("plan").at("accounts").at(0).at("users").at(0).as_object();
  for (const auto& member : user) {
    boost::json::object body = file.at("plan").as_object();
    body.at("accounts").at(0).at("users").at(0).as_object()[member.key()] = boost::json::array{7};
    EXPECT_EQ(code_of(sealed(body)), "NotAPlan") << member.key();
  }
}

TEST(Plan, IsForOneProgramOneConfigurationOneOrganizationAndOneDay) {
  const Plan plan = sample();
  EXPECT_TRUE(check_program(plan, "0.1.0", "c0ffee"));
  EXPECT_EQ(check_program(plan, "0.2.0", "c0ffee").error().code, "OtherVersion");
  EXPECT_EQ(check_program(plan, "0.1.0", "decade").error().code, "OtherConfiguration");
  EXPECT_TRUE(check_organization(plan, "o-exampleorgid"));
  EXPECT_EQ(check_organization(plan, "o-other").error().code, "OtherOrganization");
  EXPECT_TRUE(check_time(plan, plan.expires - std::chrono::seconds(1)));
  EXPECT_EQ(check_time(plan, plan.expires).error().code, "Expired");
}

TEST(Plan, TheInventoryIsTheAccountsThatTakePartAndTheirStates) {
  const auto entry = [](const char* id, accounts::Skip skip) {
    return accounts::InventoryEntry{{*base::AccountId::parse(id), "", "", accounts::AccountState::active, false, {}, {}}, skip};
  };
  using accounts::Skip;
  const accounts::Inventory one{"o-1", {entry("111111111111", Skip::none), entry("222222222222", Skip::excluded)}};
  const accounts::Inventory same{"o-1", {entry("111111111111", Skip::none)}};
  const accounts::Inventory other{"o-1", {entry("111111111111", Skip::none), entry("222222222222", Skip::none)}};
  EXPECT_EQ(inventory_digest(one), inventory_digest(same));
  EXPECT_NE(inventory_digest(one), inventory_digest(other));
}

}  // namespace
}  // namespace keyward::orchestrator
