#include "orchestrator/run_memory.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/files.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

constexpr int k_version = 2;
constexpr std::size_t k_account_digits = 12;  // a matter begins with them

using Dates = std::map<std::string, base::Instant>;

std::optional<base::Instant> date_of(const Dates& dates, const std::string& account) {
  const auto found = dates.find(account);
  return found == dates.end() ? std::nullopt : std::optional(found->second);
}

Dates dates_of(const json::object& section, std::string_view name) {
  Dates dates;
  const auto* member = section.if_contains(name);
  if (member == nullptr || !member->is_object()) return dates;
  for (const auto& entry : member->get_object()) {
    const auto at = entry.value().is_string() ? base::parse_iso8601(entry.value().get_string()) : std::nullopt;
    if (at) dates.emplace(entry.key(), *at);
  }
  return dates;
}

/// Members of an object or elements of an array, written one by one: of a large organization nothing is held twice.
class Series {
 public:
  Series(base::FileReplacement& file, std::string_view name, std::string_view brackets) : file_(file), end_(brackets.substr(1)) {
    file_.write(json::serialize(name) + ":" + brackets.front());
  }
  ~Series() { file_.write(end_); }
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  void add(std::string_view text) {
    if (!std::exchange(first_, false)) file_.write(",");
    file_.write(json::serialize(text));
  }
  void add(const std::string& account, base::Instant at) {
    add(account);
    file_.write(":\"" + base::format_iso8601(at) + "\"");
  }

 private:
  base::FileReplacement& file_;
  std::string_view end_;
  bool first_ = true;
};

std::string account_of(const std::string& matter) { return matter.substr(0, k_account_digits); }

const char* name_of(notify::Mode mode) { return mode == notify::Mode::enforce ? "enforce" : "dry_run"; }

}  // namespace

RunMemory RunMemory::read(const std::filesystem::path& folder) {
  RunMemory memory;
  const base::Result<std::string> text = base::read_whole(folder / "memory.json");
  memory.damaged_ = !text && text.error().kind != base::ErrorKind::not_found;
  if (!text) return memory;
  memory.damaged_ = true;
  boost::system::error_code failed;
  const json::value value = json::parse(*text, failed);
  const auto* root = failed ? nullptr : value.if_object();
  if (root == nullptr || !root->contains("version") || root->at("version") != k_version) return memory;
  memory.damaged_ = false;
  if (const auto* count = root->if_contains("accounts"); count != nullptr && count->is_int64() && count->get_int64() >= 0) {
    memory.accounts_ = static_cast<std::size_t>(count->get_int64());
  }
  for (const notify::Mode mode : {notify::Mode::enforce, notify::Mode::dry_run}) {
    const auto* section = root->if_contains(name_of(mode));
    if (section == nullptr || !section->is_object()) continue;
    Told& told = memory.told(mode);
    told.audited = dates_of(section->get_object(), "audited");
    told.visited = dates_of(section->get_object(), "visited");
    if (const auto* left = section->get_object().if_contains("left_behind"); left != nullptr && left->is_bool()) {
      told.left_behind = left->get_bool();
    }
    if (const auto* matters = section->get_object().if_contains("told"); matters != nullptr && matters->is_array()) {
      for (const auto& matter : matters->get_array()) {
        if (matter.is_string()) told.known.emplace(matter.get_string());
      }
    }
  }
  return memory;
}

std::optional<base::Instant> RunMemory::newest() const {
  std::optional<base::Instant> newest;
  for (const Told& told : told_) {
    for (const Dates* dates : {&told.audited, &told.visited}) {
      for (const auto& [account, at] : *dates) newest = std::max(newest, std::optional(at));
    }
  }
  return newest;
}

std::optional<base::Instant> RunMemory::last_visit(const Told& told, const StateFolders& folders) {
  std::optional<base::Instant> last;
  for (const auto& [account, at] : told.visited) {
    const auto id = base::AccountId::parse(account);
    if (id && folders.is_mine(*id)) last = std::max(last, std::optional(at));
  }
  return last;
}

bool RunMemory::left_behind(const Told& told) {
  // Where nobody said, the program that wrote it did not know; where no account was gone through, all wait equally long.
  return told.left_behind.value_or(!told.visited.empty());
}

