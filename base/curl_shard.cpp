#include "base/curl_shard.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

#include "base/public_address.hpp"

namespace keyward::base {
namespace {

unsigned events_for(int what) noexcept {
  switch (what) {
    case CURL_POLL_IN: return EPOLLIN;
    case CURL_POLL_OUT: return EPOLLOUT;
    case CURL_POLL_INOUT: return EPOLLIN | EPOLLOUT;
    default: return 0;
  }
}

/// Errors and hang-ups are shown to libcurl as readiness for what it waits for: it then reads what is left and finds
/// the error itself, while CURL_CSELECT_ERR alone would throw away an answer that has already arrived.
int select_mask(unsigned events, unsigned wanted) noexcept {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) events |= wanted;
  int mask = 0;
  if ((events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
  return mask;
}

CurlShard& shard_of(void* data) noexcept { return *static_cast<CurlShard*>(data); }

}  // namespace

CurlJob::CurlJob(boost::asio::any_io_executor executor)
    : done(executor, boost::asio::steady_timer::time_point::max()) {}

CurlJob::~CurlJob() {
  if (shard != nullptr) shard->remove(*this);
}

std::shared_ptr<CurlShard> CurlShard::create(const boost::asio::any_io_executor& executor, std::size_t connections) {
  return std::make_shared<CurlShard>(executor, connections);
}

CurlShard::CurlShard(const boost::asio::any_io_executor& executor, std::size_t connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), watch_(executor), timer_(executor), multi_(curl_multi_init()) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  watch_.assign(epoll_);
  if (!multi_) throw std::bad_alloc();
  CURLM* multi = multi_.get();
  const auto limit = static_cast<long>(connections);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlShard::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlShard::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  // The default, four times the handles added right now, closes live connections whenever a burst of answers arrives.
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, limit);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

CurlShard::~CurlShard() {
  while (!active_.empty()) {
    CurlJob& job = *active_.back();
    remove(job);
    job.done.cancel();  // not finished: its owner sees operation_aborted
  }
}

void CurlShard::adopt(CurlJob& job) noexcept {
  CURL* const easy = job.easy.get();
  // The data of CLOSESOCKETFUNCTION stays with the connection, so it is the shard, which outlives the connection.
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlShard::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &job);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlShard::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

CURLMcode CurlShard::start(CurlJob& job) {
  job.place = active_.size();
  job.shard = this;
  active_.push_back(&job);
  curl_easy_setopt(job.easy.get(), CURLOPT_PRIVATE, &job);
  watch();
  if (due_ && !armed_) arm_timer();  // left from before a rest; libcurl may not ask for it again
  const CURLMcode added = curl_multi_add_handle(multi_.get(), job.easy.get());
  if (added != CURLM_OK) {
    leave(job);
    rest_when_idle();
    return added;
  }
  // At once and not with whatever else becomes ready: requests that begin together stay together for as long as every
  // answer takes the same time, and wait for each other at both ends.
  time_out();
  return added;
}

void CurlShard::remove(CurlJob& job) noexcept {
  curl_multi_remove_handle(multi_.get(), job.easy.get());
  leave(job);
  rest_when_idle();
}

void CurlShard::leave(CurlJob& job) noexcept {
  active_[job.place] = active_.back();
  active_[job.place]->place = job.place;
  active_.pop_back();
  job.shard = nullptr;
}

// ---- callbacks of libcurl: bookkeeping only, for libcurl refuses to be called from within them

int CurlShard::on_socket(CURL*, curl_socket_t socket, int what, void* data, void*) noexcept {
  CurlShard& shard = shard_of(data);
  if (what == CURL_POLL_REMOVE) {
    const auto found = shard.interests_.find(socket);
    if (found == shard.interests_.end()) return 0;
    found->second.wanted = 0;
    // libcurl says "remove" after every request, also when the connection stays. A socket of ours therefore stays in
    // the epoll set until it is closed. Others (the resolver's socket pair) are closed behind our back, and their
    // number may come back as a new socket: out at once.
    if (!found->second.ours) shard.forget(socket);
    return 0;
  }
  Interest& interest = shard.interests_[socket];
  interest.wanted = events_for(what);
  shard.register_interest(socket, interest);
  return 0;
}

int CurlShard::on_timer(CURLM*, long timeout_ms, void* data) noexcept {
  shard_of(data).set_timer(timeout_ms);
  return 0;
}

curl_socket_t CurlShard::on_open(void* data, curlsocktype, curl_sockaddr* address) noexcept {
  CurlJob& job = *static_cast<CurlJob*>(data);
  if (job.public_only && !is_public_address(address->addr)) {
    job.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  // Close-on-exec: a credential process must not inherit connections.
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  job.shard->interests_[socket] = Interest{0, 0, true};
  return socket;
}

int CurlShard::on_close(void* data, curl_socket_t socket) noexcept {
  shard_of(data).forget(socket);
  return ::close(socket);
}

// ---- epoll

void CurlShard::register_interest(int socket, Interest& interest) noexcept {
  if (interest.registered == interest.wanted) return;
  epoll_event event{};
  event.events = interest.wanted;
  event.data.fd = socket;
  const int operation = interest.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_, operation, socket, &event) == 0) interest.registered = interest.wanted;
}

