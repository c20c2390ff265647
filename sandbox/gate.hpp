#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "sandbox/simulation.hpp"

namespace keyward::sandbox {

/// Where a request stands while it is held.
enum class Phase {
  before,  ///< nothing was executed
  after,   ///< it was executed and its answer was not sent
};

std::string_view name_of(Phase phase);
std::optional<Phase> parse_phase(std::string_view name);

/// Which requests are stopped.
struct GateSettings {
  std::uint64_t from = 1;  ///< the first one, counted from 1; 0: none, they are only counted
  Phase phase = Phase::before;
  std::string app;  ///< only requests of this app id are counted and stopped; empty: all
};

/// Holds requests up, so that a test can stop the world at a request and kill the program that sent it. The request
/// number `from` stops in the phase that was asked for, and all later ones before they are executed. For one io_context
/// on one thread; outlives the coroutines that wait in it.
class Gate {
 public:
  /// A request on its way through; number 0 is not counted.
  struct Passage {
    std::uint64_t number = 0;
    std::uint64_t gate = 0;  ///< which setting of the gate counted it
    RequestLabel label;
  };
  struct Held {
    std::uint64_t id = 0;  ///< unlike the number never used twice
    Passage passage;
    Phase phase = Phase::before;
  };
  enum class Verdict { go_on, discard };

  /// Counts anew from here. What is held already stays held.
  void set(GateSettings settings);
  /// Nothing is counted and stopped any more. What is held stays held.
  void lift();

  Passage arrive(RequestLabel label);
  /// Returns at once unless the gate stops this request here; else when it is released.
  base::Task<Verdict> pass(Passage passage, Phase phase);

  /// The requests that were counted, in their order.
  const std::vector<RequestLabel>& counted() const { return counted_; }
  /// What is held, of one app id or of all, in the order in which it stopped.
  std::vector<Held> held(std::string_view app) const;
  /// The same as soon as there is something, or with nothing in it after `timeout`.
  base::Task<std::vector<Held>> wait_for_held(std::string app, std::chrono::milliseconds timeout);
  /// One held request, or all. How many there were.
  std::size_t release(std::optional<std::uint64_t> id, Verdict verdict);

 private:
  struct Stopped {
    Held held;
    Verdict verdict = Verdict::go_on;
    bool released = false;
    boost::asio::steady_timer wake;  ///< never expires; cancelled to wake
  };

  bool stops(const Passage& passage, Phase phase) const;

  std::optional<GateSettings> settings_;
  std::uint64_t settings_number_ = 0;
  std::vector<RequestLabel> counted_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Stopped*> stopped_;
  std::set<boost::asio::steady_timer*> watchers_;
};

/// The endpoints under /_sandbox/ that a gate answers: gate, held, release (docs/sandbox.md).
bool is_gate_request(const WireRequest& request);
base::Task<WireReply> handle_gate(Gate& gate, WireRequest request);

}  // namespace keyward::sandbox
