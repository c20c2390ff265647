#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>

#include "notify/recipients.hpp"
#include "notify/wording.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/configuration_text.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/preflight.hpp"
#include "report/user_explanation.hpp"
#include "rotation/secret_document.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using report::UserExplanation;

// Beyond one whole life of a key it repeats itself.
constexpr std::chrono::days k_beyond_a_life{14};

/// The settings that decide about a user. Of users.exempt and accounts.* the facts tell what came of them.
bool is_told(std::string_view path) {
  constexpr auto k_told = std::to_array<std::string_view>({"dry_run", "users.default", "users.exempt_group", "notify.account_owner", "notify.owner",
                                                           "notify.owner_tag", "notify.allowed_domains", "notify.fallback",
                                                           "notify.recipients_file", "notify.require_warning"});
  return path.starts_with("policy.") || path.starts_with("store.") || std::ranges::find(k_told, path) != k_told.end();
}

/// Who hears of the user's keys, by one source alone.
std::vector<notify::MailAddress> by_source(const UserLook& look, bool account_owner, std::vector<notify::OwnerSource> owner,
                                           const notify::AddressBook& book, const notify::AlternateContact& contact) {
  notify::NotifySettings settings = look.report.settings.notify;
  settings.account_owner = account_owner;
  settings.owner = std::move(owner);
  settings.fallback.clear();
  return notify::recipients_for(look.report.account, look.report.users.front().facts, settings, book, contact).addresses;
}

std::string_view name_of(notify::OwnerSource source) {
  switch (source) {
    case notify::OwnerSource::user_tag: return "notify.owner: user_tag";
    case notify::OwnerSource::account_tag: return "notify.owner: account_tag";
    case notify::OwnerSource::alternate_contact: return "notify.owner: alternate_contact";
  }
  return "";
}

void add_recipients(UserExplanation& told, const UserLook& look, const notify::AddressBook& book, const notify::AlternateContact& contact) {
  const notify::NotifySettings& settings = look.report.settings.notify;
  const notify::Recipients all = notify::recipients_for(look.report.account, look.report.users.front().facts, settings, book, contact);
  const auto source_of = [&](const notify::MailAddress& address) -> std::string {
    const auto names = [&address](const std::vector<notify::MailAddress>& found) {
      return std::ranges::any_of(found, [&](const auto& one) { return notify::mailbox_key(one) == notify::mailbox_key(address); });
    };
    if (settings.account_owner && names(by_source(look, true, {}, book, contact))) {
      return book.find(look.report.account.id) ? "notify.recipients_file" : "notify.account_owner: the account's address";
    }
    for (const notify::OwnerSource source : settings.owner) {
      if (names(by_source(look, false, {source}, book, contact))) return std::string(name_of(source));
    }
    return "notify.fallback";
  };
  for (const notify::MailAddress& address : all.addresses) told.recipients.push_back({address.str(), source_of(address)});
  for (const notify::RecipientProblem& problem : all.problems) told.mail_problems.push_back(problem.message);
}

/// Whoever may read neither the account's tags nor its contacts is told that, not who would hear.
Task<void> find_recipients(Job& job, UserLook& look, UserExplanation& told, const notify::AddressBook& book) {
  const notify::NotifySettings& settings = look.report.settings.notify;
  notify::AlternateContact contact;
  const bool wants_tags = std::ranges::find(settings.owner, notify::OwnerSource::account_tag) != settings.owner.end();
  if (wants_tags && !look.report.account.tags && !settings.allowed_domains.empty()) {
    Result<std::map<std::string, std::string>> tags = co_await job.account_tags(look.report.account.id);
    contact.unreadable = !tags;
    if (!tags) told.mail_problems.push_back("the tags of the account could not be read: " + base::describe(tags.error()));
    if (tags) look.report.account.tags = std::move(*tags);
  }
  if (notify::needs_alternate_contact(look.report.account, look.report.users.front().facts, settings)) {
    Result<std::optional<std::string>> found = co_await job.alternate_contact(look.report.account.id);
    if (found) {
      contact.email = found->value_or("");
    } else {
      contact.unreadable = true;
      told.mail_problems.push_back("the account's alternate contacts could not be read: " + base::describe(found.error()));
    }
  }
  add_recipients(told, look, book, contact);
}

