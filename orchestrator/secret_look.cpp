#include "orchestrator/secret_look.hpp"

#include <boost/regex.hpp>

namespace keyward::orchestrator {

bool looks_like_secret(std::string_view text) {
  // A secret access key is 40 characters of base64, in practice never of one kind; in a path every part is shorter or
  // of small letters.
  static const boost::regex k_secret(
      "(A3T[A-Z0-9]|AKIA|ASIA)[A-Z0-9]{16}"
      "|(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9/+=]*[A-Z])(?=[A-Za-z0-9/+=]*[a-z])(?=[A-Za-z0-9/+=]*[0-9])[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])"
      "|whsec_|hooks\\.slack\\.com/services/|-----BEGIN ");
  return boost::regex_search(text.begin(), text.end(), k_secret);
}

}  // namespace keyward::orchestrator
