#include "aws/credentials_process.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

using Arguments = std::vector<std::string>;

TEST(SplitCommand, SplitsLikeAShellThatExpandsNothing) {
  const std::pair<const char*, Arguments> rows[] = {
      {"a", {"a"}},
      {"  a\tb  c ", {"a", "b", "c"}},
      {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
      {"a '' \"\"", {"a", "", ""}},
      {"a b'c d'e\"f g\"", {"a", "bc def g"}},
      {"a \\  b\\ c", {"a", " ", "b c"}},
      {R"(a "x\"y\\z\n" 'q\"')", {"a", R"(x"y\z\n)", R"(q\")"}},
      {"a $HOME;rm | * `x` ~", {"a", "$HOME;rm", "|", "*", "`x`", "~"}},
  };
  for (const auto& [command, arguments] : rows) {
    const auto split = split_command(command);
    ASSERT_TRUE(split) << command;
    EXPECT_EQ(*split, arguments) << command;
  }
  for (const char* command : {"", "  ", "a 'b", "a \"b", "a \\", "''"}) {
    EXPECT_EQ(split_command(command).error().code, "BadCommand") << command;
  }
}

struct ProcessSource : ::testing::Test {
  FakeWorld world;
  Environment environment{{"PATH", "/usr/bin:/bin"}};

  base::Result<CredentialsPtr> run(const std::string& command, std::chrono::milliseconds timeout = 60s) {
    ProcessCredentials provider(command, environment, timeout);
    return world.fetch(provider);
  }
  std::string script(const std::string& text) {
    const std::string path = world.home.write("script.sh", text);
    return "/bin/sh \"" + path + "\"";
  }
};

TEST_F(ProcessSource, TakesWhatTheProgramPrints) {
  environment["WANTED"] = "ASIAPROCESS";
  const auto credentials =
      run(script(R"sh(echo "{\"Version\": 1, \"AccessKeyId\": \"$WANTED\", \"SecretAccessKey\": \"$1\"}")sh") +
          " 'two words'");
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ((*credentials)->access_key_id, "ASIAPROCESS");
  EXPECT_EQ((*credentials)->secret_access_key.expose(), "two words");
  EXPECT_FALSE((*credentials)->expiration);
}

TEST_F(ProcessSource, GetsNoInputAndOnlyTheGivenEnvironment) {
  const auto credentials = run(script(
      R"sh(test -z "$(cat)" && test -z "$HOME" && echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}')sh"));
  EXPECT_TRUE(credentials) << describe(credentials.error());
}

TEST_F(ProcessSource, AFailureShowsTheFirstLineOfStandardErrorAndNothingOfStandardOutput) {
  const auto credentials = run(script("echo hushhush; printf 'no \\033ticket\\nmore\\n' >&2; exit 3"));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::invalid);
  EXPECT_EQ(credentials.error().code, "ProcessFailed");
  EXPECT_NE(credentials.error().message.find("exited with 3: no  ticket"), std::string::npos)
      << credentials.error().message;
  EXPECT_EQ(describe(credentials.error()).find("hushhush"), std::string::npos);
  EXPECT_EQ(describe(credentials.error()).find("more"), std::string::npos);
}

TEST_F(ProcessSource, MalformedOutputIsRefused) {
  EXPECT_EQ(run(script("true")).error().code, "MalformedCredentials");
  EXPECT_EQ(run(script("echo '{\"Version\":2}'")).error().code, "MalformedCredentials");
  EXPECT_EQ(run(script("head -c 70000 /dev/zero")).error().code, "MalformedCredentials");
  const std::string whole = R"(printf '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}'; )";
  EXPECT_TRUE(run(script(whole)));
  EXPECT_EQ(run(script(whole + "head -c 70000 /dev/zero | tr '\\0' ' '")).error().code, "MalformedCredentials");
  EXPECT_EQ(run(script("kill -9 $$")).error().code, "ProcessFailed");
}

TEST_F(ProcessSource, OneThatPrintsWithoutEndFillsNoMemory) {
  const auto credentials = run(script("exec yes"));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, "MalformedCredentials");
  EXPECT_NE(credentials.error().message.find("printed too much"), std::string::npos) << credentials.error().message;
}

TEST_F(ProcessSource, MuchStandardErrorDoesNotBlockIt) {
  EXPECT_TRUE(run(
      script("head -c 300000 /dev/zero >&2; echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'")));
}

TEST_F(ProcessSource, AProgramThatDoesNotExistIsAnError) {
  EXPECT_EQ(run("/does/not/exist --now").error().code, "CannotStart");
}

TEST_F(ProcessSource, AProgramThatDoesNotEndInTimeIsKilled) {
  const auto credentials = run("sleep 600", 20ms);
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::transient);
  EXPECT_EQ(credentials.error().code, "TimedOut");
}

/// Looks until the condition holds, for ten seconds at most: the kernel ends processes in its own time.
bool becomes_true(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Gone, or dead and waiting for its parent to notice.
bool has_ended(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return !(stat >> number >> name >> state) || state == "Z" || state == "X";
}

TEST_F(ProcessSource, TheLoopGoesOnAndCancellationEndsTheProgramAndItsChildren) {
  const std::string pid_file = world.home.path("pid");
  ProcessCredentials provider(
      script("sleep 600 & echo $! > " + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; wait"),
      environment);
  boost::asio::cancellation_signal cancel;
  bool cancelled = false;
  const auto ended = [&](std::exception_ptr failure, base::Result<CredentialsPtr>) { cancelled = failure != nullptr; };
  boost::asio::co_spawn(world.loop, provider.credentials(), boost::asio::bind_cancellation_slot(cancel.slot(), ended));
  ASSERT_TRUE(becomes_true([&] {
    world.loop.poll();
    return std::filesystem::exists(pid_file);
  }));
  std::string grandchild;
  std::ifstream(pid_file) >> grandchild;
  EXPECT_FALSE(has_ended(grandchild));
  cancel.emit(boost::asio::cancellation_type::terminal);
  world.loop.run();
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(becomes_true([&] { return has_ended(grandchild); }));
}

}  // namespace
}  // namespace keyward::aws