void CurlShard::forget(int socket) noexcept {
  const auto found = interests_.find(socket);
  if (found == interests_.end()) return;
  if (found->second.registered != 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
  interests_.erase(found);
}

void CurlShard::watch() {
  if (watching_) return;
  watching_ = true;
  const std::uint64_t round = ++watch_round_;
  watch_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [weak = weak_from_this(), round](boost::system::error_code error) {
                      const auto shard = weak.lock();
                      if (error || !shard || shard->watch_round_ != round) return;
                      shard->watching_ = false;
                      shard->handle_events();
                    });
}

void CurlShard::handle_events() {
  // Few at a time: what follows the last of them has waited for all of them.
  std::array<epoll_event, 16> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const int socket = event.data.fd;
    const auto found = interests_.find(socket);
    if (found == interests_.end()) continue;  // closed by an earlier event of this batch
    Interest& interest = found->second;
    if (interest.wanted == 0) {  // the peer closed an idle connection: libcurl finds out when it wants to use it
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
      interest.registered = 0;
      continue;
    }
    register_interest(socket, interest);
    const int mask = select_mask(event.events, interest.wanted);
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, mask, &running);
  }
  harvest();
  if (!active_.empty()) watch();
}

// ---- timer

void CurlShard::set_timer(long timeout_ms) {
  if (timeout_ms < 0) {
    due_.reset();
    return;
  }
  if (timeout_ms == 0) {
    due_.reset();
    if (kicked_) return;
    kicked_ = true;
    boost::asio::post(watch_.get_executor(), [weak = weak_from_this()] {
      const auto shard = weak.lock();
      if (!shard) return;
      shard->kicked_ = false;
      shard->time_out();
    });
    return;
  }
  due_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  // An earlier timer stays armed and looks again when it fires: cheaper than arming it anew for every request.
  if (!armed_ || *due_ < *armed_) arm_timer();
}

void CurlShard::arm_timer() {
  armed_ = due_;
  timer_.expires_at(*due_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto shard = weak.lock();
    if (error || !shard) return;
    shard->timer_fired();
  });
}

void CurlShard::timer_fired() {
  armed_.reset();
  if (!due_) return;
  if (Clock::now() < *due_) {
    arm_timer();
    return;
  }
  due_.reset();
  time_out();
}

void CurlShard::time_out() {
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  harvest();
}

// ---- ends of transfers

void CurlShard::harvest() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message dies with remove_handle
    CurlJob* job = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
    remove(*job);
    job->code = code;
    job->finished = true;
    job->done.cancel();
  }
}

void CurlShard::rest_when_idle() noexcept {
  if (!active_.empty()) return;
  // Nothing on the wire: let the event loop end.
  boost::system::error_code ignored;
  ++watch_round_;
  watching_ = false;
  watch_.cancel(ignored);
  armed_.reset();
  timer_.cancel();
}

}  // namespace keyward::base
