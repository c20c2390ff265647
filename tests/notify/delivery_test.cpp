#include "notify/delivery.hpp"

#include <gtest/gtest.h>

#include "notify/coroutines.hpp"
#include "notify/world.hpp"

namespace keyward::notify {
namespace {

/// Refuses one recipient with one error and takes all others.
class FakeChannel final : public Channel {
 public:
  FakeChannel(std::string name, std::string refused, base::ErrorKind kind)
      : name_(std::move(name)), refused_(std::move(refused)), kind_(kind) {}

  std::string_view name() const noexcept override { return name_; }
  base::Task<base::Result<std::string>> deliver(const Message& message) override {
    base::Result<std::string> answer = "id-" + message.recipient.str();
    if (message.recipient.str() == refused_ || refused_ == "*")
      answer = base::Error{kind_, "test", "Refused", "", "no"};
    co_return answer;
  }

 private:
  std::string name_;
  std::string refused_;
  base::ErrorKind kind_;
};

std::vector<std::string> lines(const std::vector<Notice>& notices) {
  std::vector<std::string> result;
  for (const Notice& n : notices) {
    result.push_back(n.recipient + " " + n.channel + " " + std::string(to_string(n.status)) + " " +
                     (n.error ? n.error->code : n.reference));
  }
  return result;
}

TEST(Delivery, NeverLetsAFailureStopTheOthers) {
  FakeChannel broken("broken", "*", base::ErrorKind::transient);
  FakeChannel picky("picky", "a@example.org", base::ErrorKind::invalid);
  const std::vector<Message> messages{message_to("a@example.org"), message_to("b@example.org")};
  const std::vector<Channel*> channels{&broken, &picky};
  const std::vector<Notice> notices = run(deliver_all(messages, channels));
  EXPECT_EQ(lines(notices),
            (std::vector<std::string>{
                "a@example.org broken unavailable Refused", "a@example.org picky rejected Refused",
                "b@example.org broken unavailable Refused", "b@example.org picky sent id-b@example.org"}));
  EXPECT_EQ(notices[0].subject, "News");
  EXPECT_EQ(notices[0].rows, 3u);
}

TEST(Delivery, SaysWhatAFailureMeans) {
  struct Case {
    base::ErrorKind kind;
    NoticeStatus expected;
  };
  for (const Case& c : {Case{base::ErrorKind::throttled, NoticeStatus::unavailable},
                        Case{base::ErrorKind::deadline_exceeded, NoticeStatus::unavailable},
                        Case{base::ErrorKind::limit_exceeded, NoticeStatus::unavailable},
                        Case{base::ErrorKind::ambiguous, NoticeStatus::uncertain},
                        Case{base::ErrorKind::denied, NoticeStatus::rejected},
                        Case{base::ErrorKind::not_found, NoticeStatus::rejected}}) {
    FakeChannel channel("c", "*", c.kind);
    const std::vector<Message> messages{message_to("a@example.org")};
    const std::vector<Channel*> channels{&channel};
    EXPECT_EQ(run(deliver_all(messages, channels)).at(0).status, c.expected);
  }
}

}  // namespace
}  // namespace keyward::notify
