#include "sandbox/quirks.hpp"

#include <map>
#include <stdexcept>

#include "sandbox/faults.hpp"

namespace keyward::sandbox {

void read_quirks(Quirks& quirks, const boost::json::object& settings) {
  const std::map<std::string_view, bool*> flags = {
      {"account_state", &quirks.account_state},     {"account_status", &quirks.account_status},
      {"account_paths", &quirks.account_paths},     {"empty_account_page", &quirks.empty_account_page},
      {"short_iam_pages", &quirks.short_iam_pages}, {"one_organizations_call", &quirks.one_organizations_call},
      {"forgotten_tags", &quirks.forgotten_tags},   {"undying_keys", &quirks.undying_keys},
      {"premature_sts", &quirks.premature_sts}};
  for (const auto& [name, value] : settings) {
    const auto flag = flags.find(name);
    if (flag != flags.end() && value.is_bool()) {
      *flag->second = value.get_bool();
    } else if (name == "session_token_size" && value.is_int64() && value.get_int64() > 0) {
      quirks.session_token_size = static_cast<std::size_t>(value.get_int64());
    } else if (name == "key_list_lag" && value.is_string()) {
      quirks.key_list_lag = parse_duration(value.get_string());
    } else if (name == "report_duration" && value.is_string()) {
      quirks.report_duration = parse_duration(value.get_string());
    } else {
      throw std::invalid_argument("unknown or misshapen quirk '" + std::string(name) + "'");
    }
  }
}

}  // namespace keyward::sandbox
