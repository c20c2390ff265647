#include "rotation/key_cache.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::rotation {
namespace {

using base::Instant;

const base::AccountId k_account = *base::AccountId::parse("222222222222");
const Instant k_made = *base::parse_iso8601("2026-01-02T03:04:05Z");
const Instant k_later = k_made + std::chrono::hours(5);

ReportedUser row(std::vector<ReportedKey> keys, const std::string& fingerprint = "as it was",
                 const std::string& name = "anna") {
  return {{*base::UserName::parse(name), *base::Arn::parse("arn:aws:iam::222222222222:user/" + name)},
          std::move(keys),
          fingerprint};
}

KeyFacts key(char last, Instant created = k_made, KeyStatus status = KeyStatus::active) {
  return {*base::AccessKeyId::parse("AKIA000000000000000" + std::string(1, last)), status, created,
          Fact<KeyUse>::absent()};
}

const ReportedUser k_row = row({{true, k_made}});

struct KeyCacheTest : testing::Test {
  test::TemporaryDirectory directory;
  const std::string file = directory.path("keys/222222222222.json");

  KeyCache open(const base::AccountId& account = k_account) const { return {file, account}; }
  std::string content() const {
    const auto text = base::read_whole(file);
    return text ? *text : "";
  }
  void write(const std::string& text) const { directory.write("keys/222222222222.json", text); }
  /// A file that knows the keys of k_row.
  void fill() const {
    KeyCache cache = open();
    cache.remember(k_row, {key('1')});
    ASSERT_TRUE(cache.save());
  }
  bool knows() const { return open().find(k_row) != nullptr; }
};

TEST_F(KeyCacheTest, KnowsTheKeysOfTheSameRow) {
  fill();
  const KeyCache cache = open();
  const std::vector<KeyFacts>* keys = cache.find(k_row);
  ASSERT_NE(keys, nullptr);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().id, key('1').id);
  EXPECT_EQ(keys->front().status, KeyStatus::active);
  EXPECT_EQ(keys->front().created, k_made);
  EXPECT_TRUE(keys->front().last_use.is_unknown()) << "when it was used is never remembered";
  EXPECT_EQ(cache.find(row({{true, k_made}}, "changed")), nullptr);
  EXPECT_EQ(cache.find(row({{true, k_made}}, "as it was", "ANNA")), nullptr) << "made again under another spelling";
}

TEST_F(KeyCacheTest, RemembersOnlyWhatAgreesWithTheRow) {
  const ReportedKey on{true, k_made};
  const ReportedKey off{false, k_made};
  const KeyFacts was_on = key('1');
  const KeyFacts was_off = key('2', k_made, KeyStatus::inactive);
  const auto remembers = [](const ReportedUser& reported, const std::vector<KeyFacts>& keys) {
    KeyCache cache;
    cache.remember(reported, keys);
    return cache.find(reported) != nullptr;
  };
  EXPECT_TRUE(remembers(row({on}), {was_on}));
  EXPECT_TRUE(remembers(row({{true, k_later}}), {was_on})) << "switched off and on since it was made";
  EXPECT_TRUE(remembers(row({on, off}), {was_on, was_off}));
  EXPECT_TRUE(remembers(row({off, on}), {was_on, was_off})) << "slots are no order";
  EXPECT_TRUE(remembers(row({}), {}));

  EXPECT_FALSE(remembers(row({on}), {was_off})) << "switched off since";
  EXPECT_FALSE(remembers(row({on}), {key('1', k_later)})) << "made since";
  EXPECT_FALSE(remembers(row({on}), {was_on, was_off})) << "a second one since";
  EXPECT_FALSE(remembers(row({on, off}), {was_on})) << "deleted since";
  EXPECT_FALSE(remembers(row({on, on}), {was_on, was_off}));
  EXPECT_FALSE(remembers(row({on, off}), {was_on, key('2', k_later, KeyStatus::inactive)}));
  EXPECT_FALSE(remembers(row({on}), {}));
  EXPECT_FALSE(remembers(row({}), {was_on}));
  EXPECT_FALSE(remembers(row({off}), {key('1', k_made, KeyStatus::unrecognized)}));
  EXPECT_FALSE(remembers(row({on, on, on}), {was_on, was_on, was_on}));
}

TEST_F(KeyCacheTest, WhatNoLongerAgreesIsDropped) {
  fill();
  KeyCache cache = open();
  cache.remember(k_row, {key('1', k_made, KeyStatus::inactive)});
  EXPECT_EQ(cache.find(k_row), nullptr);
  ASSERT_TRUE(cache.save());
  EXPECT_FALSE(knows());
}

TEST_F(KeyCacheTest, ForgettingIsFinal) {
  fill();
  KeyCache cache = open();
  cache.forget(k_row.user.name);
  EXPECT_EQ(cache.find(k_row), nullptr);
  cache.remember(k_row, {key('1')});
  EXPECT_EQ(cache.find(k_row), nullptr) << "the row is older than what we changed";
  ASSERT_TRUE(cache.save());
  EXPECT_FALSE(knows());
  fill();
  EXPECT_TRUE(knows()) << "another run may remember him";
}

