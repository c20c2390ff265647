#pragma once

#include <boost/json/object.hpp>

#include "report/event.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// The version of the Open Cybersecurity Schema Framework that OcsfWriter keeps to.
inline constexpr const char* k_ocsf_version = "1.3.0";

/// OCSF as JSON Lines: a Compliance Finding (2003) for every key, and for every user and account that could not be read;
/// an Entity Management event (3004) for every key that was made, switched off or deleted, or failed to be. Profile
/// "cloud". Times are milliseconds.
class OcsfWriter final : public RunWriter {
 public:
  OcsfWriter(const RunSummary& summary, TextSink out);
  void add(const Event& event) override;
  void end() override {}

 private:
  boost::json::object base_event(const Event& event) const;
  boost::json::object finding(const Event& event) const;
  boost::json::object change(const Event& event) const;
  void not_covered(const Uncovered& account);

  RunSummary summary_;
  TextSink out_;
};

}  // namespace keyward::report
