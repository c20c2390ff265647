#include "base/curl_transport.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <vector>

#include "support/certificates.hpp"
#include "support/run.hpp"
#include "support/scripted_server.hpp"
#include "support/slow_resolver.hpp"

namespace keyward::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::answer;
using test::Reply;
using test::ScriptedServer;
using test::SeenRequest;

constexpr Idempotency k_both[] = {Idempotency::idempotent, Idempotency::non_idempotent};

HttpRequest post(std::string url, std::string_view body = "Action=X",
                 Idempotency idempotency = Idempotency::idempotent) {
  HttpRequest request;
  request.operation = "test:Call";
  request.url = std::move(url);
  request.body = Body(body);
  request.idempotency = idempotency;
  return request;
}

Reply echo(const SeenRequest& request) { return answer(200, request.body); }
Reply hang(const SeenRequest&) { return test::hang(); }

bool is_abort(const std::exception_ptr& failure) {
  if (!failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  }
}

/// Requests on their way, and how each ended.
struct Calls {
  int succeeded = 0;
  int aborted = 0;
  std::vector<Error> errors{};
  int ended() const { return succeeded + aborted + static_cast<int>(errors.size()); }
};

struct CurlTransportTest : testing::Test {
  asio::io_context loop;

  Result<HttpResponse> send(HttpTransport& transport, HttpRequest request) {
    return test::run(loop, transport.send(std::move(request)));
  }
  void start(HttpTransport& transport, HttpRequest request, Calls& calls, asio::cancellation_slot slot = {}) {
    auto on_end = [&calls](std::exception_ptr failure, Result<HttpResponse> result) {
      if (failure) {
        EXPECT_TRUE(is_abort(failure));
        ++calls.aborted;
      } else if (result) {
        ++calls.succeeded;
      } else {
        calls.errors.push_back(result.error());
      }
    };
    asio::co_spawn(loop, transport.send(std::move(request)), asio::bind_cancellation_slot(slot, on_end));
  }
  /// Runs the loop until the condition holds.
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    while (!condition() && loop.run_one_for(10s) != 0) {
    }
    ASSERT_TRUE(condition());
  }
};

/// The server, by a name or address of this host.
std::string at(const ScriptedServer& server, const std::string& host, const std::string& scheme = "http") {
  return scheme + "://" + host + ":" + std::to_string(server.port()) + "/";
}

HttpRequest to_public(HttpRequest request) {
  request.reach = Reach::public_addresses;
  return request;
}

// ---- what is sent, what comes back

TEST_F(CurlTransportTest, SendsWhatItWasGivenAndNothingElse) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  for (const Idempotency idempotency : k_both) {
    HttpRequest request = post(server.url("/a/../b%2Fc?x=1&y=%20"), "Action=ListUsers", idempotency);
    request.headers = {{"X-Amz-Date", "20260102T030405Z"}, {"X-Empty", ""}};
    const auto response = send(transport, std::move(request));
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body.view(), "Action=ListUsers");
    EXPECT_EQ(response->header("content-length"), "16");
    EXPECT_EQ(server.requests().back().head,
              "POST /a/../b%2Fc?x=1&y=%20 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                  "\r\nX-Amz-Date: 20260102T030405Z\r\nX-Empty:\r\nContent-Length: 16\r\n");
  }
}

TEST_F(CurlTransportTest, SendsEveryMethod) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
    return request.method == "HEAD" ? Reply{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"} : echo(request);
  });
  CurlTransport transport(loop.get_executor());
  for (const Idempotency idempotency : k_both) {
    for (const std::string method : {"GET", "HEAD", "DELETE", "PUT", "POST"}) {
      HttpRequest request = post(server.url(), method == "PUT" || method == "POST" ? "body" : "", idempotency);
      request.method = method;
      const auto response = send(transport, std::move(request));
      ASSERT_TRUE(response) << method << ": " << describe(response.error());
      EXPECT_EQ(server.requests().back().method, method);
      EXPECT_EQ(response->body.view(), server.requests().back().body);
    }
  }
}

