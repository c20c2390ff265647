#include "notify/message.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "notify/mime.hpp"
#include "notify/text.hpp"

namespace keyward::notify {
namespace {

// Half of SHA-256: as unique as a random UUID.
constexpr std::size_t k_id_digits = 32;

void header(std::string& mime, std::string_view name, std::string_view value) {
  mime += name;
  mime += ": ";
  mime += value;
  mime += "\r\n";
}

void part(std::string& mime, std::string_view boundary, std::string_view type, std::string_view body) {
  mime += fmt::format("--{}\r\n", boundary);
  header(mime, "Content-Type", fmt::format("{}; charset=utf-8", type));
  header(mime, "Content-Transfer-Encoding", "quoted-printable");
  mime += "\r\n";
  mime += quoted_printable(body);
}

// RFC 5322, section 3.3: the zone as an offset.
std::string mail_date(base::Instant at) {
  std::string date = base::format_http_date(at);
  return date.substr(0, date.size() - 3) + "+0000";
}

}  // namespace

std::string to_mime(const Message& message) {
  const std::string_view mode = message.mode == Mode::dry_run ? "dry-run" : "enforce";
  const std::string run = one_line(message.run);
  const std::string id =
      base::sha256_hex(fmt::format("{}|{}|{}", run, mailbox_key(message.recipient), mode)).substr(0, k_id_digits);
  // "=_" cannot occur in quoted-printable text, so no body can contain the boundary (RFC 2045, section 6.7).
  const std::string boundary = "=_keyward_" + id;

  std::string mime;
  mime.reserve(message.html.size() + message.text.size() + message.html.size() / 8 + 2048);
  header(mime, "Date", mail_date(message.at));
  header(mime, "From", fmt::format("keyward <{}>", message.sender.str()));
  header(mime, "To", message.recipient.str());
  header(mime, "Message-ID", fmt::format("<kw.{}@{}>", id, domain_of(message.sender)));
  header(mime, "Subject", header_text(one_line(message.subject), std::string_view("Subject: ").size()));
  header(mime, "Auto-Submitted", "auto-generated");  // RFC 3834: no vacation replies, please
  header(mime, "X-Auto-Response-Suppress", "All");   // the same for Exchange
  header(mime, "List-Id", fmt::format("keyward <keyward.{}>", domain_of(message.sender)));  // RFC 2919: for filters
  header(mime, "X-Keyward-Run", header_text(run, std::string_view("X-Keyward-Run: ").size()));
  header(mime, "X-Keyward-Mode", mode);
  header(mime, "MIME-Version", "1.0");
  header(mime, "Content-Type", fmt::format("multipart/alternative;\r\n boundary=\"{}\"", boundary));
  mime += "\r\n";
  part(mime, boundary, "text/plain", message.text);
  part(mime, boundary, "text/html", message.html);
  mime += fmt::format("--{}--\r\n", boundary);
  return mime;
}

}  // namespace keyward::notify
