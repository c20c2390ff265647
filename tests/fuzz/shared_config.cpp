#include "aws/shared_config.hpp"

#include "fuzz/fuzz.hpp"

// ~/.aws/config and ~/.aws/credentials. Input: which of the two, then its text.
namespace keyward::fuzz {
namespace {

std::string written(const aws::SharedConfig& config) {
  std::string text;
  for (const auto& [name, section] : config.profiles) {
    text += '[' + name + "]\n";
    for (const auto& [key, value] : section) text += key + '=' + value + '\n';
  }
  return text;
}

}  // namespace

KEYWARD_FUZZ_TARGET(shared_config) {
  Input in(input);
  const aws::SharedFile kind = in.choice(2) == 0 ? aws::SharedFile::credentials : aws::SharedFile::config;
  aws::SharedConfig config;
  const auto added = aws::add_profiles(config, kind, in.rest(), "~/.aws/file");
  if (!added) {
    require(added.error().kind == base::ErrorKind::invalid, "a file that cannot be read is invalid");
    require_absent(secret_between(in.rest(), "aws_secret_access_key = ", "\n"), base::describe(added.error()));
    require_absent(secret_between(in.rest(), "aws_session_token = ", "\n"), base::describe(added.error()));
    return;
  }
  for (const auto& [name, section] : config.profiles) {
    for (const auto& [key, value] : section) {
      require(value.find('\n') == std::string::npos, "a value is one line");
      for (const char c : key) require(c < 'A' || c > 'Z', "keys are lower case");
    }
  }
  if (kind != aws::SharedFile::credentials) return;
  aws::SharedConfig again;
  require(aws::add_profiles(again, kind, written(config), "again").has_value(), "what was read can be written");
  require(again.profiles == config.profiles, "the same profiles");
}

}  // namespace keyward::fuzz
