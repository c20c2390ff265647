#include "notify/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/shell_word.hpp"
#include "base/time.hpp"
#include "notify/text.hpp"

namespace keyward::notify {
namespace {

using rotation::Action;
using rotation::OutcomeStatus;
using rotation::Reason;

// Longer names and details than these are cut: a digest holds sixty rows and mail programs clip at 102 KB.
constexpr std::size_t k_max_name = 100;
constexpr std::size_t k_max_detail = 300;
// Up to so many days before it happens a warning counts as urgent.
constexpr int k_soon_days = 3;

/// "7QXM": the id's last four characters, without the mark that base::last_four() sets before them in logs.
std::string tail(const base::AccessKeyId& id) { return id.str().substr(id.str().size() - 4); }

std::string ending(const std::optional<base::AccessKeyId>& key) {
  return key ? "ending in " + tail(*key) : std::string("of this user");
}

std::string days(std::chrono::days count) {
  return fmt::format("{} {}", count.count(), count.count() == 1 ? "day" : "days");
}

std::string in_days(std::optional<int> left) {
  if (!left) return {};
  if (*left <= 0) return " (today)";
  if (*left == 1) return " (tomorrow)";
  return fmt::format(" (in {} days)", *left);
}

std::string minute(base::Instant at) {
  const std::string iso = base::format_iso8601(at);
  return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

std::string use_text(const rotation::KeyUse& use) {
  std::string text = minute(use.at);
  // AWS answers "N/A" where it does not know.
  const bool service = !use.service.empty() && use.service != "N/A";
  const bool region = !use.region.empty() && use.region != "N/A";
  if (service) text += ", " + shortened(one_line(use.service), k_max_name);
  if (region) text += (service ? " in " : ", ") + shortened(one_line(use.region), k_max_name);
  return text;
}

/// The details of decisions are parts of sentences.
std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (text.back() != '.') text += '.';
  return text;
}

/// The words for one outcome. Every function fills what, why, todo and due.
class Writer {
 public:
  Writer(const rotation::UserReport& user, const rotation::Outcome& outcome, const rotation::Policy& policy, Mode mode)
      : user_(user),
        outcome_(outcome),
        decision_(outcome.decision),
        policy_(policy),
        would_(mode == Mode::dry_run || outcome.status == OutcomeStatus::dry_run) {}

  Row write() && {
    if (decision_.key) row_.key = tail(*decision_.key);
    if (outcome_.new_key) row_.new_key = tail(*outcome_.new_key);
    row_.last_used = last_used();
    if (outcome_.status == OutcomeStatus::recovery_needed)
      recovery();
    else if (decision_.action == Action::hold || decision_.action == Action::wait)
      hold();
    else if (outcome_.status == OutcomeStatus::failed)
      failed();
    else if (outcome_.status == OutcomeStatus::held_back)
      held_back();
    else if (decision_.action == Action::rotate)
      rotated();
    else if (decision_.action == Action::deactivate)
      deactivated();
    else if (decision_.action == Action::remove)
      removed();
    else
      warned();
    const bool stored = outcome_.status == OutcomeStatus::done && outcome_.secret.has_value();
    if (stored) secret();
    return std::move(row_);
  }

 private:
  const rotation::KeyFacts* key_facts() const {
    if (!decision_.key || !user_.facts.keys.is_known()) return nullptr;
    for (const rotation::KeyFacts& key : user_.facts.keys.value()) {
      if (key.id == *decision_.key) return &key;
    }
    return nullptr;
  }

  std::string last_used() const {
    if (decision_.last_use) return use_text(*decision_.last_use);
    const rotation::KeyFacts* key = key_facts();
    if (key == nullptr || key->last_use.is_unknown()) return {};
    return key->last_use.is_known() ? use_text(key->last_use.value()) : std::string("never");
  }

  // When the key that was replaced now is switched off: the grace has passed and the key has its full age, except that
  // a forced rotation does not ask for the age.
  base::Instant switch_off() const {
    base::Instant at = outcome_.at + policy_.install_grace;
    const rotation::KeyFacts* key = key_facts();
    if (key != nullptr && decision_.reason != Reason::forced_rotation && decision_.reason != Reason::compromised_key) {
      at = std::max(at, base::Instant(key->created + policy_.rotate_after + policy_.install_grace));
    }
    return at;
  }

