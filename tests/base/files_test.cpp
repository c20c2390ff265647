#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_directory.hpp"

namespace keyward::base {
namespace {

TEST(FileReplacement, PutsAllPartsInPlaceAtOnce) {
  const test::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path("page");
  ASSERT_TRUE(write_atomically(file, "old"));
  std::string all;
  {
    FileReplacement replacement(file);
    for (int i = 0; i < 20'000; ++i) {
      const std::string part = std::to_string(i) + ' ';
      replacement.write(part);
      all += part;
    }
    EXPECT_EQ(read_whole(file).value(), "old");
    ASSERT_TRUE(replacement.commit());
  }
  EXPECT_EQ(read_whole(file).value(), all);
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(FileReplacement, TakesNoNameFromAPipeOrALink) {
  const test::TemporaryDirectory folder;
  const std::filesystem::path pipe = folder.path("pipe"), link = folder.path("link"), target = folder.path("target");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ASSERT_TRUE(write_atomically(target, "target"));
  std::filesystem::create_symlink(target, link);
  for (const std::filesystem::path& there : {pipe, link}) {
    EXPECT_EQ(write_atomically(there, "content").error().code, "NoRegularFile");
    EXPECT_EQ(replaceable(there, "").error().code, "NoRegularFile");
  }
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(read_whole(target).value(), "target");
  EXPECT_FALSE(std::filesystem::exists(folder.path("pipe.new")));
}

TEST(Replaceable, IsWhatIsMissingEmptyOrOfTheSameKind) {
  const test::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path("file");
  EXPECT_TRUE(replaceable(file, "<?xml"));
  for (const char* mine : {"", "<?xml version"}) {
    ASSERT_TRUE(write_atomically(file, mine));
    EXPECT_TRUE(replaceable(file, "<?xml")) << mine;
  }
  for (const char* other : {"<?xm", "dry_run: true"}) {
    ASSERT_TRUE(write_atomically(file, other));
    EXPECT_EQ(replaceable(file, "<?xml").error().code, "SomethingElse") << other;
  }
}

TEST(FileReplacement, IsForEverybodyWhereThatIsAskedFor) {
  const test::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path("metrics");
  ASSERT_TRUE(write_atomically(file, "old"));
  ASSERT_TRUE(FileReplacement(file, Durability::synced, Readers::everybody).commit());
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0644u);
}

TEST(FileReplacement, WithoutCommitTheOldFileStaysAndNothingIsLeft) {
  const test::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path("page");
  ASSERT_TRUE(write_atomically(file, "old"));
  { FileReplacement(file).write("new"); }
  EXPECT_EQ(read_whole(file).value(), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FileReplacement, WhatCannotBeWrittenIsToldAtTheEnd) {
  const test::TemporaryDirectory folder;
  FileReplacement replacement(folder.path("absent/page"));
  replacement.write("text");
  const Result<void> committed = replacement.commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind, ErrorKind::not_found);
}

TEST(ReadWhole, ReadsRegularFilesAlone) {
  const test::TemporaryDirectory folder;
  const auto file = folder.path("file");
  ASSERT_TRUE(write_atomically(file, "content"));
  EXPECT_EQ(read_whole(file).value(), "content");
  // Neither a pipe that nobody writes to nor a device without end holds anything up.
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder.path("zero"));
  for (const char* name : {"pipe", "zero"}) {
    const auto refused = read_whole(folder.path(name));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_NE(refused.error().message.find("is no regular file"), std::string::npos) << refused.error().message;
  }
  std::filesystem::resize_file(file, std::uintmax_t{1} << 40);  // holds nothing
  EXPECT_EQ(read_whole(file).error().kind, ErrorKind::invalid);
  EXPECT_EQ(read_whole(folder.path("missing")).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace keyward::base
