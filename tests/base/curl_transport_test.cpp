#include "base/curl_transport.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include "support/run.hpp"
#include "support/scripted_server.hpp"

namespace keyward::base {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::Reply;
using test::ScriptedServer;
using test::SeenRequest;

HttpRequest post(std::string url, std::string_view body, Idempotency idempotency = Idempotency::idempotent) {
  HttpRequest request;
  request.operation = "test:Call";
  request.url = std::move(url);
  request.body = Body(body);
  request.idempotency = idempotency;
  return request;
}

Reply echo(const SeenRequest& request) { return answer(200, request.body); }

struct CurlTransportTest : testing::Test {
  boost::asio::io_context loop;

  Result<HttpResponse> send(HttpTransport& transport, HttpRequest request) {
    return test::run(loop, transport.send(std::move(request)));
  }
};

TEST_F(CurlTransportTest, SendsWhatItWasGivenAndNothingElse) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  HttpRequest request = post(server.url("/a/../b%2Fc?x=1&y=%20"), "Action=ListUsers");
  request.headers = {{"X-Amz-Date", "20260102T030405Z"}, {"X-Empty", ""}};
  const auto response = send(transport, std::move(request));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body.view(), "Action=ListUsers");
  EXPECT_EQ(response->header("content-length"), "16");
  ASSERT_EQ(server.executed(), 1);
  const SeenRequest& seen = server.requests()[0];
  EXPECT_EQ(seen.head, "POST /a/../b%2Fc?x=1&y=%20 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                           "\r\nX-Amz-Date: 20260102T030405Z\r\nX-Empty:\r\nContent-Length: 16\r\n");
}

TEST_F(CurlTransportTest, NeverSendsANonIdempotentRequestAgainWhenAKeptConnectionDrops) {
  for (const std::string_view body : {"Action=CreateAccessKey", ""}) {
    ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
      return request.target == "/warm" ? answer(200, "") : test::drop();
    });
    CurlTransport transport(loop.get_executor());
    ASSERT_TRUE(send(transport, post(server.url("/warm"), "x")));
    const auto lost = send(transport, post(server.url("/create"), body, Idempotency::non_idempotent));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::ambiguous) << describe(lost.error());
    EXPECT_EQ(server.executed(), 1 + 1) << "body '" << body << "'";
  }
}

}  // namespace
}  // namespace keyward::base
