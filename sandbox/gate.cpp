#include "sandbox/gate.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <memory>
#include <stdexcept>

#include "sandbox/control.hpp"

namespace keyward::sandbox {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Task;

// A client that died meanwhile is noticed only when its answer cannot be sent.
constexpr std::chrono::minutes k_longest_wait{1};

json::object value_of(const RequestLabel& label) {
  return {{"action", label.action}, {"account", label.account}, {"target", label.target}, {"app", label.app}};
}

json::object value_of(const Gate::Held& held) {
  json::object value = value_of(held.passage.label);
  value["id"] = held.id;
  value["number"] = held.passage.number;
  value["phase"] = name_of(held.phase);
  return value;
}

std::uint64_t number_of(const json::object& object, std::string_view name, std::uint64_t otherwise) {
  const json::value* value = object.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_int64() || value->get_int64() < 0) {
    throw std::invalid_argument("'" + std::string(name) + "' must be a whole number from 0 on");
  }
  return static_cast<std::uint64_t>(value->get_int64());
}

std::string text_of(const json::object& object, std::string_view name, std::string otherwise) {
  const json::value* value = object.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_string()) throw std::invalid_argument("'" + std::string(name) + "' must be text");
  return std::string(value->get_string());
}

bool flag_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value && !value->is_bool()) throw std::invalid_argument("'" + std::string(name) + "' must be true or false");
  return value && value->get_bool();
}

void only(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : object) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw std::invalid_argument("unknown member '" + std::string(name) + "'");
    }
  }
}

GateSettings read_settings(const json::object& body) {
  only(body, {"from", "phase", "app"});
  const auto phase = parse_phase(text_of(body, "phase", "before"));
  if (!phase) throw std::invalid_argument("'phase' is before or after");
  return {number_of(body, "from", 1), *phase, text_of(body, "app", "")};
}

WireReply counted(const Gate& gate) {
  json::array requests;
  for (const RequestLabel& label : gate.counted()) requests.push_back(value_of(label));
  return control_reply(json::object{{"requests", std::move(requests)}});
}

WireReply set_or_show(Gate& gate, const WireRequest& request) {
  if (request.method == "DELETE") gate.lift();
  if (request.method == "POST") gate.set(read_settings(control_body(request)));
  return counted(gate);
}

WireReply release(Gate& gate, const WireRequest& request) {
  const json::object body = control_body(request);
  only(body, {"id", "discard"});
  std::optional<std::uint64_t> id;
  if (body.contains("id")) id = number_of(body, "id", 0);
  const auto verdict = flag_of(body, "discard") ? Gate::Verdict::discard : Gate::Verdict::go_on;
  const std::size_t released = gate.release(id, verdict);
  if (id && released == 0) return control_refusal(400, "nothing is held under the id " + std::to_string(*id));
  return control_reply(json::object{{"released", released}});
}

Task<WireReply> held(Gate& gate, WireRequest request) {
  const QueryParameters query = QueryParameters::parse(request.query());
  const std::string app = query.get("app");
  const std::chrono::milliseconds timeout = parse_duration(query.find("wait").value_or("0ms"));
  if (timeout < std::chrono::milliseconds::zero() || timeout > k_longest_wait) throw std::invalid_argument("'wait' is from 0s to 1m");
  const std::vector<Gate::Held> requests = co_await gate.wait_for_held(app, timeout);
  json::array list;
  for (const Gate::Held& one : requests) list.push_back(value_of(one));
  co_return control_reply(json::object{{"held", std::move(list)}});
}

}  // namespace

std::string_view name_of(Phase phase) { return phase == Phase::before ? "before" : "after"; }

std::optional<Phase> parse_phase(std::string_view name) {
  for (const Phase phase : {Phase::before, Phase::after}) {
    if (name_of(phase) == name) return phase;
  }
  return std::nullopt;
}

