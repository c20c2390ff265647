#include "notify/preview.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "notify/kept_letters.hpp"
#include "notify/sample.hpp"
#include "notify/world.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::notify {
namespace {

Letter letter(std::string_view recipient, Mode mode = Mode::enforce) {
  RecipientDigest digest = sample_digest(*MailAddress::parse(recipient), today());
  digest.mode = mode;
  digest.rows.front().user = "line\nbreak \"quote\" {{sender_email}} <b>";
  return letter_of(digest, {*MailAddress::parse("keyward@example.org"), "20261121T023000Z-1", today()});
}

const TemplateSet& templates() {
  static const base::Result<TemplateSet> loaded = load_templates(NotifySettings{});
  return loaded.value();
}

TEST(KeptLetters, GiveTheSameMessagesAgain) {
  const test::TemporaryDirectory folder;
  const std::string file = folder.path("letters.jsonl");
  for (const Letter& one : {letter("a@example.org"), letter("b@example.org", Mode::dry_run)}) ASSERT_TRUE(keep_letter(file, one));
  const auto kept = kept_letters(file);
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_EQ(kept->size(), 2u);
  EXPECT_EQ(to_mime(compose(kept->at(0), templates())), to_mime(compose(letter("a@example.org"), templates())));
  EXPECT_EQ(to_mime(compose(kept->at(1), templates())), to_mime(compose(letter("b@example.org", Mode::dry_run), templates())));
}

TEST(KeptLetters, AreNoneWhereNobodyWasToldAndNameADamagedLine) {
  const test::TemporaryDirectory folder;
  const auto none = kept_letters(folder.path("letters.jsonl"));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  const std::string file = folder.path("letters.jsonl");
  ASSERT_TRUE(keep_letter(file, letter("a@example.org")));
  for (const char* damage : {"{\"recipient\":\"a@exam", "[]\n", "{}\n", "\n"}) {
    const std::string sound = base::read_whole(file).value();
    folder.write("damaged.jsonl", sound + damage);
    const auto damaged = kept_letters(folder.path("damaged.jsonl"));
    ASSERT_FALSE(damaged) << damage;
    EXPECT_EQ(damaged.error().message, folder.path("damaged.jsonl") + ":2: this line is damaged");
  }
}

TEST(Preview, WritesEveryMessageInItsThreeFormsAndAnIndex) {
  const test::TemporaryDirectory folder;
  const Message first = compose(letter("a/b|c@example.org"), templates());
  const Message second = compose(letter("b@example.org", Mode::dry_run), templates());
  const std::filesystem::path out = folder.path("new/out");
  const auto written = write_preview(out, {first, second});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(base::read_whole(out / "001-a_b_c@example.org.eml").value(), to_mime(first));
  EXPECT_EQ(base::read_whole(out / "001-a_b_c@example.org.html").value(), first.html);
  EXPECT_EQ(base::read_whole(out / "002-b@example.org.txt").value(), second.text);
  const std::string index = base::read_whole(out / "index.html").value();
  EXPECT_NE(index.find("href=\"002-b@example.org.html\""), std::string::npos);
  EXPECT_NE(index.find("[DRY RUN] [keyward]"), std::string::npos);

  const auto again = write_preview(out, {first});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, out.string() + ": the folder is not empty; name another one");
}

TEST(Sample, SaysInEveryRowThatItIsATest) {
  const RecipientDigest digest = sample_digest(*MailAddress::parse("a@example.org"), today());
  ASSERT_EQ(digest.rows.size(), 2u);
  for (const Row& row : digest.rows) EXPECT_TRUE(row.what.starts_with("This is a test, no such key exists. ")) << row.what;
  EXPECT_EQ(digest.rows.front().fetch_command,
            "aws secretsmanager get-secret-value --secret-id "
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:Account_111122223333_User_sample-service_AccessKey-a1B2c3 "
            "--region us-east-1 --query SecretString --output text");
}

}  // namespace
}  // namespace keyward::notify
