#include "aws/parameters.hpp"

#include <string>

#include "base/encoding.hpp"

namespace keyward::aws {
namespace {

/// Room for the parameters of most calls.
constexpr std::size_t k_usual_size = 256;

/// Blanks become `+`, as in every SDK: AWS reads `%20` too, but servers that write the form anew before they check the
/// signature (moto) do not.
void append_encoded(base::Body& form, std::string_view text) {
  while (true) {
    const auto blank = text.find(' ');
    base::percent_encode_to(form, text.substr(0, blank));
    if (blank == std::string_view::npos) return;
    form.append("+");
    text.remove_prefix(blank + 1);
  }
}

}  // namespace

Parameters::Parameters(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  form_.reserve(k_usual_size);
  for (const auto& [name, value] : parameters) add(name, value);
}

void Parameters::add(std::string_view name, std::string_view value) {
  if (!form_.empty()) form_.append("&");
  append_encoded(form_, name);
  form_.append("=");
  append_encoded(form_, value);
}

void Parameters::add(const Parameters& others) {
  if (others.form_.empty()) return;
  if (!form_.empty()) form_.append("&");
  form_.append(others.form_.view());
}

Parameters Parameters::clone() const {
  Parameters copy;
  copy.add(*this);
  return copy;
}

}  // namespace keyward::aws
