#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace keyward::aws {

/// The environment of the process, read once at the start.
using Environment = std::map<std::string, std::string>;

/// The value of a variable; one that is set to nothing counts as not set, as in the SDKs.
std::optional<std::string> variable(const Environment& environment, const std::string& name);

/// What ~/.aws/config and ~/.aws/credentials say (aws-api.md, section 8.3). Keys are lower case. Values may be secrets:
/// they are never printed, and wiped in the end.
struct SharedConfig {
  using Section = std::map<std::string, std::string>;

  SharedConfig() = default;
  SharedConfig(SharedConfig&&) = default;
  SharedConfig& operator=(SharedConfig&&) = default;
  ~SharedConfig();

  std::map<std::string, Section> profiles;  ///< keys of the credentials file win over those of the config file
};

enum class SharedFile { config, credentials };

/// Adds the profiles of one file's text. Sections are `[default]` and `[profile NAME]` in the config file (the second
/// form wins for default), `[NAME]` in the credentials file; others (sso-session, services) are skipped. `#` and `;`
/// start a comment at the beginning of a line and after a blank. Errors: `invalid` with path and line for a line that
/// is neither section nor assignment, a section or a key that stands there twice: which of two identities is meant is
/// not for us to guess.
base::Result<void> add_profiles(SharedConfig& config, SharedFile kind, std::string_view text, const std::string& path);

/// Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those in `home`/.aws. A file that
/// does not exist is empty. Errors: those of add_profiles(), `invalid` for a file that cannot be read.
base::Result<SharedConfig> load_shared_config(const Environment& environment, const std::string& home);

/// `explicit_profile`, else AWS_PROFILE, else AWS_DEFAULT_PROFILE; nothing means "default" if there is such a profile.
std::optional<std::string> named_profile(const std::optional<std::string>& explicit_profile,
                                         const Environment& environment);

}  // namespace keyward::aws
