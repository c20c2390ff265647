#include "base/curl_smtp.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <climits>
#include <cstring>
#include <utility>

#include "base/curl_handles.hpp"
#include "base/curl_transport.hpp"

namespace keyward::base {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_connect_timeout{10'000};
/// libcurl counts in milliseconds and may be one early.
constexpr milliseconds k_timer_slack{5};
/// The reply to QUIT, with which libcurl leaves a server that has refused something: it says nothing of the mail.
constexpr std::string_view k_closing = "221";

struct ListFree {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

/// With the NUL that libcurl wants, in memory that is wiped.
WipedVector c_text(const Secret& secret) {
  WipedVector text(secret.expose().begin(), secret.expose().end());
  text.push_back('\0');
  return text;
}

bool is_address(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) { return c <= ' ' || c > '~' || c == '<' || c == '>'; });
}

/// One mail on its way. The worker's thread alone touches it between start and end, but for `abandoned`.
class SmtpTransfer {
 public:
  SmtpTransfer(SmtpRequest request, const boost::asio::any_io_executor& home)
      : done(home, boost::asio::steady_timer::time_point::max()), request_(std::move(request)) {}

  void perform(CURL* easy, const std::string& ca_file);
  Result<std::string> result();

  std::atomic<bool> abandoned = false;
  // Of the caller's thread:
  boost::asio::steady_timer done;  ///< cancelled when it has ended
  bool finished = false;

 private:
  void set_up(CURL* easy, const std::string& ca_file);
  void note_reply(std::string_view line);

  static size_t on_read(char* buffer, size_t size, size_t count, void* transfer) noexcept;
  static size_t on_reply(char* bytes, size_t size, size_t count, void* transfer) noexcept;
  static int on_progress(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;

  SmtpRequest request_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::unique_ptr<curl_slist, ListFree> recipients_;
  std::size_t taken_ = 0;
  SmtpEnding ending_;
};

void SmtpTransfer::set_up(CURL* easy, const std::string& ca_file) {
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  const bool starttls = request_.server.security == SmtpSecurity::starttls;
  const std::string url = (starttls ? "smtp://" : "smtps://") + request_.server.host + ":" + std::to_string(request_.server.port);
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, starttls ? "smtp" : "smtps");
  set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CAINFO, ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error_text_.data());

  const milliseconds left = request_.deadline.remaining();
  ending_.deadline_binds = left <= request_.timeout + k_timer_slack;
  const milliseconds allowed = std::clamp(std::min(left, request_.timeout), milliseconds(1), milliseconds(INT_MAX));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(allowed.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(allowed, k_connect_timeout).count()));

  if (request_.login && !request_.login->user.empty()) {
    const WipedVector user = c_text(request_.login->user);
    const WipedVector password = c_text(request_.login->password);
    set(CURLOPT_USERNAME, user.data());
    set(CURLOPT_PASSWORD, password.data());
  }
  set(CURLOPT_HEADERFUNCTION, &SmtpTransfer::on_reply);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &SmtpTransfer::on_progress);
  set(CURLOPT_XFERINFODATA, this);
  if (request_.errand == SmtpErrand::greet) {
    set(CURLOPT_CUSTOMREQUEST, "NOOP");
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  const std::string sender = "<" + request_.sender + ">";
  recipients_.reset(curl_slist_append(nullptr, ("<" + request_.recipient + ">").c_str()));
  set(CURLOPT_MAIL_FROM, sender.c_str());
  set(CURLOPT_MAIL_RCPT, recipients_.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.mail.size()));
  set(CURLOPT_READFUNCTION, &SmtpTransfer::on_read);
  set(CURLOPT_READDATA, this);
}

void SmtpTransfer::perform(CURL* easy, const std::string& ca_file) {
  set_up(easy, ca_file);
  ending_.curl_code = curl_easy_perform(easy);
  ending_.detail = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(static_cast<CURLcode>(ending_.curl_code));
  ending_.mail_complete = request_.errand == SmtpErrand::deliver && taken_ == request_.mail.size();
  curl_easy_reset(easy);  // the connection stays; what points to this object does not, nor does the login
}

