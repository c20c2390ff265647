#include "rotation/ledger.hpp"

#include <gtest/gtest.h>

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;

const Instant k_at = *base::parse_iso8601("2026-11-21T02:30:00Z");
const AccessKeyId k_a = *AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const AccessKeyId k_b = *AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

Ledger full() {
  Ledger ledger;
  ledger.rotation = Rotation{k_a, k_b, k_at, true};
  ledger.deactivated.emplace(k_b, k_at);
  ledger.announced.emplace(k_a, k_at);
  ledger.intent = Intent{"r20261121T023000-ab12", k_at, {k_a, k_b}, false};
  return ledger;
}

TEST(Ledger, IsReadBackAsItWasWritten) {
  const auto text = format_ledger(full());
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text,
            "v1 rotf=AKIAAAAAAAAAAAAAAAAA/AKIABBBBBBBBBBBBBBBB@20261121T023000Z off=AKIABBBBBBBBBBBBBBBB@20261121T023000Z "
            "told=AKIAAAAAAAAAAAAAAAAA@20261121T023000Z "
            "int=r20261121T023000-ab12@20261121T023000Z/AKIAAAAAAAAAAAAAAAAA+AKIABBBBBBBBBBBBBBBB");
  EXPECT_LE(text->size(), 256u);
  const auto read = parse_ledger(*text);
  ASSERT_TRUE(read);
  EXPECT_EQ(*format_ledger(*read), *text);
  EXPECT_TRUE(read->rotation->forced);
  EXPECT_EQ(read->intent->keys.size(), 2u);
}

TEST(Ledger, RemembersWhatWasBegun) {
  Ledger ledger;
  ledger.deactivating.emplace(k_b, k_at);
  const auto text = format_ledger(ledger);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "v1 going=AKIABBBBBBBBBBBBBBBB@20261121T023000Z");
  const auto read = parse_ledger(*text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->deactivating, ledger.deactivating);
  ledger.forget_all_but({k_a});
  EXPECT_TRUE(ledger.deactivating.empty());
}

TEST(Ledger, UsesOnlyCharactersThatATagMayHold) {
  const auto text = format_ledger(full());
  EXPECT_EQ(text->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/=+-@"), std::string::npos);
}

TEST(Ledger, RefusesWhatSomebodyEdited) {
  for (const char* text : {"", "v2", "v1 rot=x", "v1 off=AKIAAAAAAAAAAAAAAAAA", "v1 off=AKIAAAAAAAAAAAAAAAAA@yesterday", "v1 new=1",
                           "v1 int=@20261121T023000Z/AKIAAAAAAAAAAAAAAAAA", "v1  off", "nonsense",
                           "v1 off=AKIAAAAAAAAAAAAAAAAA@20261121T023000Z off=AKIAAAAAAAAAAAAAAAAA@20261121T023000Z"}) {
    const auto ledger = parse_ledger(text);
    ASSERT_FALSE(ledger) << text;
    EXPECT_EQ(ledger.error().code, "UnreadableLedger");
  }
  EXPECT_TRUE(parse_ledger("v1"));
}

TEST(Ledger, DoesNotGrowBeyondATag) {
  Ledger ledger = full();
  ledger.first_seen_inactive.emplace(k_a, k_at);
  ledger.first_seen_inactive.emplace(k_b, k_at);
  const auto text = format_ledger(ledger);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, base::ErrorKind::limit_exceeded);
}

TEST(Ledger, ForgetsKeysThatAreGone) {
  Ledger ledger = full();
  ledger.forget_all_but({k_a});
  EXPECT_TRUE(ledger.rotation);
  EXPECT_TRUE(ledger.deactivated.empty());
  EXPECT_EQ(ledger.announced.size(), 1u);
  ledger.forget_all_but({k_b});
  EXPECT_FALSE(ledger.rotation);
  EXPECT_TRUE(ledger.announced.empty());
}

TEST(Ledger, ForgetsThatAnActiveKeyWasInactive) {
  Ledger ledger;
  ledger.announced = {{k_a, k_at}, {k_b, k_at}};
  ledger.first_seen_inactive = {{k_b, k_at}};
  EXPECT_FALSE(ledger.forget_inactivity_of({k_a}));
  EXPECT_EQ(ledger.announced.size(), 2u);
  ledger.first_seen_inactive.emplace(k_a, k_at);
  EXPECT_TRUE(ledger.forget_inactivity_of({k_a}));
  EXPECT_TRUE(ledger.announced.contains(k_b) && ledger.first_seen_inactive.contains(k_b));
  EXPECT_FALSE(ledger.announced.contains(k_a) || ledger.first_seen_inactive.contains(k_a));
}

}  // namespace
}  // namespace keyward::rotation
