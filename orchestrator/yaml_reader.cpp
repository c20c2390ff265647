#include "orchestrator/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "notify/text.hpp"

namespace keyward::orchestrator {
namespace {

constexpr std::size_t k_max_file_bytes = 1 << 20;
constexpr std::size_t k_max_depth = 16;
constexpr std::size_t k_max_values = 100'000;
constexpr int k_max_aliases = 64;
constexpr std::size_t k_max_key_length = 128;
constexpr std::size_t k_max_problems = 200;
constexpr std::size_t k_max_quoted_length = 60;

Origin origin_at(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return {Origin::Kind::file, file, 0, 0};
  return {Origin::Kind::file, file, mark.line + 1, mark.column + 1};
}

/// Of what follows `front`, the first characters of a file.
Origin origin_behind(const std::string& file, std::string_view front) {
  const std::string_view line = front.substr(front.rfind('\n') + 1);  // npos + 1 is 0
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return {Origin::Kind::file, file, static_cast<int>(std::ranges::count(front, '\n')) + 1,
          static_cast<int>(std::ranges::count_if(line, begins_character)) + 1};
}

/// Builds our tree from yaml-cpp's events. Its own node tree would accept duplicate keys silently and forget which
/// values had quotes.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, Problems& problems) : file_(std::move(file)), problems_(problems) {}

  std::shared_ptr<const YamlValue> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) refuse(mark, "a second document begins here; write one document per file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(YamlValue::Kind::null, mark), mark, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_tag(mark, tag);
    auto value = make(YamlValue::Kind::scalar, mark);
    value->style = tag == "!" ? YamlValue::Style::quoted : YamlValue::Style::plain;
    value->text = text;
    add(std::move(value), mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (++aliases_ > k_max_aliases)
      refuse(mark, fmt::format("more than {} aliases; write the values out", k_max_aliases));
    const bool inside_anchor = std::ranges::any_of(open_, [](const Frame& frame) { return frame.anchored; });
    const auto found = anchors_.find(anchor);
    if (inside_anchor || found == anchors_.end()) {
      refuse(mark, "an alias inside of an anchored value; write the value out");
    }
    place(found->second, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlValue::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlValue::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  /// A list or map that is not closed yet.
  struct Frame {
    std::shared_ptr<YamlValue> value;
    std::string path;
    bool anchored = false;
    std::set<std::string> keys;
    std::optional<YamlEntry> pending;  ///< map: a key that waits for its value
    bool duplicate = false;            ///< map: the pending key was there before
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& message) {
    throw YAML::ParserException(mark, message);
  }
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // yaml-cpp writes "?" for plain values and "!" for quoted ones.
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(mark, fmt::format("has the tag {}; tags are not used here, quote the value instead", tag));
    }
  }

  std::shared_ptr<YamlValue> make(YamlValue::Kind kind, const YAML::Mark& mark) {
    if (++values_ > k_max_values) refuse(mark, fmt::format("more than {} values in one file", k_max_values));
    auto value = std::make_shared<YamlValue>();
    value->kind = kind;
    value->origin = origin_at(file_, mark);
    return value;
  }

  void open(YamlValue::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_tag(mark, tag);
    if (open_.size() >= k_max_depth) refuse(mark, fmt::format("more than {} levels deep", k_max_depth));
    auto value = make(kind, mark);
    std::string path = next_path();
    add(value, mark, anchor);
    open_.push_back({value, std::move(path), anchor != YAML::NullAnchor, {}, {}, false});
  }

  void add(std::shared_ptr<YamlValue> value, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    place(std::move(value), mark);
  }

  void place(std::shared_ptr<const YamlValue> value, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = open_.back();
    if (frame.value->kind == YamlValue::Kind::list) {
      frame.value->items.push_back(std::move(value));
    } else if (!frame.pending) {
      begin_entry(frame, *value, mark);
    } else {
      frame.pending->value = std::move(value);
      if (!frame.duplicate) frame.value->entries.push_back(std::move(*frame.pending));
      frame.pending.reset();
    }
  }

  void begin_entry(Frame& frame, const YamlValue& key, const YAML::Mark& mark) {
    if (key.kind != YamlValue::Kind::scalar) refuse(mark, "a key must be a word");
    if (key.text.size() > k_max_key_length) refuse(mark, "a key is longer than any known one");
    frame.pending = YamlEntry{key.text, origin_at(file_, mark), nullptr};
    frame.duplicate = !frame.keys.insert(key.text).second;
    if (frame.duplicate) {
      const auto first = std::ranges::find(frame.value->entries, key.text, &YamlEntry::key);
      problems_.error(origin_at(file_, mark), key_path(frame, key.text),
                      fmt::format("is given twice, first in line {}; keep one of them", first->origin.line));
    }
  }

  /// Where the next value of the innermost list or map belongs.
  std::string next_path() const {
    if (open_.empty()) return {};
    const Frame& frame = open_.back();
    if (frame.value->kind == YamlValue::Kind::list) return fmt::format("{}[{}]", frame.path, frame.value->items.size());
    return frame.pending ? key_path(frame, frame.pending->key) : frame.path;
  }
  static std::string key_path(const Frame& frame, const std::string& key) {
    return frame.path.empty() ? key : frame.path + "." + key;
  }

  std::string file_;
  Problems& problems_;
  std::shared_ptr<const YamlValue> root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlValue>> anchors_;
  std::size_t values_ = 0;
  int aliases_ = 0;
  bool started_ = false;
};

/// Levenshtein distance. Keys are short.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string describe(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::built_in: return "default";
    case Origin::Kind::file: return origin.line > 0 ? fmt::format("{}:{}", origin.name, origin.line) : origin.name;
    case Origin::Kind::environment: return "environment " + origin.name;
    case Origin::Kind::flag: return "flag " + origin.name;
  }
  return {};
}

