#include "orchestrator/findings_memory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "aws/json_fields.hpp"
#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;
using aws::json_fields::text;

}  // namespace

FindingsMemory::FindingsMemory(const std::filesystem::path& state_dir, const base::AccountId& account, std::string region)
    : file_(state_dir / "security_hub" / (account.str() + ".json")), account_(account.str()), region_(std::move(region)) {
  load();
}

void FindingsMemory::load() {
  const base::Result<std::string> content = base::read_whole(file_);
  if (!content) return;
  boost::system::error_code failed;
  const json::value value = json::parse(*content, failed);
  if (failed || !value.is_object() || text(value.get_object(), "region") != region_) return;
  const json::array* findings = aws::json_fields::array(value.get_object(), "findings");
  if (findings == nullptr) return;
  for (const json::value& entry : *findings) {
    if (!entry.is_object()) continue;
    const auto user = text(entry.get_object(), "user");
    const auto key = text(entry.get_object(), "access_key_id");
    const auto since = base::parse_iso8601(text(entry.get_object(), "since").value_or(""));
    if (user && key && since) told_.push_back({account_, *user, *key, *since});
  }
}

base::Result<void> FindingsMemory::keep(std::vector<report::AsffSubject> told) {
  told_ = std::move(told);
  json::array findings;
  for (const report::AsffSubject& subject : told_) {
    findings.push_back(
        json::object{{"user", subject.user}, {"access_key_id", subject.access_key_id}, {"since", base::format_iso8601(subject.since)}});
  }
  const json::object content{{"region", region_}, {"findings", std::move(findings)}};
  std::error_code failed;
  std::filesystem::create_directories(file_.parent_path(), failed);
  return base::write_atomically(file_, json::serialize(content) + '\n', base::Durability::may_be_lost);
}

}  // namespace keyward::orchestrator
