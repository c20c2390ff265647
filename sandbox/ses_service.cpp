#include "sandbox/ses_service.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/mime.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view k_identities = "/v2/email/identities";
constexpr std::size_t k_recipients = 50;
constexpr std::size_t k_message_bytes = 40u << 20;
constexpr std::size_t k_mails_kept = 100'000;

[[noreturn]] void bad_request(std::string message) { throw ApiError(400, "BadRequestException", std::move(message)); }

/// "Name <a@b.c>" -> "a@b.c".
std::string bare_address(const std::string& address) {
  const std::size_t open = address.rfind('<');
  if (open == std::string::npos) return address;
  return address.substr(open + 1, address.find('>', open) - open - 1);
}

void check_address(const std::string& address) {
  const std::string bare = bare_address(address);
  const std::size_t at = bare.find('@');
  const bool ascii = std::all_of(address.begin(), address.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!ascii || at == std::string::npos || at == 0 || at + 1 == bare.size() ||
      bare.find('@', at + 1) != std::string::npos) {
    bad_request("Invalid email address: " + address);
  }
}

/// The address itself, its domain or one above it, whichever is verified; empty when none is.
std::string identity_of(const Account& account, const std::string& address) {
  std::string bare = lower(bare_address(address));
  if (account.identities.contains(bare)) return bare;
  std::string domain = bare.substr(bare.find('@') + 1);
  while (!domain.empty() && !account.identities.contains(domain)) {
    const std::size_t dot = domain.find('.');
    domain.erase(0, dot == std::string::npos ? dot : dot + 1);
  }
  return domain;
}

void check_verified(const Call& call, const Mail& mail) {
  std::vector<std::string> failed;
  if (identity_of(call.account, mail.from).empty()) failed.push_back(bare_address(mail.from));
  if (call.account.mail_sandbox) {
    for (const auto* list : {&mail.to, &mail.cc, &mail.bcc}) {
      for (const std::string& address : *list) {
        if (identity_of(call.account, address).empty()) failed.push_back(bare_address(address));
      }
    }
  }
  if (failed.empty()) return;
  std::string names;
  for (const std::string& name : failed) names += (names.empty() ? "" : ", ") + name;
  throw ApiError(400, "MessageRejected",
                 "Email address is not verified. The following identities failed the check in region " +
                     lower(call.region) + ": " + names);
}

std::string part_data(const JsonParameters& body, std::string_view part) {
  const json::value* value = body.object().if_contains(part);
  if (!value || !value->is_object()) return "";
  return JsonParameters(value->get_object()).get("Data");
}

JsonParameters member(const JsonParameters& object, std::string_view name) {
  const json::value* value = object.object().if_contains(name);
  return value && value->is_object() ? JsonParameters(value->get_object()) : JsonParameters(json::object());
}

void read_content(const JsonParameters& content, Mail& mail) {
  if (content.object().contains("Simple")) {
    const JsonParameters simple = member(content, "Simple");
    mail.subject = part_data(simple, "Subject");
    const JsonParameters body = member(simple, "Body");
    mail.text = part_data(body, "Text");
    mail.html = part_data(body, "Html");
    if (!simple.object().contains("Subject")) bad_request("Subject is required.");
    if (mail.text.empty() && mail.html.empty()) bad_request("Body is required.");
    return;
  }
  if (!content.object().contains("Raw")) bad_request("Content must hold Simple or Raw.");
  const auto raw = base::base64_decode(part_data(content, "Raw"));
  if (!raw || raw->empty()) bad_request("Raw.Data must be the base64 form of a MIME message.");
  mail.raw = *raw;
  const MimeMessage message = parse_mime(mail.raw);
  mail.subject = message.header("subject");
  mail.text = message.text;
  mail.html = message.html;
  if (mail.from.empty()) mail.from = message.header("from");
  if (mail.to.empty() && mail.cc.empty() && mail.bcc.empty()) {
    mail.to = split_addresses(message.header("to"));
    mail.cc = split_addresses(message.header("cc"));
    mail.bcc = split_addresses(message.header("bcc"));
  }
  if (mail.reply_to.empty()) mail.reply_to = split_addresses(message.header("reply-to"));
}

json::object send_email(const Call& call, const JsonParameters& parameters) {
  Mail mail;
  const JsonParameters destination = member(parameters, "Destination");
  mail.from = parameters.get("FromEmailAddress");
  mail.to = destination.list("ToAddresses");
  mail.cc = destination.list("CcAddresses");
  mail.bcc = destination.list("BccAddresses");
  mail.reply_to = parameters.list("ReplyToAddresses");
  const JsonParameters content = member(parameters, "Content");
  read_content(content, mail);
  if (mail.from.empty()) bad_request("FromEmailAddress is required.");
  check_address(mail.from);
  const std::size_t recipients = mail.to.size() + mail.cc.size() + mail.bcc.size();
  if (recipients == 0) bad_request("At least one recipient is required.");
  if (recipients > k_recipients) throw ApiError(400, "MessageRejected", "Recipient count exceeds 50.");
  for (const auto* list : {&mail.to, &mail.cc, &mail.bcc, &mail.reply_to}) {
    for (const std::string& address : *list) check_address(address);
  }
  if (mail.raw.size() + mail.text.size() + mail.html.size() > k_message_bytes) {
    throw ApiError(400, "MessageRejected", "Message length is more than 41943040 bytes long.");
  }

  const std::string identity = identity_of(call.account, mail.from);
  Access access{"ses:SendEmail",
                "arn:aws:ses:" + call.region + ":" + call.account.id + ":identity/" +
                    (identity.empty() ? lower(bare_address(mail.from)) : identity),
                call.account.id,
                "",
                PolicyKind::resource,
                {{"ses:fromaddress", {bare_address(mail.from)}}}};
  // A mail that brings its own headers needs the second right, too (SES Developer Guide, "Controlling access").
  std::vector<std::string> actions{access.action};
  if (!mail.raw.empty()) actions.emplace_back("ses:SendRawEmail");
  std::vector<std::string> resources{access.resource};
  if (const auto set = parameters.find("ConfigurationSetName"))
    resources.push_back("arn:aws:ses:" + call.region + ":" + call.account.id + ":configuration-set/" + *set);
  for (const std::string& resource : resources) {
    access.resource = resource;
    for (const std::string& action : actions) {
      access.action = action;
      authorize(call, access);
    }
  }
  if (call.account.mail_paused) {
    throw ApiError(400, "SendingPausedException", "Email sending is disabled for your account.");
  }
  check_verified(call, mail);

  mail.number = ++call.world.mail_count;
  mail.time = call.now;
  mail.account = call.account.id;
  mail.region = call.region;
  mail.message_id = call.world.random.uuid() + "-000000";
  const json::object answer{{"MessageId", mail.message_id}};
  call.world.mails.push_back(std::move(mail));
  if (call.world.mails.size() > k_mails_kept) call.world.mails.pop_front();
  return answer;
}

