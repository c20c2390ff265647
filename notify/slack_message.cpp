#include "notify/slack_message.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>
#include <vector>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t k_header = 150;
constexpr std::size_t k_section = 3000;
constexpr std::size_t k_most_bytes = 12'000;  // of the whole document: the text in it is less
constexpr std::size_t k_most_lines = 100;

/// "Formatting text for app surfaces": these three characters, and no others, are escaped. Without < there is no link
/// and no mention.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

json::object section(std::string text) {
  // verbatim: what looks like a URL or a channel in a name does not become a link.
  json::object mrkdwn{{"type", "mrkdwn"}, {"text", std::move(text)}, {"verbatim", true}};
  return {{"type", "section"}, {"text", std::move(mrkdwn)}};
}

/// Lines in as few sections as hold them; a line is shorter than a section.
void add_sections(json::array& blocks, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty() && text.size() + 1 + line.size() > k_section) blocks.push_back(section(std::exchange(text, {})));
    text += (text.empty() ? "" : "\n") + line;
  }
  if (!text.empty()) blocks.push_back(section(std::move(text)));
}

std::string render(const RunDigest& digest, std::size_t troubles) {
  const std::string title = headline(digest);
  json::object header{{"type", "plain_text"}, {"text", shortened(title, k_header)}, {"emoji", false}};
  json::array blocks;
  blocks.push_back(json::object{{"type", "header"}, {"text", std::move(header)}});
  std::vector<std::string> lines;
  lines.reserve(troubles + 1);
  for (std::size_t i = 0; i < troubles; ++i) lines.push_back("• " + escaped(line_of(digest.troubles[i])));
  if (const std::string more = and_more(troubles, digest.troubles.size(), digest.more_troubles); !more.empty()) lines.push_back(more);
  add_sections(blocks, lines);
  lines.clear();
  for (const auto& [what, value] : facts(digest)) lines.push_back(escaped(what) + ": " + escaped(value));
  add_sections(blocks, lines);
  return json::serialize(json::object{{"text", escaped(title)}, {"blocks", std::move(blocks)}});
}

}  // namespace

std::string slack_message(const RunDigest& digest) {
  const std::size_t most = std::min(digest.troubles.size(), k_most_lines);
  return fitted(most, k_most_bytes, [&digest](std::size_t troubles) { return render(digest, troubles); });
}

}  // namespace keyward::notify
