#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.hpp"

namespace keyward::test {

/// A transport with scripted answers, given in the order of the requests, and a record of what was asked. A request
/// without a scripted answer gets the error "NothingScripted" (transient, as from a host that is not there).
class FakeTransport final : public base::HttpTransport {
 public:
  struct Recorded {
    std::string method;
    std::string url;
    std::vector<base::HttpHeader> headers;
    std::string body;
    std::chrono::milliseconds timeout{};

    /// Empty when absent; compared without case.
    std::string header(std::string_view name) const {
      base::HttpResponse lookup;
      lookup.headers = headers;
      return std::string(lookup.header(name));
    }
  };

  FakeTransport& answer(int status, std::string_view body, std::vector<base::HttpHeader> headers = {}) {
    base::HttpResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body = base::Body(body);
    script_.emplace_back(std::move(response));
    return *this;
  }
  FakeTransport& fail(base::ErrorKind kind, std::string code = "ConnectFailed") {
    script_.emplace_back(base::Error{kind, "fake", std::move(code), "", "scripted"});
    return *this;
  }

  base::Task<base::Result<base::HttpResponse>> send(base::HttpRequest request) override {
    requests_.push_back(
        {request.method, request.url, request.headers, std::string(request.body.view()), request.timeout});
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
  std::deque<base::Result<base::HttpResponse>> script_;
  std::vector<Recorded> requests_;
};

}  // namespace keyward::test