TEST_F(CurlTransportTest, CarriesLargeBodiesBothWays) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  const std::string large(1'500'000, 'x');
  for (const Idempotency idempotency : k_both) {
    const auto response = send(transport, post(server.url(), large, idempotency));
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_TRUE(response->body.view() == large);
    EXPECT_EQ(server.requests().back().header("Expect"), "");
  }
}

TEST_F(CurlTransportTest, ReturnsAnswersOfAnyStatusAndFollowsNoRedirect) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
    return answer(std::stoi(request.target.substr(1)), "text", "Location: /200\r\n");
  });
  CurlTransport transport(loop.get_executor());
  for (const int status : {301, 302, 307, 308, 403, 500, 503}) {
    const auto response = send(transport, post(server.url("/" + std::to_string(status))));
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->header("LOCATION"), "/200");
  }
  EXPECT_EQ(server.executed(), 7);
}

TEST_F(CurlTransportTest, KeepsItsConnections) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(send(transport, post(server.url())));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, LetsTheLoopEndWhenNothingIsOnTheWire) {
  asio::io_context server_loop;  // keeps its end of the connections open
  ScriptedServer server(server_loop.get_executor(), [](const SeenRequest& request) {
    return request.target == "/hang" ? test::hang() : echo(request);
  });
  CurlTransport transport(loop.get_executor());
  Calls calls;
  asio::cancellation_signal cancel;
  start(transport, post(server.url()), calls);
  start(transport, post(server.url("/hang")), calls, cancel.slot());
  while (calls.succeeded == 0 || server.executed() < 2) {
    loop.poll();
    server_loop.poll();
  }
  cancel.emit(asio::cancellation_type::terminal);
  loop.restart();
  loop.run_for(5s);
  EXPECT_EQ(calls.aborted, 1);
  EXPECT_TRUE(loop.stopped()) << "an idle transport keeps the event loop busy";
}

// ---- a request that must not run twice

TEST_F(CurlTransportTest, NeverSendsANonIdempotentRequestAgainWhenAKeptConnectionDrops) {
  for (const std::string_view body : {"Action=CreateAccessKey", ""}) {
    ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
      return request.target == "/warm" ? answer(200, "") : test::drop();
    });
    CurlTransport transport(loop.get_executor());
    ASSERT_TRUE(send(transport, post(server.url("/warm"))));
    const auto lost = send(transport, post(server.url("/create"), body, Idempotency::non_idempotent));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::ambiguous) << describe(lost.error());
    EXPECT_EQ(server.executed(), 1 + 1) << "body '" << body << "'";
  }
}

TEST_F(CurlTransportTest, LetsLibcurlSendAnIdempotentRequestAgainWhenAKeptConnectionDrops) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
    return request.on_connection == 1 ? echo(request) : test::drop();
  });
  CurlTransport transport(loop.get_executor());
  ASSERT_TRUE(send(transport, post(server.url())));
  const auto response = send(transport, post(server.url()));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(server.executed(), 3);
}

TEST_F(CurlTransportTest, ExecutesANonIdempotentRequestAtMostOnceWhenTheConnectionDropsAfterItsHeader) {
  ScriptedServer server(loop.get_executor(), echo);
  server.refuse_after_head([](const SeenRequest& request) { return request.on_connection == 2; });
  CurlTransport transport(loop.get_executor());
  ASSERT_TRUE(send(transport, post(server.url())));
  const std::string large(1'000'000, 'x');
  const auto response = send(transport, post(server.url(), large, Idempotency::non_idempotent));
  if (response) {
    EXPECT_EQ(server.executed(), 2);
  } else {
    EXPECT_EQ(response.error().kind, ErrorKind::ambiguous) << describe(response.error());
    EXPECT_EQ(server.executed(), 1);
  }
}

