#include "report/user_explanation.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>
#include <set>

#include "report/explanation_words.hpp"
#include "report/key_time_line.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

class Page {
 public:
  Page(std::ostream& out, const Output& output) : out_(out), output_(output), width_(prose_width(output)) {}

  void heading(const std::string& text) { out_ << '\n' << paint(output_, Tone::bold, text) << '\n'; }
  void line(const std::string& text, Tone tone = Tone::plain) { out_ << "  " << paint(output_, tone, wrapped(text, width_ - 2, 4)); }
  /// To be copied: never broken.
  void command(const std::string& text) { out_ << "    " << printable(text) << '\n'; }
  void raw(const std::string& text) { out_ << "  " << text << '\n'; }
  void table(const Table& table, const std::string& rows) {
    const Table::LaidOut laid_out = table.lay_out(output_);
    out_ << laid_out.header() << laid_out.rows(rows);
  }
  std::size_t width() const { return width_; }

 private:
  std::ostream& out_;
  const Output& output_;
  std::size_t width_;
};

void print_who(Page& page, std::ostream& out, const UserExplanation& e, const Output& output) {
  const std::string account = e.account_id.str() + (e.account ? " (" + printable(e.account->name) + ")" : "");
  const std::string headline = "User " + printable(e.user) + " in account " + account + ", " + minute(e.now);
  out << paint(output, Tone::bold, wrapped(headline, page.width() - 2, 2));
  if (!e.account) return page.line("The account is not in the organization, so keyward does nothing there.", Tone::warning);
  if (!e.not_taking_part.empty()) {
    return page.line(
        "The account does not take part: " + e.not_taking_part + ". keyward does nothing to its keys, and did not look at the user.",
        Tone::warning);
  }
  if (!e.failure.empty()) return page.line("Nothing is known about the user: " + e.failure, Tone::alarm);
  page.line(participation_words(*e.facts));
  if (e.dry_run) page.line("The account is in dry run: keyward says what it would do, and changes nothing.", Tone::warning);
  for (const std::string& line : interruption_words(e)) page.line(line, Tone::alarm);
}

void print_keys(Page& page, const UserExplanation& e) {
  page.heading("Keys");
  if (e.facts->keys.is_known() && e.facts->keys.value().empty()) page.line("The user has no access key.");
  for (const std::string& line : key_time_line(e, page.width() - 2)) page.raw(line);
  page.heading("Facts");
  Table table({{"FACT"}, {"VALUE", Room::cut}, {"FROM"}, {"READ", Room::spare}});
  std::string rows;
  for (const FactLine& fact : fact_lines(e)) rows += table.pack({{fact.name}, {fact.value}, {fact.source, Tone::dim}, {fact.age, Tone::dim}});
  page.table(table, rows);
  page.line("IAM dates uses in steps of 15 minutes and shows them up to some hours late; a key may be in use although it says otherwise.", Tone::dim);
  page.heading("keyward's record");
  for (const std::string& line : record_words(e)) page.line(line);
}

void print_rules(Page& page, const UserExplanation& e) {
  page.heading("What applies now");
  for (const rotation::Decision& decision : e.explained.decisions) page.line(decision_words(e, decision));
  page.heading("Rules looked at");
  for (const rotation::RuleLine& rule : e.explained.rules) {
    page.line((rule.fired ? "-> " : "   ") + rule_words(e, rule), rule.fired ? Tone::bold : Tone::dim);
  }
}

void print_coming(Page& page, const UserExplanation& e) {
  page.heading("What comes, if nobody does anything else");
  if (e.coming.empty()) page.line("Nothing.");
  for (const rotation::ForecastEvent& event : e.coming) page.line(base::format_date(event.at) + "  " + event_words(e, event));
  const std::string end = e.coming_until ? "Looked ahead to " + base::format_date(*e.coming_until) + "; what comes later is not listed. " : "";
  page.line(end + "Assumed: a run a day, and whoever uses a key goes over to the new one the next day.", Tone::dim);
}

void print_surroundings(Page& page, const UserExplanation& e) {
  if (e.secret) {
    page.heading("Where the secret is");
    for (const std::string& line : secret_words(*e.secret)) page.line(line);
    if (!e.secret->fetch_command.empty()) page.command(e.secret->fetch_command);
    if (!e.secret->trouble.empty()) page.line(e.secret->trouble, Tone::warning);
  }
  page.heading("Who gets mail");
  if (e.recipients.empty()) page.line("Nobody.", Tone::warning);
  for (const UserExplanation::Recipient& recipient : e.recipients) page.line(printable(recipient.address) + "  (" + recipient.source + ")");
  for (const std::string& problem : e.mail_problems) page.line(printable(problem), Tone::warning);
}

void print_settings(Page& page, const UserExplanation& e) {
  page.heading("Settings that apply");
  Table table({{"SETTING"}, {"VALUE", Room::cut}, {"FROM", Room::cut}});
  std::string rows;
  for (const UserExplanation::Setting& setting : e.settings) rows += table.pack({{setting.path}, {setting.value}, {setting.origin, Tone::dim}});
  page.table(table, rows);
}

