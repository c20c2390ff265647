#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/curl_handles.hpp"

namespace keyward::base {

class CurlShard;

/// One transfer as a shard sees it. The owner waits on `done`, which is cancelled when the transfer has ended.
struct CurlJob {
  explicit CurlJob(boost::asio::any_io_executor executor);
  /// Takes the transfer off the wire if it is still there.
  ~CurlJob();
  CurlJob(const CurlJob&) = delete;
  CurlJob& operator=(const CurlJob&) = delete;

  CurlEasy easy;
  CurlShard* shard = nullptr;  ///< where it is on the wire; null before and after
  std::size_t place = 0;       ///< among the shard's transfers
  bool finished = false;         ///< `code` says how
  bool public_only = false;      ///< it opens no connection to an address that is not public
  bool address_refused = false;  ///< and would have
  CURLcode code = CURLE_OK;
  boost::asio::steady_timer done;
};

/// One curl multi handle and the connections it keeps, driven by the event loop.
///
/// All its sockets are in an epoll set of its own, and only that set's descriptor is known to Asio. So Asio never holds
/// a descriptor that libcurl closes, and a batch of socket events costs one wake-up of the loop. Callbacks of libcurl
/// only take notes; libcurl is driven from start() and from handlers of the event loop, through which ends are reported.
///
/// The event loop is kept busy only while transfers are on the wire.
class CurlShard : public std::enable_shared_from_this<CurlShard> {
 public:
  /// `connections`: the most it opens, idle ones included.
  static std::shared_ptr<CurlShard> create(const boost::asio::any_io_executor& executor, std::size_t connections);
  CurlShard(const boost::asio::any_io_executor& executor, std::size_t connections);
  ~CurlShard();
  CurlShard(const CurlShard&) = delete;
  CurlShard& operator=(const CurlShard&) = delete;

  /// Sets the options of its handle that tie its sockets to this shard.
  void adopt(CurlJob& job) noexcept;
  /// The transfer may have `finished` already when this returns: nobody waited on `done` then.
  CURLMcode start(CurlJob& job);
  /// Ends the transfer at once; its connection is closed unless the transfer is complete.
  void remove(CurlJob& job) noexcept;
  std::size_t active() const noexcept { return active_.size(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Interest {
    unsigned wanted = 0;      ///< epoll events libcurl asks for
    unsigned registered = 0;  ///< what the epoll set has
    bool ours = false;        ///< opened and closed through our callbacks
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* shard, void*) noexcept;
  static int on_timer(CURLM*, long timeout_ms, void* shard) noexcept;
  static curl_socket_t on_open(void* job, curlsocktype, curl_sockaddr* address) noexcept;
  static int on_close(void* shard, curl_socket_t socket) noexcept;

  void leave(CurlJob& job) noexcept;
  void register_interest(int socket, Interest& interest) noexcept;
  void forget(int socket) noexcept;
  void watch();
  void handle_events();
  void set_timer(long timeout_ms);
  void arm_timer();
  void timer_fired();
  void time_out();
  void harvest();
  void rest_when_idle() noexcept;

  std::unordered_map<int, Interest> interests_;  // outlives multi_: cleanup closes sockets through it
  int epoll_ = -1;                               // owned by watch_
  boost::asio::posix::stream_descriptor watch_;
  boost::asio::steady_timer timer_;
  std::optional<Clock::time_point> due_;    // when libcurl wants to be called
  std::optional<Clock::time_point> armed_;  // when timer_ fires
  std::uint64_t watch_round_ = 0;           // a wait of an earlier round is stale
  bool watching_ = false;
  bool kicked_ = false;
  std::vector<CurlJob*> active_;  ///< in no order; each knows its place
  CurlMulti multi_;
};

}  // namespace keyward::base
