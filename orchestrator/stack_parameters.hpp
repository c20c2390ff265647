#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "orchestrator/configuration_draft.hpp"

namespace keyward::orchestrator {

/// A parameter of a CloudFormation stack and its value.
using StackParameter = std::pair<std::string, std::string>;

/// Reads the answer of describe-stacks, the parameters file of create-stack or deploy, or a plain {"key": "value"}. Errors:
/// `invalid`, with what is wrong.
base::Result<std::vector<StackParameter>> read_stack_parameters(std::string_view text);

/// What became of a parameter.
struct TranslatedParameter {
  enum class Outcome {
    taken,         ///< stands in the configuration
    not_taken,     ///< keyward has it, but not from here; the text says what to do
    never_worked,  ///< nothing read it there
    not_needed,
    unknown,
  };
  std::string name;
  std::string value;  ///< "(hidden)" when it may be a secret
  Outcome outcome = Outcome::unknown;
  std::string text;  ///< for people, complete sentences
};

std::string_view word_for(TranslatedParameter::Outcome outcome);

/// Lays the parameters of the AWS guidance's stacks (iam-access-key-auto-rotation) over the draft, with notes at the keys.
/// Every parameter is in the answer, in the given order. dry_run stays true whatever they say.
std::vector<TranslatedParameter> translate_stack_parameters(const std::vector<StackParameter>& parameters, ConfigurationDraft& draft);

}  // namespace keyward::orchestrator
