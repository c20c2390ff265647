#include "sandbox/mime.hpp"

#include <optional>

#include "base/encoding.hpp"
#include "sandbox/world.hpp"

namespace keyward::sandbox {
namespace {

struct Entity {
  std::map<std::string, std::string> headers;
  std::string body;
};

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::string decode_quoted_printable(std::string_view text, bool underscore_is_space) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && underscore_is_space) {
      decoded += ' ';
    } else if (text[i] != '=') {
      decoded += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\n') {
      i += 1;
    } else if (i + 2 < text.size() && text[i + 1] == '\r' && text[i + 2] == '\n') {
      i += 2;
    } else if (i + 2 < text.size()) {
      decoded += base::percent_decode("%" + std::string(text.substr(i + 1, 2))).value_or("");
      i += 2;
    }
  }
  return decoded;
}

/// =?UTF-8?B?...?= and =?UTF-8?Q?...?= (RFC 2047); white space between two encoded words is dropped.
std::string decode_words(std::string_view text) {
  std::string decoded;
  bool after_word = false;
  while (!text.empty()) {
    const std::size_t begin = text.find("=?");
    const std::size_t charset_end = begin == std::string_view::npos ? begin : text.find('?', begin + 2);
    const std::size_t end = charset_end == std::string_view::npos ? charset_end : text.find("?=", charset_end + 3);
    if (end == std::string_view::npos) break;
    const std::string_view before = text.substr(0, begin);
    if (!after_word || !trim(before).empty()) decoded += before;
    const char encoding = text[charset_end + 1];
    const std::string_view content = text.substr(charset_end + 3, end - charset_end - 3);
    decoded += encoding == 'B' || encoding == 'b' ? base::base64_decode(content).value_or("")
                                                  : decode_quoted_printable(content, true);
    after_word = true;
    text.remove_prefix(end + 2);
  }
  return decoded.append(text);
}

Entity split_entity(std::string_view message) {
  Entity entity;
  std::string name;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (trim(line).empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && !name.empty()) {
      entity.headers[name] += " " + trim(line);
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    name = lower(line.substr(0, colon));
    entity.headers[name] = trim(line.substr(colon + 1));
  }
  entity.body = message;
  return entity;
}

/// The value of a parameter of Content-Type.
std::string parameter(std::string_view header, std::string_view name) {
  const std::size_t at = lower(header).find(std::string(name) + "=");
  if (at == std::string::npos) return "";
  std::string_view value = header.substr(at + name.size() + 1);
  if (value.starts_with('"')) return std::string(value.substr(1, value.find('"', 1) - 1));
  return trim(value.substr(0, value.find(';')));
}

void read_entity(const Entity& entity, MimeMessage& message, int depth) {
  const auto header = [&](const char* name) {
    const auto found = entity.headers.find(name);
    return found == entity.headers.end() ? std::string() : found->second;
  };
  const std::string type = header("content-type");
  const std::string kind = lower(trim(std::string_view(type).substr(0, type.find(';'))));
  if (kind.starts_with("multipart/") && depth < 8) {
    const std::string delimiter = "--" + parameter(type, "boundary");
    std::size_t at = entity.body.find(delimiter);
    while (at != std::string::npos) {
      const std::size_t begin = entity.body.find('\n', at);
      const std::size_t next = entity.body.find("\n" + delimiter, at + delimiter.size());
      if (begin == std::string::npos || next == std::string::npos) break;
      std::string part = entity.body.substr(begin + 1, next > begin ? next - begin - 1 : 0);
      if (part.ends_with('\r')) part.pop_back();  // the line end before a delimiter belongs to the delimiter
      read_entity(split_entity(part), message, depth + 1);
      at = next + 1;
      if (entity.body.compare(at + delimiter.size(), 2, "--") == 0) break;
    }
    return;
  }
  const std::string encoding = lower(header("content-transfer-encoding"));
  std::string content = entity.body;
  if (encoding == "base64") content = base::base64_decode(content).value_or("");
  if (encoding == "quoted-printable") content = decode_quoted_printable(content, false);
  if (kind == "text/html") {
    if (message.html.empty()) message.html = content;
  } else if (kind.empty() || kind == "text/plain") {
    if (message.text.empty()) message.text = content;
  }
}

}  // namespace

std::string MimeMessage::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

MimeMessage parse_mime(std::string_view text) {
  MimeMessage message;
  const Entity entity = split_entity(text);
  for (const auto& [name, value] : entity.headers) message.headers[name] = decode_words(value);
  read_entity(entity, message, 0);
  return message;
}

std::vector<std::string> split_addresses(std::string_view list) {
  std::vector<std::string> addresses;
  std::string current;
  bool quoted = false;
  for (const char c : list) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      if (!trim(current).empty()) addresses.push_back(trim(current));
      current.clear();
    } else {
      current += c;
    }
  }
  if (!trim(current).empty()) addresses.push_back(trim(current));
  return addresses;
}

}  // namespace keyward::sandbox
