#pragma once

#include <cstddef>
#include <string>

#include "base/time.hpp"
#include "notify/address.hpp"
#include "notify/digest.hpp"
#include "notify/message.hpp"
#include "notify/template_set.hpp"

namespace keyward::notify {

/// What all messages of a run share.
struct Letterhead {
  MailAddress sender;
  std::string run;
  base::Instant at;  ///< of AWS's calendar
};

/// What one recipient is told, in the words that the templates are given.
struct Letter {
  MailAddress sender;
  MailAddress recipient;
  Mode mode = Mode::enforce;
  std::string run;
  base::Instant at;
  std::size_t rows = 0;  ///< how many outcomes it tells of, those left out included
  TemplateValues values;
};

Letter letter_of(const RecipientDigest& digest, const Letterhead& letterhead);

/// Writes subject, text and HTML. The subject of a dry run begins with "[DRY RUN]"; while the rows are of one user's key
/// it stays the same from the first warning to the deletion, so that mail programs show one thread. When names and secrets
/// are so long that mail programs would clip the HTML, fewer rows are told and more are counted.
Message compose(Letter letter, const TemplateSet& templates);
inline Message compose(const RecipientDigest& digest, const TemplateSet& templates, const Letterhead& letterhead) {
  return compose(letter_of(digest, letterhead), templates);
}

}  // namespace keyward::notify
