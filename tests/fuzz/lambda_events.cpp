#include <boost/json/serialize.hpp>

#include "fuzz/fuzz.hpp"
#include "orchestrator/lambda_event.hpp"
#include "orchestrator/secret_rotation_event.hpp"
#include "orchestrator/stack_parameters.hpp"

// Events of AWS Lambda, and the answer of describe-stacks, which `init` reads. Input: which of them, then its text.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(lambda_events) {
  Input in(input);
  if (in.choice(2) == 1) {
    const auto parameters = orchestrator::read_stack_parameters(in.rest());
    if (!parameters) {
      require(parameters.error().kind == base::ErrorKind::invalid, "what cannot be read is invalid");
      return;
    }
    orchestrator::ConfigurationDraft draft;
    const auto translated = orchestrator::translate_stack_parameters(*parameters, draft);
    require(translated.size() == parameters->size(), "every parameter is answered for");
    return;
  }
  const auto event = orchestrator::parse_lambda_event(in.rest());
  if (!event) {
    require(event.error().kind == base::ErrorKind::invalid, "an event that is not understood is invalid");
    require(is_one_line(event.error().message), "an error is one line");
    require(event.error().message.find(k_secret_mark) == std::string::npos, "nothing of the payload is repeated");
    return;
  }
  require(!orchestrator::name_of(*event).empty(), "an event has a name");
  if (const auto* account = std::get_if<orchestrator::AccountEvent>(&*event)) {
    const std::string text = boost::json::serialize(
        orchestrator::account_event(account->account, account->path_given, account->account.tags.has_value(), account->dry_run));
    const auto again = orchestrator::parse_lambda_event(text);
    require(again.has_value(), "an event that was written is read");
    const auto* same = std::get_if<orchestrator::AccountEvent>(&*again);
    require(same != nullptr && same->account.id == account->account.id && same->account.name == account->account.name &&
                same->account.path == account->account.path && same->account.tags == account->account.tags &&
                same->dry_run == account->dry_run,
            "the same account");
  }
  if (const auto* secret = std::get_if<orchestrator::SecretEvent>(&*event)) orchestrator::is_secret_rotation(secret->event);
}

}  // namespace keyward::fuzz
