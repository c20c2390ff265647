#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/caller.hpp"
#include "fuzz/fuzz.hpp"
#include "support/fake_clock.hpp"
#include "support/run.hpp"

namespace keyward::fuzz {

/// Gives the parts of the input as answers, one after the other, then an error that nobody retries.
class AnswersOfInput final : public base::HttpTransport {
 public:
  AnswersOfInput(int status, const std::vector<std::string_view>& bodies) : status_(status), bodies_(bodies) {}

  base::Task<base::Result<base::HttpResponse>> send(base::HttpRequest request) override {
    urls.push_back(request.url);
    if (next_ == bodies_.size()) {
      co_return base::Error{base::ErrorKind::invalid, std::move(request.operation), "EndOfInput", "", "no answer is left"};
    }
    base::HttpResponse response;
    response.status = status_;
    response.headers.push_back({"x-amzn-requestid", "r-1"});
    response.body = base::Body(bodies_[next_++]);
    co_return response;
  }

  std::vector<std::string> urls;  ///< of the requests

 private:
  int status_;
  const std::vector<std::string_view>& bodies_;
  std::size_t next_ = 0;
};

class FixedCredentials final : public aws::CredentialProvider {
 public:
  FixedCredentials() {
    auto made = std::make_shared<aws::Credentials>();
    made->access_key_id = "AKIAIOSFODNN7EXAMPLE";
    made->secret_access_key = base::Secret("the caller's own secret");
    credentials_ = std::move(made);
  }
  base::Task<base::Result<aws::CredentialsPtr>> credentials() override { co_return credentials_; }

 private:
  aws::CredentialsPtr credentials_;
};

inline boost::asio::io_context& loop() {
  static boost::asio::io_context one;
  return one;
}

template <class T>
base::Task<void> keep(base::Task<T> task, std::optional<T>& kept) {
  T value = co_await std::move(task);
  kept.emplace(std::move(value));
}

/// test::run() for what has no value before it has one, such as a new key.
template <class T>
T run(base::Task<T> task) {
  std::optional<T> kept;
  test::run(loop(), keep(std::move(task), kept));
  return std::move(kept.value());
}

/// A caller whose world is the input.
struct AnsweredCaller {
  explicit AnsweredCaller(const std::vector<std::string_view>& bodies, int status = 200) : transport(status, bodies) {
    clock.learn(host_clock.now());
  }

  AnswersOfInput transport;
  test::FakeClock host_clock;
  aws::AwsClock clock{host_clock};
  test::FakeSleeper sleeper{&host_clock};
  aws::CallContext context{.transport = transport,
                           .clock = clock,
                           .sleeper = sleeper,
                           .endpoints = {},
                           .jitter = std::mt19937_64(1),
                           .statistics = {},
                           .user_agent = "keyward/test"};
  FixedCredentials credentials;
  aws::Caller caller{context, credentials, *base::Region::parse("eu-central-1"), aws::Writes::allowed};

  template <class T>
  T run(base::Task<T> task) {
    return fuzz::run(std::move(task));
  }
};

/// What every error of a call has to be: one that says of which call it is, and without the secret.
inline void check_error(const base::Error& error, std::string_view secret) {
  require(!error.operation.empty(), "an error names its operation");
  require(error.kind != base::ErrorKind::internal, "an answer is no bug of ours");
  require_absent(secret, base::describe(error));
}

}  // namespace keyward::fuzz