UserExplanation::Secret secret_of(const CommandContext& context, const UserLook& look) {
  const rotation::StoreSettings& store = look.report.settings.store;
  const rotation::UserReport& user = look.report.users.front();
  UserExplanation::Secret secret;
  const Result<std::string> name = rotation::secret_name(store, look.report.account.id, user.facts.name);
  secret.name = name ? *name : store.name;
  if (!name) secret.trouble = "No key can be stored: " + base::describe(name.error());
  const bool central = store.target == rotation::StoreTarget::central;
  const base::Region region = store.region.value_or(context.services.region);
  secret.place = (central ? "the central account" : "account " + look.report.account.id.str()) + ", " + region.str();
  if (!look.secret) {
    secret.trouble = "Whether it is there could not be asked: " + base::describe(look.secret.error());
    return secret;
  }
  secret.exists = look.secret->has_value();
  if (!*secret.exists) return secret;
  // The words of the mail that told its owner.
  rotation::Outcome outcome = rotation::make_outcome({}, rotation::OutcomeStatus::done, context.services.context.clock.now());
  outcome.decision.action = rotation::Action::rotate;
  outcome.secret = **look.secret;
  const notify::Row row = notify::describe(look.report.account, user, outcome, look.report.settings.policy, notify::Mode::enforce);
  secret.fetch_as = row.fetch_as;
  secret.fetch_command = row.fetch_command;
  return secret;
}

std::optional<base::Instant> exempt_until(const CommandContext& context, const UserLook& look) {
  const base::Instant now = context.services.context.clock.now();
  return rotation::exempt_until(look.report.account.id, look.report.users.front().facts.name, context.configuration.users, now);
}

void add_decisions(const CommandContext& context, const UserLook& look, UserExplanation& told) {
  const rotation::UserFacts& facts = look.report.users.front().facts;
  const AccountSettings& settings = look.report.settings;
  told.now = context.services.context.clock.now();
  told.facts = facts;
  told.user = facts.name.str();
  told.dry_run = settings.dry_run;
  told.exempt_group = !context.configuration.users.exempt_group.empty();
  told.record_tag = context.configuration.users.tag_prefix + "state";
  told.explained = rotation::explain(facts, settings.policy, told.now);
  const rotation::Policy& policy = settings.policy;
  const auto life = policy.rotate_after + policy.install_grace + policy.recovery_grace + k_beyond_a_life;
  rotation::ForecastSettings ahead{policy, rotation::Adoption::prompt, settings.notify.require_warning, exempt_until(context, look)};
  told.coming = rotation::forecast(facts, ahead, told.now, static_cast<int>(life.count()));
  told.coming_until = told.now + life;
}

bool is_partly_unknown(const rotation::UserFacts& facts) {
  if (facts.exemption.is_unknown() || facts.keys.is_unknown() || facts.tags.is_unknown() || facts.ledger.is_unknown()) return true;
  return std::ranges::any_of(facts.keys.value(), [](const rotation::KeyFacts& key) { return key.last_use.is_unknown(); });
}

}  // namespace

Task<ExitCode> run_explain(CommandContext context) {
  const auto account = base::AccountId::parse(context.line.account);
  const auto user = base::UserName::parse(context.line.user);
  if (!account || !user) {
    context.err << "keyward: --account needs 12 digits and --user the name of an IAM user\n";
    co_return ExitCode::usage;
  }
  Job job(context.configuration, context.services, std::nullopt);
  const std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  const auto& entries = accounts->inventory.entries;
  const auto entry = std::ranges::find(entries, *account, [](const auto& one) { return one.account.id; });
  UserExplanation told(context.services.context.clock.now(), *account, user->str());
  if (entry == entries.end()) {
    report::print_explanation(context.out, told, context.output);
    co_return ExitCode::preflight_failed;
  }
  told.account = entry->account;
  if (entry->skip != accounts::Skip::none) {
    told.not_taking_part = accounts::describe(entry->skip);
    report::print_explanation(context.out, told, context.output);
    co_return ExitCode::done;
  }
  for (ShownSetting& setting : settings_of(context.loaded, entry->account)) {
    if (is_told(setting.path)) told.settings.push_back({std::move(setting.path), std::move(setting.value), std::move(setting.origin)});
  }
  const rotation::RunIdentity nobody;
  UserLook look = co_await job.look_at(entry->account, *user, nobody);
  if (look.report.failure) {
    const bool no_user = look.report.failure->code == k_no_such_user;
    told.failure = no_user ? "the account has no IAM user of that name. Names of the users: keyward audit" : base::describe(*look.report.failure);
    report::print_explanation(context.out, told, context.output);
    co_return no_user ? ExitCode::preflight_failed : ExitCode::partial;
  }
  add_decisions(context, look, told);
  Result<notify::AddressBook> book = co_await recipients(context.configuration.defaults.notify, job);
  if (!book) {
    told.mail_problems.push_back("who hears could not be found out: " + base::describe(book.error()));
  } else {
    co_await find_recipients(job, look, told, *book);
  }
  told.secret = secret_of(context, look);
  report::print_explanation(context.out, told, context.output);
  co_return with_signal(context, is_partly_unknown(*told.facts) || !book ? ExitCode::partial : ExitCode::done);
}

}  // namespace keyward::orchestrator
