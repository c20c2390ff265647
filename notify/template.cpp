#include "notify/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

constexpr std::string_view k_list = "actions";

// What a lone {{actions}} stands for. The engine below would render a list that is named like a value as nothing.
constexpr std::string_view k_bullets_html =
    "{{#actions}}&bull; {{summary}}<br>{{/actions}}"
    "{{#more}}&bull; and {{more}} more, see the report of run {{run_id}}<br>{{/more}}";
constexpr std::string_view k_bullets_text =
    "{{#actions}}- {{summary}}\n{{/actions}}"
    "{{#more}}- and {{more}} more, see the report of run {{run_id}}\n{{/more}}";

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Levenshtein's distance: how many letters must be changed, added or dropped.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

bool is_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

/// Follows HTML just far enough to tell whether escaping protects the place where a value would stand.
class HtmlContext {
 public:
  void feed(char c) {
    switch (state_) {
      case State::text:
        if (c == '<') enter_tag();
        break;
      case State::tag_name: tag_name(c); break;
      case State::comment:
        tail_ += c;
        if (tail_.ends_with("-->")) state_ = State::text;
        break;
      case State::raw:
        tail_ += lower(c);
        if (tail_.ends_with("</" + tag_)) state_ = State::attributes;
        break;
      case State::attributes: attributes(c); break;
      case State::before_value: before_value(c); break;
      case State::unquoted:
        if (is_space(c)) state_ = State::attributes;
        if (c == '>') leave_tag();
        break;
      case State::quoted:
        if (c == quote_)
          state_ = State::attributes;
        else
          value_ += lower(c);
        break;
    }
  }

  /// A value stands here: what is unsafe about that, if anything.
  std::optional<std::string> objection() {
    switch (state_) {
      case State::text:
      case State::comment: return std::nullopt;
      case State::raw: return "a placeholder inside <" + tag_ + "> cannot be escaped safely";
      case State::quoted: return attribute_objection();
      case State::tag_name:
      case State::attributes:
      case State::before_value:
      case State::unquoted: return "a placeholder inside a tag must stand in a quoted attribute value";
    }
    return std::nullopt;
  }

 private:
  enum class State { text, tag_name, attributes, before_value, unquoted, quoted, comment, raw };

  void enter_tag() {
    state_ = State::tag_name;
    tag_.clear();
    attribute_.clear();
    closing_ = false;
  }

  void tag_name(char c) {
    if (tag_.empty() && !closing_ && c == '/') {
      closing_ = true;
    } else if (tag_.empty() && !is_letter(c) && c != '!') {
      state_ = State::text;  // a lone "<"
    } else if (c == '>') {
      leave_tag();
    } else if (is_space(c) || c == '/') {
      state_ = State::attributes;
    } else {
      tag_ += lower(c);
      if (tag_ == "!--") {
        state_ = State::comment;
        tail_.clear();
      }
    }
  }

  void attributes(char c) {
    if (c == '>') return leave_tag();
    if (c == '=') {
      state_ = State::before_value;
    } else if (is_space(c) || c == '/') {
      ended_ = true;
    } else {
      if (std::exchange(ended_, false)) attribute_.clear();
      attribute_ += lower(c);
    }
  }

  void before_value(char c) {
    if (is_space(c)) return;
    value_.clear();
    ended_ = true;
    if (c == '>') return leave_tag();
    if (c == '"' || c == '\'') {
      quote_ = c;
      state_ = State::quoted;
    } else {
      state_ = State::unquoted;
    }
  }

  void leave_tag() {
    state_ = State::text;
    ended_ = true;
    if (!closing_ && (tag_ == "script" || tag_ == "style")) {
      state_ = State::raw;
      tail_.clear();
      closing_ = true;  // the next tag to be left is the one that ends it
    }
  }

  std::optional<std::string> attribute_objection() {
    if (attribute_.starts_with("on") || attribute_ == "style" || attribute_ == "srcdoc") {
      return "a placeholder inside the attribute " + attribute_ + " cannot be escaped safely";
    }
    const bool link = attribute_ == "href" || attribute_ == "src" || attribute_ == "action" ||
                      attribute_ == "formaction" || attribute_ == "background";
    if (link && !value_.starts_with("https://") && !value_.starts_with("mailto:")) {
      return "a link with a placeholder must begin with https:// or mailto:";
    }
    return std::nullopt;
  }

