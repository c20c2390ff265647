#pragma once

#include <string>
#include <vector>

#include "report/user_explanation.hpp"

// The sentences of `explain`. Key ids are their last four characters.
namespace keyward::report {

struct FactLine {
  std::string name;
  std::string value;
  std::string source;  ///< the AWS call, the configuration or keyward's tag
  std::string age;
};

std::vector<FactLine> fact_lines(const UserExplanation& explanation);

/// "The user takes part."
std::string participation_words(const rotation::UserFacts& facts);
/// What keyward's tag says, entry by entry.
std::vector<std::string> record_words(const UserExplanation& explanation);
/// Of an unfinished rotation, and what to type; nothing without one.
std::vector<std::string> interruption_words(const UserExplanation& explanation);
std::string decision_words(const UserExplanation& explanation, const rotation::Decision& decision);
/// "rotate at ...: not yet, in 12 days, 2026-12-03".
std::string rule_words(const UserExplanation& explanation, const rotation::RuleLine& rule);
std::string event_words(const UserExplanation& explanation, const rotation::ForecastEvent& event);
std::vector<std::string> secret_words(const UserExplanation::Secret& secret);

/// Which of the keys to come it is, from 1; 0: none, it is there already.
int number_of_new_key(const UserExplanation& explanation, const base::AccessKeyId& key);

}  // namespace keyward::report
