#include "base/curl_smtp.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/with_deadline.hpp"
#include "support/run.hpp"

// What goes over the wire is tested with a mail server that is not ours: tests/conformance/test_mail_by_smtp.py.
namespace keyward::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A port at which connections are taken (by the kernel) and nobody ever says a word.
struct SilentServer {
  explicit SilentServer(asio::io_context& loop) : acceptor(loop, {asio::ip::address_v4::loopback(), 0}) {}
  SmtpRequest request() const {
    SmtpRequest request;
    request.server = {"127.0.0.1", acceptor.local_endpoint().port(), SmtpSecurity::starttls};
    request.sender = "a@example.org";
    request.recipient = "b@example.org";
    request.mail = "Subject: x\r\n\r\nx\r\n";
    return request;
  }
  asio::ip::tcp::acceptor acceptor;
};

TEST(CurlSmtp, EndsAtItsOwnTimeAndAtItsCallers) {
  asio::io_context loop;
  SilentServer server(loop);
  CurlSmtpTransport transport("");
  SmtpRequest request = server.request();
  request.timeout = 50ms;
  const auto timed_out = test::run(loop, transport.send(std::move(request)));
  ASSERT_FALSE(timed_out);
  EXPECT_EQ(timed_out.error().code, "TimedOut");
  EXPECT_EQ(timed_out.error().kind, ErrorKind::transient);

  SmtpRequest late = server.request();
  late.deadline = Deadline::after(50ms);
  const auto out_of_time = test::run(loop, transport.send(std::move(late)));
  ASSERT_FALSE(out_of_time);
  EXPECT_EQ(out_of_time.error().kind, ErrorKind::deadline_exceeded);
}

TEST(CurlSmtp, LetsGoOfACallerThatLeavesAndOfAServerThatNeverAnswers) {
  asio::io_context loop;
  SilentServer server(loop);
  const auto begun = std::chrono::steady_clock::now();
  {
    CurlSmtpTransport transport("");
    const auto left = test::run(loop, with_deadline(transport.send(server.request()), Deadline::after(50ms)));
    EXPECT_FALSE(left.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s) << "the attempt's own time is a minute";
  loop.poll();  // what the thread posted at its end finds nobody, and does no harm
}

TEST(CurlSmtp, TakesPlainAddressesOnly) {
  asio::io_context loop;
  SilentServer server(loop);
  CurlSmtpTransport transport("");
  for (const char* address : {"", "a@example.org>\r\nRCPT TO:<c@example.org", "a b@example.org", "<a@example.org>"}) {
    SmtpRequest request = server.request();
    request.recipient = address;
    const auto refused = test::run(loop, transport.send(std::move(request)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "BadAddress");
  }
}

}  // namespace
}  // namespace keyward::base
