#include "rotation/rescue.hpp"

namespace keyward::rotation {
namespace {

std::string delete_command(const base::UserName& user, const base::AccessKeyId& key) {
  return "aws iam delete-access-key --user-name " + user.str() + " --access-key-id " + key.str();
}

}  // namespace

// Names of users, keys and our tag hold no character that means anything to a shell.
std::vector<std::string> rescue_commands(const base::UserName& user, const std::vector<Suspect>& suspects, const std::string& ledger_tag) {
  std::vector<std::string> commands{"aws iam list-access-keys --user-name " + user.str()};
  for (const auto& [key, state] : suspects) {
    commands.push_back("aws iam get-access-key-last-used --access-key-id " + key.str());
  }
  for (const auto& [key, state] : suspects) {
    if (state == StoredState::current) continue;
    const char* stored = state == StoredState::pending ? "stored, but nobody was told of it" : "not stored";
    commands.push_back(delete_command(user, key) + "  # if nobody works with it: it is " + stored);
  }
  commands.push_back("aws iam untag-user --user-name " + user.str() + " --tag-keys " + ledger_tag);
  return commands;
}

std::vector<std::string> removal_commands(const base::UserName& user, const base::AccessKeyId& key) {
  return {delete_command(user, key), "keyward recover"};
}

}  // namespace keyward::rotation
