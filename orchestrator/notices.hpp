#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "notify/address_book.hpp"
#include "notify/delivery.hpp"
#include "notify/digest.hpp"
#include "notify/recipients.hpp"
#include "notify/template_set.hpp"
#include "notify/run_digest.hpp"
#include "orchestrator/account_worker.hpp"
#include "orchestrator/channels.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/job.hpp"
#include "orchestrator/journal.hpp"
#include "orchestrator/run_memory.hpp"

namespace keyward::orchestrator {

/// What became of telling people.
struct Told {
  std::vector<notify::Notice> notices;
  std::vector<notify::RecipientProblem> problems;
  std::optional<base::Error> not_kept;  ///< a message cannot be written again from the run's record
};

/// As what people are told of an account that was worked on in this mode.
constexpr notify::Mode told_as(Mode mode) { return writes(mode) ? notify::Mode::enforce : notify::Mode::dry_run; }

/// Who must hear of a run: collects while the accounts are walked, sends at the end. Templates, recipients file, sender
/// and channels are the global ones and are checked before the run changes anything.
class Notices {
 public:
  /// Errors: `invalid` or `not_found`: what the configuration names cannot be used.
  static base::Result<Notices> prepare(const Configuration& configuration, notify::TemplateSet templates, notify::AddressBook book,
                                       const std::filesystem::path& run_dir, aws::Caller& hub, const Services& services);

  /// Keeps what somebody must hear of. What stands unchanged since an earlier run (a hold, a failure, what a dry run
  /// would do) is told once.
  void collect(const AccountReport& report, RunMemory& memory);

  /// What was collected, for each of its recipients.
  base::Task<notify::OwnerNotices> address(Job& job, base::Instant now);

  /// Sends what the journal says is owed, recipient by recipient, and strikes out what a channel took for certain: twice is
  /// better than never, and what a channel refuses today (a right, an identity) somebody may mend. What nobody took for
  /// three days is a problem.
  base::Task<Told> send(Journal& journal, std::string run, base::Instant at);

  /// Tells the operators of the run, each channel by itself: one that fails keeps no other from telling.
  base::Task<std::vector<notify::Notice>> tell_operators(notify::RunDigest digest);

  /// Sends a message about invented keys, marked as a test, over every channel.
  base::Task<std::vector<notify::Notice>> send_sample(notify::MailAddress to, std::string run, base::Instant at);

 private:
  Notices(notify::TemplateSet templates, notify::AddressBook book, Channels channels)
      : templates_(std::move(templates)), book_(std::move(book)), channels_(std::move(channels)) {}

  base::Task<bool> read_account_tags(Job& job, AccountReport& report, std::set<notify::RecipientProblem>& problems);
  base::Task<notify::AlternateContact> alternate_contact(Job& job, const AccountReport& report,
                                                         std::set<notify::RecipientProblem>& problems);

  notify::TemplateSet templates_;
  notify::AddressBook book_;
  std::optional<notify::MailAddress> sender_;
  Channels channels_;
  std::vector<AccountReport> news_;
  bool contacts_unreadable_ = false;
  bool tags_unreadable_ = false;
  std::filesystem::path kept_letters_;
};

/// Who hears of accounts instead of their own addresses: the recipients_file or table. Errors: it cannot be read or used.
base::Task<base::Result<notify::AddressBook>> recipients(const notify::NotifySettings& settings, Job& job);

}  // namespace keyward::orchestrator
