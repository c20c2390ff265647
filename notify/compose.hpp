#pragma once

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

/// Writes a recipient's digest: subject, text and HTML. The subject of a dry run begins with "[DRY RUN]". When names
/// and secrets are so long that mail programs would clip the HTML, fewer rows are told and more are counted.
Message compose(RecipientDigest digest, const TemplateSet& templates, const Letterhead& letterhead);

/// What the templates are given; for tests of one's own templates.
TemplateValues template_values(const RecipientDigest& digest, const Letterhead& letterhead);

}  // namespace keyward::notify