  /// The decision's own words where it has some, else what the rule says.
  std::string why() const { return decision_.detail.empty() ? rule() : sentence(detail()); }

  std::string detail() const { return shortened(one_line(decision_.detail), k_max_detail); }

  std::string rule() const {
    switch (decision_.reason) {
      case Reason::expired_active_key:
      case Reason::key_pending_rotation:
        return fmt::format("Access keys are replaced at the age of {}.", days(policy_.rotate_after));
      case Reason::unused_expired_key:
        return fmt::format("The key is {} old or older and was never used.", days(policy_.rotate_after));
      case Reason::forced_rotation: return "Somebody asked for this rotation.";
      case Reason::compromised_key: return "The key was reported as compromised.";
      case Reason::install_grace_period_end:
      case Reason::key_pending_deactivation:
        return fmt::format("A newer key replaced it, and both stay usable for {}.", days(policy_.install_grace));
      case Reason::recovery_grace_period_end:
      case Reason::key_pending_deletion:
        return fmt::format("A key that was switched off is kept for {}, then deleted.", days(policy_.recovery_grace));
      case Reason::conflict_two_used_keys:
        return "The user has two keys in use and both are overdue; the one used less recently has to go first.";
      case Reason::interrupted_rotation: return "An earlier run began to rotate this key and was interrupted.";
      case Reason::first_seen_inactive: return "Somebody switched the key off, not keyward.";
      case Reason::rolled_back: return "Somebody switched off the key that replaced this one.";
      case Reason::reactivated: return "Somebody switched the key on again.";
      case Reason::replacement_missing: return "A key is kept while nothing usable replaces it.";
      case Reason::waiting_for_new_key_use: return "The newer key is not used yet.";
      case Reason::waiting_for_other_key: return "IAM allows a user two keys, and this user has two.";
      case Reason::rotated_by_secret: return "Secrets Manager makes this user's keys when it rotates their secret.";
      case Reason::held_while_in_use: return "A newer key replaced it, but something still uses it.";
      case Reason::deactivation_waits_for_warning:
      case Reason::deletion_waits_for_warning: return "Nobody had been warned of it.";
      case Reason::fact_unknown:
      case Reason::exemption_unreadable: return "What cannot be read is a reason to change nothing.";
      case Reason::exempt_user: return "The user is exempt.";
      case Reason::key_compliant: return "The key is in policy.";
      case Reason::no_keys: return "The user has no access keys.";
    }
    return {};
  }

  void rotated() {
    const base::Instant off = switch_off();
    const std::string off_date = base::format_date(off);
    const std::string delete_date = base::format_date(off + policy_.recovery_grace);
    row_.why = why();
    row_.due = off_date;
    if (would_) {
      row_.urgency = Urgency::later;
      row_.what = fmt::format("A new access key would have been made to replace the key {}.", ending(decision_.key));
      row_.todo =
          fmt::format("Nothing today. Outside a dry run you would have until {} to install the new key.", off_date);
      return;
    }
    row_.urgency = Urgency::action;
    row_.what = fmt::format("A new access key{} was made. It replaces the key {}.",
                            outcome_.new_key ? " " + ending(outcome_.new_key) : "", ending(decision_.key));
    if (decision_.reason == Reason::compromised_key) {
      row_.due = base::format_date(outcome_.at);
      row_.todo = fmt::format("Fetch the new key and install it now: the old one is switched off already. It is deleted on {}.",
                              base::format_date(outcome_.at + policy_.recovery_grace));
      return;
    }
    row_.todo = fmt::format(
        "Fetch the new key and install it wherever the old one is used, before {}. On that day the old key is switched "
        "off; on {} it is deleted.",
        off_date, delete_date);
  }

