#include "notify/compose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

constexpr std::size_t k_max_accounts_named = 3;
constexpr std::size_t k_max_subject = 180;
// Gmail clips above 102 KB.
constexpr std::size_t k_max_html = 100'000;

/// "90", "45 or 90", "30, 45 or 90".
std::string alternatives(const std::set<int>& numbers) {
  std::string text;
  std::size_t left = numbers.size();
  for (const int number : numbers) {
    text += std::to_string(number);
    --left;
    if (left > 1) text += ", ";
    if (left == 1) text += " or ";
  }
  return text;
}

struct AccountNames {
  std::string ids;
  std::string names;
};

AccountNames account_names(const RecipientDigest& digest) {
  AccountNames result;
  std::size_t named = 0;
  for (const auto& [id, name] : digest.accounts) {
    if (named == k_max_accounts_named) {
      const std::string rest = fmt::format(" and {} more", digest.accounts.size() - named);
      result.ids += rest;
      result.names += rest;
      break;
    }
    if (named++ > 0) {
      result.ids += ", ";
      result.names += ", ";
    }
    result.ids += id;
    result.names += shortened(name, 100);
  }
  return result;
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

bool needs_somebody(const Row& row) {
  return row.urgency == Urgency::recovery || row.urgency == Urgency::decision || row.urgency == Urgency::action;
}

bool is_of_one_user(const RecipientDigest& digest) {
  const auto is_same = [&digest](const Row& row) {
    return row.account_id == digest.rows.front().account_id && row.user == digest.rows.front().user;
  };
  return digest.more == 0 && std::ranges::all_of(digest.rows, is_same);
}

std::string headline(const RecipientDigest& digest) {
  const std::size_t rows = digest.rows.size() + digest.more;
  const auto [id, name] = *digest.accounts.begin();
  const std::string where = digest.accounts.size() == 1 ? fmt::format("{} ({})", shortened(name, 60), id)
                                                        : fmt::format("{} AWS accounts", digest.accounts.size());
  if (is_of_one_user(digest)) {
    const Row& row = digest.rows.front();
    const bool one_key = std::ranges::all_of(digest.rows, [&](const Row& other) { return other.key == row.key; });
    const std::string key = one_key && !row.key.empty() ? " ending in " + row.key : "";
    return fmt::format("{}: access key of {}{}", where, shortened(row.user, 64), key);
  }
  const auto urgent = static_cast<std::size_t>(std::ranges::count_if(digest.rows, needs_somebody));
  std::string text = fmt::format("{}: {} notices about access keys", where, rows);
  if (urgent > 0) text += fmt::format(", {} {} you", urgent, urgent == 1 ? "needs" : "need");
  return text;
}

std::string subject_prefix(Mode mode) { return mode == Mode::dry_run ? "[DRY RUN] " : ""; }

/// What a list of mails shows beside the subject: the most urgent, because a subject that stays the same cannot say it.
std::string preheader(const RecipientDigest& digest) {
  const Row& row = digest.rows.front();
  std::string text = fmt::format("{}: {}", to_string(row.urgency), row.what);
  if (!row.due.empty()) text += fmt::format(" Date: {}.", row.due);
  const std::size_t others = digest.rows.size() + digest.more - 1;
  if (others > 0) text += fmt::format(" And {} more.", others);
  return text;
}

std::string summary(const Row& row) {
  std::string text = fmt::format("Account {} ({}), user {}: {}", row.account_id, row.account_name, row.user, row.what);
  if (!row.due.empty()) text += " Date: " + row.due + ".";
  return text;
}

TemplateValues::Fields action_fields(const Row& row) {
  return {{"account_id", row.account_id},
          {"account_name", row.account_name},
          {"user", row.user},
          {"key", row.key},
          {"new_key", row.new_key},
          {"what", row.what},
          {"why", row.why},
          {"todo", row.todo},
          {"due", row.due},
          {"last_used", row.last_used},
          {"urgency", std::string(to_string(row.urgency))},
          {"secret_name", row.secret_name},
          {"secret_region", row.secret_region},
          {"secret_arn", row.secret_arn},
          {"access_key_id_field", row.access_key_id_field},
          {"secret_access_key_field", row.secret_access_key_field},
          {"fetch_as", row.fetch_as},
          {"fetch_command", row.fetch_command},
          {"summary", summary(row)}};
}

TemplateValues template_values(const RecipientDigest& digest, const Letterhead& letterhead) {
  const AccountNames accounts = account_names(digest);
  TemplateValues values;
  values.message = {{"account_id", accounts.ids},
                    {"account_name", accounts.names},
                    {"timestamp", base::format_iso8601(letterhead.at)},
                    {"rotation_period", alternatives(digest.rotation_days)},
                    {"installation_grace_period", alternatives(digest.install_grace_days)},
                    {"recovery_grace_period", alternatives(digest.recovery_grace_days)},
                    {"partition_name", joined(digest.partitions)},
                    {"sender_email", letterhead.sender.str()},
                    {"mode", digest.mode == Mode::dry_run ? "dry run" : "enforce"},
                    {"run_id", one_line(letterhead.run)},
                    {"subject_prefix", subject_prefix(digest.mode)},
                    {"headline", headline(digest)},
                    {"preheader", preheader(digest)},
                    {"count", std::to_string(digest.rows.size() + digest.more)},
                    {"more", digest.more > 0 ? std::to_string(digest.more) : ""},
                    {"dry_run", digest.mode == Mode::dry_run ? "yes" : ""}};
  for (const Row& row : digest.rows) values.actions.push_back(action_fields(row));
  return values;
}

}  // namespace

Letter letter_of(const RecipientDigest& digest, const Letterhead& letterhead) {
  return Letter{.sender = letterhead.sender,
                .recipient = digest.recipient,
                .mode = digest.mode,
                .run = letterhead.run,
                .at = letterhead.at,
                .rows = digest.rows.size() + digest.more,
                .values = template_values(digest, letterhead)};
}

Message compose(Letter letter, const TemplateSet& templates) {
  TemplateValues& values = letter.values;
  std::string html = templates.html(letter.mode).render(values);
  while (html.size() > k_max_html && values.actions.size() > 1) {
    // By the sizes so far this many fit; one less each time makes sure that it ends.
    const std::size_t fit = std::min(values.actions.size() * k_max_html / html.size(), values.actions.size() - 1);
    values.actions.resize(std::max<std::size_t>(fit, 1));
    values.message["more"] = std::to_string(letter.rows - values.actions.size());
    html = templates.html(letter.mode).render(values);
  }
  return Message{
      .sender = letter.sender,
      .recipient = letter.recipient,
      .subject = shortened(subject_prefix(letter.mode) + "[keyward] " + values.message["headline"], k_max_subject),
      .text = templates.text(letter.mode).render(values),
      .html = std::move(html),
      .run = std::move(letter.run),
      .at = letter.at,
      .mode = letter.mode,
      .rows = letter.rows,
      .shown = values.actions.size(),
  };
}

}  // namespace keyward::notify