void Gate::set(GateSettings settings) {
  settings_ = std::move(settings);
  ++settings_number_;
  counted_.clear();
}

void Gate::lift() {
  settings_.reset();
  counted_.clear();
}

Gate::Passage Gate::arrive(RequestLabel label) {
  const bool counts = settings_ && (settings_->app.empty() || settings_->app == label.app);
  if (!counts) return {0, settings_number_, std::move(label)};
  counted_.push_back(label);
  return {counted_.size(), settings_number_, std::move(label)};
}

bool Gate::stops(const Passage& passage, Phase phase) const {
  if (!settings_ || settings_->from == 0 || passage.gate != settings_number_) return false;
  if (passage.number == settings_->from) return phase == settings_->phase;
  return passage.number > settings_->from && phase == Phase::before;
}

Task<Gate::Verdict> Gate::pass(Passage passage, Phase phase) {
  if (!stops(passage, phase)) co_return Verdict::go_on;
  const auto executor = co_await asio::this_coro::executor;
  Stopped stopped{{++last_id_, std::move(passage), phase},
                  Verdict::go_on,
                  false,
                  asio::steady_timer(executor, asio::steady_timer::time_point::max())};
  stopped_.emplace(stopped.held.id, &stopped);
  const auto leave = [this, &stopped](const void*) { stopped_.erase(stopped.held.id); };
  const std::unique_ptr<const void, decltype(leave)> leaving(&stopped, leave);
  for (asio::steady_timer* watcher : watchers_) watcher->cancel();
  while (!stopped.released) {
    boost::system::error_code woken;
    auto keep_error = asio::redirect_error(asio::use_awaitable, woken);
    co_await stopped.wake.async_wait(keep_error);
  }
  co_return stopped.verdict;
}

std::vector<Gate::Held> Gate::held(std::string_view app) const {
  std::vector<Held> list;
  for (const auto& [id, stopped] : stopped_) {
    const bool wanted = app.empty() || stopped->held.passage.label.app == app;
    if (wanted && !stopped->released) list.push_back(stopped->held);
  }
  return list;
}

Task<std::vector<Gate::Held>> Gate::wait_for_held(std::string app, std::chrono::milliseconds timeout) {
  std::vector<Held> list = held(app);
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer watcher(executor, timeout);
  watchers_.insert(&watcher);
  const auto leave = [this](asio::steady_timer* one) { watchers_.erase(one); };
  const std::unique_ptr<asio::steady_timer, decltype(leave)> leaving(&watcher, leave);
  while (list.empty()) {
    boost::system::error_code woken;
    auto keep_error = asio::redirect_error(asio::use_awaitable, woken);
    co_await watcher.async_wait(keep_error);
    list = held(app);
    if (!woken) break;  // the time is over
  }
  co_return list;
}

std::size_t Gate::release(std::optional<std::uint64_t> id, Verdict verdict) {
  std::size_t count = 0;
  for (auto& [held_id, stopped] : stopped_) {
    if ((id && held_id != *id) || stopped->released) continue;
    stopped->released = true;
    stopped->verdict = verdict;
    stopped->wake.cancel();
    ++count;
  }
  return count;
}

bool is_gate_request(const WireRequest& request) {
  const std::string_view path = request.path();
  return path == "/_sandbox/gate" || path == "/_sandbox/held" || path == "/_sandbox/release";
}

Task<WireReply> handle_gate(Gate& gate, WireRequest request) {
  try {
    if (request.path() == "/_sandbox/gate") co_return set_or_show(gate, request);
    if (request.path() == "/_sandbox/release") {
      WireReply reply = release(gate, request);
      // What was released goes on first, so that its answer is on the wire before ours.
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
      co_return reply;
    }
    WireReply reply = co_await held(gate, std::move(request));
    co_return reply;
  } catch (const std::invalid_argument& error) {
    co_return control_refusal(400, error.what());
  }
}

}  // namespace keyward::sandbox
