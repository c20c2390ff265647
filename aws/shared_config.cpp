#include "aws/shared_config.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "aws/small_file.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::string_view k_blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(k_blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && is_blank(value[i - 1])) return trim(value.substr(0, i));
  }
  return value;
}

/// Reads one file line by line. Errors name the line and never its text: it may be a secret on a wrong line.
class ProfileReader {
 public:
  ProfileReader(SharedFile kind, const std::string& path) : kind_(kind), path_(path) {}

  Result<void> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (line_ = 1; !text.empty(); ++line_) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      const Result<void> read = take(line);
      if (!read) return read.error();
    }
    return {};
  }

  /// Profile name to keys. "[profile default]" has replaced "[default]".
  std::map<std::string, SharedConfig::Section> profiles() && {
    if (prefixed_default_) profiles_["default"] = *std::move(prefixed_default_);
    return std::move(profiles_);
  }

 private:
  Error malformed(const std::string& what) const {
    return {ErrorKind::invalid, "credentials", "MalformedSharedConfig", "",
            path_ + ":" + std::to_string(line_) + ": " + what};
  }

  Result<void> take(std::string_view line) {
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') return {};
    const auto indent = line.find_first_not_of(k_blanks);
    // An indented line below a key belongs to that key ("s3 =" with settings of its own); none of those concerns us.
    if (content.front() != '[' && key_indent_ && indent > *key_indent_) return {};
    if (content.front() == '[') return open_section(content);

    const auto equals = content.find('=');
    const std::string key = lower(trim(content.substr(0, equals)));
    if (equals == std::string_view::npos || key.empty()) return malformed("expected [section] or key = value");
    if (!in_section_) return malformed("a key stands before the first section");
    key_indent_ = indent;
    if (section_ == nullptr) return {};
    const bool added = section_->emplace(key, without_comment(trim(content.substr(equals + 1)))).second;
    if (!added) return malformed("key " + key + " stands twice in one section");
    return {};
  }

  Result<void> open_section(std::string_view content) {
    content = without_comment(content);
    const auto bracket = content.find(']');
    if (bracket == std::string_view::npos || !trim(content.substr(bracket + 1)).empty()) {
      return malformed("the section's ] is missing or not the last character");
    }
    const std::string title(trim(content.substr(1, bracket - 1)));
    if (title.empty()) return malformed("the section has no name");
    if (!seen_.insert(title).second) return malformed("section [" + title + "] stands twice in the file");
    in_section_ = true;
    key_indent_.reset();
    section_ = section_for(title);
    return {};
  }

  /// Where the keys of a section go; nowhere for one that holds no profile.
  SharedConfig::Section* section_for(std::string_view title) {
    if (kind_ == SharedFile::credentials || title == "default") return &profiles_[std::string(title)];
    constexpr std::string_view k_prefix = "profile";
    if (!title.starts_with(k_prefix) || title.size() == k_prefix.size() || !is_blank(title[k_prefix.size()]))
      return nullptr;
    std::string_view name = trim(title.substr(k_prefix.size()));
    if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
      name = name.substr(1, name.size() - 2);
    }
    if (name == "default") return &prefixed_default_.emplace();
    return &profiles_[std::string(name)];
  }

  SharedFile kind_;
  const std::string& path_;
  int line_ = 0;
  std::map<std::string, SharedConfig::Section> profiles_;
  std::optional<SharedConfig::Section> prefixed_default_;
  std::set<std::string> seen_;
  SharedConfig::Section* section_ = nullptr;
  bool in_section_ = false;
  std::optional<std::size_t> key_indent_;
};

/// Far more than anybody's profiles need.
constexpr std::size_t k_max_file = 1 << 20;

Result<base::Body> read_if_exists(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return base::Body();
  return read_small_file(path, k_max_file);
}

std::string path_of(const Environment& environment, const std::string& name, const std::string& home,
                    const char* usual) {
  const auto path = variable(environment, name);
  if (!path) return home + "/.aws/" + usual;
  if (path->starts_with("~/")) return home + path->substr(1);
  return *path;
}

}  // namespace

SharedConfig::~SharedConfig() {
  for (auto& [name, section] : profiles) {
    for (auto& [key, value] : section) base::wipe(value.data(), value.size());
  }
}

std::optional<std::string> variable(const Environment& environment, const std::string& name) {
  const auto at = environment.find(name);
  if (at == environment.end() || at->second.empty()) return std::nullopt;
  return at->second;
}

Result<void> add_profiles(SharedConfig& config, SharedFile kind, std::string_view text, const std::string& path) {
  ProfileReader reader(kind, path);
  const Result<void> read = reader.read(text);
  if (!read) return read.error();
  for (auto& [name, keys] : std::move(reader).profiles()) {
    SharedConfig::Section& section = config.profiles[name];
    for (auto& [key, value] : keys) {
      if (kind == SharedFile::credentials) {
        section.insert_or_assign(key, std::move(value));
      } else {
        section.emplace(key, std::move(value));
      }
    }
  }
  return {};
}

Result<SharedConfig> load_shared_config(const Environment& environment, const std::string& home) {
  const std::pair<SharedFile, std::string> files[] = {
      {SharedFile::config, path_of(environment, "AWS_CONFIG_FILE", home, "config")},
      {SharedFile::credentials, path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", home, "credentials")}};
  SharedConfig config;
  for (const auto& [kind, path] : files) {
    const auto text = read_if_exists(path);
    if (!text) return text.error();
    const Result<void> added = add_profiles(config, kind, text->view(), path);
    if (!added) return added.error();
  }
  return config;
}

std::optional<std::string> named_profile(const std::optional<std::string>& explicit_profile,
                                         const Environment& environment) {
  if (explicit_profile) return explicit_profile;
  if (auto name = variable(environment, "AWS_PROFILE")) return name;
  return variable(environment, "AWS_DEFAULT_PROFILE");
}

}  // namespace keyward::aws
