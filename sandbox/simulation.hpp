#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "sandbox/api.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// What a request asks for, read from it before anybody has looked at its signature.
struct RequestLabel {
  std::string action;   ///< "iam:CreateAccessKey"
  std::string account;  ///< whose key it names; empty when there is no such key
  std::string target;   ///< the user, secret, role or address it is about
  std::string app;      ///< "name" of "app/name" in the User-Agent, which the SDKs take from AWS_SDK_UA_APP_ID
};

/// One line of the log of calls.
struct CallRecord {
  std::uint64_t number = 0;
  base::Instant time;
  std::string action;     ///< "iam:CreateAccessKey"
  std::string account;    ///< of the caller; empty when nobody was authenticated
  std::string principal;  ///< ARN
  std::string target;     ///< the user, secret, role or address it was about
  std::string app;        ///< see RequestLabel
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

/// The calls that were made.
struct CallLog {
  std::map<std::string, std::uint64_t> counts;  ///< by action, the refused ones also by "action code"
  std::deque<CallRecord> latest;                ///< those that changed something, were refused or hit by a fault
  std::uint64_t number = 0;                     ///< of the last call
};

/// The organization as seen through its APIs: one request in, one answer out. Knows nothing of sockets.
class Simulation {
 public:
  Simulation(World& world, Faults& faults) : world_(world), faults_(faults) {}

  Outcome handle(const WireRequest& request);
  RequestLabel label(const WireRequest& request) const;

  const CallLog& calls() const { return calls_; }
  void forget_calls();

  /// Keeps the world as it is now: state, clock, mail, the source of ids, the log of calls and the faults. One is kept;
  /// a new one replaces it.
  void take_snapshot();
  /// Puts the snapshot back, as often as wanted; the clock goes on from the moment when it was taken. False when there
  /// is none.
  bool restore_snapshot();

  World& world() { return world_; }
  Faults& faults() { return faults_; }

  /// A request begins and ends: for the quirk that Organizations takes one call at a time.
  void organizations_call_begins() { ++organizations_calls_; }
  void organizations_call_ends() { --organizations_calls_; }

 private:
  struct Snapshot {
    World world;
    Moment moment;
    Faults faults;
    CallLog calls;
  };

  WireReply execute(const Call& call, Protocol protocol, const WireRequest& request);
  void record(CallRecord record, bool mutating);

  World& world_;
  Faults& faults_;
  CallLog calls_;
  std::optional<Snapshot> snapshot_;
  int organizations_calls_ = 0;
};

/// Whether an action changes nothing: Get, List, Describe, AssumeRole, Simulate and the credential report.
bool is_read_only(std::string_view action);

}  // namespace keyward::sandbox
