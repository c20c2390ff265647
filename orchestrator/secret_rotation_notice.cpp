#include "orchestrator/secret_rotation_notice.hpp"

#include "notify/compose.hpp"
#include "notify/delivery.hpp"
#include "orchestrator/channels.hpp"
#include "orchestrator/run_templates.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

constexpr const char* k_run = "secret-rotation";

std::string name_in(const base::Arn& arn) {
  // arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-abcdef
  const std::string& text = arn.str();
  const std::string name = text.substr(text.find(":secret:") + 8);
  return name.size() > 7 ? name.substr(0, name.size() - 7) : name;
}

/// The rotation as a run would report it, of a user whose tag names the owner.
rotation::UserReport report_of(const rotation::RotationStepDone& done, const base::Arn& secret,
                               const std::string& partition, const base::AccountId& account,
                               const std::string& owner_tag, base::Instant now) {
  rotation::Decision decision;
  decision.action = rotation::Action::rotate;
  decision.reason = rotation::Reason::forced_rotation;
  decision.key = done.old_key;
  decision.detail = "Secrets Manager rotated the secret " + name_in(secret);
  rotation::Outcome outcome = rotation::make_outcome(std::move(decision), rotation::OutcomeStatus::done, now);
  outcome.new_key = done.key;
  outcome.secret =
      rotation::SecretLocation{done.secret, name_in(secret),     base::Region::parse(base::arn_region(secret)).value(),
                               false,       "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"};
  rotation::UserFacts facts{
      *done.user, base::Arn::parse("arn:" + partition + ":iam::" + account.str() + ":user/" + done.user->str()).value(),
      {},         {},
      {},         {},
      {},         false};
  facts.tags = rotation::Fact<std::map<std::string, std::string>>::known({{owner_tag, done.notify_email}});
  rotation::UserReport report{std::move(facts), {}};
  report.outcomes.push_back(std::move(outcome));
  return report;
}

}  // namespace

Task<void> tell_owner_of_secret(const Configuration& configuration, const AccountSettings& settings, Services services,
                                aws::Caller& caller, base::AccountId account, rotation::RotationStepDone done) {
  const auto secret = base::Arn::parse(done.secret);
  if (done.notify_email.empty() || !done.user || !secret) co_return;
  notify::NotifySettings own = settings.notify;
  own.account_owner = false;
  own.owner = {notify::OwnerSource::user_tag};
  own.recipients_file.clear();
  const base::Instant now = services.context.clock.now();
  const accounts::Account here{account, "", "", accounts::AccountState::active, false, {}, {}};
  const std::vector<rotation::UserReport> users{
      report_of(done, *secret, services.partition, account, own.owner_tag, now)};
  const notify::OwnerNotices notices =
      notify::notices_for({here, settings.policy, own, notify::Mode::enforce, now}, users, notify::AddressBook());
  for (const notify::RecipientProblem& problem : notices.problems)
    services.log.warn("owner_not_told", {{"user", *done.user}, {"why", problem.message}});
  // The file channel needs no real sender.
  const std::string& from = configuration.defaults.notify.sender;
  const auto sender = notify::MailAddress::parse(from.empty() ? "keyward@localhost.localdomain" : from);
  if (notices.notices.empty() || !sender) co_return;
  Result<RunTemplates> templates = co_await run_templates(configuration.defaults.notify, services);
  const std::filesystem::path folder = configuration.state_dir / k_run;
  Result<Channels> channels = Channels::make(configuration.defaults.notify, folder, caller, services);
  if (!templates || !channels) {
    services.log.warn("owner_not_told", {{"user", *done.user},
                                         {"why", base::describe(templates ? channels.error() : templates.error())}});
    co_return;
  }
  const notify::Letterhead letterhead{*sender, k_run, now};
  std::vector<notify::Message> messages;
  for (const notify::RecipientDigest& digest : notify::digests_of(notices.notices, now)) {
    messages.push_back(notify::compose(digest, templates->compiled, letterhead));
  }
  const std::vector<notify::Channel*> mail = channels->mail();
  const std::vector<notify::Notice> sent = co_await notify::deliver_all(messages, mail);
  for (const notify::Notice& notice : sent) {
    if (notice.error)
      services.log.warn("owner_not_told", {{"user", *done.user}, {"why", base::describe(*notice.error)}});
  }
}

}  // namespace keyward::orchestrator
