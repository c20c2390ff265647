#include "orchestrator/journal_lines.hpp"

#include <array>
#include <boost/json.hpp>

#include "base/named.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

using base::AccessKeyId;
using base::named;
using notify::OwnerNotice;
using notify::Row;
using rotation::Action;
using rotation::LedgerNote;
using rotation::Reason;

constexpr std::string_view k_open = "open";
constexpr std::string_view k_closed = "closed";
constexpr std::string_view k_notice = "notice";
constexpr std::string_view k_warned = "warned";

struct RowText {
  const char* name;
  std::string Row::*text;
};

/// Without what identifies the row (account and user), which stands in the line itself.
constexpr std::array<RowText, 15> k_row_texts{{{"key", &Row::key},
                                               {"new_key", &Row::new_key},
                                               {"what", &Row::what},
                                               {"why", &Row::why},
                                               {"todo", &Row::todo},
                                               {"due", &Row::due},
                                               {"last_used", &Row::last_used},
                                               {"secret_name", &Row::secret_name},
                                               {"secret_region", &Row::secret_region},
                                               {"secret_arn", &Row::secret_arn},
                                               {"access_key_id_field", &Row::access_key_id_field},
                                               {"secret_access_key_field", &Row::secret_access_key_field},
                                               {"fetch_as", &Row::fetch_as},
                                               {"fetch_command", &Row::fetch_command},
                                               {"account_name", &Row::account_name}}};

std::string text(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

int number(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_int64() ? static_cast<int>(value->get_int64()) : 0;
}

const char* mode_name(notify::Mode mode) { return mode == notify::Mode::enforce ? "enforce" : "dry_run"; }

json::object json_of(const notify::WarnedAction& warned) {
  return {{"access_key_id", warned.key.str()}, {"action", to_string(warned.action)}, {"due", base::format_iso8601(warned.due)}};
}

std::optional<notify::WarnedAction> warned_action_of(const json::object& line) {
  const auto key = AccessKeyId::parse(text(line, "access_key_id"));
  const auto action = named(text(line, "action"), Action::hold);
  const auto due = base::parse_iso8601(text(line, "due"));
  if (!key || !action || !due) return std::nullopt;
  return notify::WarnedAction{*key, *action, *due};
}

json::object json_of(const JournalEntry& entry) {
  json::object line;
  line["account"] = entry.account.str();
  line["user"] = entry.user.str();
  line["action"] = to_string(entry.decision.action);
  line["reason"] = to_string(entry.decision.reason);
  if (entry.decision.key) line["access_key_id"] = entry.decision.key->str();
  if (entry.decision.due) line["due"] = base::format_iso8601(*entry.decision.due);
  if (!entry.decision.detail.empty()) line["detail"] = entry.decision.detail;
  line["run"] = entry.run;
  line["begun"] = base::format_iso8601(entry.begun);
  if (entry.done) line["done"] = base::format_iso8601(*entry.done);
  if (entry.only_look) line["only_look"] = true;
  if (entry.new_key) line["new_access_key_id"] = entry.new_key->str();
  return line;
}

std::optional<JournalLine> entry_of(const json::object& line) {
  const auto account = base::AccountId::parse(text(line, "account"));
  const auto user = base::UserName::parse(text(line, "user"));
  const auto action = named(text(line, "action"), Action::hold);
  const auto reason = named(text(line, "reason"), rotation::k_last_reason);
  const auto begun = base::parse_iso8601(text(line, "begun"));
  if (!account || !user || !action || !reason || !begun) return std::nullopt;
  JournalEntry entry{*account, *user, {}, *begun, text(line, "run"), base::parse_iso8601(text(line, "done")), {}};
  entry.decision.action = *action;
  entry.decision.reason = *reason;
  if (*action == Action::warn) entry.decision.note = LedgerNote::announced;
  if (const auto key = AccessKeyId::parse(text(line, "access_key_id"))) entry.decision.key = *key;
  entry.decision.due = base::parse_iso8601(text(line, "due"));
  entry.decision.detail = text(line, "detail");
  const json::value* only_look = line.if_contains("only_look");
  entry.only_look = only_look != nullptr && *only_look == json::value(true);
  if (const auto key = AccessKeyId::parse(text(line, "new_access_key_id"))) entry.new_key = *key;
  return entry;
}

json::object json_of(const OwnerNotice& notice) {
  json::object row;
  row["urgency"] = to_string(notice.row.urgency);
  for (const RowText& one : k_row_texts) {
    if (!(notice.row.*one.text).empty()) row[one.name] = notice.row.*one.text;
  }
  json::object line;
  line["kind"] = k_notice;
  line["recipient"] = notice.recipient.str();
  line["mode"] = mode_name(notice.mode);
  line["matter"] = notice.matter;
  line["account"] = notice.row.account_id;
  line["user"] = notice.user.str();
  line["row"] = std::move(row);
  line["partition"] = notice.partition;
  line["rotation_days"] = notice.rotation_days;
  line["install_grace_days"] = notice.install_grace_days;
  line["recovery_grace_days"] = notice.recovery_grace_days;
  if (notice.warns_of) line["warns_of"] = json_of(*notice.warns_of);
  line["owed_since"] = base::format_iso8601(notice.owed_since);
  line["written"] = base::format_iso8601(notice.written);
  return line;
}

std::optional<JournalLine> notice_of(const json::object& line) {
  const auto recipient = notify::MailAddress::parse(text(line, "recipient"));
  const auto account = base::AccountId::parse(text(line, "account"));
  const auto user = base::UserName::parse(text(line, "user"));
  const auto owed_since = base::parse_iso8601(text(line, "owed_since"));
  const auto written = base::parse_iso8601(text(line, "written"));
  const std::string mode = text(line, "mode");
  const json::value* row = line.if_contains("row");
  if (!recipient || !account || !user || !owed_since || !written || row == nullptr || !row->is_object()) return std::nullopt;
  const auto urgency = named(text(row->get_object(), "urgency"), notify::Urgency::information);
  const bool dry_run = mode == mode_name(notify::Mode::dry_run);
  if (!urgency || (!dry_run && mode != mode_name(notify::Mode::enforce))) return std::nullopt;
  OwnerNotice notice{.recipient = *recipient,
                     .mode = dry_run ? notify::Mode::dry_run : notify::Mode::enforce,
                     .matter = text(line, "matter"),
                     .user = *user,
                     .row = {},
                     .partition = text(line, "partition"),
                     .rotation_days = number(line, "rotation_days"),
                     .install_grace_days = number(line, "install_grace_days"),
                     .recovery_grace_days = number(line, "recovery_grace_days"),
                     .warns_of = {},
                     .owed_since = *owed_since,
                     .written = *written};
  notice.row.urgency = *urgency;
  notice.row.account_id = account->str();
  notice.row.user = user->str();
  for (const RowText& one : k_row_texts) notice.row.*one.text = text(row->get_object(), one.name);
  const json::value* warns_of = line.if_contains("warns_of");
  if (warns_of != nullptr && warns_of->is_object()) notice.warns_of = warned_action_of(warns_of->get_object());
  return notice;
}

json::object json_of(const ReceivedWarning& warning) {
  json::object line = json_of(warning.action);
  line["kind"] = k_warned;
  line["account"] = warning.account.str();
  line["user"] = warning.user.str();
  line["at"] = base::format_iso8601(warning.at);
  return line;
}

std::optional<JournalLine> warning_of(const json::object& line) {
  const auto account = base::AccountId::parse(text(line, "account"));
  const auto user = base::UserName::parse(text(line, "user"));
  const auto action = warned_action_of(line);
  const auto at = base::parse_iso8601(text(line, "at"));
  if (!account || !user || !action || !at) return std::nullopt;
  return ReceivedWarning{*account, *user, *action, *at};
}

struct NameOf {
  std::string operator()(const JournalEntry& entry) const {
    const rotation::Decision& decision = entry.decision;
    return entries_prefix(entry.account, entry.user) + (decision.key ? decision.key->str() : "") + '/' +
           std::string(to_string(decision.action));
  }
  std::string operator()(const OwnerNotice& notice) const {
    return notices_prefix(notice.recipient, notice.mode) + notice.matter;
  }
  std::string operator()(const ReceivedWarning& warning) const {
    return warning_name(warning.account, warning.user, warning.action.key, warning.action.action);
  }
};

struct AccountOf {
  base::AccountId operator()(const JournalEntry& entry) const { return entry.account; }
  // It was made from an account's id, or read as one.
  base::AccountId operator()(const OwnerNotice& notice) const { return base::AccountId::parse(notice.row.account_id).value(); }
  base::AccountId operator()(const ReceivedWarning& warning) const { return warning.account; }
};

}  // namespace

