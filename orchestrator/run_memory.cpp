#include "orchestrator/run_memory.hpp"

#include <boost/json.hpp>

#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

constexpr int k_version = 2;
constexpr std::size_t k_account_digits = 12;  // a matter begins with them

const char* name_of(notify::Mode mode) { return mode == notify::Mode::enforce ? "enforce" : "dry_run"; }

}  // namespace

RunMemory RunMemory::load(const std::filesystem::path& state_dir) {
  RunMemory memory;
  const base::Result<std::string> text = base::read_whole(state_dir / "memory.json");
  if (!text) return memory;
  boost::system::error_code failed;
  const json::value value = json::parse(*text, failed);
  const auto* root = failed ? nullptr : value.if_object();
  if (root == nullptr || !root->contains("version") || root->at("version") != k_version) return memory;
  if (const auto* count = root->if_contains("accounts"); count != nullptr && count->is_int64() && count->get_int64() >= 0) {
    memory.accounts_ = static_cast<std::size_t>(count->get_int64());
  }
  for (const notify::Mode mode : {notify::Mode::enforce, notify::Mode::dry_run}) {
    const auto* section = root->if_contains(name_of(mode));
    if (section == nullptr || !section->is_object()) continue;
    Told& told = memory.told(mode);
    if (const auto* audited = section->get_object().if_contains("audited"); audited != nullptr && audited->is_object()) {
      for (const auto& entry : audited->get_object()) {
        const auto at = entry.value().is_string() ? base::parse_iso8601(entry.value().get_string()) : std::nullopt;
        if (at) told.audited.emplace(entry.key(), *at);
      }
    }
    if (const auto* matters = section->get_object().if_contains("told"); matters != nullptr && matters->is_array()) {
      for (const auto& matter : matters->get_array()) {
        if (matter.is_string()) told.known.emplace(matter.get_string());
      }
    }
  }
  return memory;
}

std::optional<base::Instant> RunMemory::last_audited(const base::AccountId& account, notify::Mode mode) const {
  const auto& audited = told(mode).audited;
  const auto found = audited.find(account.str());
  return found == audited.end() ? std::nullopt : std::optional(found->second);
}

void RunMemory::audited(const base::AccountId& account, notify::Mode mode, base::Instant at) {
  told(mode).audited_now.insert_or_assign(account.str(), at);
}

bool RunMemory::is_news(const std::string& matter, notify::Mode mode) {
  told(mode).standing.insert(matter);
  return !told(mode).known.contains(matter);
}

base::Result<void> RunMemory::save(const std::filesystem::path& state_dir, const std::set<base::AccountId>& untold) const {
  const auto is_untold = [&untold](const std::string& account) {
    const auto id = base::AccountId::parse(account);
    return id && untold.contains(*id);
  };
  json::object root;
  root["version"] = k_version;
  if (accounts_) root["accounts"] = *accounts_;
  for (const notify::Mode mode : {notify::Mode::enforce, notify::Mode::dry_run}) {
    const Told& told = this->told(mode);
    std::map<std::string, base::Instant> audited = told.audited;
    for (const auto& [account, at] : told.audited_now) {
      if (!is_untold(account)) audited.insert_or_assign(account, at);
    }
    std::set<std::string> matters;
    for (const std::string& matter : told.standing) {
      if (!is_untold(matter.substr(0, k_account_digits))) matters.insert(matter);
    }
    for (const std::string& matter : told.known) {
      const std::string account = matter.substr(0, k_account_digits);
      if (!told.audited_now.contains(account) || is_untold(account)) matters.insert(matter);
    }
    json::object section;
    json::object dates;
    for (const auto& [account, at] : audited) dates[account] = base::format_iso8601(at);
    section["audited"] = std::move(dates);
    section["told"] = json::array(matters.begin(), matters.end());
    root[name_of(mode)] = std::move(section);
  }
  return base::write_atomically(state_dir / "memory.json", json::serialize(root));
}

}  // namespace keyward::orchestrator
