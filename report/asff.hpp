#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "report/event.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// "keyward/111122223333/alice/0123456789abcdef/age": the same for a key in every run and every format of findings. The
/// key's id stands in it as a hash.
std::string finding_id(const std::string& account, const std::string& user, const std::string& access_key_id);

/// What findings say about where they come from.
struct AsffSource {
  std::string partition;  ///< "aws"
  std::string region;     ///< of the Security Hub that they are for
  std::string version;    ///< of keyward
};

/// A key that is out of policy, or was when it was reported.
struct AsffSubject {
  std::string account;
  std::string user;
  std::string access_key_id;
  base::Instant since;  ///< when it went out of policy, to the day

  std::string id() const { return finding_id(account, user, access_key_id); }
};

/// Whom a finding is about; nothing for a line that calls no key out of policy. `rotate_after_days` is the policy's.
std::optional<AsffSubject> asff_subject(const Event& event, int rotate_after_days);

/// A finding in the AWS Security Finding Format (2018-10-08): the key is out of policy as `event` says, and has been for
/// longer than `severe_after_days` where its severity is HIGH. Texts are cut to what the format allows.
boost::json::object asff_failed(const AsffSubject& subject, const Event& event, int severe_after_days, const AsffSource& source);
/// The same finding, ended: the key is gone or in policy again.
boost::json::object asff_resolved(const AsffSubject& subject, base::Instant now, const AsffSource& source);

/// A JSON array of findings: the keys of a run that are out of policy.
class AsffWriter final : public RunWriter {
 public:
  AsffWriter(const RunSummary& summary, TextSink out);
  void add(const Event& event) override;
  void end() override { out_("\n]\n"); }

 private:
  AsffSource source_;
  PolicyDays policy_;
  TextSink out_;
  bool first_ = true;
};

}  // namespace keyward::report