std::string name_of(const JournalLine& line) { return std::visit(NameOf(), line); }

std::string entries_prefix(const base::AccountId& account, const base::UserName& user) { return account.str() + '/' + user.str() + '/'; }

std::string notices_prefix(const notify::MailAddress& recipient, notify::Mode mode) {
  return std::string(k_notice) + '/' + mailbox_key(recipient) + '/' + mode_name(mode) + '/';
}

std::string warning_name(const base::AccountId& account, const base::UserName& user, const AccessKeyId& key, Action action) {
  return std::string(k_warned) + '/' + entries_prefix(account, user) + key.str() + '/' + std::string(to_string(action));
}

base::AccountId account_of(const JournalLine& line) { return std::visit(AccountOf(), line); }

std::string text_of(const JournalLine& line, LineState state) {
  json::object object = std::visit([](const auto& one) { return json_of(one); }, line);
  object["state"] = state == LineState::open ? k_open : k_closed;
  return json::serialize(object) + '\n';
}

std::optional<ReadLine> read_line(std::string_view line) {
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), failed);
  if (failed || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const std::string kind = text(object, "kind");
  const std::string state = text(object, "state");
  if (state != k_open && state != k_closed) return std::nullopt;
  std::optional<JournalLine> read;
  if (kind == k_notice) {
    read = notice_of(object);
  } else if (kind == k_warned) {
    read = warning_of(object);
  } else if (kind.empty()) {
    read = entry_of(object);
  }
  if (!read) return std::nullopt;
  return ReadLine{std::move(*read), state == k_open ? LineState::open : LineState::closed};
}

}  // namespace keyward::orchestrator