TEST_F(CurlTransportTest, ReplacesAConnectionThatTheServerClosedWhileIdle) {
  ScriptedServer server(loop.get_executor(),
                        [](const SeenRequest&) { return test::cut("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); });
  CurlTransport transport(loop.get_executor());
  for (int i = 1; i <= 3; ++i) {
    const auto response = send(transport, post(server.url(), "Action=CreateAccessKey", Idempotency::non_idempotent));
    ASSERT_TRUE(response) << describe(response.error());
    run_until([&] { return server.open_connections() == 0; });
    EXPECT_EQ(server.executed(), i);
  }
}

// ---- answers that are not whole

TEST_F(CurlTransportTest, TakesNoCutAnswerForASuccess) {
  for (const std::string_view bytes :
       {"", "HTTP", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<a></",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a>",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n", "HTTP/1.1 200 OK\r\n\r\n<a/>",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Len"}) {
    for (const Idempotency idempotency : k_both) {
      ScriptedServer server(loop.get_executor(), [bytes](const SeenRequest&) { return test::cut(bytes); });
      CurlTransport transport(loop.get_executor());
      const auto response = send(transport, post(server.url(), "Action=X", idempotency));
      ASSERT_FALSE(response) << bytes;
      EXPECT_EQ(response.error().kind,
                idempotency == Idempotency::idempotent ? ErrorKind::transient : ErrorKind::ambiguous)
          << bytes << describe(response.error());
      EXPECT_EQ(server.executed(), 1) << bytes;
    }
  }
}

TEST_F(CurlTransportTest, ReadsChunkedAnswersAndInterimOnes) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest&) {
    return Reply{
        "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        "X-Real:  value \r\n\r\n4\r\n<a/>\r\n0\r\nX-Trailer: 1\r\n\r\n"};
  });
  CurlTransport transport(loop.get_executor());
  const auto response = send(transport, post(server.url()));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->body.view(), "<a/>");
  EXPECT_EQ(response->header("x-real"), "value");
  EXPECT_EQ(response->header("x-interim"), "");
  EXPECT_EQ(response->header("x-trailer"), "");
}

TEST_F(CurlTransportTest, CallsWhatIsNotHttpMalformed) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest&) { return test::cut("220 mail ready\r\n"); });
  CurlTransport transport(loop.get_executor());
  const auto response = send(transport, post(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "MalformedAnswer") << describe(response.error());
  EXPECT_EQ(response.error().kind, ErrorKind::transient);
}

