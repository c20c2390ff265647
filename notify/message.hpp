#pragma once

#include <cstddef>
#include <string>

#include "base/time.hpp"
#include "notify/address.hpp"
#include "notify/wording.hpp"

namespace keyward::notify {

/// One message to one recipient, before any channel has given it its form.
struct Message {
  MailAddress sender;
  MailAddress recipient;
  std::string subject;  ///< UTF-8
  std::string text;     ///< UTF-8, lines end in LF
  std::string html;
  std::string run;   ///< id of the run that tells it
  base::Instant at;  ///< when the run told it
  Mode mode = Mode::enforce;
  std::size_t rows = 0;   ///< how many outcomes it tells of
  std::size_t shown = 0;  ///< so many of them in words, the most urgent; the others it only counts
};

/// The message as RFC 5322 and MIME want it: multipart/alternative, text before HTML, both quoted-printable UTF-8,
/// lines of at most 76 characters but for long addresses, CRLF. Nothing random: the same message gives the same bytes,
/// and Message-ID tells a repetition by its run, recipient and mode. No header can be injected: the subject and the run
/// are reduced to one line, addresses were checked when they were made.
std::string to_mime(const Message& message);

}  // namespace keyward::notify
