#include "notify/teams_message.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace keyward::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t k_most_bytes = 21'000;
constexpr std::size_t k_most_lines = 100;

/// Text as it is: a TextBlock would read Markdown in it, links included.
json::object line(std::string text, bool strong = false) {
  json::object run{{"type", "TextRun"}, {"text", std::move(text)}};
  if (strong) {
    run["weight"] = "Bolder";
    run["size"] = "Medium";
  }
  return {{"type", "RichTextBlock"}, {"inlines", json::array{std::move(run)}}, {"spacing", strong ? "Default" : "Small"}};
}

std::string render(const RunDigest& digest, std::size_t troubles) {
  const std::string title = headline(digest);
  json::array body;
  body.push_back(line(title, true));
  for (std::size_t i = 0; i < troubles; ++i) body.push_back(line("• " + line_of(digest.troubles[i])));
  if (std::string more = and_more(troubles, digest.troubles.size(), digest.more_troubles); !more.empty()) body.push_back(line(std::move(more)));
  for (const auto& [what, value] : facts(digest)) body.push_back(line(what + ": " + value));
  json::object card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                    {"type", "AdaptiveCard"},
                    {"version", "1.4"},
                    {"fallbackText", title},
                    {"body", std::move(body)}};
  json::object attachment{{"contentType", "application/vnd.microsoft.card.adaptive"}, {"contentUrl", nullptr}, {"content", std::move(card)}};
  return json::serialize(json::object{{"type", "message"}, {"attachments", json::array{std::move(attachment)}}});
}

}  // namespace

std::string teams_message(const RunDigest& digest) {
  const std::size_t most = std::min(digest.troubles.size(), k_most_lines);
  return fitted(most, k_most_bytes, [&digest](std::size_t troubles) { return render(digest, troubles); });
}

}  // namespace keyward::notify