  void deactivated() {
    const std::string delete_date = base::format_date(outcome_.at + policy_.recovery_grace);
    row_.why = why();
    row_.due = delete_date;
    if (would_) {
      row_.urgency = Urgency::later;
      row_.what = fmt::format("The access key {} would have been switched off.", ending(decision_.key));
      row_.todo = "Nothing today. If something still uses this key, move it to another one.";
      return;
    }
    row_.urgency = Urgency::action;
    row_.what = fmt::format("The access key {} was switched off.", ending(decision_.key));
    if (decision_.reason == Reason::compromised_key) {
      row_.todo = fmt::format("What used it needs another key now. Do not switch it on again; on {} it is deleted.", delete_date);
      return;
    }
    row_.todo = fmt::format(
        "If something stopped working today, it still used this key: give it {}. Until {} an administrator can switch "
        "this "
        "key on again; on that day it is deleted.",
        decision_.reason == Reason::install_grace_period_end ? "the new one" : "another one", delete_date);
  }

  void removed() {
    row_.why = why();
    row_.urgency = would_ ? Urgency::later : Urgency::information;
    row_.what = fmt::format("The access key {} {} deleted.", ending(decision_.key), would_ ? "would have been" : "was");
    row_.todo = would_ ? "Nothing today." : "Nothing. The key cannot be brought back.";
    const rotation::KeyFacts* kept = key_that_stays();
    if (would_ || decision_.reason != Reason::recovery_grace_period_end || kept == nullptr) return;
    row_.todo = fmt::format("Nothing: the handover to the key ending in {} is complete. The old key cannot be brought back.", tail(kept->id));
  }

  /// The active key beside the one that this is about; null when there is none, or when that is not known.
  const rotation::KeyFacts* key_that_stays() const {
    if (!user_.facts.keys.is_known()) return nullptr;
    const auto stays = [this](const rotation::KeyFacts& key) {
      return key.status == rotation::KeyStatus::active && key.id != decision_.key;
    };
    const std::vector<rotation::KeyFacts>& keys = user_.facts.keys.value();
    const auto found = std::ranges::find_if(keys, stays);
    return found == keys.end() ? nullptr : &*found;
  }

  void warned() {
    row_.urgency = decision_.days_left && *decision_.days_left <= k_soon_days ? Urgency::soon : Urgency::later;
    if (decision_.due) row_.due = base::format_date(*decision_.due);
    row_.why = why();
    const std::string when =
        decision_.due ? "on " + row_.due + in_days(decision_.days_left) : std::string("on one of the next days");
    const std::string_view will = would_ ? "would be" : "will be";
    const std::string key = ending(decision_.key);
    switch (decision_.reason) {
      case Reason::key_pending_deletion:
        row_.what = fmt::format("The access key {}, which is switched off, {} deleted {}.", key, will, when);
        row_.todo = "Nothing, if everything works. If something needs this key, give it the new one before that day.";
        return;
      case Reason::key_pending_rotation:
        row_.what = fmt::format("The access key {} {} replaced by a new one {}.", key, will, when);
        row_.todo = fmt::format(
            "Nothing yet. Find out where this key is used: from that day you have {} to install the new one, which you "
            "find in AWS Secrets Manager.",
            days(policy_.install_grace));
        return;
      default:
        row_.what = fmt::format("The access key {} {} switched off {}.", key, will, when);
        row_.todo = "Make sure that nothing uses this key any more: what still does stops working on that day.";
        return;
    }
  }

