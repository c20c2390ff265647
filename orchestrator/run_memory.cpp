#include "orchestrator/run_memory.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

constexpr int k_version = 1;

}  // namespace

RunMemory RunMemory::load(const std::filesystem::path& state_dir) {
  RunMemory memory;
  std::ifstream file(state_dir / "memory.json", std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  boost::system::error_code failed;
  const json::value value = json::parse(text.str(), failed);
  const auto* object = failed ? nullptr : value.if_object();
  if (object == nullptr || !object->contains("version") || object->at("version") != k_version) return memory;
  if (const auto* audited = object->if_contains("audited"); audited != nullptr && audited->is_object()) {
    for (const auto& entry : audited->get_object()) {
      const auto at = entry.value().is_string() ? base::parse_iso8601(entry.value().get_string()) : std::nullopt;
      if (at) memory.audited_.emplace(entry.key(), *at);
    }
  }
  if (const auto* told = object->if_contains("told"); told != nullptr && told->is_array()) {
    for (const auto& matter : told->get_array()) {
      if (matter.is_string()) memory.known_.emplace(matter.get_string());
    }
  }
  return memory;
}

std::optional<base::Instant> RunMemory::last_audited(const base::AccountId& account) const {
  const auto found = audited_.find(account.str());
  return found == audited_.end() ? std::nullopt : std::optional(found->second);
}

void RunMemory::audited(const base::AccountId& account, base::Instant at) {
  audited_.insert_or_assign(account.str(), at);
  covered_.insert(account.str());
}

bool RunMemory::is_news(const std::string& matter) {
  standing_.insert(matter);
  return !known_.contains(matter);
}

base::Result<void> RunMemory::save(const std::filesystem::path& state_dir) const {
  json::object audited;
  for (const auto& [account, at] : audited_) audited[account] = base::format_iso8601(at);
  json::array told;
  std::set<std::string> matters = standing_;
  for (const std::string& matter : known_) {
    if (!covered_.contains(matter.substr(0, 12))) matters.insert(matter);
  }
  for (const std::string& matter : matters) told.emplace_back(matter);
  json::object root;
  root["version"] = k_version;
  root["audited"] = std::move(audited);
  root["told"] = std::move(told);
  return base::write_atomically(state_dir / "memory.json", json::serialize(root));
}

}  // namespace keyward::orchestrator