json::object get_account(const Call& call) {
  authorize(call, "ses:GetAccount", "*");
  const auto day_ago = call.now - std::chrono::hours(24);
  const auto sent = std::count_if(call.world.mails.begin(), call.world.mails.end(), [&](const Mail& mail) {
    return mail.account == call.account.id && mail.region == call.region && mail.time > day_ago;
  });
  return {{"DedicatedIpAutoWarmupEnabled", false},
          {"EnforcementStatus", "HEALTHY"},
          {"ProductionAccessEnabled", !call.account.mail_sandbox},
          {"SendQuota", json::object{{"Max24HourSend", call.account.mail_sandbox ? 200.0 : 50000.0},
                                     {"MaxSendRate", call.account.mail_sandbox ? 1.0 : 14.0},
                                     {"SentLast24Hours", static_cast<double>(sent)}}},
          {"SendingEnabled", !call.account.mail_paused}};
}

std::string identity_name(const WireRequest& request) {
  const std::string_view path = request.path();
  if (path.size() <= k_identities.size() + 1) return "";
  return lower(base::percent_decode(path.substr(k_identities.size() + 1)).value_or(""));
}

json::object identity(const Call& call, const std::string& name) {
  authorize(call, "ses:GetEmailIdentity", "arn:aws:ses:" + call.region + ":" + call.account.id + ":identity/" + name);
  if (!call.account.identities.contains(name))
    throw ApiError(404, "NotFoundException", "Email identity " + name + " does not exist.");
  return {{"IdentityType", name.find('@') == std::string::npos ? "DOMAIN" : "EMAIL_ADDRESS"},
          {"VerifiedForSendingStatus", true},
          {"VerificationStatus", "SUCCESS"},
          {"FeedbackForwardingStatus", true}};
}

}  // namespace

std::string ses_action(const WireRequest& request) {
  const std::string_view path = request.path();
  if (path == "/v2/email/outbound-emails" && request.method == "POST") return "SendEmail";
  if (path == "/v2/email/account" && request.method == "GET") return "GetAccount";
  if (path == k_identities && request.method == "GET") return "ListEmailIdentities";
  if (path == k_identities && request.method == "POST") return "CreateEmailIdentity";
  if (path.starts_with(k_identities) && request.method == "GET") return "GetEmailIdentity";
  if (path.starts_with(k_identities) && request.method == "DELETE") return "DeleteEmailIdentity";
  return "";
}

std::vector<std::string> ses_recipients(const WireRequest& request) {
  if (ses_action(request) != "SendEmail") return {};
  return member(JsonParameters::parse(request.body), "Destination").list("ToAddresses");
}

json::object handle_ses(const Call& call, const WireRequest& request) {
  const JsonParameters parameters = JsonParameters::parse(request.body);
  if (call.action == "SendEmail") return send_email(call, parameters);
  if (call.action == "GetAccount") return get_account(call);
  if (call.action == "GetEmailIdentity") return identity(call, identity_name(request));
  if (call.action == "ListEmailIdentities") {
    authorize(call, "ses:ListEmailIdentities", "*");
    json::array list;
    for (const std::string& name : call.account.identities) {
      list.push_back(json::object{{"IdentityName", name},
                                  {"IdentityType", name.find('@') == std::string::npos ? "DOMAIN" : "EMAIL_ADDRESS"},
                                  {"SendingEnabled", true},
                                  {"VerificationStatus", "SUCCESS"}});
    }
    return {{"EmailIdentities", std::move(list)}};
  }
  if (call.action == "CreateEmailIdentity") {
    const std::string name = lower(parameters.require("EmailIdentity", "BadRequestException"));
    authorize(call, "ses:CreateEmailIdentity", "*");
    call.account.identities.insert(name);  // verified at once: there is no mailbox to click in
    return {{"IdentityType", name.find('@') == std::string::npos ? "DOMAIN" : "EMAIL_ADDRESS"},
            {"VerifiedForSendingStatus", true}};
  }
  if (call.action == "DeleteEmailIdentity") {
    authorize(call, "ses:DeleteEmailIdentity", "*");
    if (call.account.identities.erase(identity_name(request)) == 0)
      throw ApiError(404, "NotFoundException", "No such identity.");
    return {};
  }
  throw ApiError(404, "NotFoundException", "");
}

}  // namespace keyward::sandbox
