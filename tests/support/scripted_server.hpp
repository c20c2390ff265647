#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/certificates.hpp"

namespace keyward::test {

/// One whole request as the server saw it.
struct SeenRequest {
  int connection = 0;     ///< from 1, in order of arrival
  int on_connection = 0;  ///< from 1, within its connection
  std::string method;
  std::string target;
  std::string head;  ///< request line and headers
  std::string body;

  /// Value of the first header of that name, compared without case; empty when absent.
  std::string header(std::string_view name) const;
};

/// What the server does with a request, once it has counted it.
struct Reply {
  enum class Then { keep, close, hang };
  std::string bytes;  ///< sent as they are
  Then then = Then::keep;
};

/// A whole answer with Content-Length.
Reply answer(int status, std::string_view body, std::string_view extra_headers = {});
/// These bytes, then the connection is closed.
Reply cut(std::string_view bytes);
/// No byte of an answer, the connection is closed.
Reply drop();
/// No answer, the connection stays open.
Reply hang();

/// A small HTTP/1.1 server on loopback for tests, on the loop of the test. Reads whole requests
/// (with Content-Length), counts them, then does what the script says.
class ScriptedServer {
 public:
  using Script = std::function<Reply(const SeenRequest&)>;
  /// Decides before the body is read; true: the connection is closed there, and the request is not counted.
  using Refusal = std::function<bool(const SeenRequest&)>;

  ScriptedServer(boost::asio::any_io_executor executor, Script script);
  /// Speaks TLS with this certificate.
  ScriptedServer(boost::asio::any_io_executor executor, Script script, const Certificate& certificate);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  void refuse_after_head(Refusal refusal);

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT" + path, or https.
  std::string url(std::string_view path = "/") const;
  /// Whole requests received: what a real server would have executed.
  int executed() const;
  /// Connections accepted.
  int connections() const;
  /// Connections open now, and the most there ever were.
  int open_connections() const;
  int most_open_connections() const;
  const std::vector<SeenRequest>& requests() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace keyward::test
