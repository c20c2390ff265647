#include <algorithm>
#include <ostream>

#include "notify/kept_letters.hpp"
#include "notify/preview.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/run_templates.hpp"
#include "report/run_format.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// The folder of the last run that came to its end. Empty: there is none.
std::filesystem::path last_run(const std::filesystem::path& state_dir) {
  const Result<report::NewestRun> newest = report::newest_run(state_dir / "runs");
  return newest ? newest->folder : std::filesystem::path();
}

/// Words that help where AWS's own do not say what to do.
std::string advice(const CommandContext& context, const notify::Notice& notice) {
  if (notice.channel != "ses" || !notice.error) return {};
  const std::string& code = notice.error->code;
  if (code == "MessageRejected" || code == "MailFromDomainNotVerifiedException" || code == "NotFoundException") {
    return "; verify " + context.configuration.defaults.notify.sender + " in SES in region " + context.services.region.str() +
           ", and while SES keeps the account in its sandbox the recipient, too";
  }
  if (notice.error->kind == base::ErrorKind::denied) return "; allow ses:SendEmail to the identity that runs keyward";
  return {};
}

ExitCode show(CommandContext& context, const std::vector<notify::Notice>& notices) {
  ExitCode code = ExitCode::done;
  for (const notify::Notice& notice : notices) {
    if (notice.status == notify::NoticeStatus::sent) {
      context.out << "sent to " << notice.recipient << " by " << notice.channel << ": " << notice.reference << '\n';
      continue;
    }
    code = ExitCode::partial;
    context.err << "keyward: " << notice.channel << " did not take the mail to " << notice.recipient << ": "
                << (notice.error ? base::describe(*notice.error) : std::string(notify::to_string(notice.status)))
                << advice(context, notice) << '\n';
  }
  return code;
}

}  // namespace

ExitCode run_notify_preview(const PreviewContext& context) {
  const auto refuse = [&context](const base::Error& error) {
    context.err << "keyward: " << base::describe(error) << '\n';
    return ExitCode::usage;
  };
  const std::filesystem::path run = last_run(context.configuration.state_dir);
  if (run.empty()) {
    context.err << "keyward: there is no finished run in " << context.configuration.state_dir.string()
                << "; begin one, for example with: keyward run --dry-run\n";
    return ExitCode::usage;
  }
  const Result<notify::TemplateSet> templates = templates_for_record(context.configuration.defaults.notify, run);
  if (!templates) return refuse(templates.error());
  Result<std::vector<notify::Letter>> letters = notify::kept_letters(run / notify::k_kept_letters);
  if (!letters) return refuse(letters.error());
  std::vector<notify::Message> messages;
  messages.reserve(letters->size());
  messages.reserve(letters->size());
  for (notify::Letter& letter : *letters) messages.push_back(notify::compose(std::move(letter), *templates));
  const Result<void> written = notify::write_preview(context.line.out, messages);
  if (!written) return refuse(written.error());
  context.out << messages.size() << (messages.size() == 1 ? " message" : " messages") << " of run " << run.filename().string() << ": "
              << (std::filesystem::path(context.line.out) / "index.html").string() << '\n';
  return ExitCode::done;
}

Task<ExitCode> run_notify_test(CommandContext context) {
  const auto to = notify::MailAddress::parse(context.line.to);
  if (!to) {
    context.err << "keyward: --to needs " << notify::MailAddress::expectation() << '\n';
    co_return ExitCode::usage;
  }
  Result<RunTemplates> templates = co_await run_templates(context.configuration.defaults.notify, context.services);
  if (!templates) {
    say(context, "nothing was sent", templates.error());
    const bool ours = templates.error().operation == notify::k_template_operation;
    co_return ours ? ExitCode::usage : ExitCode::preflight_failed;
  }
  Job job(context.configuration, context.services, std::nullopt);
  const base::Instant now = context.services.context.clock.now();
  Result<Notices> notices = Notices::prepare(context.configuration, std::move(templates->compiled), notify::AddressBook(),
                                             context.configuration.state_dir / "notify-test", job.hub(), context.services);
  if (!notices) {
    say(context, "nothing was sent", notices.error());
    co_return ExitCode::usage;
  }
  std::string run = "test-" + make_run_id(now, context.seed);
  std::vector<notify::Notice> sent = co_await notices->send_sample(*to, std::move(run), now);
  if (sent.empty()) {
    context.err << "keyward: nothing was sent: notify.channels names no channel for mail; add {type: ses}, for example\n";
    co_return ExitCode::usage;
  }
  co_return show(context, sent);
}

}  // namespace keyward::orchestrator
