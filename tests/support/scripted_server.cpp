#include "support/scripted_server.hpp"

#include <strings.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <optional>
#include <set>

#include "base/task.hpp"

namespace keyward::test {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

std::string SeenRequest::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      std::string_view value = line.substr(name.size() + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      return std::string(value);
    }
  }
  return {};
}

Reply answer(int status, std::string_view body, std::string_view extra_headers) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n" + std::string(extra_headers) +
                      "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  return {std::move(bytes), Reply::Then::keep};
}
Reply cut(std::string_view bytes) { return {std::string(bytes), Reply::Then::close}; }
Reply drop() { return {{}, Reply::Then::close}; }
Reply hang() { return {{}, Reply::Then::hang}; }

struct ScriptedServer::State {
  State(asio::any_io_executor executor, Script answers) : acceptor(std::move(executor)), script(std::move(answers)) {}

  tcp::acceptor acceptor;
  std::optional<asio::ssl::context> tls;
  Script script;
  Refusal refusal;
  std::set<tcp::socket*> open;
  int connections = 0;
  int most_open = 0;
  std::vector<SeenRequest> seen;
};

namespace {

std::size_t content_length(const SeenRequest& request) {
  const std::string text = request.header("Content-Length");
  return text.empty() ? 0 : std::stoul(text);
}

void end_session(std::exception_ptr) {}  // the peer left, or the server was destroyed

SeenRequest parse_head(std::string head) {
  SeenRequest request;
  const std::size_t first = head.find(' ');
  const std::size_t second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  request.head = std::move(head);
  return request;
}

/// Reads one request; `head_seen` may refuse it before the body.
template <class Stream>
base::Task<SeenRequest> read_head(Stream& stream, std::string& buffer) {
  auto dynamic = asio::dynamic_buffer(buffer);
  const std::size_t size = co_await asio::async_read_until(stream, dynamic, "\r\n\r\n", use_awaitable);
  std::string head = buffer.substr(0, size - 2);
  buffer.erase(0, size);
  co_return parse_head(std::move(head));
}

template <class Stream>
base::Task<std::string> read_sized(Stream& stream, std::string& buffer, std::size_t size) {
  if (buffer.size() < size) {
    auto dynamic = asio::dynamic_buffer(buffer);
    auto missing = asio::transfer_exactly(size - buffer.size());
    co_await asio::async_read(stream, dynamic, missing, use_awaitable);
  }
  std::string body = buffer.substr(0, size);
  buffer.erase(0, size);
  co_return body;
}

/// Keeps the server's list of open sockets true.
struct OpenSocket {
  OpenSocket(std::set<tcp::socket*>& sockets, tcp::socket& socket) : all(sockets), own(socket) { all.insert(&own); }
  ~OpenSocket() { all.erase(&own); }
  OpenSocket(const OpenSocket&) = delete;
  OpenSocket& operator=(const OpenSocket&) = delete;
  std::set<tcp::socket*>& all;
  tcp::socket& own;
};

template <class State, class Stream>
base::Task<void> converse(std::shared_ptr<State> state, Stream& stream, int connection) {
  std::string buffer;
  for (int number = 1;; ++number) {
    SeenRequest request = co_await read_head(stream, buffer);
    request.connection = connection;
    request.on_connection = number;
    if (state->refusal && state->refusal(request)) co_return;
    const std::size_t size = content_length(request);
    request.body = co_await read_sized(stream, buffer, size);
    state->seen.push_back(request);
    const Reply reply = state->script(request);
    if (!reply.bytes.empty()) {
      auto bytes = asio::buffer(reply.bytes);
      co_await asio::async_write(stream, bytes, use_awaitable);
    }
    if (reply.then == Reply::Then::close) co_return;
    if (reply.then == Reply::Then::hang) {
      char byte = 0;
      auto one = asio::buffer(&byte, 1);
      co_await stream.async_read_some(one, use_awaitable);  // until the peer leaves
    }
  }
}

template <class State>
base::Task<void> serve_plain(std::shared_ptr<State> state, tcp::socket socket, int connection) {
  const OpenSocket entry(state->open, socket);
  state->most_open = std::max(state->most_open, static_cast<int>(state->open.size()));
  co_await converse(state, socket, connection);
}

template <class State>
base::Task<void> serve_tls(std::shared_ptr<State> state, tcp::socket socket, int connection) {
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *state->tls);
  const OpenSocket entry(state->open, stream.next_layer());
  state->most_open = std::max(state->most_open, static_cast<int>(state->open.size()));
  co_await stream.async_handshake(asio::ssl::stream_base::server, use_awaitable);
  co_await converse(state, stream, connection);
}

template <class State>
base::Task<void> accept_all(std::shared_ptr<State> state) {
  for (;;) {
    tcp::socket socket = co_await state->acceptor.async_accept(use_awaitable);
    auto executor = state->acceptor.get_executor();
    const int connection = ++state->connections;
    if (state->tls) {
      asio::co_spawn(executor, serve_tls(state, std::move(socket), connection), end_session);
    } else {
      asio::co_spawn(executor, serve_plain(state, std::move(socket), connection), end_session);
    }
  }
}

template <class State>
void open(const std::shared_ptr<State>& state) {
  const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
  state->acceptor.open(any_port.protocol());
  state->acceptor.bind(any_port);
  state->acceptor.listen();
  asio::co_spawn(state->acceptor.get_executor(), accept_all(state), end_session);
}

}  // namespace

ScriptedServer::ScriptedServer(asio::any_io_executor executor, Script script)
    : state_(std::make_shared<State>(std::move(executor), std::move(script))) {
  open(state_);
}

ScriptedServer::ScriptedServer(asio::any_io_executor executor, Script script, const Certificate& certificate)
    : state_(std::make_shared<State>(std::move(executor), std::move(script))) {
  state_->tls.emplace(asio::ssl::context::tls_server);
  state_->tls->use_certificate_chain(asio::buffer(certificate.certificate));
  state_->tls->use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
  open(state_);
}

ScriptedServer::~ScriptedServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  for (tcp::socket* socket : state_->open) socket->close(ignored);
}

void ScriptedServer::refuse_after_head(Refusal refusal) { state_->refusal = std::move(refusal); }
std::uint16_t ScriptedServer::port() const { return state_->acceptor.local_endpoint().port(); }
std::string ScriptedServer::url(std::string_view path) const {
  return (state_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) + std::string(path);
}
int ScriptedServer::executed() const { return static_cast<int>(state_->seen.size()); }
int ScriptedServer::connections() const { return state_->connections; }
int ScriptedServer::open_connections() const { return static_cast<int>(state_->open.size()); }
int ScriptedServer::most_open_connections() const { return state_->most_open; }
const std::vector<SeenRequest>& ScriptedServer::requests() const { return state_->seen; }

}  // namespace keyward::test
