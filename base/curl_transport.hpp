#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/http.hpp"

namespace keyward::base {

/// What the environment says of a proxy for requests over TLS (https_proxy, all_proxy). libcurl reads its name there itself.
enum class Proxy { none, named };

struct CurlTransportSettings {
  /// Requests on the wire at once; more wait in the order of their arrival. Lowered to what the process may open, see
  /// in_flight_limit().
  std::size_t max_in_flight = 256;
  /// Descriptors left to the rest of the program (state files, pipes, the event loop).
  std::size_t reserved_descriptors = 64;
  /// Connections per curl multi handle, idle ones included. libcurl walks them in a list: with thousands in one list
  /// the cost per request doubles.
  std::size_t connections_per_shard = 128;
  /// An idle connection older than this is not used again. Below the idle timeout of servers, so that a request seldom
  /// meets a connection that is just being closed.
  std::chrono::seconds max_idle{20};
  /// PEM file of trusted certificate authorities (AWS_CA_BUNDLE); empty: the system's bundle. Read once, at the first
  /// https request.
  std::string ca_file{};
  /// Hosts beside loopback that are spoken to by plain http: the metadata services of instances and containers, which
  /// have link-local addresses and no TLS.
  std::vector<std::string> plain_http_hosts{"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254",
                                            "fd00:ec2::23"};
  /// Through a proxy a connection leads to that proxy, whose address need not be public. Left at `none` where there is one,
  /// requests to public addresses alone are refused.
  Proxy proxy = Proxy::none;
};

/// How many requests may be on the wire when the process may open `descriptor_limit` descriptors (RLIMIT_NOFILE): a
/// transfer needs up to two while it connects (two addresses are tried side by side, or a resolver's socket pair).
/// At least 1.
std::size_t in_flight_limit(std::size_t wanted, std::size_t descriptor_limit, std::size_t reserved);

/// The first of the places where distributions keep their bundle of certificate authorities.
std::string system_ca_file();

/// Makes libcurl wipe every block of memory that it frees: copies of requests and answers hold secrets. Must be the
/// first use of libcurl in the process, so executables call it first in main(); a transport calls it too. Throws
/// std::runtime_error when libcurl cannot start.
void start_libcurl();

/// HttpTransport on libcurl's multi interface, driven by the event loop.
///
/// HTTP/1.1 with kept connections; TLS 1.2 or later, always verified; https only, but for loopback and
/// CurlTransportSettings::plain_http_hosts; no redirects; the environment's proxy (https_proxy, no_proxy) except for
/// those same hosts. Headers are sent as given: no Accept, User-Agent or Content-Type is added; Content-Length and
/// Host are written by libcurl, a given Content-Length is ignored.
///
/// libcurl itself sends a request again when a kept connection closes before the first byte of an answer. That is
/// allowed for idempotent requests and made impossible for the others.
///
/// Error codes: BadUrl, BadHeader, PlainHttpRefused, CaBundleUnreadable, ResolveFailed, ConnectFailed, TlsFailed,
/// CertificateRefused, TimedOut, DeadlineExceeded, TruncatedAnswer, ConnectionLost, MalformedAnswer, AnswerTooLarge,
/// TransferFailed. AddressRefused. An answer with neither Content-Length nor chunked coding is a TruncatedAnswer, because
/// nobody can tell whether it is whole; over TLS only where it has a body and the body counts.
///
/// For one io_context on one thread. Must be destroyed before the io_context; transfers in flight then end with
/// operation_aborted. The program must ignore SIGPIPE (libcurl is told not to touch signals).
class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(boost::asio::any_io_executor executor, CurlTransportSettings settings = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  Task<Result<HttpResponse>> send(HttpRequest request) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace keyward::base