TEST_F(CurlTransportTest, StopsReadingAnAnswerThatIsTooLarge) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n";
  const std::string many_headers = "HTTP/1.1 200 OK\r\nX-Long: " + std::string(90'000, 'x') +
                                   "\r\nX-Long: " + std::string(90'000, 'x') +
                                   "\r\nX-Long: " + std::string(90'000, 'x') + "\r\nContent-Length: 0\r\n\r\n";
  for (const Reply& reply : {answer(200, "12345678901"), Reply{chunked}, Reply{many_headers}}) {
    for (const Idempotency idempotency : k_both) {
      ScriptedServer server(loop.get_executor(), [&reply](const SeenRequest&) { return reply; });
      CurlTransport transport(loop.get_executor());
      HttpRequest request = post(server.url(), "Action=X", idempotency);
      request.max_response_bytes = 10;
      const auto response = send(transport, std::move(request));
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().code, "AnswerTooLarge") << describe(response.error());
      EXPECT_EQ(response.error().kind,
                idempotency == Idempotency::idempotent ? ErrorKind::invalid : ErrorKind::ambiguous);
    }
  }
  ScriptedServer server(loop.get_executor(), [](const SeenRequest&) { return answer(200, "1234567890"); });
  CurlTransport transport(loop.get_executor());
  HttpRequest request = post(server.url());
  request.max_response_bytes = 10;
  EXPECT_TRUE(send(transport, std::move(request)));
}

// ---- where it may be sent

TEST_F(CurlTransportTest, RefusesPlainHttpBeyondThisHost) {
  CurlTransport transport(loop.get_executor());
  for (const char* url : {"http://example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/", "http://0.0.0.0/",
                          "http://localhost.example.com/", "http://169.254.1.1/", "http://[fe80::1]/"}) {
    const auto response = send(transport, post(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().kind, ErrorKind::invalid) << url;
    EXPECT_EQ(response.error().code, "PlainHttpRefused") << url;
  }
}

TEST_F(CurlTransportTest, KnowsLoopbackByAllItsNames) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  for (const std::string host : {"127.0.0.1", "127.1", "localhost", "LOCALHOST", "2130706433"}) {
    const auto response = send(transport, post("http://" + host + ":" + std::to_string(server.port()) + "/"));
    EXPECT_TRUE(response) << host << ": " << describe(response.error());
  }
}

// Plain http is allowed to all of these hosts, which lead to this one, so that only the reach decides: about an address as soon
// as it is read, about a name when a connection is to be opened.
constexpr const char* k_not_public[] = {"127.0.0.1", "0.0.0.0", "localhost", "hooks.invalid"};

TEST_F(CurlTransportTest, OpensNoConnectionToAnAddressThatIsNotPublic) {
  test::SlowResolver resolver("hooks.invalid", "127.0.0.1");
  resolver.release();
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor(), {.plain_http_hosts = {"0.0.0.0", "hooks.invalid"}});
  for (const std::string host : k_not_public) {
    for (const Idempotency idempotency : k_both) {
      const auto refused = send(transport, to_public(post(at(server, host), "x", idempotency)));
      ASSERT_FALSE(refused) << host;
      EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << host;
      EXPECT_EQ(refused.error().code, "AddressRefused") << host;
    }
  }
  // The server takes connections in their order: had there been others, they would be counted by now.
  EXPECT_TRUE(send(transport, post(at(server, "hooks.invalid"))));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, SendsNothingToSuchAnAddressOverAConnectionThatOthersOpened) {
  test::SlowResolver resolver("hooks.invalid", "127.0.0.1");
  resolver.release();
  for (const std::string host : k_not_public) {
    ScriptedServer server(loop.get_executor(), echo);
    CurlTransport transport(loop.get_executor(), {.plain_http_hosts = {"0.0.0.0", "hooks.invalid"}});
    ASSERT_TRUE(send(transport, post(at(server, host)))) << host;
    const auto refused = send(transport, to_public(post(at(server, host))));
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, "AddressRefused") << host;
    EXPECT_TRUE(send(transport, post(at(server, host)))) << host;
    EXPECT_EQ(server.requests().size(), 2u) << host;
    EXPECT_EQ(server.connections(), 1) << host << ": the connection was there to be used";
  }
}

TEST_F(CurlTransportTest, RefusesUrlsAndHeadersThatAreNone) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  const std::string with_user = "http://user:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/";
  for (const std::string& url : {std::string(), std::string("ftp://127.0.0.1/"), std::string("file:///etc/passwd"),
                                 with_user, std::string("https://"), server.url("/a b"), server.url("/\n")}) {
    const auto response = send(transport, post(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().kind, ErrorKind::invalid) << url;
    EXPECT_EQ(response.error().message.find("hunter2"), std::string::npos);
  }
  for (const HttpHeader& header : {HttpHeader{"X-Token", "hunter2\r\nX-Forged: 1"}, HttpHeader{"X-A\nX-B", "1"},
                                   HttpHeader{"", "1"}, HttpHeader{"X: Y", "1"}}) {
    HttpRequest request = post(server.url());
    request.headers = {header};
    const auto response = send(transport, std::move(request));
    ASSERT_FALSE(response) << header.name;
    EXPECT_EQ(response.error().code, "BadHeader");
    EXPECT_EQ(response.error().message.find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(server.executed(), 0);
}

TEST_F(CurlTransportTest, UsesNoProxyForLoopback) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto response = send(transport, post(server.url()));
  ::unsetenv("http_proxy");
  EXPECT_TRUE(response) << describe(response.error());
}

TEST_F(CurlTransportTest, CallsARefusedConnectionTransientAlsoForANonIdempotentRequest) {
  std::uint16_t closed_port = 0;
  {
    const asio::ip::tcp::acceptor taken(loop, {asio::ip::address_v4::loopback(), 0});
    closed_port = taken.local_endpoint().port();
  }
  CurlTransport transport(loop.get_executor());
  const std::string url = "http://127.0.0.1:" + std::to_string(closed_port) + "/";
  for (const Idempotency idempotency : k_both) {
    const auto response = send(transport, post(url, "Action=X", idempotency));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::transient) << describe(response.error());
    EXPECT_EQ(response.error().code, "ConnectFailed");
    EXPECT_EQ(response.error().operation, "test:Call");
  }
}

