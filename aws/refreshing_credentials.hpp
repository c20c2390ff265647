#pragma once

#include <memory>
#include <optional>

#include "aws/aws_clock.hpp"
#include "aws/credentials.hpp"
#include "base/permits.hpp"

namespace keyward::aws {

/// Keeps what another provider fetched until it is nearly expired.
///
/// From 15 minutes before expiry (a quarter of the lifetime where that is shorter) one caller fetches anew while the
/// others go on with the old credentials; if that fails the old ones stay in use until they really expire, with a pause
/// between attempts. Without usable credentials everybody waits for the one fetch and shares its outcome.
///
/// Before the first signed answer of AWS the calendar is the host's and may be wrong by a day (AwsClock::offset()):
/// credentials just fetched are then handed out even if they look expired, and AWS is the judge.
/// Errors: those of the source; `expired_credentials`, code "ExpiredAtArrival".
class RefreshingCredentials final : public CredentialProvider {
 public:
  /// `clock` outlives this object.
  RefreshingCredentials(std::unique_ptr<CredentialProvider> source, const AwsClock& clock);

  base::Task<base::Result<CredentialsPtr>> credentials() override;
  void forget() noexcept override;

  static constexpr std::chrono::minutes k_advisory_window{15};
  static constexpr std::chrono::seconds k_pause_after_failure{30};

 private:
  bool is_expired(const Credentials& credentials) const;
  bool is_due() const;
  base::Task<base::Result<CredentialsPtr>> refresh();

  std::unique_ptr<CredentialProvider> source_;
  const AwsClock& clock_;
  base::Permits turn_{1};
  CredentialsPtr current_;
  base::Instant refresh_at_{};
  std::optional<base::Error> last_failure_;
  unsigned outcomes_ = 0;  ///< fetches that ended, well or not: tells a waiter that the one it waited for did
};

}  // namespace keyward::aws
