#include "report/key_time_line.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include "report/explanation_words.hpp"
#include "report/layout.hpp"

namespace keyward::report {
namespace {

using base::Instant;
using rotation::Action;
using std::chrono::days;

// What is older is cut off at the left: the dates that matter lie within one life of a key.
constexpr days k_back{120};
constexpr std::size_t k_label = 7;
constexpr std::size_t k_least = 38;

/// One key, with the dates that are known and those to come.
struct KeyLine {
  std::string label;
  Instant created;
  bool active = true;
  std::optional<Instant> used;
  std::optional<Instant> rotated;
  std::optional<Instant> deactivated;
  std::optional<Instant> deleted;
};

std::string label_of(const base::AccessKeyId& id) { return id.str().substr(id.str().size() - 4); }

std::vector<KeyLine> lines_of(const UserExplanation& explanation) {
  std::vector<std::pair<base::AccessKeyId, KeyLine>> keys;
  const auto find = [&keys](const base::AccessKeyId& id) {
    return std::ranges::find(keys, id, &std::pair<base::AccessKeyId, KeyLine>::first);
  };
  for (const rotation::KeyFacts& key : explanation.facts->keys.value()) {
    KeyLine line{label_of(key.id), key.created, key.status == rotation::KeyStatus::active, {}, {}, {}, {}};
    if (key.last_use.is_known()) line.used = key.last_use.value().at;
    if (explanation.facts->ledger.is_known()) {
      const auto& off = explanation.facts->ledger.value().deactivated;
      if (const auto entry = off.find(key.id); entry != off.end() && !line.active) line.deactivated = entry->second;
    }
    keys.emplace_back(key.id, line);
  }
  for (const rotation::ForecastEvent& event : explanation.coming) {
    const rotation::Decision& decision = event.step.decision;
    if (!decision.key) continue;
    if (event.step.new_key) {
      const std::string label = "new " + std::to_string(number_of_new_key(explanation, *event.step.new_key));
      keys.emplace_back(*event.step.new_key, KeyLine{label, event.at, true, {}, {}, {}, {}});
    }
    const auto key = find(*decision.key);
    if (key == keys.end()) continue;
    if (decision.action == Action::rotate) key->second.rotated = event.at;
    if (decision.action == Action::deactivate) key->second.deactivated = event.at;
    if (decision.action == Action::remove) key->second.deleted = event.at;
  }
  std::vector<KeyLine> lines;
  lines.reserve(keys.size());
  for (auto& [id, line] : keys) lines.push_back(std::move(line));
  std::ranges::sort(lines, {}, &KeyLine::created);
  return lines;
}

class Scale {
 public:
  Scale(Instant from, Instant to, std::size_t columns) : from_(from), to_(to), columns_(columns) {}
  std::size_t column(Instant at) const {
    const auto whole = std::max<long long>(1, (to_ - from_).count());
    const auto part = std::clamp<long long>((at - from_).count(), 0, whole);
    return static_cast<std::size_t>(part) * (columns_ - 1) / static_cast<std::size_t>(whole);
  }
  bool begins_before(Instant at) const { return at < from_; }

 private:
  Instant from_;
  Instant to_;
  std::size_t columns_;
};

std::string draw(const KeyLine& key, const Scale& scale, Instant now, std::size_t columns) {
  std::string line(columns, ' ');
  const Instant end = key.deleted.value_or(Instant::max());
  const Instant off = key.deactivated.value_or(key.active ? Instant::max() : key.created);
  const std::size_t first = scale.column(key.created);
  const std::size_t last = end == Instant::max() ? columns - 1 : scale.column(end);
  const std::size_t off_at = off == Instant::max() ? columns : scale.column(off);
  for (std::size_t i = first; i <= last; ++i) line[i] = i < off_at ? '=' : '.';
  const auto mark = [&](std::optional<Instant> at, char sign) {
    if (at) line[scale.column(*at)] = sign;
  };
  line[scale.column(now)] = '|';
  mark(key.used, 'u');
  mark(key.created, scale.begins_before(key.created) ? '<' : 'C');
  mark(key.rotated, 'R');
  mark(key.deactivated, 'D');
  mark(key.deleted, 'X');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::vector<std::string> key_time_line(const UserExplanation& explanation, std::size_t width) {
  if (!explanation.facts || !explanation.facts->keys.is_known() || explanation.facts->keys.value().empty()) return {};
  const std::vector<KeyLine> keys = lines_of(explanation);
  const Instant now = explanation.now;
  Instant from = now - days(7);
  Instant to = now + days(7);
  for (const KeyLine& key : keys) {
    from = std::min(from, std::max(key.created, now - k_back));
    for (const auto& date : {key.rotated, key.deactivated, key.deleted}) to = std::max(to, date.value_or(to));
  }
  const std::size_t columns = std::max(width, k_least) - k_label;
  const Scale scale(from, to, columns);
  std::vector<std::string> lines;
  for (const KeyLine& key : keys) {
    std::string label = key.label;
    label.resize(k_label, ' ');
    lines.push_back(label + draw(key, scale, now, columns));
  }
  std::string dates(columns, ' ');
  const auto write = [&dates](std::size_t column, const std::string& text) {
    dates.replace(std::min(column, dates.size() - text.size()), text.size(), text);
  };
  write(0, base::format_date(from));
  write(columns, base::format_date(to));
  const std::size_t today = scale.column(now);
  if (today > 12 && today + 18 < columns) write(today, "today");
  lines.push_back(std::string(k_label, ' ') + dates);
  std::istringstream legend(
      wrapped("C created (< earlier)  u last used  | today  R replaced  D deactivated  X deleted  = active  . inactive", std::max(width, k_least), 0));
  for (std::string line; std::getline(legend, line);) lines.push_back(line);
  return lines;
}

}  // namespace keyward::report