TEST_F(KeyCacheTest, DropsUsersWhoAreGone) {
  fill();
  KeyCache cache = open();
  const ReportedUser other = row({{true, k_made}}, "other", "zoe");
  cache.remember(other, {key('2')});
  cache.keep_only({other});
  EXPECT_EQ(cache.find(k_row), nullptr);
  EXPECT_NE(cache.find(other), nullptr);
  ASSERT_TRUE(cache.save());
  EXPECT_FALSE(knows());
  EXPECT_NE(open().find(other), nullptr);
}

TEST_F(KeyCacheTest, AFileThatWasCutAnywhereIsNoCache) {
  fill();
  const std::string whole = content();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(whole.substr(0, size));
    EXPECT_FALSE(knows()) << size;
  }
  write(whole);
  EXPECT_TRUE(knows());
  write(whole + " ");
  EXPECT_FALSE(knows());
}

TEST_F(KeyCacheTest, ADamagedFileIsNoCache) {
  fill();
  const std::string whole = content();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write(damaged);
    EXPECT_FALSE(knows()) << i;
  }
}

TEST_F(KeyCacheTest, KeysThatTheRowContradictsAreNotBelievedWhoeverWroteThem) {
  const auto write_keys = [this](const std::string& keys) {
    const std::string text = R"({"account":"222222222222","users":{"anna":["as it was")" + keys + "]}}";
    write("keyward-key-cache 1 " + base::sha256_hex(text) + "\n" + text);
  };
  write_keys(R"(,["AKIA0000000000000001","active","2026-01-02T03:04:05Z"])");
  EXPECT_TRUE(knows()) << "or the rest shows nothing";
  for (const char* keys : {"", R"(,["AKIA0000000000000001","active","2034-01-02T03:04:05Z"])",
                           R"(,["AKIA0000000000000001","inactive","2026-01-02T03:04:05Z"])",
                           R"(,["AKIA0000000000000001","active","2026-01-02T03:04:05Z"],["AKIA0000000000000002","active","2026-01-02T03:04:05Z"])"}) {
    write_keys(keys);
    EXPECT_FALSE(knows()) << keys;
  }
}

TEST_F(KeyCacheTest, AnotherVersionOrAccountIsNoCache) {
  fill();
  EXPECT_EQ(open(*base::AccountId::parse("333333333333")).find(k_row), nullptr);
  std::string other_version = content();
  other_version.replace(other_version.find(" 1 "), 3, " 2 ");
  write(other_version);
  EXPECT_FALSE(knows());
}

TEST_F(KeyCacheTest, JsonOfAnotherShapeIsNoCache) {
  const std::string start = R"({"account":"222222222222","users":)";
  const std::string good =
      start + R"({"anna":["as it was",["AKIA0000000000000001","active","2026-01-02T03:04:05Z"]]}})";
  const auto with_digest = [](const std::string& text) {
    return "keyward-key-cache 1 " + base::sha256_hex(text) + "\n" + text;
  };
  write(with_digest(good));
  EXPECT_TRUE(knows()) << "or the rest shows nothing";
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string("not JSON"),
        std::string(R"({"account":"222222222222"})"), std::string(R"({"users":{}})"), start + "[]}",
        start + R"({"anna":[]}})", start + R"({"anna":{}}})", start + R"({"anna":[1]}})",
        start + R"({"anna":["as it was",1]}})", start + R"({"anna":["as it was",["AKIA0000000000000001","active"]]}})",
        start + R"({"anna":["as it was",["?","active","2026-01-02T03:04:05Z"]]}})",
        start + R"({"anna":["as it was",["AKIA0000000000000001","Active","2026-01-02T03:04:05Z"]]}})",
        start + R"({"anna":["as it was",["AKIA0000000000000001","active","soon"]]}})",
        start + R"({"anna":["as it was",["AKIA0000000000000001",true,"2026-01-02T03:04:05Z"]]}})"}) {
    write(with_digest(text));
    EXPECT_FALSE(knows()) << text;
  }
}

TEST_F(KeyCacheTest, IsNotWrittenWhenNothingChanged) {
  EXPECT_TRUE(open().save());
  EXPECT_FALSE(std::filesystem::exists(file));
  fill();
  std::filesystem::remove(file);
  KeyCache cache = open();
  ASSERT_TRUE(cache.save());
  EXPECT_FALSE(std::filesystem::exists(file));

  fill();
  KeyCache full = open();
  std::filesystem::remove(file);
  full.remember(k_row, {key('1')});
  full.keep_only({k_row});
  full.forget(*base::UserName::parse("nobody"));
  ASSERT_TRUE(full.save());
  EXPECT_FALSE(std::filesystem::exists(file)) << "he was known with the same keys";
  full.remember(row({{true, k_made}}, "changed"), {key('1')});
  ASSERT_TRUE(full.save());
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(KeyCacheTest, AFolderThatCannotBeWrittenIsAnErrorAndNothingMore) {
  directory.write("keys", "a file where the folder should be");
  KeyCache cache = open();
  cache.remember(k_row, {key('1')});
  EXPECT_FALSE(cache.save());
  EXPECT_NE(cache.find(k_row), nullptr);
  std::filesystem::remove(directory.path("keys"));
  EXPECT_TRUE(cache.save()) << "it is tried again";
  EXPECT_TRUE(knows());
}

TEST_F(KeyCacheTest, WithoutAFileItWritesNothing) {
  KeyCache cache;
  cache.remember(k_row, {key('1')});
  EXPECT_NE(cache.find(k_row), nullptr);
  EXPECT_TRUE(cache.save());
}

}  // namespace
}  // namespace keyward::rotation
