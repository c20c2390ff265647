#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/random.hpp"
#include "sandbox/virtual_clock.hpp"

namespace keyward::sandbox {

/// What goes wrong with one request. "before" means that nothing was executed, "after" that everything was.
enum class Fault {
  none,
  throttle,      ///< the throttling error of the protocol
  error_before,  ///< 500 of the service
  error_after,
  drop_before,  ///< the connection is closed without an answer
  drop_after,
  html,      ///< 500 with a page of HTML, as a proxy makes it
  truncate,  ///< the answer ends in the middle; its Content-Length fits what is sent
  empty,     ///< 200 without a body
  denied,    ///< AccessDenied
  /// The caller's session ends now, so this call and its later ones are refused. A user's own key has no end: no
  /// effect.
  expired_token,
  bad_signature,  ///< the signature is refused; the message quotes the request, its session token included
  quote_request,  ///< refused as invalid; the message quotes the request's body. Nothing was executed
  quote_answer,   ///< the same with what would have been answered. Everything was executed
};

std::optional<Fault> parse_fault(std::string_view name);
std::string_view name_of(Fault fault);

/// A fault for certain calls: tests aim with it.
struct FaultRule {
  std::string action;   ///< "iam:CreateAccessKey", with wildcards
  std::string account;  ///< of the caller; empty: any
  std::string target;   ///< a part of the call's target (user name, secret id, role ARN); empty: any
  Fault fault = Fault::none;
  int skip = 0;   ///< let so many pass first
  int times = 1;  ///< then strike so often; -1: always
};

/// A rate for certain calls, kept per account and action, as AWS throttles.
struct BucketRule {
  std::string action;   ///< with wildcards; empty: any
  std::string account;  ///< of the caller; empty: any
  double per_second = 0;
  double burst = 0;
};

/// Chance and rules together. Its own source of chance, so that faults do not change which ids the world makes.
class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  /// "throttle=0.05,error=0.02,drop=0.01": the part of all requests that is hit. Throws std::invalid_argument.
  void set_rates(std::string_view text);
  /// "40ms..90ms" or "50ms". Throws std::invalid_argument.
  void set_latency(std::string_view text);
  /// {"rates": {...}, "latency": "...", "rules": [...], "bucket": {"per_second": n, "burst": n}}: members that are
  /// there replace what was. Of several buckets ([...], with "action" and "account") the first that fits a call counts.
  /// Throws std::invalid_argument for anything unknown.
  void configure(const boost::json::object& settings);
  boost::json::object describe() const;

  /// The fault for this call, and one strike less of the rule that made it.
  Fault pick(std::string_view action, std::string_view account, std::string_view target, Moment now);
  std::chrono::milliseconds latency();

 private:
  struct Bucket {
    double tokens = 0;
    Moment filled;
  };
  bool take_token(std::string_view action, std::string_view account, Moment now);

  Random random_;
  double throttle_ = 0, error_ = 0, drop_ = 0;
  std::chrono::milliseconds latency_low_{0}, latency_high_{0};
  std::vector<FaultRule> rules_;
  std::vector<BucketRule> bucket_rules_;
  std::map<std::string, Bucket> buckets_;  ///< by account and action
};

/// "300ms", "2s", "15m", "4h", "10d". Throws std::invalid_argument.
std::chrono::milliseconds parse_duration(std::string_view text);

}  // namespace keyward::sandbox