// ---- time

TEST_F(CurlTransportTest, TellsTheCallersDeadlineFromItsOwnTimeout) {
  ScriptedServer server(loop.get_executor(), hang);
  CurlTransport transport(loop.get_executor());
  const struct {
    std::chrono::milliseconds deadline;
    std::chrono::milliseconds timeout;
    Idempotency idempotency;
    ErrorKind kind;
  } table[] = {
      {30ms, 60s, Idempotency::idempotent, ErrorKind::deadline_exceeded},
      {30ms, 60s, Idempotency::non_idempotent, ErrorKind::ambiguous},
      {60s, 30ms, Idempotency::idempotent, ErrorKind::transient},
      {60s, 30ms, Idempotency::non_idempotent, ErrorKind::ambiguous},
  };
  for (const auto& row : table) {
    HttpRequest request = post(server.url(), "Action=X", row.idempotency);
    request.deadline = Deadline::after(row.deadline);
    request.timeout = row.timeout;
    const auto response = send(transport, std::move(request));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, row.kind) << describe(response.error());
    EXPECT_EQ(response.error().code, row.deadline < row.timeout ? "DeadlineExceeded" : "TimedOut");
  }
}

TEST_F(CurlTransportTest, SendsNothingAfterTheDeadline) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  HttpRequest request = post(server.url(), "Action=X", Idempotency::non_idempotent);
  request.deadline = Deadline::after(0ms);
  const auto response = send(transport, std::move(request));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(server.executed(), 0);
}

TEST_F(CurlTransportTest, EndsAtTheDeadlineWhileWaitingForAPlace) {
  ScriptedServer server(loop.get_executor(), hang);
  CurlTransport transport(loop.get_executor(), {.max_in_flight = 1});
  Calls calls;
  asio::cancellation_signal cancel;
  start(transport, post(server.url()), calls, cancel.slot());
  run_until([&] { return server.executed() == 1; });
  HttpRequest request = post(server.url(), "Action=X", Idempotency::non_idempotent);
  request.deadline = Deadline::after(20ms);
  const auto response = send(transport, std::move(request));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::deadline_exceeded) << describe(response.error());
  cancel.emit(asio::cancellation_type::terminal);
  run_until([&] { return calls.ended() == 1; });
}

// ---- limits

TEST(InFlightLimit, LeavesDescriptorsToTheRestOfTheProgram) {
  EXPECT_EQ(in_flight_limit(256, 1024, 64), 256u);
  EXPECT_EQ(in_flight_limit(1000, 1024, 64), 480u);
  EXPECT_EQ(in_flight_limit(256, 64, 64), 1u);
  EXPECT_EQ(in_flight_limit(256, 10, 64), 1u);
  EXPECT_EQ(in_flight_limit(0, 1024, 64), 1u);
}

TEST_F(CurlTransportTest, QueuesWhatIsOverItsLimitInTheOrderOfArrival) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor(), {.max_in_flight = 4, .connections_per_shard = 2});
  Calls calls;
  for (int i = 0; i < 40; ++i) start(transport, post(server.url("/" + std::to_string(i))), calls);
  run_until([&] { return calls.ended() == 40; });
  EXPECT_EQ(calls.succeeded, 40);
  EXPECT_LE(server.most_open_connections(), 4);
  EXPECT_EQ(server.connections(), 4) << "connections are kept while there is work";
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

