#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "sandbox/api.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// One line of the log of calls.
struct CallRecord {
  std::uint64_t number = 0;
  base::Instant time;
  std::string action;     ///< "iam:CreateAccessKey"
  std::string account;    ///< of the caller; empty when nobody was authenticated
  std::string principal;  ///< ARN
  std::string target;     ///< the user, secret, role or address it was about
  std::string outcome;    ///< "ok" or the error code
  std::string fault;      ///< what the sandbox did to it, empty for nothing
  std::string request_id;
};

/// What the server does with a request.
struct Outcome {
  WireReply reply;
  bool drop = false;  ///< close the connection instead of answering
  std::chrono::milliseconds delay{0};
};

/// The organization as seen through its APIs: one request in, one answer out. Knows nothing of sockets.
class Simulation {
 public:
  Simulation(World& world, Faults& faults) : world_(world), faults_(faults) {}

  Outcome handle(const WireRequest& request);

  /// Counts by action, the refused ones by "action code", and the latest mutating and refused calls.
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  const std::deque<CallRecord>& log() const { return log_; }
  void forget_calls();

  World& world() { return world_; }
  Faults& faults() { return faults_; }

  /// A request begins and ends: for the quirk that Organizations takes one call at a time.
  void organizations_call_begins() { ++organizations_calls_; }
  void organizations_call_ends() { --organizations_calls_; }

 private:
  WireReply execute(const Call& call, Protocol protocol, const WireRequest& request);
  void record(CallRecord record, bool mutating);

  World& world_;
  Faults& faults_;
  std::map<std::string, std::uint64_t> counts_;
  std::deque<CallRecord> log_;
  std::uint64_t number_ = 0;
  int organizations_calls_ = 0;
};

/// Whether an action changes nothing: Get, List, Describe, AssumeRole and the credential report.
bool is_read_only(std::string_view action);

}  // namespace keyward::sandbox
