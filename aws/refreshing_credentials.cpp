#include "aws/refreshing_credentials.hpp"

#include <algorithm>
#include <utility>

namespace keyward::aws {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

RefreshingCredentials::RefreshingCredentials(std::unique_ptr<CredentialProvider> source, const AwsClock& clock)
    : source_(std::move(source)), clock_(clock) {}

bool RefreshingCredentials::is_expired(const Credentials& credentials) const {
  return credentials.expiration && *credentials.expiration <= clock_.now();
}

bool RefreshingCredentials::is_due() const { return current_->expiration && clock_.now() >= refresh_at_; }

void RefreshingCredentials::forget() noexcept {
  current_.reset();
  source_->forget();  // it may keep some too
}

Task<Result<CredentialsPtr>> RefreshingCredentials::credentials() {
  const bool usable = current_ && !is_expired(*current_);
  if (usable && (!is_due() || turn_.free() == 0)) co_return current_;

  const unsigned outcomes_before = outcomes_;
  auto turn = co_await turn_.acquire();
  if (outcomes_ != outcomes_before) {
    // Somebody else's fetch ended while this caller waited: its outcome is ours too.
    if (current_ && !(clock_.offset() && is_expired(*current_))) co_return current_;
    if (last_failure_) co_return *last_failure_;
  }
  Result<CredentialsPtr> refreshed = co_await refresh();
  co_return refreshed;
}

Task<Result<CredentialsPtr>> RefreshingCredentials::refresh() {
  Result<CredentialsPtr> fetched = co_await source_->credentials();
  ++outcomes_;
  const base::Instant now = clock_.now();
  if (fetched && clock_.offset() && is_expired(**fetched)) {
    fetched = Error{ErrorKind::expired_credentials, "credentials", "ExpiredAtArrival", "",
                    (*fetched)->source + " handed out credentials that expired at " +
                        base::format_iso8601(*(*fetched)->expiration)};
  }
  if (!fetched) {
    last_failure_ = fetched.error();
    refresh_at_ = now + k_pause_after_failure;
    if (current_ && !is_expired(*current_)) co_return current_;
    current_.reset();
    co_return *last_failure_;
  }
  last_failure_.reset();
  current_ = *fetched;
  if (current_->expiration) {
    const auto lifetime = *current_->expiration - now;
    refresh_at_ = *current_->expiration - std::min<std::chrono::seconds>(k_advisory_window, lifetime / 4);
  }
  co_return current_;
}

}  // namespace keyward::aws