void RunMemory::take_newer(Told& into, const Told& other, const StateFolders& folders) {
  const auto newest = [](const Told& told, const std::string& account) {
    return std::max(date_of(told.audited, account), date_of(told.visited, account));
  };
  std::set<std::string> accounts;
  for (const auto& [account, at] : other.audited) accounts.insert(account);
  for (const auto& [account, at] : other.visited) accounts.insert(account);
  for (const std::string& matter : other.known) accounts.insert(account_of(matter));
  for (const std::string& account : accounts) {
    const auto id = base::AccountId::parse(account);
    if (!id || !folders.is_mine(*id)) continue;
    const auto here = newest(into, account);
    const auto there = newest(other, account);
    if (there < here) continue;
    const auto end_of = [&account](const std::set<std::string>& matters, auto matter) {
      while (matter != matters.end() && account_of(*matter) == account) ++matter;
      return matter;
    };
    if (here < there) {
      const auto first = into.known.lower_bound(account);
      into.known.erase(first, end_of(into.known, first));
      if (const auto at = date_of(other.audited, account)) into.audited.insert_or_assign(account, *at);
      if (const auto at = date_of(other.visited, account)) into.visited.insert_or_assign(account, *at);
    }
    const auto first = other.known.lower_bound(account);
    into.known.insert(first, end_of(other.known, first));
  }
}

RunMemory RunMemory::load(const StateFolders& folders) {
  const RunMemory own = read(folders.own);
  RunMemory memory = own;
  std::optional<base::Instant> counted = memory.newest();
  for (const std::filesystem::path& folder : folders.others) {
    const RunMemory other = read(folder);
    for (std::size_t i = 0; i < memory.told_.size(); ++i) {
      const bool is_newer = last_visit(own.told_[i], folders) < last_visit(other.told_[i], folders);
      if (is_newer && left_behind(other.told_[i])) memory.told_[i].left_behind = true;
      take_newer(memory.told_[i], other.told_[i], folders);
    }
    if (!other.accounts_ || (memory.accounts_ && other.newest() <= counted)) continue;
    memory.accounts_ = other.accounts_;
    counted = other.newest();
  }
  return memory;
}

std::optional<base::Instant> RunMemory::last_audited(const base::AccountId& account, notify::Mode mode) const {
  return date_of(told(mode).audited, account.str());
}

void RunMemory::audited(const base::AccountId& account, notify::Mode mode, base::Instant at) {
  told(mode).audited_now.insert_or_assign(account.str(), at);
}

std::optional<base::Instant> RunMemory::last_visit(const base::AccountId& account, notify::Mode mode) const {
  return date_of(told(mode).visited, account.str());
}

void RunMemory::visited(const base::AccountId& account, notify::Mode mode, base::Instant at) {
  told(mode).visited.insert_or_assign(account.str(), at);
}

bool RunMemory::is_news(const std::string& matter, notify::Mode mode) {
  told(mode).standing.insert(matter);
  return !told(mode).known.contains(matter);
}

void RunMemory::write(base::FileReplacement& file, const Told& told) {
  {
    Series audited(file, "audited", "{}");
    for (const auto& [account, at] : told.audited_now) audited.add(account, at);
    for (const auto& [account, at] : told.audited) {
      if (!told.audited_now.contains(account)) audited.add(account, at);
    }
  }
  file.write(",");
  {
    Series visited(file, "visited", "{}");
    for (const auto& [account, at] : told.visited) visited.add(account, at);
  }
  if (told.left_behind) file.write(*told.left_behind ? R"(,"left_behind":true)" : R"(,"left_behind":false)");
  file.write(",");
  Series matters(file, "told", "[]");
  for (const std::string& matter : told.standing) matters.add(matter);
  for (const std::string& matter : told.known) {
    if (!told.audited_now.contains(account_of(matter)) && !told.standing.contains(matter)) matters.add(matter);
  }
}

base::Result<void> RunMemory::save(const StateFolders& folders) const {
  base::FileReplacement file(folders.own / "memory.json");
  file.write(R"({"version":)" + std::to_string(k_version));
  if (accounts_) file.write(R"(,"accounts":)" + std::to_string(*accounts_));
  for (const notify::Mode mode : {notify::Mode::enforce, notify::Mode::dry_run}) {
    file.write("," + json::serialize(std::string_view(name_of(mode))) + ":{");
    write(file, told(mode));
    file.write("}");
  }
  file.write("}");
  return file.commit();
}

}  // namespace keyward::orchestrator