  State state_ = State::text;
  std::string tag_;
  std::string attribute_;
  std::string value_;
  std::string tail_;
  char quote_ = '"';
  bool closing_ = false;
  bool ended_ = true;
};

struct CompileError {
  std::size_t offset;
  std::string message;
};

/// Checks a template and rewrites it into what the engine is given.
class Scanner {
 public:
  Scanner(std::string_view source, TemplateKind kind) : source_(source), kind_(kind) {}

  /// The template for the engine. Throws CompileError.
  std::string run() && {
    while (at_ < source_.size()) {
      if (source_.substr(at_).starts_with("{{"))
        tag();
      else
        text();
    }
    if (!sections_.empty()) {
      throw CompileError{sections_.back().offset,
                         fmt::format("section {{{{#{0}}}}} is not closed by {{{{/{0}}}}}", sections_.back().name)};
    }
    return std::move(output_);
  }

 private:
  struct Section {
    std::string name;
    std::size_t offset;
  };

  void text() {
    const char c = source_[at_];
    if (c == '{') refuse_single_brace();
    if (kind_ == TemplateKind::html) html_.feed(c);
    output_ += c;
    ++at_;
  }

  // "{account_id}" is a typing error that would otherwise reach every reader.
  void refuse_single_brace() const {
    const auto end = source_.find('}', at_);
    if (end == std::string_view::npos) return;
    const std::string_view name = trimmed(source_.substr(at_ + 1, end - at_ - 1));
    if (is_known(name)) throw CompileError{at_, fmt::format("a placeholder has two braces: {{{{{}}}}}", name)};
  }

  void tag() {
    const std::size_t start = at_;
    const std::string_view rest = source_.substr(start + 2);
    if (rest.starts_with('{'))
      throw CompileError{start, "the unescaped form {{{name}}} is not allowed; write {{name}}"};
    const bool comment = trimmed(rest).starts_with('!');
    const auto end = rest.find("}}");
    const std::string_view inside = rest.substr(0, end);
    const bool broken =
        !comment && (inside.find('\n') != std::string_view::npos || inside.find("{{") != std::string_view::npos);
    if (end == std::string_view::npos || broken) throw CompileError{start, "this placeholder is not closed by }}"};
    at_ = start + 2 + end + 2;
    if (comment) return;

    std::string_view content = trimmed(inside);
    if (content.empty()) throw CompileError{start, "this placeholder has no name"};
    const char sigil = content.front();
    if (sigil == '&') throw CompileError{start, "the unescaped form {{&name}} is not allowed; write {{name}}"};
    if (sigil == '>') throw CompileError{start, "partials are not allowed"};
    if (sigil == '=') throw CompileError{start, "other delimiters are not allowed"};
    const bool section = sigil == '#' || sigil == '^' || sigil == '/';
    if (section) content = trimmed(content.substr(1));
    if (!is_name(content))
      throw CompileError{start, "a placeholder's name has lower-case letters, digits and underscores only"};
    const std::string name(content);
    if (sigil == '/') return close(name, start);
    check_known(name, start);
    if (section) return open(name, sigil, start);
    value(name, start);
  }

  void value(const std::string& name, std::size_t start) {
    if (kind_ == TemplateKind::html) {
      if (const auto objection = html_.objection()) throw CompileError{start, *objection};
    }
    if (name == "dry_run") throw CompileError{start, "dry_run is no text; write {{#dry_run}}…{{/dry_run}}"};
    if (name != k_list) {
      output_ += "{{" + name + "}}";
      return;
    }
    if (inside_list()) throw CompileError{start, "{{actions}} cannot stand inside {{#actions}}"};
    output_ += kind_ == TemplateKind::html ? k_bullets_html : k_bullets_text;
  }

  void open(const std::string& name, char sigil, std::size_t start) {
    if (name == k_list && inside_list()) throw CompileError{start, "{{#actions}} cannot stand inside itself"};
    output_ += std::string("{{") + sigil + name + "}}";
    sections_.push_back({name, start});
    if (name == k_list && sigil == '#') list_depth_ = sections_.size();
  }

  void close(const std::string& name, std::size_t start) {
    if (sections_.empty())
      throw CompileError{start, fmt::format("{{{{/{}}}}} closes a section that is not open", name)};
    if (sections_.back().name != name) {
      throw CompileError{start,
                         fmt::format("{{{{/{}}}}} stands where {{{{/{}}}}} is expected", name, sections_.back().name)};
    }
    if (list_depth_ == sections_.size()) list_depth_ = 0;
    sections_.pop_back();
    output_ += "{{/" + name + "}}";
  }

