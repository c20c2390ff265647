#include <algorithm>
#include <filesystem>

#include "aws/ses_client.hpp"
#include "aws/ssm_client.hpp"
#include "base/smtp.hpp"
#include "notify/address_book.hpp"
#include "notify/channel_secret.hpp"
#include "notify/compose.hpp"
#include "notify/sample.hpp"
#include "orchestrator/channel_permissions.hpp"
#include "orchestrator/channels.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/doctor_mail.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/run_templates.hpp"

// How owners are told: templates, recipients, SES, SMTP. No mail is sent.
namespace keyward::orchestrator {
namespace {

using base::ErrorKind;
using base::Result;
using base::Task;
using notify::ChannelSettings;

/// A handshake takes a second; a server that is not there must not hold up the rest.
constexpr std::chrono::seconds k_greeting{20};

/// Whether SES knows the sender, by its address, its domain or a domain above. The identity; empty: none is known.
struct SenderIdentity {
  std::string name;
  bool verified = false;
};

Task<Result<SenderIdentity>> find_identity(aws::SesClient& ses, std::string sender) {
  SenderIdentity found;
  std::optional<base::Error> denied;
  for (const std::string& identity : identities_of(sender)) {
    Result<std::optional<bool>> verified = co_await ses.is_verified(identity);
    if (!verified && verified.error().kind != ErrorKind::denied) co_return verified.error();
    if (!verified) denied = verified.error();
    if (!verified || !*verified) continue;
    found = {identity, **verified};
    if (found.verified) co_return found;
  }
  if (found.name.empty() && denied) co_return *denied;
  co_return found;
}

void judge_account(Examination& examination, const aws::SesAccount& account, const std::string& region) {
  if (!account.sending_enabled) {
    examination.fail("doctor.mail.ses_sending", "SES in " + region + " sends nothing: sending is paused",
                     account.enforcement_status.empty() ? "" : "enforcement status " + account.enforcement_status,
                     "aws sesv2 put-account-sending-attributes --sending-enabled --region " + region,
                     report::Reach::part);
  } else if (!account.production_access) {
    examination.warn("doctor.mail.ses_sandbox", "SES in " + region + " keeps the account in its sandbox",
                     "only addresses and domains that are verified there get mail, and 200 a day",
                     "aws sesv2 put-account-details --region " + region +
                         " --production-access-enabled --mail-type TRANSACTIONAL --website-url https://example.org "
                         "--use-case-description \"Notices about "
                         "access keys to their owners\"");
  } else {
    examination.ok("doctor.mail.ses_sandbox", "SES in " + region + " may send to everybody");
  }
}

void judge_sender(Examination& examination, const SenderIdentity& identity, const std::string& region) {
  const std::string sender = examination.configuration().defaults.notify.sender;
  const std::string id = "doctor.mail.ses_identity";
  if (identity.verified) {
    examination.ok(id, identity.name + " is verified in SES, so " + sender + " may send");
  } else if (identity.name.empty()) {
    examination.fail(id, "SES in " + region + " does not know the sender " + sender,
                     "neither the address nor its domain is an identity",
                     "aws sesv2 create-email-identity --region " + region + " --email-identity " +
                         sender.substr(sender.find('@') + 1),
                     report::Reach::part);
  } else {
    examination.fail(
        id, identity.name + " is not verified in SES", "the mail or the DNS records that verify it are still missing",
        "aws sesv2 get-email-identity --region " + region + " --email-identity " + identity.name, report::Reach::part);
  }
}

std::string smtp_fix(const base::Error& error, const base::SmtpServer& server) {
  const std::string at = server.host + ":" + std::to_string(server.port);
  if (error.kind == ErrorKind::denied)
    return "notify:\n  smtp_user: ...\n  smtp_password: ...   # those of the server, as env:NAME, file:PATH, cred:NAME or "
           "ssm:PARAMETER";
  const bool starttls = server.security == base::SmtpSecurity::starttls;
  return "openssl s_client -connect " + at + (starttls ? " -starttls smtp" : "") + " -brief < /dev/null";
}

}  // namespace

Task<void> examine_templates(Examination& examination) {
  const std::string id = "doctor.mail.templates";
  const notify::NotifySettings& settings = examination.configuration().defaults.notify;
  Result<RunTemplates> templates = co_await run_templates(settings, examination.services());
  const std::string place =
      settings.templates.empty() ? "the built-in templates" : "the templates in " + settings.templates;
  if (!templates) {
    examination.fail(
        id, place + " cannot be used", reason_of(templates.error()),
        settings.templates.empty() ? "" : "notify:\n  templates: \"\"   # the built-in ones, until these are mended");
    co_return;
  }
  const auto sender = notify::MailAddress::parse(settings.sender.empty() ? "keyward@example.org" : settings.sender);
  const auto to = notify::MailAddress::parse("owner@example.org");
  if (sender && to) {
    const notify::Message message = notify::compose(notify::sample_digest(*to, examination.now()), templates->compiled,
                                                    notify::Letterhead{*sender, "doctor", examination.now()});
    if (message.html.empty() || message.text.empty()) {
      examination.fail(id, place + " render to nothing", "a mail would have no text",
                       "keyward notify preview --out preview");
      co_return;
    }
  }
  examination.ok(id, place + " can be read and rendered");
}

Task<void> examine_recipients(Examination& examination) {
  const std::string id = "doctor.mail.recipients";
  const notify::NotifySettings& settings = examination.configuration().defaults.notify;
  if (settings.recipients_file.empty()) {
    const bool anybody = settings.account_owner || !settings.fallback.empty();
    if (anybody) {
      examination.ok(id, settings.account_owner ? "the address of each account hears of its keys"
                                                : "who has no other address hears at " + settings.fallback);
    } else {
      examination.warn(id, "a key whose owner cannot be found is told nobody",
                       "notify.account_owner is off, and notify.fallback is empty",
                       "notify:\n  fallback: security@example.org");
    }
    co_return;
  }
  Result<notify::AddressBook> book = co_await recipients(settings, examination.job);
  if (book) {
    examination.ok(id, "recipients can be read from " + settings.recipients_file);
  } else {
    examination.fail(id, "recipients cannot be read from " + settings.recipients_file, reason_of(book.error()),
                     "notify:\n  recipients_file: owners.csv   # lines of account_id,email");
  }
}

Task<void> examine_ses(Examination& examination) {
  const std::string region = examination.services().region.str();
  if (!examination.caller) {
    examination.skip("doctor.mail.ses_identity", "SES", "AWS does not know who is calling");
    co_return;
  }
  aws::SesClient ses(examination.job.hub());
  const std::string allow = "   # to be added to the caller's policy, for doctor only";
  Result<aws::SesAccount> account = co_await ses.account();
  if (account) {
    judge_account(examination, *account, region);
  } else {
    examination.skip("doctor.mail.ses_sandbox", "whether SES lets the account send", reason_of(account.error()),
                     "{\"Effect\": \"Allow\", \"Action\": \"ses:GetAccount\", \"Resource\": \"*\"}" + allow);
  }
  const std::string sender = examination.configuration().defaults.notify.sender;
  Result<SenderIdentity> identity = co_await find_identity(ses, sender);
  if (identity) {
    judge_sender(examination, *identity, region);
  } else {
    examination.skip("doctor.mail.ses_identity", "whether the sender " + sender + " is verified",
                     reason_of(identity.error()),
                     "{\"Effect\": \"Allow\", \"Action\": \"ses:GetEmailIdentity\", \"Resource\": \"*\"}" + allow);
  }
}

Task<void> examine_smtp(Examination& examination, ChannelSettings channel) {
  const std::string id = "doctor.mail.smtp";
  const Result<base::SmtpServer> server = smtp_server(channel, examination.services());
  if (!server) {
    examination.fail(id, "there is no mail server", reason_of(server.error()),
                     "notify:\n  channels: [{type: smtp, host: smtp.example.org}]", report::Reach::part);
    co_return;
  }
  const std::string name = "mail server " + server->host + ":" + std::to_string(server->port);
  const notify::NotifySettings& settings = examination.configuration().defaults.notify;
  base::SmtpRequest request;
  request.errand = base::SmtpErrand::greet;
  request.server = *server;
  request.timeout = k_greeting;
  if (!settings.smtp_user.empty()) {
    aws::SsmClient ssm(examination.job.hub());
    notify::ChannelSecret user(settings.smtp_user, ssm);
    notify::ChannelSecret password(settings.smtp_password, ssm);
    Result<notify::SecretPtr> its_user = co_await user.get();
    Result<notify::SecretPtr> its_password = its_user ? its_user : Result<notify::SecretPtr>(its_user.error());
    if (its_user) its_password = co_await password.get();
    if (!its_password) {
      examination.fail(id, "the login for " + name + " cannot be read", reason_of(its_password.error()),
                       "notify:\n  smtp_user: ...\n  smtp_password: ...   # env:NAME, file:PATH, cred:NAME or ssm:PARAMETER",
                       report::Reach::part);
      co_return;
    }
    auto login = std::make_shared<base::SmtpLogin>();
    login->user = (*its_user)->clone();
    login->password = (*its_password)->clone();
    request.login = std::move(login);
  }
  const bool logs_in = request.login != nullptr;
  Result<std::string> greeted = co_await examination.services().smtp.send(std::move(request));
  if (greeted) {
    examination.ok(id, name + " speaks TLS" + (logs_in ? " and accepts the login" : ""));
  } else {
    examination.fail(id, name + " would take no mail", reason_of(greeted.error()), smtp_fix(greeted.error(), *server),
                     report::Reach::part);
  }
}

}  // namespace keyward::orchestrator