Result<std::string> SmtpTransfer::result() {
  if (ending_.curl_code == CURLE_OK) return ending_.words;
  // Some servers repeat the name that was refused.
  const bool tells_login = request_.login && !request_.login->user.empty() &&
                           ending_.words.find(request_.login->user.expose()) != std::string::npos;
  if (tells_login) ending_.words = "(the reply names the login and is left out)";
  return smtp_error(ending_, request_.server.host);
}

void SmtpTransfer::note_reply(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return;
  if (line.starts_with(k_closing)) return;
  ending_.reply = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  ending_.words = line.size() > 4 ? line.substr(4) : std::string_view();
}

// ---- callbacks

size_t SmtpTransfer::on_read(char* buffer, size_t size, size_t count, void* data) noexcept {
  auto& transfer = *static_cast<SmtpTransfer*>(data);
  const std::string_view rest = std::string_view(transfer.request_.mail).substr(transfer.taken_);
  const size_t part = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), part);
  transfer.taken_ += part;
  return part;
}

size_t SmtpTransfer::on_reply(char* bytes, size_t size, size_t count, void* data) noexcept {
  try {
    static_cast<SmtpTransfer*>(data)->note_reply({bytes, size * count});
  } catch (...) {
    return 0;  // no memory: libcurl ends the transfer
  }
  return size * count;
}

int SmtpTransfer::on_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  return static_cast<SmtpTransfer*>(data)->abandoned ? 1 : 0;
}

}  // namespace

/// The thread and the connection it keeps.
class CurlSmtpTransport::Worker {
 public:
  Worker() : easy_(curl_easy_init()), thread_(1) {
    if (!easy_) throw std::bad_alloc();
  }
  ~Worker() {
    if (const auto last = last_.lock()) last->abandoned = true;
    thread_.join();
    // libcurl says QUIT and waits for the reply. Nobody needs it, and a server that hangs would hold up the program.
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
    if (socket != CURL_SOCKET_BAD) ::shutdown(socket, SHUT_RD);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start(std::shared_ptr<SmtpTransfer> transfer, std::string ca_file) {
    last_ = transfer;
    boost::asio::post(thread_, [this, transfer = std::move(transfer), ca_file = std::move(ca_file)]() mutable {
      transfer->perform(easy_.get(), ca_file);
      const boost::asio::any_io_executor home = transfer->done.get_executor();
      boost::asio::post(home, [transfer = std::move(transfer)] {
        transfer->finished = true;
        transfer->done.cancel();
      });
    });
  }

 private:
  CurlEasy easy_;
  std::weak_ptr<SmtpTransfer> last_;
  boost::asio::thread_pool thread_;
};

CurlSmtpTransport::CurlSmtpTransport(std::string ca_file) : ca_file_(std::move(ca_file)) {}
CurlSmtpTransport::~CurlSmtpTransport() = default;

Task<Result<std::string>> CurlSmtpTransport::send(SmtpRequest request) {
  if (request.errand == SmtpErrand::deliver && (!is_address(request.sender) || !is_address(request.recipient))) {
    co_return Error{ErrorKind::invalid, "smtp", "BadAddress", "", "the sender or the recipient is not a plain address"};
  }
  if (!worker_) {
    start_libcurl();
    if (ca_file_.empty()) ca_file_ = system_ca_file();
    worker_ = std::make_unique<Worker>();
  }
  const boost::asio::any_io_executor home = co_await boost::asio::this_coro::executor;
  const auto transfer = std::make_shared<SmtpTransfer>(std::move(request), home);
  worker_->start(transfer, ca_file_);
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  co_await transfer->done.async_wait(token);
  if (!transfer->finished) {
    transfer->abandoned = true;
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
  co_return transfer->result();
}

}  // namespace keyward::base