/// A lower RLIMIT_NOFILE while it lives.
struct DescriptorLimit {
  explicit DescriptorLimit(std::size_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit lowered = before;
    lowered.rlim_cur = limit;
    ::setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  rlimit before{};
};

TEST_F(CurlTransportTest, QueuesInsteadOfFailingWhenDescriptorsAreFew) {
  ScriptedServer server(loop.get_executor(), echo);
  // Room for 20 descriptors of the transport, that is 10 transfers, and for the server's ends of their connections.
  const std::size_t limit = open_descriptors() + 60;
  const DescriptorLimit lowered(limit);
  CurlTransport transport(loop.get_executor(), {.max_in_flight = 200, .reserved_descriptors = limit - 20});
  Calls calls;
  for (int i = 0; i < 200; ++i) start(transport, post(server.url()), calls);
  run_until([&] { return calls.ended() == 200; });
  EXPECT_EQ(calls.succeeded, 200) << describe(calls.errors.empty() ? Error{} : calls.errors[0]);
  EXPECT_LE(server.most_open_connections(), 10);
}

TEST_F(CurlTransportTest, OpensItsSocketsCloseOnExec) {
  ScriptedServer server(loop.get_executor(), echo);
  CurlTransport transport(loop.get_executor());
  ASSERT_TRUE(send(transport, post(server.url())));
  int found = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != server.port()) continue;
    ++found;
    EXPECT_NE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(found, 1);
}

// ---- cancellation and destruction

TEST_F(CurlTransportTest, EndsACancelledTransferAtOnceAndClosesItsConnection) {
  ScriptedServer server(loop.get_executor(), hang);
  CurlTransport transport(loop.get_executor());
  Calls calls;
  asio::cancellation_signal cancel;
  start(transport, post(server.url()), calls, cancel.slot());
  run_until([&] { return server.executed() == 1; });
  cancel.emit(asio::cancellation_type::terminal);
  run_until([&] { return calls.ended() == 1; });
  EXPECT_EQ(calls.aborted, 1);
  run_until([&] { return server.open_connections() == 0; });
}

TEST_F(CurlTransportTest, GivesThePlaceOfACancelledTransferToTheNext) {
  ScriptedServer server(loop.get_executor(), [](const SeenRequest& request) {
    return request.target == "/hang" ? test::hang() : echo(request);
  });
  CurlTransport transport(loop.get_executor(), {.max_in_flight = 1});
  Calls first;
  Calls second;
  Calls third;
  asio::cancellation_signal cancel_first;
  asio::cancellation_signal cancel_second;
  start(transport, post(server.url("/hang")), first, cancel_first.slot());
  start(transport, post(server.url("/second")), second, cancel_second.slot());
  start(transport, post(server.url("/third")), third);
  run_until([&] { return server.executed() == 1; });
  cancel_second.emit(asio::cancellation_type::terminal);
  cancel_first.emit(asio::cancellation_type::terminal);
  run_until([&] { return third.ended() == 1; });
  EXPECT_EQ(first.aborted + second.aborted, 2);
  EXPECT_EQ(third.succeeded, 1);
  EXPECT_EQ(server.executed(), 2);
}

TEST_F(CurlTransportTest, DoesNotBlockTheLoopWhenALookUpIsCancelled) {
  test::SlowResolver resolver("slow.invalid");
  auto transport = std::make_unique<CurlTransport>(loop.get_executor());
  Calls calls;
  asio::cancellation_signal cancel;
  start(*transport, post("https://slow.invalid/"), calls, cancel.slot());
  start(*transport, post("https://slow.invalid/"), calls);
  loop.restart();
  while (resolver.waiting() < 2) loop.run_one_for(1ms);
  cancel.emit(asio::cancellation_type::terminal);
  run_until([&] { return calls.ended() == 1; });
  EXPECT_EQ(resolver.waiting(), 2) << "the look-up was waited for";
  transport.reset();
  run_until([&] { return calls.ended() == 2; });
  EXPECT_EQ(resolver.waiting(), 2) << "the look-up was waited for";
  EXPECT_EQ(calls.aborted, 2);
}