  bool inside_list() const { return list_depth_ != 0; }

  bool is_known(std::string_view name) const {
    return name == k_list || contains(k_message_fields, name) || contains(k_action_fields, name);
  }

  void check_known(const std::string& name, std::size_t start) const {
    if (name == k_list || contains(k_message_fields, name)) return;
    if (contains(k_action_fields, name)) {
      if (inside_list()) return;
      throw CompileError{start, fmt::format("{{{{{}}}}} is known only inside {{{{#actions}}}}…{{{{/actions}}}}", name)};
    }
    std::string message = fmt::format("unknown placeholder {{{{{}}}}}", shortened(name, 60));
    if (const auto near = nearest(name)) message += fmt::format("; did you mean {{{{{}}}}}?", *near);
    throw CompileError{start, message};
  }

  static std::optional<std::string_view> nearest(std::string_view name) {
    // More than a third of the letters wrong is another word, not a typing error.
    std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
    std::optional<std::string_view> found;
    const auto consider = [&](std::string_view candidate) {
      const std::size_t d = distance(name, candidate);
      if (d < best) {
        best = d;
        found = candidate;
      }
    };
    consider(k_list);
    std::ranges::for_each(k_message_fields, consider);
    std::ranges::for_each(k_action_fields, consider);
    return found;
  }

  std::string_view source_;
  TemplateKind kind_;
  std::size_t at_ = 0;
  std::string output_;
  std::vector<Section> sections_;
  std::size_t list_depth_ = 0;  ///< number of open sections at which {{#actions}} was opened; 0: outside
  HtmlContext html_;
};

/// "line:column", both from 1; columns count characters.
std::string position(std::string_view source, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : source.substr(0, offset)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++column;
    }
  }
  return fmt::format("{}:{}", line, column);
}

namespace engine = kainjow::mustache;

// The engine takes an empty string for true in a section, and a field it cannot find for the field of that name
// further out; so every field is there, and an empty one is false.
template <std::size_t N>
engine::data to_data(const TemplateValues::Fields& fields, const std::array<std::string_view, N>& names) {
  engine::data data{engine::object{}};
  for (const std::string_view name : names) {
    const auto found = fields.find(std::string(name));
    const bool filled = found != fields.end() && !found->second.empty();
    data.set(std::string(name), filled ? engine::data(found->second) : engine::data(false));
  }
  return data;
}

base::Error invalid(std::string message) {
  return base::Error{base::ErrorKind::invalid, k_template_operation, "InvalidTemplate", "", std::move(message)};
}

}  // namespace

struct Template::Engine {
  explicit Engine(const std::string& source) : mustache(source) {}
  engine::mustache mustache;
};

Template::Template(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

base::Result<Template> Template::compile(std::string_view source, std::string_view name, TemplateKind kind) {
  if (source.size() > k_max_bytes) {
    return invalid(fmt::format("{}: the template is larger than {} KiB", name, k_max_bytes / 1024));
  }
  if (source.find('\0') != std::string_view::npos || !is_utf8(source)) {
    return invalid(fmt::format("{}: the template is not UTF-8 text", name));
  }
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  std::string lines;
  std::ranges::copy_if(source, std::back_inserter(lines), [](char c) { return c != '\r'; });

  std::string checked;
  try {
    checked = Scanner(lines, kind).run();
  } catch (const CompileError& error) {
    return invalid(fmt::format("{}:{}: {}", name, position(lines, error.offset), error.message));
  }
  auto compiled = std::make_unique<Engine>(checked);
  if (!compiled->mustache.is_valid()) {
    return invalid(fmt::format("{}: {}", name, compiled->mustache.error_message()));
  }
  if (kind == TemplateKind::html)
    compiled->mustache.set_custom_escape([](const std::string& text) { return escape_html(text); });
  else
    compiled->mustache.set_custom_escape([](const std::string& text) { return text; });
  return Template(std::move(compiled));
}

std::string Template::render(const TemplateValues& values) const {
  engine::data data = to_data(values.message, k_message_fields);
  engine::list actions;
  for (const TemplateValues::Fields& action : values.actions) actions.push_back(to_data(action, k_action_fields));
  data.set(std::string(k_list), engine::data(actions));
  return engine_->mustache.render(data);
}

}  // namespace keyward::notify