  void hold() {
    row_.urgency = Urgency::decision;
    row_.why = sentence(detail());
    if (decision_.due) row_.due = base::format_date(*decision_.due);
    const std::string key = ending(decision_.key);
    switch (decision_.reason) {
      case Reason::conflict_two_used_keys:
        row_.what = "The user has two access keys in use and both are overdue.";
        row_.todo =
            "Decide which key can go, move what uses it to the other one and delete it. Then keyward rotates the "
            "other.";
        return;
      case Reason::rolled_back:
        row_.what = fmt::format("Somebody switched off the newer access key, so the older key {} is kept.", key);
        row_.todo = "Switch the newer key on again and install it, or delete it so that keyward can make another one.";
        return;
      case Reason::reactivated:
        row_.what = fmt::format("The access key {} was switched on again after keyward had switched it off.", key);
        row_.todo = "Move what needs this key to the new one, then switch the old key off.";
        return;
      case Reason::replacement_missing:
        row_.what = fmt::format("The key that replaced the access key {} is gone or switched off.", key);
        row_.todo =
            "Say which key is to stay: switch the replacement on again, or delete it so that keyward can make another "
            "one.";
        return;
      case Reason::interrupted_rotation:
        row_.what = fmt::format("A rotation of the access key {} was interrupted and is not settled yet.", key);
        row_.todo = "Nothing. The next run finishes or undoes it.";
        return;
      case Reason::held_while_in_use:
        row_.urgency = Urgency::action;
        row_.what = fmt::format("The access key {} is due to be switched off but is still being used.", key);
        row_.todo = fmt::format("Move what uses it to the new key, before {}. On that day it is switched off all the same.", row_.due);
        return;
      case Reason::deactivation_waits_for_warning:
      case Reason::deletion_waits_for_warning:
        row_.urgency = Urgency::soon;
        row_.due.clear();  // it has passed
        row_.what = fmt::format("The access key {} should be {} by now, but no warning of that had been delivered: the next run does it.",
                                key, decision_.reason == Reason::deletion_waits_for_warning ? "deleted" : "switched off");
        row_.todo = "Make sure that nothing uses this key any more, and give what still does the new one now.";
        return;
      case Reason::rotated_by_secret:
        row_.what = fmt::format("The access key {} is due, but the rotation of its secret has made no new one.", key);
        row_.todo = "See in Secrets Manager why the rotation of the secret does not run; with it this user gets new keys.";
        return;
      case Reason::waiting_for_other_key:
        row_.what = fmt::format("The access key {} is due, but the user has two keys and IAM allows no third.", key);
        row_.todo = "Delete the key that is not needed.";
        return;
      case Reason::fact_unknown:
      case Reason::exemption_unreadable:
        row_.what = "Something about this user could not be read or understood, so keyward changes nothing.";
        row_.todo = "Check what the role that keyward assumes in this account may read.";
        return;
      default:
        row_.what = fmt::format("keyward leaves the access key {} alone until a person has decided.", key);
        row_.todo = "Look at the user's access keys and decide which of them are needed.";
        return;
    }
  }

  std::string_view planned() const {
    switch (decision_.action) {
      case Action::rotate: return "replaced by a new one";
      case Action::deactivate: return "switched off";
      case Action::remove: return "deleted";
      default: return "looked after";
    }
  }

  // The kind and the code; the service's own message may hold anything and stays in the run's records.
  std::string error_text() const {
    if (!outcome_.error) return {};
    const base::Error& error = *outcome_.error;
    const std::string code = shortened(one_line(error.code), k_max_name);
    const std::string operation = shortened(one_line(error.operation.substr(0, error.operation.find(' '))), k_max_name);
    std::string text(base::to_string(error.kind));
    if (!code.empty()) text += ": " + code;
    if (!operation.empty()) text += " (" + operation + ")";
    return text;
  }

  void failed() {
    row_.urgency = Urgency::failure;
    row_.why = error_text();
    if (outcome_.in_doubt) {
      row_.what = fmt::format("The access key {} may be {} already: that could not be made certain.", ending(decision_.key), planned());
      row_.todo = decision_.action == Action::rotate ? "Nothing, it works as before." : "If something stopped working today, it may have used this key.";
      row_.todo += " The next run makes it certain, and you are told.";
      return;
    }
    row_.what =
        fmt::format("The access key {} could not be {}. Nothing was changed.", ending(decision_.key), planned());
    // What a person asked for is not due by itself: no run comes back to it.
    const bool asked_for = decision_.reason == Reason::forced_rotation || decision_.reason == Reason::compromised_key;
    row_.todo = asked_for ? "Nothing. Whoever asked for it has to ask again."
                          : "Nothing. Every run tries again, and you are told when it is done. If you hear nothing for some days, ask the "
                            "sender of this mail.";
  }

  void held_back() {
    row_.urgency = Urgency::failure;
    row_.what = fmt::format("The access key {} is due to be {}, but this run had reached its limit of changes.",
                            ending(decision_.key), planned());
    row_.todo = "Nothing. A later run does it.";
  }

