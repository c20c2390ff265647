#include <set>

#include "fuzz/fuzz.hpp"
#include "notify/message.hpp"
#include "notify/mime.hpp"
#include "notify/text.hpp"
#include "sandbox/mime.hpp"

// Mail, written and read. Input: 0: a line each for recipient, run and subject, then the text, of which a mail is made;
// 1: a text as a header and in quoted-printable; 2: a whole mail for the sandbox to read.
namespace keyward::fuzz {
namespace {

constexpr std::size_t k_line = 76;

/// Calls `see` with each line; the mail's lines end in CRLF and hold no other line break.
template <class See>
void each_line(std::string_view text, See see) {
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    require(end != std::string_view::npos, "every line ends in CRLF");
    const std::string_view line = text.substr(0, end);
    require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "no bare CR, LF or NUL");
    see(line);
    text.remove_prefix(end + 2);
  }
}

/// The names of the headers, and nothing in them but what to_mime() says.
void check_head(std::string_view head) {
  static const std::set<std::string_view> k_known{
      "Date",         "From",    "To",           "Message-ID",   "Subject",      "Auto-Submitted", "X-Auto-Response-Suppress",
      "List-Id", "X-Keyward-Run", "X-Keyward-Mode", "MIME-Version", "Content-Type"};
  std::set<std::string_view> seen;
  each_line(head, [&](std::string_view line) {
    require(!line.empty(), "the head ends once");
    for (const char c : line) require(c >= ' ' && c <= '~', "headers are printable ASCII");
    if (line.front() == ' ') return;  // a fold
    const std::string_view name = line.substr(0, line.find(": "));
    require(k_known.contains(name) && seen.insert(name).second, "no header is injected");
  });
  require(seen.size() == k_known.size(), "no header is missing");
}

void written_mail(Input& in) {
  const std::string_view recipient = in.line();
  const auto address = notify::MailAddress::parse(recipient);
  if (!recipient.empty() && address) {
    require(recipient.find_first_of(" \t\r\n<>,;:\"()[]") == std::string_view::npos, "an address is one plain address");
  }
  notify::Message message{.sender = *notify::MailAddress::parse("keyward@example.org"),
                          .recipient = address ? *address : *notify::MailAddress::parse("owner@example.org"),
                          .subject = {},
                          .text = {},
                          .html = {},
                          .run = std::string(in.line()),
                          .at = base::parse_iso8601("2026-11-21T02:30:00Z").value()};
  std::string_view subject = in.line();
  // Line breaks of every kind, where the input can not have them.
  message.subject = std::string(subject);
  for (char& c : message.subject) {
    if (c == '\x1e') c = '\n';
    if (c == '\x1d') c = '\r';
  }
  message.text = std::string(in.rest());
  message.html = "<p>" + notify::escape_html(in.rest()) + "</p>";
  const std::string mail = notify::to_mime(message);
  const auto end = mail.find("\r\n\r\n");
  require(end != std::string::npos, "the mail has a head and a body");
  check_head(std::string_view(mail).substr(0, end + 2));
  each_line(std::string_view(mail).substr(end + 4), [](std::string_view line) { require(line.size() <= k_line, "lines of at most 76"); });
  require(mail == notify::to_mime(message), "the same message gives the same bytes");

  const sandbox::MimeMessage read = sandbox::parse_mime(mail);
  const std::string wanted = notify::one_line(message.subject);
  if (!wanted.starts_with(' ') && !wanted.ends_with(' ')) {
    require(read.header("subject") == wanted, "the subject that was written is read");
  }
}

}  // namespace

KEYWARD_FUZZ_TARGET(mail_headers) {
  Input in(input);
  switch (in.choice(3)) {
    case 0: return written_mail(in);
    case 1: {
      const std::string header = notify::header_text(in.rest(), 9);
      each_line("Subject: " + header + "\r\n", [](std::string_view line) {
        require(line.size() <= k_line, "lines of at most 76");
        require(!line.empty(), "no empty line, which would end the head");
      });
      each_line(notify::quoted_printable(in.rest()), [](std::string_view line) {
        require(line.size() <= k_line, "lines of at most 76");
        for (const char c : line) require((c >= ' ' && c <= '~') || c == '\t', "quoted-printable is ASCII");
      });
      require(is_one_line(notify::one_line(in.rest())), "one line");
      require(notify::is_utf8(notify::one_line(in.rest())), "and UTF-8");
      require(notify::shortened(notify::one_line(in.rest()), 40).size() <= 40, "shortened");
      for (const char c : notify::ascii_line(in.rest())) require(c >= ' ' && c <= '~', "printable ASCII");
      const std::string html = notify::escape_html(in.rest());
      require(html.find_first_of("<>\"'") == std::string::npos, "nothing of HTML is left");
      return;
    }
    default:
      sandbox::parse_mime(in.rest());
      sandbox::split_addresses(in.rest());
  }
}

}  // namespace keyward::fuzz
