#include <boost/json.hpp>

#include "fuzz/fuzz.hpp"
#include "orchestrator/plan_file.hpp"
#include "orchestrator/plan_json.hpp"
#include "support/temporary_directory.hpp"

// Plan files, which a person carries from `plan` to `apply`. Input: the whole file or the plan in it, then its text.
namespace keyward::fuzz {
namespace {

const orchestrator::PlanKey& key() {
  static const test::TemporaryDirectory folder;
  static const orchestrator::PlanKey made = orchestrator::PlanKey::make_or_read(folder.path()).value();
  return made;
}

}  // namespace

KEYWARD_FUZZ_TARGET(plan_files) {
  Input in(input);
  if (in.choice(2) == 0) {
    const auto plan = orchestrator::parse_plan(in.rest(), key());
    require(!plan, "nobody seals a plan without the key");
    require(plan.error().kind == base::ErrorKind::invalid, "a file that is no plan is invalid");
    return;
  }
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(in.rest(), failed);
  if (failed || !value.is_object()) return;
  const std::optional<orchestrator::Plan> plan = orchestrator::plan_of(value.get_object());
  if (!plan) return;

  const std::string file = orchestrator::format_plan(*plan, key());
  const auto read = orchestrator::parse_plan(file, key());
  require(read.has_value(), "a plan that was written is read");
  require(orchestrator::format_plan(*read, key()) == file, "a plan says when it is read what it said when it was written");
  std::string edited = file;
  const std::size_t at = edited.size() / 2 + in.rest().size() % (edited.size() / 2);
  edited[at] = edited[at] == '1' ? '2' : '1';
  require(!orchestrator::parse_plan(edited, key()), "an edited plan is refused");
}

}  // namespace keyward::fuzz