  void recovery() {
    row_.urgency = Urgency::recovery;
    if (!outcome_.new_key) {
      row_.what = "A rotation was interrupted, and the user's access keys were changed since by somebody else.";
      row_.why = error_text();
      row_.todo = "Decide together with the sender of this mail which of the user's keys stay. Until then keyward changes none.";
      return;
    }
    row_.what =
        fmt::format("A new access key{} was made, but its secret could not be stored and the key could not be removed.",
                    outcome_.new_key ? " " + ending(outcome_.new_key) : "");
    row_.why = error_text();
    row_.todo =
        "Delete this new key by hand. Nobody knows its secret, so nothing uses it. The old key works as before.";
  }

  void secret() {
    const rotation::SecretLocation& location = *outcome_.secret;
    row_.secret_name = one_line(location.name);
    row_.secret_region = location.region.str();
    row_.secret_arn = one_line(location.arn);
    row_.access_key_id_field = shortened(one_line(location.access_key_id_field), k_max_name);
    row_.secret_access_key_field = shortened(one_line(location.secret_access_key_field), k_max_name);
    // By ARN: it is the only form that works from another account, and a name that ends in a hyphen and six characters
    // is taken for the end of an ARN.
    const std::string& id = row_.secret_arn.empty() ? row_.secret_name : row_.secret_arn;
    row_.fetch_as = decision_.reason == Reason::compromised_key
                        ? fmt::format("Fetch it as {}, but not with the old key: that opens nothing any more", user_.facts.name.str())
                        : fmt::format("Fetch it as {}; the old key opens it until it is switched off", user_.facts.name.str());
    row_.fetch_command =
        fmt::format("aws secretsmanager get-secret-value --secret-id {} --region {} --query SecretString --output text",
                    base::shell_word(id), row_.secret_region);
  }

  const rotation::UserReport& user_;
  const rotation::Outcome& outcome_;
  const rotation::Decision& decision_;
  const rotation::Policy& policy_;
  bool would_;
  Row row_;
};

}  // namespace

std::string_view to_string(Urgency urgency) noexcept {
  switch (urgency) {
    case Urgency::recovery: return "act now";
    case Urgency::decision: return "your decision is needed";
    case Urgency::action: return "action needed";
    case Urgency::failure: return "not done yet";
    case Urgency::soon: return "coming soon";
    case Urgency::later: return "coming";
    case Urgency::information: return "for your information";
  }
  return "for your information";
}

std::optional<WarnedAction> warned_action(const rotation::Outcome& outcome) {
  const rotation::Decision& decision = outcome.decision;
  if (!decision.key || outcome.status != OutcomeStatus::done) return std::nullopt;
  const base::Instant due = decision.due.value_or(outcome.at);
  switch (decision.reason) {
    case Reason::key_pending_deactivation:
    case Reason::deactivation_waits_for_warning: return WarnedAction{*decision.key, Action::deactivate, due};
    case Reason::key_pending_deletion:
    case Reason::deletion_waits_for_warning: return WarnedAction{*decision.key, Action::remove, due};
    default: return std::nullopt;
  }
}

bool concerns_people(const rotation::Outcome& outcome) {
  if (outcome.status == OutcomeStatus::recovery_needed) return true;
  switch (outcome.decision.action) {
    case Action::rotate:
    case Action::deactivate:
    case Action::remove:
    case Action::warn: return outcome.status != OutcomeStatus::stale;
    case Action::hold: return true;
    case Action::wait: return outcome.decision.reason == Reason::held_while_in_use || warned_action(outcome).has_value();
    case Action::none:
    case Action::note: return false;
  }
  return false;
}

Row describe(const accounts::Account& account, const rotation::UserReport& user, const rotation::Outcome& outcome,
             const rotation::Policy& policy, Mode mode) {
  Row row = Writer(user, outcome, policy, mode).write();
  row.account_id = account.id.str();
  row.account_name = shortened(one_line(account.name), k_max_name);
  row.user = user.facts.name.str();
  return row;
}

}  // namespace keyward::notify
