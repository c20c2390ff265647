#include "notify/sns_channel.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

constexpr std::size_t k_subject = 99;
constexpr std::size_t k_message = 200'000;
constexpr std::size_t k_attribute = 256;

/// What a subject may hold: printable ASCII (aws-api.md, section 6.1).
std::string subject_of(std::string_view text) { return ascii_line(text).substr(0, k_subject); }

void put(aws::Publication& publication, const char* name, std::string_view value) {
  const std::string text = shortened(one_line(value), k_attribute);
  if (!text.empty()) publication.attributes[name] = text;
}

aws::Publication publication_of(const RunDigest& digest, std::string_view event) {
  aws::Publication publication;
  put(publication, "event", event);
  put(publication, "mode", digest.mode);
  put(publication, "exit_code", std::to_string(digest.exit_code));
  return publication;
}

std::string render(const RunDigest& digest, std::size_t troubles) {
  std::string text = headline(digest) + "\n\n";
  for (std::size_t i = 0; i < troubles; ++i) text += "- " + line_of(digest.troubles[i]) + "\n";
  if (const std::string more = and_more(troubles, digest.troubles.size(), digest.more_troubles); !more.empty()) text += more + "\n";
  if (!digest.troubles.empty()) text += "\n";
  for (const auto& [what, value] : facts(digest)) text += what + ": " + value + "\n";
  return text;
}

aws::Publication event_of(const RunDigest& digest, const RunEntry& entry) {
  aws::Publication publication = publication_of(digest, "key");
  put(publication, "account", entry.account);
  put(publication, "action", entry.action);
  put(publication, "outcome", entry.outcome);
  if (entry.dry_run) publication.attributes["mode"] = "dry_run";
  publication.subject = subject_of("keyward: " + line_of(entry));
  boost::json::object document = entry_json(entry);
  document["run"] = one_line(digest.run);
  document["organization"] = one_line(digest.organization);
  publication.message = boost::json::serialize(document);
  return publication;
}

}  // namespace

std::vector<aws::Publication> sns_publications(const RunDigest& digest, SnsMessages messages) {
  aws::Publication summary = publication_of(digest, "run");
  summary.subject = subject_of(headline(digest));
  summary.message = fitted(digest.troubles.size(), k_message, [&digest](std::size_t troubles) { return render(digest, troubles); });
  std::vector<aws::Publication> publications{std::move(summary)};
  if (messages == SnsMessages::summary) return publications;
  for (const auto* entries : {&digest.troubles, &digest.changes}) {
    for (const RunEntry& entry : *entries) publications.push_back(event_of(digest, entry));
  }
  return publications;
}

base::Task<base::Result<std::string>> SnsChannel::tell(const RunDigest& digest) {
  std::string summary_id;
  std::size_t number = 0;
  for (aws::Publication& publication : sns_publications(digest, messages_)) {
    if (topic_arn_.ends_with(".fifo")) {
      publication.group = digest.organization;
      publication.deduplication = fmt::format("{}-{}", digest_id(digest), number);
    }
    base::Result<std::string> published = co_await client_.publish(topic_arn_, std::move(publication));
    if (!published) co_return published;
    if (number++ == 0) summary_id = std::move(*published);
  }
  co_return summary_id;
}

}  // namespace keyward::notify