TEST_F(CurlTransportTest, AbortsWhatIsOnTheWireAndWhatWaitsWhenDestroyed) {
  ScriptedServer server(loop.get_executor(), hang);
  std::optional<CurlTransport> transport(std::in_place, loop.get_executor(),
                                         CurlTransportSettings{.max_in_flight = 3, .connections_per_shard = 2});
  Calls calls;
  for (int i = 0; i < 5; ++i) start(*transport, post(server.url()), calls);
  run_until([&] { return server.executed() == 3; });
  transport.reset();
  run_until([&] { return calls.ended() == 5; });
  EXPECT_EQ(calls.aborted, 5);
  run_until([&] { return server.open_connections() == 0; });
}

TEST(CurlTransport, MayDieWithItsLoopWhileRequestsAreInFlight) {
  Calls calls;
  {
    asio::io_context loop;
    ScriptedServer server(loop.get_executor(), hang);
    CurlTransport transport(loop.get_executor(), {.max_in_flight = 2});
    for (int i = 0; i < 4; ++i) {
      asio::co_spawn(loop, transport.send(post(server.url())),
                     [&calls](std::exception_ptr, Result<HttpResponse>) { ++calls.aborted; });
    }
    while (server.executed() < 2) loop.run_one();
  }
  EXPECT_EQ(calls.ended(), 0);
}

// ---- TLS

struct CurlTransportTlsTest : CurlTransportTest {
  test::Authority authority;
  std::unique_ptr<test::TemporaryFile> trusted = std::make_unique<test::TemporaryFile>(authority.certificate());
  CurlTransportSettings settings{.max_in_flight = 4, .connections_per_shard = 1, .ca_file = trusted->path()};
};

TEST_F(CurlTransportTlsTest, ReadsTheCertificateAuthoritiesOnceForAllConnections) {
  ScriptedServer server(loop.get_executor(), echo, authority.issue("127.0.0.1"));
  CurlTransport transport(loop.get_executor(), settings);
  const auto first = send(transport, post(server.url()));
  ASSERT_TRUE(first) << describe(first.error());
  trusted.reset();  // the file is gone: whoever reads it again fails
  Calls calls;
  for (int i = 0; i < 4; ++i) start(transport, post(server.url()), calls);
  run_until([&] { return calls.ended() == 4; });
  EXPECT_EQ(calls.succeeded, 4) << describe(calls.errors.empty() ? Error{} : calls.errors[0]);
  EXPECT_EQ(server.connections(), 4) << "one on each shard";
}

TEST_F(CurlTransportTlsTest, ResolvesNamesAndVerifiesThem) {
  test::SlowResolver resolver("server.invalid", "127.0.0.1");
  resolver.release();
  ScriptedServer server(loop.get_executor(), echo, authority.issue("server.invalid"));
  CurlTransport transport(loop.get_executor(), settings);
  const auto response = send(transport, post("https://server.invalid:" + std::to_string(server.port()) + "/"));
  EXPECT_TRUE(response) << describe(response.error());
}

