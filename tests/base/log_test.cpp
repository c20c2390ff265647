#include "base/log.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "base/ids.hpp"
#include "base/secret.hpp"

namespace keyward::base {
namespace {

std::string logged(LogFormat format, std::string_view event, Log::Fields fields, LogLevel level = LogLevel::warn) {
  std::ostringstream out;
  Log log(LogLevel::trace, format, out);
  log.write(level, event, fields);
  return out.str();
}

template <class Value>
constexpr bool k_loggable = std::is_constructible_v<LogField, std::string_view, Value>;

static_assert(k_loggable<const AccountId&> && k_loggable<const std::string&> && k_loggable<int> && k_loggable<bool>);
static_assert(!k_loggable<const Secret&> && !k_loggable<const Body&>, "a secret must have no way into the log");
static_assert(!k_loggable<const AccessKeyId&>, "a key id is logged by its last four characters");

TEST(Log, WritesTextThatPeopleCanRead) {
  const auto account = *AccountId::parse("111122223333");
  const std::string line = logged(LogFormat::text, "account_failed",
                                  {{"account", account}, {"error", "no such role"}, {"tries", 3}, {"dry", true}});
  EXPECT_TRUE(std::regex_match(
      line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn  account_failed account=111122223333 )"
                       R"(error="no such role" tries=3 dry=true\n)")))
      << line;
}

TEST(Log, WritesOneJsonObjectALine) {
  const std::string line = logged(LogFormat::json, "e", {{"text", "a\"b\\c"}, {"n", -1}, {"t", false}});
  EXPECT_TRUE(std::regex_match(line, std::regex(R"(\{"time":"[^"]{24}","level":"warn","event":"e",)"
                                                R"("text":"a\\"b\\\\c","n":-1,"t":false\}\n)")))
      << line;
}

TEST(Log, PutsThePriorityInFrontForTheJournal) {
  EXPECT_EQ(logged(LogFormat::journal, "e", {{"k", "v"}}, LogLevel::error), "<3>e k=v\n");
  EXPECT_EQ(logged(LogFormat::journal, "e", {}, LogLevel::debug), "<7>e\n");
}

TEST(Log, LetsNoValueForgeALineAKeyOrATerminalCommand) {
  const struct {
    std::string_view value;
    std::string_view text;
    std::string_view json;
  } table[] = {
      {"a\nb", R"("a\nb")", R"("a\nb")"},
      {"a\r\nx", R"("a\r\nx")", R"("a\r\nx")"},
      {"a b=c", R"("a b=c")", R"("a b=c")"},
      {"\x1b[2J", R"("\u001b[2J")", R"("\u001b[2J")"},
      {"\xc2\x9b[2J", R"("\u009b[2J")", R"("\u009b[2J")"},
      {"\x7f", R"("\u007f")", R"("\u007f")"},
      {"\xff\xc0\x80", R"("\xff\xc0\x80")", R"("\ufffd\ufffd\ufffd")"},
      {"\xE2\x80\xAE" "a", R"("\u202ea")", R"("\u202ea")"},
      {"\xF3\xA0\x80\x81", R"("\udb40\udc01")", R"("\udb40\udc01")"},
      {"ü€😀", R"("ü€😀")", R"("ü€😀")"},
      {"", R"("")", R"("")"},
      {std::string_view("a\0b", 3), R"("a\u0000b")", R"("a\u0000b")"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(logged(LogFormat::journal, "e", {{"k", row.value}}), "<4>e k=" + std::string(row.text) + "\n");
    const std::string json = logged(LogFormat::json, "e", {{"k", row.value}});
    EXPECT_NE(json.find(R"("k":)" + std::string(row.json) + "}"), std::string::npos) << json;
  }
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  std::ostringstream out;
  Log log(LogLevel::warn, LogFormat::journal, out);
  log.info("quiet");
  log.error("loud", {});
  EXPECT_EQ(out.str(), "<3>loud\n");
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("WARNING"), std::nullopt);
}

}  // namespace
}  // namespace keyward::base