std::string describe(const Problem& problem) {
  std::string text = problem.origin.kind == Origin::Kind::built_in ? "configuration" : describe(problem.origin);
  if (problem.origin.kind == Origin::Kind::file && problem.origin.line > 0) {
    text += fmt::format(":{}", problem.origin.column);
  }
  if (problem.severity == Problem::Severity::warning) text += ": warning";
  if (!problem.path.empty()) text += ": " + problem.path;
  return text + ": " + problem.message;
}

void Problems::error(const Origin& origin, std::string_view path, std::string message) {
  has_errors_ = true;
  add({Problem::Severity::error, origin, std::string(path), std::move(message)});
}

void Problems::warning(const Origin& origin, std::string_view path, std::string message) {
  add({Problem::Severity::warning, origin, std::string(path), std::move(message)});
}

void Problems::add(Problem problem) {
  // Parts of the file stand in it, and it goes to a terminal.
  problem.path = notify::one_line(problem.path);
  problem.message = notify::one_line(problem.message);
  if (list_.size() > k_max_problems || std::ranges::find(list_, problem) != list_.end()) return;
  if (list_.size() == k_max_problems) {
    problem.path.clear();
    problem.message = fmt::format("more than {} problems; the rest is not shown", k_max_problems);
  }
  list_.push_back(std::move(problem));
}

std::shared_ptr<const YamlValue> parse_yaml(std::string_view text, const std::string& file, Problems& problems) {
  const Origin whole_file{Origin::Kind::file, file, 0, 0};
  if (text.size() > k_max_file_bytes) {
    problems.error(whole_file, "",
                   fmt::format("is {} bytes long; a configuration has at most {}", text.size(), k_max_file_bytes));
    return nullptr;
  }
  if (const std::string_view readable = notify::utf8_front(text); readable.size() < text.size()) {
    problems.error(origin_behind(file, readable), "", "is not UTF-8");
    return nullptr;
  }
  TreeBuilder builder(file, problems);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    problems.error(origin_at(file, error.mark), "", error.msg);
    return nullptr;
  }
  if (builder.root() && builder.root()->kind != YamlValue::Kind::null) return builder.root();
  auto empty = std::make_shared<YamlValue>();
  empty->kind = YamlValue::Kind::map;
  empty->origin = whole_file;
  return empty;
}

std::string suggestion(std::string_view key, const std::vector<std::string>& known) {
  const std::size_t near = std::max<std::size_t>(2, key.size() / 3);
  const auto distance = [key, near](const std::string& name) {
    // A key of a megabyte is compared with nothing: it is further away than its length says.
    const std::size_t longer = std::max(key.size(), name.size()) - std::min(key.size(), name.size());
    return longer > near ? longer : edit_distance(key, name);
  };
  const auto nearest = std::ranges::min_element(known, {}, distance);
  if (nearest != known.end() && distance(*nearest) <= near) {
    return fmt::format("did you mean \"{}\"?", *nearest);
  }
  return fmt::format("known here: {}", fmt::join(known, ", "));
}

std::string what_it_is(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::null: return "is empty";
    case YamlValue::Kind::list: return "is a list";
    case YamlValue::Kind::map: return "is a group of keys";
    case YamlValue::Kind::scalar: break;
  }
  std::size_t length = std::min(value.text.size(), k_max_quoted_length);
  // Not in the middle of a UTF-8 character.
  while (length < value.text.size() && (static_cast<unsigned char>(value.text[length]) & 0xc0) == 0x80) --length;
  std::string shown = value.text.substr(0, length);
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  // A plain number is shown as it stands, so that nobody looks for quotes to remove.
  const bool number = !shown.empty() && shown.find_first_not_of("0123456789+-.") == std::string::npos;
  if (number && value.style == YamlValue::Style::plain) return "is " + shown;
  return fmt::format("is \"{}{}\"", shown, value.text.size() > length ? "…" : "");
}

}  // namespace keyward::orchestrator
