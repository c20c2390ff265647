#pragma once

#include <string>

#include "report/event.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"

namespace keyward::report {

inline constexpr std::string_view k_junit_beginning = "<?xml";

/// JUnit XML, as pipelines show it: an account is a suite, a key a case. A key out of policy is a failure; what could not
/// be read, an account that was not covered too, is an error; an exempt key is skipped. Names hold the last four
/// characters of a key's id. Holds the cases of one account at a time.
class JUnitWriter final : public RunWriter {
 public:
  /// Accounts that `summary` names as uncovered come first.
  JUnitWriter(const RunSummary& summary, TextSink out);
  void add(const Event& event) override;
  void not_covered(const Uncovered& account, base::Instant at);
  void end() override;

 private:
  struct Suite {
    std::string account, name;
    base::Instant time;
    std::string cases;
    int tests = 0, failures = 0, errors = 0, skipped = 0;
  };
  void flush();

  TextSink out_;
  Suite suite_;
  int suites_ = 0;
};

}  // namespace keyward::report
