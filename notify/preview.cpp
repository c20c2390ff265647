#include "notify/preview.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "notify/text.hpp"

namespace keyward::notify {
namespace {

base::Error unusable(const std::filesystem::path& folder, const std::string& why) {
  return base::Error{base::ErrorKind::invalid, "preview", "FolderNotUsable", "", folder.string() + ": " + why};
}

base::Result<void> prepare(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return unusable(folder, failed.message());
  const bool empty = std::filesystem::is_empty(folder, failed);
  if (failed) return unusable(folder, failed.message());
  if (!empty) return unusable(folder, "the folder is not empty; name another one");
  return {};
}

std::string index_row(const Message& message, const std::string& name) {
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><a href=\"{}.html\">HTML</a> <a href=\"{}.txt\">text</a> "
      "<a href=\"{}.eml\">mail</a></td></tr>\n",
      escape_html(message.recipient.str()), escape_html(message.subject), message.mode == Mode::dry_run ? "dry run" : "enforce",
      message.rows, name, name, name);
}

}  // namespace

base::Result<void> write_preview(const std::filesystem::path& folder, const std::vector<Message>& messages) {
  base::Result<void> prepared = prepare(folder);
  if (!prepared) return prepared;
  std::string index =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">"
      "<title>Messages of keyward</title>\n<style>:root{color-scheme:light dark}body{font:16px/1.5 sans-serif}"
      "td,th{padding:4px 12px 4px 0;text-align:left}</style></head>\n<body><table>\n"
      "<tr><th>To</th><th>Subject</th><th>Mode</th><th>Rows</th><th>Message</th></tr>\n";
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    const std::string name = fmt::format("{:03}-{}", i + 1, file_part(message.recipient));
    const std::pair<const char*, std::string> parts[] = {{".eml", to_mime(message)}, {".html", message.html}, {".txt", message.text}};
    for (const auto& [ending, content] : parts) {
      const base::Result<void> written = base::write_atomically(folder / (name + ending), content, base::Durability::may_be_lost);
      if (!written) return written;
    }
    index += index_row(message, name);
  }
  index += "</table></body></html>\n";
  return base::write_atomically(folder / "index.html", index, base::Durability::may_be_lost);
}

}  // namespace keyward::notify
