#include "report/doctor_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace keyward::report {
namespace {

Finding in_account(const std::string& account, Health health, const std::string& what, const std::string& fix = "") {
  return {"doctor.role.assume", health, what, "", fix, Reach::part, {account}};
}

TEST(DoctorTable, SaysOnceWhatIsTrueOfSeveralAccounts) {
  const std::vector<Finding> findings =
      merged({in_account("333333333333", Health::failure, "no", "for {accounts}; first {account}"),
              in_account("444444444444", Health::ok, "yes"),
              in_account("222222222222", Health::failure, "no", "for {accounts}; first {account}")});
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].accounts, (std::vector<std::string>{"222222222222", "333333333333"}));
  EXPECT_EQ(findings[0].fix, "for 222222222222 333333333333; first 222222222222");
}

TEST(DoctorTable, GroupsStandInTheirOrderHoweverTheyCame) {
  const std::vector<Finding> findings = merged({{"doctor.mail.smtp", Health::ok, "mail", "", "", Reach::part, {}},
                                                in_account("222222222222", Health::ok, "role"),
                                                {"doctor.host.lock", Health::ok, "lock", "", "", Reach::part, {}}});
  EXPECT_EQ(findings[0].what, "lock");
  EXPECT_EQ(findings[1].what, "role");
  EXPECT_EQ(findings[2].what, "mail");
}

TEST(DoctorTable, TheVerdictSaysWhatMayBeDone) {
  EXPECT_EQ(verdict({.ok = 3}), "3 ok: nothing stands in the way of a run");
  EXPECT_EQ(verdict({.ok = 23, .warnings = 2, .failures = 1, .blocking = 1}),
            "23 ok, 2 warnings, 1 failure: nothing may be enforced before the failure is mended");
  EXPECT_EQ(
      verdict({.ok = 1, .failures = 2, .not_checked = 1}),
      "1 ok, 2 failures, 1 not checked: what works can be enforced, the rest waits until the failures are mended");
}

TEST(DoctorTable, FitsTheTerminalAndWhatIsCopiedStaysACommand) {
  const std::string long_text = "a cause that is told in many words because there is so very much to say about it";
  const std::string fix =
      "aws kms enable-key --key-id 1234 --region eu-central-1 --query 'two words'   # for the owner of the key";
  const std::vector<Finding> findings{
      {"doctor.host.lock", Health::failure, long_text, long_text, fix, Reach::everything, {}}};
  std::ostringstream out;
  print_findings(out, findings, {Format::table, Color::never, 60});
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 60u) << line;
  EXPECT_NE(out.str().find("                 # for the owner of the key\n"
                           "                 aws kms enable-key --key-id 1234 --region \\\n"
                           "                     eu-central-1 --query 'two words'\n"),
            std::string::npos)
      << out.str();
  std::ostringstream piped;
  print_findings(piped, findings, {Format::table, Color::never, std::nullopt});
  EXPECT_NE(piped.str().find(fix), std::string::npos);
}

TEST(DoctorTable, NothingFromOutsideReachesTheTerminalAsItIs) {
  const std::vector<Finding> findings{
      {"doctor.host.lock", Health::failure, "a\x1b[31m", "b\x1b[31m", "c\x1b[31m", Reach::everything, {}}};
  std::ostringstream out;
  print_findings(out, findings, {Format::table, Color::never, 80});
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace keyward::report