// libcurl goes past the proxy here, as it would for a host in no_proxy, and tells only when the connection stands.
TEST_F(CurlTransportTlsTest, WhereThereIsAProxyLooksAtTheAddressBeforeItSends) {
  test::SlowResolver resolver("hooks.invalid", "127.0.0.1");
  resolver.release();
  ScriptedServer server(loop.get_executor(), echo, authority.issue("hooks.invalid"));
  CurlTransport transport(loop.get_executor(), {.ca_file = trusted->path(), .proxy = Proxy::named});
  ASSERT_TRUE(send(transport, post(at(server, "hooks.invalid", "https"))));
  for (const Idempotency idempotency : k_both) {
    const auto refused = send(transport, to_public(post(at(server, "hooks.invalid", "https"), "x", idempotency)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << describe(refused.error());
    EXPECT_EQ(refused.error().code, "AddressRefused") << describe(refused.error());
  }
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.connections(), 3) << "each such request has a connection of its own";
}

// A proxy would go there: the address has to be seen in whatever form it stands.
TEST_F(CurlTransportTlsTest, WhereThereIsAProxySeesAnAddressInEveryForm) {
  CurlTransport transport(loop.get_executor(), {.ca_file = trusted->path(), .proxy = Proxy::named});
  for (const char* host : {"10.1", "10%2e1", "0x0a%2e1", "%30x0a000001", "16777%32161", "0xa9fe%61%39fe", "0xa9.254.43518", "10.0.0.1.",
                           "012.0.0.1", "[::ffff:10.0.0.1]", "[fd00::1]", "[::1]"}) {
    const auto refused = send(transport, to_public(post(std::string("https://") + host + "/")));
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, "AddressRefused") << host << ": " << describe(refused.error());
  }
}

TEST_F(CurlTransportTlsTest, CallsAnUnknownNameTransientAlsoForANonIdempotentRequest) {
  test::SlowResolver resolver("nowhere.invalid");
  resolver.release();
  CurlTransport transport(loop.get_executor(), settings);
  const auto response = send(transport, post("https://nowhere.invalid/", "Action=X", Idempotency::non_idempotent));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::transient);
  EXPECT_EQ(response.error().code, "ResolveFailed");
}

TEST_F(CurlTransportTlsTest, RefusesACertificateOfAnUnknownAuthority) {
  const test::Authority stranger;
  ScriptedServer server(loop.get_executor(), echo, stranger.issue("127.0.0.1"));
  CurlTransport transport(loop.get_executor(), settings);
  for (const Idempotency idempotency : k_both) {
    const auto response = send(transport, post(server.url(), "Action=X", idempotency));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::invalid) << describe(response.error());
    EXPECT_EQ(response.error().code, "CertificateRefused") << describe(response.error());
  }
  EXPECT_EQ(server.executed(), 0);
}

TEST_F(CurlTransportTlsTest, RefusesACertificateForAnotherHost) {
  ScriptedServer server(loop.get_executor(), echo, authority.issue("iam.amazonaws.com"));
  CurlTransport transport(loop.get_executor(), settings);
  const auto response = send(transport, post(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "CertificateRefused") << describe(response.error());
  EXPECT_EQ(server.executed(), 0);
}

TEST_F(CurlTransportTlsTest, TrustsNothingButTheGivenAuthorities) {
  ScriptedServer server(loop.get_executor(), echo, authority.issue("127.0.0.1"));
  CurlTransport transport(loop.get_executor());  // the system's bundle
  const auto response = send(transport, post(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::invalid) << describe(response.error());
}

TEST_F(CurlTransportTlsTest, SaysWhichBundleCannotBeRead) {
  for (const std::string content : {"", "no certificate"}) {
    const test::TemporaryFile broken(content);
    settings.ca_file = broken.path();
    CurlTransport transport(loop.get_executor(), settings);
    const auto response = send(transport, post("https://127.0.0.1:1/"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, "CaBundleUnreadable");
    EXPECT_NE(response.error().message.find(broken.path()), std::string::npos);
  }
}

TEST_F(CurlTransportTlsTest, NeverSendsANonIdempotentRequestAgainEither) {
  ScriptedServer server(
      loop.get_executor(),
      [](const SeenRequest& request) { return request.on_connection == 1 ? echo(request) : test::drop(); },
      authority.issue("127.0.0.1"));
  CurlTransport transport(loop.get_executor(), settings);
  ASSERT_TRUE(send(transport, post(server.url())));
  const auto lost = send(transport, post(server.url(), "Action=CreateAccessKey", Idempotency::non_idempotent));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::ambiguous) << describe(lost.error());
  EXPECT_EQ(server.executed(), 2);
}

}  // namespace
}  // namespace keyward::base
