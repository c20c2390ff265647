#include "sandbox/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <iostream>

#include "base/task.hpp"
#include "sandbox/control.hpp"
#include "sandbox/gate.hpp"

namespace keyward::sandbox {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using base::Task;

constexpr std::uint64_t k_body_limit = 64u << 20;  // a mail of 40 MB in base64

using HttpRequest = http::request<http::string_body>;
using HttpReply = http::response<http::string_body>;

WireRequest wire_request(HttpRequest& request) {
  WireRequest wire;
  wire.method = std::string(request.method_string());
  wire.target = std::string(request.target());
  for (const auto& field : request)
    wire.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  wire.body = std::move(request.body());
  return wire;
}

HttpReply http_reply(const HttpRequest& request, WireReply& wire, base::Instant now) {
  HttpReply reply(static_cast<http::status>(wire.status), 11);
  reply.set(http::field::date, base::format_http_date(now));
  reply.set(http::field::server, "keyward-sandbox");
  if (!wire.content_type.empty()) reply.set(http::field::content_type, wire.content_type);
  for (const base::HttpHeader& header : wire.headers) reply.insert(header.name, header.value);
  reply.keep_alive(request.keep_alive());
  const std::size_t size = wire.body.size();
  if (request.method() != http::verb::head) reply.body() = std::move(wire.body);
  reply.content_length(size);
  return reply;
}

/// Counts an Organizations call for as long as it is under way, its simulated latency included.
class OrganizationsCall {
 public:
  OrganizationsCall(Simulation& simulation, const WireRequest& request) : simulation_(simulation) {
    counted_ = request.header("x-amz-target").starts_with("AWSOrganizations");
    if (counted_) simulation_.organizations_call_begins();
  }
  ~OrganizationsCall() {
    if (counted_) simulation_.organizations_call_ends();
  }
  OrganizationsCall(const OrganizationsCall&) = delete;
  OrganizationsCall& operator=(const OrganizationsCall&) = delete;

 private:
  Simulation& simulation_;
  bool counted_ = false;
};

Task<Outcome> answer(Simulation& simulation, Gate& gate, WireRequest request) {
  Outcome outcome;
  if (is_gate_request(request)) {
    outcome.reply = co_await handle_gate(gate, std::move(request));
    co_return outcome;
  }
  if (request.path().starts_with("/_sandbox/")) {
    outcome.reply = handle_control(simulation, request);
    co_return outcome;
  }
  const OrganizationsCall counted(simulation, request);
  const Gate::Passage passage = gate.arrive(simulation.label(request));
  const Gate::Verdict before = co_await gate.pass(passage, Phase::before);
  if (before == Gate::Verdict::discard) {
    outcome.drop = true;
    co_return outcome;
  }
  outcome = simulation.handle(request);
  const Gate::Verdict after = co_await gate.pass(passage, Phase::after);
  if (after == Gate::Verdict::discard) outcome.drop = true;
  if (outcome.delay.count() > 0) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, outcome.delay);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return outcome;
}

/// One connection: requests one after the other until somebody closes it.
template <class Stream>
Task<void> serve(Stream& stream, Simulation& simulation, Gate& gate) {
  beast::flat_buffer buffer;
  while (true) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(k_body_limit);
    co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream, go_on, asio::use_awaitable);
    }
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    HttpRequest request = parser.release();
    WireRequest wire = wire_request(request);
    Outcome outcome = co_await answer(simulation, gate, std::move(wire));
    if (outcome.drop) co_return;
    HttpReply reply = http_reply(request, outcome.reply, simulation.world().now());
    co_await http::async_write(stream, reply, asio::use_awaitable);
    if (!reply.keep_alive()) co_return;
  }
}

Task<void> serve_plain(tcp::socket socket, Simulation& simulation, Gate& gate) {
  socket.set_option(tcp::no_delay(true));
  co_await serve(socket, simulation, gate);
}

Task<void> serve_tls(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, Simulation& simulation, Gate& gate) {
  socket.set_option(tcp::no_delay(true));
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  co_await serve(stream, simulation, gate);
}

/// A connection that ends badly is the client's business; anything else is a bug of ours and is shown.
void connection_ended(std::exception_ptr failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error&) {  // NOLINT(bugprone-empty-catch): nothing is to be done
  } catch (const std::exception& error) {
    std::cerr << "keyward-sandbox: " << error.what() << "\n";
  }
}

/// Out of descriptors is no reason to stop for good: connections that end give theirs back.
Task<void> accept_all(tcp::acceptor& acceptor, std::shared_ptr<asio::ssl::context> tls, Simulation& simulation,
                      Gate& gate) {
  constexpr std::chrono::milliseconds k_pause{50};
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  while (true) {
    tcp::socket socket(executor);
    boost::system::error_code error;
    auto keep_error = asio::redirect_error(asio::use_awaitable, error);
    co_await acceptor.async_accept(socket, keep_error);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      pause.expires_after(k_pause);
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    if (tls) {
      asio::co_spawn(executor, serve_tls(std::move(socket), tls, simulation, gate), connection_ended);
    } else {
      asio::co_spawn(executor, serve_plain(std::move(socket), simulation, gate), connection_ended);
    }
  }
}

std::shared_ptr<asio::ssl::context> tls_context(const std::optional<LoopbackCertificate>& certificate) {
  if (!certificate) return nullptr;
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->use_certificate(asio::buffer(certificate->certificate_pem), asio::ssl::context::pem);
  tls->use_private_key(asio::buffer(certificate->key_pem), asio::ssl::context::pem);
  return tls;
}

}  // namespace

struct Server::State {
  tcp::acceptor acceptor;
  Simulation& simulation;
  Gate& gate;
  std::shared_ptr<asio::ssl::context> tls;
};

Server::Server(asio::io_context& context, Simulation& simulation, Gate& gate, std::uint16_t port,
               const std::optional<LoopbackCertificate>& certificate)
    : state_(new State{tcp::acceptor(context, {asio::ip::address_v4::loopback(), port}), simulation, gate,
                       tls_context(certificate)}) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return state_->acceptor.local_endpoint().port(); }

std::string Server::url() const {
  return std::string(state_->tls ? "https" : "http") + "://127.0.0.1:" + std::to_string(port());
}

void Server::start() {
  asio::co_spawn(state_->acceptor.get_executor(),
                 accept_all(state_->acceptor, state_->tls, state_->simulation, state_->gate), connection_ended);
}

}  // namespace keyward::sandbox
