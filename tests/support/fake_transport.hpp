#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.hpp"

namespace keyward::test {

/// A transport with scripted answers, given in the order of the requests, and a record of what was asked. A request
/// without a scripted answer gets the one of otherwise(), without that the error "NothingScripted" (transient, as from
/// a host that is not there).
class FakeTransport final : public base::HttpTransport {
 public:
  struct Recorded {
    std::string method;
    std::string url;
    std::vector<base::HttpHeader> headers;
    std::string body;
    std::chrono::milliseconds timeout{};
    base::Idempotency idempotency{};

    /// Empty when absent; compared without case.
    std::string header(std::string_view name) const {
      base::HttpResponse lookup;
      lookup.headers = headers;
      return std::string(lookup.header(name));
    }
  };

  FakeTransport& answer(int status, std::string_view body, std::vector<base::HttpHeader> headers = {}) {
    script_.emplace_back(response(status, body, std::move(headers)));
    return *this;
  }
  /// What every further request gets: for callers that retry.
  FakeTransport& otherwise(int status, std::string body) {
    otherwise_ = {status, std::move(body)};
    return *this;
  }
  FakeTransport& fail(base::ErrorKind kind, std::string code = "ConnectFailed") {
    script_.emplace_back(base::Error{kind, "fake", std::move(code), "", "scripted"});
    return *this;
  }

  base::Task<base::Result<base::HttpResponse>> send(base::HttpRequest request) override {
    requests_.push_back({request.method, request.url, request.headers, std::string(request.body.view()),
                         request.timeout, request.idempotency});
    if (script_.empty() && otherwise_) co_return response(otherwise_->first, otherwise_->second);
    if (script_.empty()) {
      co_return base::Error{base::ErrorKind::transient, request.operation, "NothingScripted", "",
                            "no answer is scripted"};
    }
    base::Result<base::HttpResponse> next = std::move(script_.front());
    script_.pop_front();
    co_return next;
  }

  const std::vector<Recorded>& requests() const { return requests_; }
  std::size_t unused_answers() const { return script_.size(); }

 private:
  static base::HttpResponse response(int status, std::string_view body, std::vector<base::HttpHeader> headers = {}) {
    base::HttpResponse made;
    made.status = status;
    made.headers = std::move(headers);
    made.body = base::Body(body);
    return made;
  }

  std::deque<base::Result<base::HttpResponse>> script_;
  std::optional<std::pair<int, std::string>> otherwise_;
  std::vector<Recorded> requests_;
};

}  // namespace keyward::test
