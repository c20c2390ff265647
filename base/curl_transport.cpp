#include "base/curl_transport.hpp"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <unordered_map>

#include "base/curl_shard.hpp"
#include "base/permits.hpp"
#include "base/public_address.hpp"
#include "base/transfer_error.hpp"
#include "base/trust_store.hpp"

namespace keyward::base {
namespace {

using std::chrono::milliseconds;

/// Headers count against the answer's size too, and no service sends more.
constexpr std::size_t k_max_header_bytes = 256 * 1024;
/// Memory taken in advance for an announced body; a lying Content-Length must not take more.
constexpr std::size_t k_max_reserve = 1024 * 1024;
/// libcurl sends "Expect: 100-continue" with bodies larger than 1 MB; some versions before began at 1 KB. Each line that
/// takes a header away is compared with every other.
constexpr std::size_t k_most_without_expect = 1024;
/// Parsed URLs that are kept: services times regions of a run, and no more however many somebody thinks up.
constexpr std::size_t k_most_endpoints = 256;
/// Some 7 KB each. As many as end before the next are begun: the batch of events of a shard.
constexpr std::size_t k_most_used_handles = 64;
/// Headers of most answers of AWS: fewer than this.
constexpr std::size_t k_usual_headers = 8;
/// A body that is larger goes in several records.
constexpr long k_send_record_bytes = 4096;
/// libcurl counts in milliseconds and may be one early.
constexpr milliseconds k_timer_slack{5};

bool same_name(std::string_view a, std::string_view b) {
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): it is told the size
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

Error refusal(const HttpRequest& request, std::string code, std::string message) {
  Error error;
  error.kind = ErrorKind::invalid;
  error.operation = request.operation;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

struct Target {
  CurlUrl url;
  std::string host;  ///< without brackets, lower case as written
  std::string authority;  ///< the Host header that libcurl makes of it; empty where it is not sure
  bool tls = true;
  bool is_root = false;  ///< neither path nor query
};

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const CurlText owned(text);
  return text;
}

using TargetPtr = std::shared_ptr<const Target>;

/// What libcurl writes into the Host header: the host as it stands in the URL and the port unless it is the scheme's own.
/// Left empty for what it may write in another way, such as addresses in brackets and names in other scripts.
std::string authority_of(const Target& target) {
  const bool plain = std::ranges::all_of(target.host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  const std::string port = url_part(target.url.get(), CURLUPART_PORT);
  if (!plain || port == (target.tls ? "443" : "80")) return plain ? target.host : std::string();
  return port.empty() ? target.host : target.host + ":" + port;
}

Result<TargetPtr> parse_url(const HttpRequest& request) {
  Target target;
  target.url.reset(curl_url());
  if (!target.url) throw std::bad_alloc();
  // PATH_AS_IS: what was signed is what is sent. No user name in a URL: it would be a secret in error texts.
  const CURLUcode parsed = curl_url_set(target.url.get(), CURLUPART_URL, request.url.c_str(),
                                        CURLU_PATH_AS_IS | CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
  if (parsed != CURLUE_OK) return refusal(request, "BadUrl", std::string("bad URL: ") + curl_url_strerror(parsed));
  target.is_root = url_part(target.url.get(), CURLUPART_PATH) == "/" && url_part(target.url.get(), CURLUPART_QUERY).empty();
  const std::string scheme = url_part(target.url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return refusal(request, "BadUrl", "neither https nor http: " + scheme);
  target.tls = scheme == "https";
  target.host = url_part(target.url.get(), CURLUPART_HOST);
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  target.authority = authority_of(target);
  return std::make_shared<const Target>(std::move(target));
}

bool is_loopback(std::string_view host) {
  if (host == "::1" || same_name(host, "localhost")) return true;
  // libcurl writes any IPv4 form as four numbers; a name like 127.example.org has other characters.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// The address that a host is; nothing for a name. IPv4 in every form that the C library takes, "10.1" and "0x0a.1" too:
/// libcurl normalises these before it decodes what is percent-encoded.
std::optional<sockaddr_storage> address_of(std::string_view text) {
  std::string zero_ended(text.substr(0, text.find('%')));
  if (zero_ended.ends_with('.')) zero_ended.pop_back();  // to a proxy that is the same address
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_aton(zero_ended.c_str(), &v4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, zero_ended.c_str(), &v6.sin6_addr) == 1) {
    address.ss_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  return address;
}

bool is_public_text(std::string_view text) {
  const std::optional<sockaddr_storage> address = address_of(text);
  return address && is_public_address(reinterpret_cast<const sockaddr&>(*address));
}

std::string refused_reach(const std::string& host) {
  return host + " leads to a loopback, private, link-local or reserved address, where this request may not go";
}

bool is_field_text(std::string_view text) {
  // One after the other: the C library looks for a single character in many bytes at once.
  return std::ranges::none_of(std::array{'\r', '\n', '\0'}, [text](char c) { return text.find(c) != std::string_view::npos; });
}

/// The list of header lines that libcurl reads, in two blocks of memory: curl_slist_append() takes two for each line.
class HeaderLines {
 public:
  /// For at most `lines` of `bytes` together, each counted with what separates its name from its value and a NUL.
  void reserve(std::size_t lines, std::size_t bytes) {
    nodes_.reserve(lines);
    text_.resize(bytes);
  }
  void add(std::string_view name, std::string_view separator, std::string_view value = {}) {
    char* const line = text_.data() + used_;
    for (const std::string_view part : {name, separator, value, std::string_view("\0", 1)}) {
      part.copy(text_.data() + used_, part.size());
      used_ += part.size();
    }
    nodes_.push_back({line, nullptr});
    if (nodes_.size() > 1) nodes_[nodes_.size() - 2].next = &nodes_.back();
  }
  curl_slist* list() { return nodes_.empty() ? nullptr : nodes_.data(); }

 private:
  WipedVector text_;  ///< the session token is among them
  std::size_t used_ = 0;
  std::vector<curl_slist> nodes_;
};

/// One request on its way: the easy handle with everything it points to. Lives in the coroutine that sends it.
class Transfer {
 public:
  /// `used`: a handle of an earlier transfer; empty: a new one is made.
  Transfer(HttpRequest request, TargetPtr target, boost::asio::any_io_executor executor, CurlEasy used)
      : request_(std::move(request)), target_(std::move(target)), is_new_(!used), job_(std::move(executor)) {
    job_.easy = used ? std::move(used) : CurlEasy(curl_easy_init());
    if (!job_.easy) throw std::bad_alloc();
  }

  /// Most calls are like this. Only they use a handle again, and only one that served them: what others set (never send
  /// it twice, another method) can then not be left over.
  static bool may_use_again(const HttpRequest& request) noexcept {
    return request.reach == Reach::anywhere && request.idempotency == Idempotency::idempotent && request.method == "POST" && !request.body.empty();
  }
  /// The handle, without anything of this transfer; empty where it is not to be used again.
  CurlEasy take_handle();

  CurlJob& job() noexcept { return job_; }
  const HttpRequest& request() const noexcept { return request_; }

  /// Empty on success.
  std::optional<Error> prepare(X509_STORE* trust, bool direct, const CurlTransportSettings& settings);
  Result<HttpResponse> finish();

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(job_.easy.get(), option, value);
  }
  void set_once(X509_STORE* trust, bool direct, std::chrono::seconds max_idle);
  void set_target();
  void set_timeouts();
  void set_body();
  std::optional<Error> set_headers();
  void set_reach();
  bool idempotent() const noexcept { return request_.idempotency == Idempotency::idempotent; }

  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  void let_buffers_go() noexcept;
  bool is_whole() const;
  TransferFailure failure() const;
  RequestSent sent() const;
  std::string detail(TransferFailure failure) const;

  static size_t on_header(char* bytes, size_t size, size_t count, void* transfer) noexcept;
  static size_t on_body(char* bytes, size_t size, size_t count, void* transfer) noexcept;
  static size_t on_read(char* buffer, size_t size, size_t count, void* transfer) noexcept;
  static int on_seek(void*, curl_off_t, int) noexcept { return CURL_SEEKFUNC_FAIL; }
  static CURLcode on_tls(CURL*, void* context, void* trust) noexcept;
  static int on_connected(void* transfer, char* address, char*, int, int) noexcept;

  HttpRequest request_;
  TargetPtr target_;
  HeaderLines header_lines_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::size_t read_offset_ = 0;
  milliseconds allowed_{0};
  bool is_new_ = true;
  bool deadline_binds_ = false;
  bool body_taken_ = false;  // libcurl has asked for the body: the header is sent
  bool header_complete_ = false;
  bool too_large_ = false;
  CurlJob job_;  // last: taken off the wire before what it points to dies
};

std::optional<Error> Transfer::prepare(X509_STORE* trust, bool direct, const CurlTransportSettings& settings) {
  if (is_new_) set_once(trust, direct, settings.max_idle);
  set_target();
  set_timeouts();
  set_body();
  if (request_.reach == Reach::public_addresses) {
    job_.public_only = direct || settings.proxy == Proxy::none;
    set_reach();
  }
  return set_headers();
}

/// Behind a proxy the connection goes to the proxy, wherever that is, and names are resolved there. Which requests take it
/// only libcurl knows, and it tells when the connection stands, so those are looked at once more before they are sent.
void Transfer::set_reach() {
  set(CURLOPT_FRESH_CONNECT, 1L);  // whoever opened an earlier one may have had another reach
  set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set(CURLOPT_PREREQDATA, this);
}

void Transfer::set_target() {
  set(CURLOPT_CURLU, target_->url.get());
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEDATA, this);
}

CurlEasy Transfer::take_handle() {
  if (!may_use_again(request_) || job_.code != CURLE_OK) return nullptr;
  set(CURLOPT_CURLU, static_cast<CURLU*>(nullptr));
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  set(CURLOPT_POSTFIELDS, static_cast<char*>(nullptr));
  set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  return std::move(job_.easy);
}

void Transfer::set_once(X509_STORE* trust, bool direct, std::chrono::seconds max_idle) {
  set(CURLOPT_PROTOCOLS_STR, target_->tls ? "https" : "http");
  set(CURLOPT_NOPROXY, direct ? "*" : static_cast<const char*>(nullptr));
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // else a cancelled look-up blocks the loop until the resolver's thread is back
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(max_idle.count()));
  // Small buffers: each is wiped when freed.
  set(CURLOPT_BUFFERSIZE, 8L * 1024);
  set(CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  // Trusted authorities come from our store, read once for all connections. libcurl's own cache is one per multi
  // handle, and Debian's built-in CAPATH turns it off.
  set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_PROXY_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
  set(CURLOPT_SSL_CTX_DATA, trust);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
  set(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

void Transfer::set_timeouts() {
  const milliseconds left = request_.deadline.remaining();
  deadline_binds_ = left <= request_.timeout;
  allowed_ = std::clamp(std::min(left, request_.timeout), milliseconds(1), milliseconds(INT_MAX));
  const milliseconds connect = std::clamp(request_.connect_timeout, milliseconds(1), allowed_);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(allowed_.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
}

void Transfer::set_body() {
  const std::string& method = request_.method;
  const bool has_body = !request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (method != (has_body ? "POST" : "GET")) {
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (idempotent()) {
    if (has_body) set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.view().data());
    return;
  }
  if (request_.body.empty()) {
    // Without a body there is nothing that cannot be rewound: only a connection of its own is never retried.
    set(CURLOPT_FRESH_CONNECT, 1L);
    if (has_body) set(CURLOPT_POSTFIELDS, "");
    return;
  }
  // When a kept connection closes before an answer, libcurl sends the request again, if it can rewind the body. It
  // cannot.
  set(CURLOPT_READFUNCTION, &Transfer::on_read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
  set(CURLOPT_SEEKDATA, this);
}

std::optional<Error> Transfer::set_headers() {
  bool has_accept = false;
  bool has_type = false;
  std::size_t bytes = sizeof "Expect:" + sizeof "Accept:" + sizeof "Content-Type:";
  for (const HttpHeader& header : request_.headers) bytes += header.name.size() + header.value.size() + 3;
  header_lines_.reserve(request_.headers.size() + 3, bytes);
  for (const HttpHeader& header : request_.headers) {
    if (header.name.empty() || header.name.find(':') != std::string::npos || !is_field_text(header.name) ||
        !is_field_text(header.value)) {
      return refusal(request_, "BadHeader", "a request header has an impossible name or a line break in its value");
    }
    if (same_name(header.name, "Content-Length")) continue;
    if (same_name(header.name, "Host") && header.value == target_->authority) continue;  // libcurl writes just that
    has_accept = has_accept || same_name(header.name, "Accept");
    has_type = has_type || same_name(header.name, "Content-Type");
    header_lines_.add(header.name, header.value.empty() ? ";" : ": ", header.value);
  }
  // "Name:" takes a header of libcurl's own away.
  if (request_.body.size() > k_most_without_expect) header_lines_.add("Expect", ":");
  if (!has_accept) header_lines_.add("Accept", ":");
  if (!has_type) header_lines_.add("Content-Type", ":");
  set(CURLOPT_HTTPHEADER, header_lines_.list());
  return std::nullopt;
}

// ---- callbacks

size_t Transfer::on_header(char* bytes, size_t size, size_t count, void* transfer) noexcept {
  const std::string_view line(bytes, size * count);
  return static_cast<Transfer*>(transfer)->take_header(line) ? line.size() : 0;
}

size_t Transfer::on_body(char* bytes, size_t size, size_t count, void* data) noexcept {
  auto& transfer = *static_cast<Transfer*>(data);
  const std::string_view part(bytes, size * count);
  const bool taken = transfer.take_body(part);
  transfer.let_buffers_go();
  return taken ? part.size() : 0;
}

size_t Transfer::on_read(char* buffer, size_t size, size_t count, void* data) noexcept {
  auto& transfer = *static_cast<Transfer*>(data);
  transfer.body_taken_ = true;
  const std::string_view rest = transfer.request_.body.view().substr(transfer.read_offset_);
  const size_t part = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), part);
  transfer.read_offset_ += part;
  return part;
}

CURLcode Transfer::on_tls(CURL*, void* context, void* trust) noexcept {
  auto* tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_options(tls, SSL_OP_CLEANSE_PLAINTEXT);
  // libcurl has a connection's record buffers freed whenever there is nothing to read or to write, several times for a
  // call. let_buffers_go() does it once, at the end.
  SSL_CTX_clear_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  // The buffer for sending lives while an answer is waited for, and requests are small.
  SSL_CTX_set_max_send_fragment(tls, k_send_record_bytes);
  SSL_CTX_set1_cert_store(tls, static_cast<X509_STORE*>(trust));
  return CURLE_OK;
}

// NOLINTNEXTLINE(readability-non-const-parameter): libcurl says what it is
int Transfer::on_connected(void* data, char* address, char*, int, int) noexcept {
  CurlJob& job = static_cast<Transfer*>(data)->job_;
  long proxy_answered = 0;
  curl_easy_getinfo(job.easy.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_answered);
  if (proxy_answered / 100 == 2 || is_public_text(address)) return CURL_PREREQFUNC_OK;
  job.address_refused = true;
  return CURL_PREREQFUNC_ABORT;
}

bool Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > k_max_header_bytes) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {  // also after "100 Continue"
    header_complete_ = false;
    response_.headers.clear();
    return true;
  }
  if (header_complete_) return true;  // trailers of a chunked body
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    header_complete_ = true;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (response_.headers.empty()) response_.headers.reserve(k_usual_headers);
  response_.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return true;
}

bool Transfer::take_body(std::string_view bytes) {
  if (bytes.size() > request_.max_response_bytes - response_.body.size()) {
    too_large_ = true;
    return false;
  }
  if (response_.body.empty()) {
    const std::string_view announced = response_.header("Content-Length");
    std::size_t size = 0;
    std::from_chars(announced.data(), announced.data() + announced.size(), size);
    response_.body.reserve(std::min({size, request_.max_response_bytes, k_max_reserve}));
  }
  response_.body.append(bytes);
  return true;
}

/// Most connections are idle most of the time, and the two buffers of each are three quarters of its memory. Not while
/// part of a record is in them: the rest of an answer comes from there. Only to be called by on_body(), right after a read
/// that yielded bytes: then no record has been begun, which OpenSSL before 3.0.14 would not notice (CVE-2024-4741).
void Transfer::let_buffers_go() noexcept {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(job_.easy.get(), CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr) return;
  auto* tls = static_cast<SSL*>(session->internals);
  if (tls == nullptr || SSL_has_pending(tls) != 0) return;
  SSL_clear_options(tls, SSL_OP_CLEANSE_PLAINTEXT);  // wiped as it was read; else all 17 KB are wiped once more
  SSL_free_buffers(tls);
  SSL_set_options(tls, SSL_OP_CLEANSE_PLAINTEXT);
}

// ---- the end

/// CURLE_OK is not enough: libcurl calls an answer that ends inside its header a success with an empty body.
bool Transfer::is_whole() const {
  if (!header_complete_) return false;
  const int status = response_.status;
  if (request_.method == "HEAD" || status == 204 || status == 304) return true;
  // Without a length the answer ends where the connection does, and who can cut the connection can shorten it, over TLS as
  // well: libcurl does not ask for the peer's close_notify. AWS always tells the length.
  if (!response_.header("Content-Length").empty()) return true;
  if (response_.header("Transfer-Encoding").find("chunked") != std::string_view::npos) return true;
  return target_->tls && (request_.reads == Reads::status || response_.body.empty());
}

TransferFailure Transfer::failure() const {
  if (too_large_) return TransferFailure::answer_too_large;
  // Other addresses of the name may have been tried, and may have failed otherwise.
  const bool not_sent = job_.code == CURLE_COULDNT_CONNECT || job_.code == CURLE_ABORTED_BY_CALLBACK;
  if (job_.address_refused && not_sent) return TransferFailure::address_refused;
  switch (job_.code) {
    case CURLE_OK:
    case CURLE_PARTIAL_FILE: return TransferFailure::truncated_answer;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return TransferFailure::cannot_resolve;
    case CURLE_COULDNT_CONNECT: return TransferFailure::cannot_connect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_INVALIDCERTSTATUS: return TransferFailure::certificate_refused;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return TransferFailure::tls_failed;
    case CURLE_OPERATION_TIMEDOUT:
      return deadline_binds_ && request_.deadline.remaining() <= k_timer_slack ? TransferFailure::deadline_passed
                                                                               : TransferFailure::timed_out;
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING: return TransferFailure::connection_lost;
    case CURLE_RECV_ERROR:
      return header_bytes_ == 0 ? TransferFailure::connection_lost : TransferFailure::truncated_answer;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_UNSUPPORTED_PROTOCOL: return TransferFailure::malformed_answer;  // "HTTP/0.9 when not allowed"
    default: return TransferFailure::other;
  }
}

RequestSent Transfer::sent() const {
  // A request is executed only when it has arrived whole, and the body follows the header.
  if (!idempotent() && !request_.body.empty()) return body_taken_ ? RequestSent::maybe : RequestSent::no;
  long bytes = 0;
  curl_easy_getinfo(job_.easy.get(), CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0 ? RequestSent::maybe : RequestSent::no;
}

/// What libcurl calls a host that cannot be reached, when this process can open no socket. Empty when it can.
std::string why_no_socket() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int failed = errno;
  if (probe >= 0) ::close(probe);
  if (probe >= 0 || (failed != EMFILE && failed != ENFILE)) return {};
  return std::string(" (") + std::strerror(failed) + ": raise the limit of open files, ulimit -n or LimitNOFILE=)";
}

std::string Transfer::detail(TransferFailure failure) const {
  // It may repeat the URL of a proxy.
  const std::string text = without_user(error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(job_.code));
  switch (failure) {
    case TransferFailure::certificate_refused:
      return "the certificate of " + target_->host + " was refused: " + text +
             " (if a proxy inspects TLS, name its authority in AWS_CA_BUNDLE)";
    case TransferFailure::answer_too_large:
      return "the answer is larger than " + std::to_string(request_.max_response_bytes) + " bytes";
    case TransferFailure::cannot_resolve:
    case TransferFailure::cannot_connect: return target_->host + ": " + text + why_no_socket();
    case TransferFailure::address_refused: return refused_reach(target_->host);
    case TransferFailure::truncated_answer: return "the answer of " + target_->host + " is not whole: " + text;
    case TransferFailure::timed_out:
    case TransferFailure::deadline_passed:
      return target_->host + ": no answer within " + std::to_string(allowed_.count()) + " ms: " + text;
    default: return target_->host + ": " + text;
  }
}

Result<HttpResponse> Transfer::finish() {
  long status = 0;
  curl_easy_getinfo(job_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  if (job_.code == CURLE_OK && is_whole()) return std::move(response_);
  const TransferFailure how = failure();
  return transfer_error(how, request_, sent(), detail(how));
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1u << 20;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace

std::string system_ca_file() {
  const char* built_in = curl_version_info(CURLVERSION_NOW)->cainfo;
  for (const char* path : {built_in == nullptr ? "" : built_in, "/etc/ssl/certs/ca-certificates.crt",
                           "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (*path != '\0' && ::access(path, R_OK) == 0) return path;
  }
  return "/etc/ssl/certs/ca-certificates.crt";
}

std::size_t in_flight_limit(std::size_t wanted, std::size_t descriptor_limit, std::size_t reserved) {
  const std::size_t usable = descriptor_limit > reserved ? (descriptor_limit - reserved) / 2 : 0;
  return std::max<std::size_t>(1, std::min(wanted, usable));
}

/// What outlives a transport while its coroutines end.
class CurlTransport::Core {
 public:
  Core(boost::asio::any_io_executor executor, CurlTransportSettings settings)
      : executor_(std::move(executor)), settings_(std::move(settings)) {
    start_libcurl();
    settings_.connections_per_shard = std::max<std::size_t>(1, settings_.connections_per_shard);
    const std::size_t in_flight =
        in_flight_limit(settings_.max_in_flight, descriptor_limit(), settings_.reserved_descriptors);
    permits_.emplace(in_flight);
    for (std::size_t places = 0; places < in_flight; places += settings_.connections_per_shard) {
      shards_.push_back(CurlShard::create(executor_, std::min(settings_.connections_per_shard, in_flight - places)));
    }
  }

  void close() noexcept {
    permits_.reset();
    shards_.clear();
    used_handles_ = {};
  }

  static Task<Result<HttpResponse>> send(std::shared_ptr<Core> core, HttpRequest request);

 private:
  bool is_direct(std::string_view host) const {
    const auto& hosts = settings_.plain_http_hosts;
    return is_loopback(host) || std::find(hosts.begin(), hosts.end(), host) != hosts.end();
  }

  /// Parsing a URL takes more memory blocks than all else that is ours, and nearly all calls go to the root of a few
  /// endpoints.
  Result<TargetPtr> target_of(const HttpRequest& request) {
    const auto known = endpoints_.find(request.url);
    if (known != endpoints_.end()) return known->second;
    Result<TargetPtr> parsed = parse_url(request);
    if (parsed && (*parsed)->is_root && endpoints_.size() < k_most_endpoints) endpoints_.emplace(request.url, *parsed);
    return parsed;
  }

  /// Making a handle costs more than setting it up for a request: libcurl copies defaults and buffers into it, and all
  /// of that is wiped with it. One that may be used again goes the same way as before: the same protocol, past the
  /// proxy or not.
  using UsedHandles = std::vector<CurlEasy>;
  UsedHandles& used_handles(bool tls, bool direct) { return used_handles_[(tls ? 2u : 0u) + (direct ? 1u : 0u)]; }
  static CurlEasy used_handle(UsedHandles& handles, const HttpRequest& request) {
    if (!Transfer::may_use_again(request) || handles.empty()) return nullptr;
    CurlEasy handle = std::move(handles.back());
    handles.pop_back();
    return handle;
  }
  static void keep(UsedHandles& handles, CurlEasy handle) {
    if (handle && handles.size() < k_most_used_handles) handles.push_back(std::move(handle));
  }

  /// The fullest shard that has a place: few warm connections instead of many cold ones.
  CurlShard& choose_shard() {
    for (const auto& shard : shards_) {
      if (shard->active() < settings_.connections_per_shard) return *shard;
    }
    return *shards_.back();  // not reached: there are as many places as permits
  }

  std::optional<Error> read_trust(const HttpRequest& request) {
    if (trust_) return std::nullopt;
    const std::string path = settings_.ca_file.empty() ? system_ca_file() : settings_.ca_file;
    trust_ = read_trust_store(path);
    if (trust_) return std::nullopt;
    return refusal(request, "CaBundleUnreadable", "no certificate authorities could be read from " + path);
  }

  boost::asio::any_io_executor executor_;
  CurlTransportSettings settings_;
  TrustStore trust_;
  std::optional<Permits> permits_;
  std::vector<std::shared_ptr<CurlShard>> shards_;
  std::unordered_map<std::string, TargetPtr> endpoints_;
  std::array<UsedHandles, 4> used_handles_;
};

Task<Result<HttpResponse>> CurlTransport::Core::send(std::shared_ptr<Core> core, HttpRequest request) {
  Result<TargetPtr> parsed = core->target_of(request);
  if (!parsed) co_return parsed.error();
  TargetPtr target = std::move(*parsed);
  const bool direct = core->is_direct(target->host);
  if (!target->tls && !direct) {
    co_return refusal(request, "PlainHttpRefused", "plain http is for loopback only, not for " + target->host);
  }
  // A proxy would go to any address that stands in the URL.
  if (request.reach == Reach::public_addresses && address_of(target->host) && !is_public_text(target->host)) {
    co_return transfer_error(TransferFailure::address_refused, request, RequestSent::no, refused_reach(target->host));
  }
  if (target->tls) {
    std::optional<Error> unreadable = core->read_trust(request);
    if (unreadable) co_return std::move(*unreadable);
  }
  if (!core->permits_) throw boost::system::system_error(boost::asio::error::operation_aborted);
  std::optional<Permits::Permit> place = core->permits_->try_acquire();
  if (!place) place = co_await core->permits_->acquire(request.deadline);
  if (!place || request.deadline.expired()) {
    co_return transfer_error(TransferFailure::deadline_passed, request, RequestSent::no,
                             "the deadline passed before the request was sent");
  }
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  if (core->shards_.empty()) throw boost::system::system_error(boost::asio::error::operation_aborted);
  UsedHandles& handles = core->used_handles(target->tls, direct);
  CurlEasy used = used_handle(handles, request);
  Transfer transfer(std::move(request), std::move(target), executor, std::move(used));
  std::optional<Error> bad = transfer.prepare(core->trust_.get(), direct, core->settings_);
  if (bad) co_return std::move(*bad);
  CurlShard& shard = core->choose_shard();
  shard.adopt(transfer.job());
  const CURLMcode started = shard.start(transfer.job());
  if (started != CURLM_OK) {
    co_return transfer_error(TransferFailure::other, transfer.request(), RequestSent::no, curl_multi_strerror(started));
  }
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  if (!transfer.job().finished) co_await transfer.job().done.async_wait(token);
  if (!transfer.job().finished) throw boost::system::system_error(boost::asio::error::operation_aborted);
  Result<HttpResponse> response = transfer.finish();
  keep(handles, transfer.take_handle());
  co_return response;
}

CurlTransport::CurlTransport(boost::asio::any_io_executor executor, CurlTransportSettings settings)
    : core_(std::make_shared<Core>(std::move(executor), std::move(settings))) {}

CurlTransport::~CurlTransport() { core_->close(); }

Task<Result<HttpResponse>> CurlTransport::send(HttpRequest request) { return Core::send(core_, std::move(request)); }

}  // namespace keyward::base
