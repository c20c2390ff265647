#include "notify/file_channel.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <set>

#include "notify/coroutines.hpp"
#include "notify/world.hpp"
#include "support/scarce_disk.hpp"

namespace keyward::notify {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "keyward_mail_XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(FileChannel, WritesTheMailForItsOwnerOnly) {
  const TemporaryFolder folder;
  const fs::path directory = folder.path() / "runs" / "mail";
  FileChannel channel(directory);
  const Message message = message_to("owner@example.org");
  const auto delivered = run(channel.deliver(message));
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(*delivered, "001-owner@example.org.eml");
  EXPECT_EQ(content(directory / *delivered), to_mime(message));
  EXPECT_EQ(fs::status(directory / *delivered).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(directory).permissions(), fs::perms::owner_all);
  EXPECT_EQ(files_in(directory).size(), 1u);  // no temporary file is left
}

TEST(FileChannel, NumbersOnwardsFromWhatIsThere) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "041-x@example.org.eml") << "old";
  std::ofstream(folder.path() / "notes.txt") << "not a mail";
  FileChannel channel(folder.path());
  EXPECT_EQ(*run(channel.deliver(message_to("a@example.org"))), "042-a@example.org.eml");
  // Another run takes the next name meanwhile: it is not overwritten.
  std::ofstream(folder.path() / "043-b@example.org.eml") << "other";
  EXPECT_EQ(*run(channel.deliver(message_to("b@example.org"))), "044-b@example.org.eml");
  EXPECT_EQ(content(folder.path() / "043-b@example.org.eml"), "other");
}

TEST(FileChannel, KeepsAddressesInsideTheDirectory) {
  const TemporaryFolder folder;
  FileChannel channel(folder.path() / "mail");
  EXPECT_EQ(*run(channel.deliver(message_to("a/b|c@example.org"))), "001-a_b_c@example.org.eml");
}

TEST(FileChannel, KeepsALongAddressWithinTheNameOfAFile) {
  const TemporaryFolder folder;
  FileChannel channel(folder.path());
  const std::string domain = std::string(60, 'd') + "." + std::string(60, 'e') + "." + std::string(60, 'f') + ".example.org";
  const auto delivered = run(channel.deliver(message_to(std::string(50, 'a') + "@" + domain)));
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_LT(delivered->size(), 255u);
  EXPECT_TRUE(delivered->ends_with(".eml"));
}

TEST(FileChannel, LeavesNoPartOfAMailForWhichThereIsNoRoomAndGoesOnWhenThereIs) {
  const TemporaryFolder folder;
  FileChannel channel(folder.path());
  Message large = message_to("a@example.org");
  large.text.assign(1'000'000, 'x');
  {
    const test::ScarceDisk room(100'000);
    const auto refused = run(channel.deliver(large));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "FileNotWritten");
    EXPECT_TRUE(files_in(folder.path()).empty());
    EXPECT_TRUE(run(channel.deliver(message_to("b@example.org")))) << "a smaller one has room";
  }
  const auto delivered = run(channel.deliver(large));
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(content(folder.path() / *delivered), to_mime(large));
  EXPECT_EQ(files_in(folder.path()), (std::set<std::string>{"001-b@example.org.eml", *delivered}));
}

TEST(FileChannel, ReportsADirectoryThatCannotBeWritten) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "mail") << "a file, not a directory";
  FileChannel channel(folder.path() / "mail");
  const auto delivered = run(channel.deliver(message_to("a@example.org")));
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().code, "FileNotWritten");
}

}  // namespace
}  // namespace keyward::notify