void print_table(std::ostream& out, const UserExplanation& e, const Output& output) {
  Page page(out, output);
  print_who(page, out, e, output);
  if (e.facts) {
    print_keys(page, e);
    print_rules(page, e);
    print_coming(page, e);
    print_surroundings(page, e);
  }
  if (e.account && e.not_taking_part.empty()) print_settings(page, e);
}

template <class Id>
json::value text_or_null(const std::optional<Id>& id) {
  return id ? json::value(id->str()) : json::value(nullptr);
}

json::value date_or_null(const std::optional<base::Instant>& at) { return at ? json::value(base::format_iso8601(*at)) : json::value(nullptr); }

json::object decision_json(const UserExplanation& e, const rotation::Decision& decision) {
  return {{"action", to_string(decision.action)},
          {"reason", to_string(decision.reason)},
          {"access_key_id", text_or_null(decision.key)},
          {"due", date_or_null(decision.due)},
          {"words", decision_words(e, decision)}};
}

json::array rules_json(const UserExplanation& e) {
  json::array rules;
  for (const rotation::RuleLine& rule : e.explained.rules) {
    rules.push_back({{"rule", to_string(rule.row)},
                     {"access_key_id", text_or_null(rule.key)},
                     {"fired", rule.fired},
                     {"words", in_words(rule.row)},
                     {"why_not", rule.why},
                     {"from", date_or_null(rule.from)}});
  }
  return rules;
}

json::array coming_json(const UserExplanation& e) {
  json::array coming;
  for (const rotation::ForecastEvent& event : e.coming) {
    const rotation::Decision& decision = event.step.decision;
    const bool is_made_up = decision.key && number_of_new_key(e, *decision.key) > 0;
    coming.push_back({{"date", base::format_date(event.at)},
                      {"action", to_string(decision.action)},
                      {"reason", to_string(decision.reason)},
                      {"access_key_id", is_made_up ? json::value(nullptr) : text_or_null(decision.key)},
                      {"words", event_words(e, event)}});
  }
  return coming;
}

json::array facts_json(const UserExplanation& e) {
  json::array facts;
  for (const FactLine& fact : fact_lines(e)) {
    facts.push_back({{"fact", fact.name}, {"value", valid_utf8(fact.value)}, {"source", fact.source}, {"age", fact.age}});
  }
  return facts;
}

json::array keys_json(const rotation::UserFacts& facts) {
  json::array keys;
  if (!facts.keys.is_known()) return keys;
  for (const rotation::KeyFacts& key : facts.keys.value()) {
    json::value used = nullptr;
    if (key.last_use.is_known()) used = base::format_iso8601(key.last_use.value().at);
    if (key.last_use.is_absent()) used = "never";
    keys.push_back({{"access_key_id", key.id.str()},
                    {"active", key.status == rotation::KeyStatus::active},
                    {"created", base::format_iso8601(key.created)},
                    {"last_used", std::move(used)}});
  }
  return keys;
}

json::array strings(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.push_back(json::value(valid_utf8(line)));
  return array;
}

void print_json(std::ostream& out, const UserExplanation& e) {
  json::object all{{"time", base::format_iso8601(e.now)}, {"account", e.account_id.str()}, {"user", e.user}};
  all["account_name"] = e.account ? json::value(valid_utf8(e.account->name)) : json::value(nullptr);
  all["takes_part"] = e.account && e.not_taking_part.empty();
  if (!e.account) all["why_not"] = "not in the organization";
  if (!e.not_taking_part.empty()) all["why_not"] = e.not_taking_part;
  if (!e.failure.empty()) all["failure"] = valid_utf8(e.failure);
  if (e.facts) {
    all["dry_run"] = e.dry_run;
    all["participation"] = valid_utf8(participation_words(*e.facts));
    all["keys"] = keys_json(*e.facts);
    all["facts"] = facts_json(e);
    all["record"] = strings(record_words(e));
    all["interrupted"] = strings(interruption_words(e));
    json::array decisions;
    for (const rotation::Decision& decision : e.explained.decisions) decisions.push_back(decision_json(e, decision));
    all["decisions"] = std::move(decisions);
    all["rules"] = rules_json(e);
    all["coming"] = coming_json(e);
    all["coming_until"] = e.coming_until ? json::value(base::format_date(*e.coming_until)) : json::value(nullptr);
    json::array recipients;
    for (const auto& recipient : e.recipients) recipients.push_back({{"address", recipient.address}, {"source", recipient.source}});
    all["recipients"] = std::move(recipients);
    all["mail_problems"] = strings(e.mail_problems);
  }
  if (e.secret) {
    all["secret"] = {{"name", e.secret->name},
                     {"place", e.secret->place},
                     {"exists", e.secret->exists ? json::value(*e.secret->exists) : json::value(nullptr)},
                     {"fetch_command", e.secret->fetch_command},
                     {"trouble", valid_utf8(e.secret->trouble)}};
  }
  json::array settings;
  for (const auto& setting : e.settings) settings.push_back({{"setting", setting.path}, {"value", setting.value}, {"origin", setting.origin}});
  all["settings"] = std::move(settings);
  out << json::serialize(all) << '\n';
}

}  // namespace

void print_explanation(std::ostream& out, const UserExplanation& explanation, const Output& output) {
  if (output.format == Format::json) {
    print_json(out, explanation);
  } else {
    print_table(out, explanation, output);
  }
  out.flush();
}

}  // namespace keyward::report
