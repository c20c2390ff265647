#include "orchestrator/fan_out.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "aws/s3_client.hpp"
#include "base/files.hpp"
#include "base/task_group.hpp"
#include "orchestrator/journal_lines.hpp"
#include "orchestrator/lambda_event.hpp"
#include "orchestrator/open_run.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_digest.hpp"
#include "orchestrator/run_summary.hpp"
#include "report/highlights.hpp"
#include "report/merge.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr const char* k_accounts = "accounts.jsonl";
constexpr const char* k_inventory = "inventory.json";
constexpr const char* k_told = "told.json";
constexpr const char* k_json = "application/json";
constexpr const char* k_lines = "application/x-ndjson";

// An account of 5,000 users, IAM's most, has some thousand lines of a few hundred bytes; a list of accounts, 10,000 of 200.
constexpr std::size_t k_most_bytes = 64u << 20;
// S3 has no quota that matters here; more would only hold more answers in memory.
constexpr std::size_t k_fetched_at_once = 16;
// AWS's time as one function sees it and as another does: by its answers, which have no parts of a second.
constexpr std::chrono::minutes k_clocks_differ{1};

std::string name_of_account(const std::string& account) { return "accounts/" + account + ".json"; }

/// The place of one fan-out, with the caller's own credentials.
class Store {
 public:
  Store(const Services& services, notify::BucketPlace place)
      : s3_(services.context, *services.identity, services.region), place_(std::move(place)) {}

  Task<Result<void>> put(std::string name, std::string_view type, std::string content) {
    std::string key = key_of(name);
    Result<void> kept = co_await s3_.put_object(place_.bucket, std::move(key), type, std::move(content));
    if (!kept) co_return at(name, kept.error());
    co_return kept;
  }

  Task<Result<std::string>> get(std::string name) {
    std::string key = key_of(name);
    Result<std::string> found = co_await s3_.get_object(place_.bucket, std::move(key), k_most_bytes);
    if (!found) co_return at(name, found.error());
    co_return found;
  }

  const std::string& bucket() const noexcept { return place_.bucket; }
  std::string key_of(const std::string& name) const { return place_.prefix + "/" + name; }

 private:
  base::Error at(const std::string& name, base::Error error) const {
    error.message = "s3://" + place_.bucket + "/" + key_of(name) + ": " + error.message;
    return error;
  }

  aws::S3Client s3_;
  notify::BucketPlace place_;
};

/// S3 says so of what is not there; without s3:ListBucket it says "denied".
bool is_absent(const base::Error& error) {
  return error.kind == base::ErrorKind::not_found || error.kind == base::ErrorKind::denied;
}

base::Error damaged(const std::string& what) {
  return {base::ErrorKind::invalid, "fan-out", "Damaged", "", what + " is not what keyward left there"};
}

Result<object> object_of(std::string_view text, const std::string& what) {
  boost::system::error_code failed;
  value parsed = boost::json::parse(text, failed);
  if (failed || !parsed.is_object()) return damaged(what);
  return std::move(parsed.get_object());
}

const array& list_of(const object& from, std::string_view name) {
  static const array k_none;
  const value* found = from.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : k_none;
}

std::string text_of(const object& from, std::string_view name) {
  const value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

int number_of(const object& from, std::string_view name) {
  const value* found = from.if_contains(name);
  return found != nullptr && found->is_int64() ? static_cast<int>(found->get_int64()) : 0;
}

/// What the list of a fan-out says.
struct Listed {
  base::Instant since;  ///< what was left before is of another fan-out in the same place
  std::string organization;
  int in_organization = 0;
  std::map<std::string, int> skipped;
  std::vector<report::Uncovered> uncovered;
  std::vector<accounts::Account> accounts;
};

Task<Result<Listed>> read_list(Store& store) {
  const Result<std::string> inventory = co_await store.get(k_inventory);
  if (!inventory) co_return inventory.error();
  const Result<std::string> lines = co_await store.get(k_accounts);
  if (!lines) co_return lines.error();
  const Result<object> about = object_of(*inventory, k_inventory);
  if (!about) co_return about.error();
  Listed listed;
  if (about->contains("listed")) {  // it is absent from a list of an earlier version, which may be redriven
    const std::optional<base::Instant> at = base::parse_iso8601(text_of(*about, "listed"));
    if (!at) co_return damaged(k_inventory);
    listed.since = *at - k_clocks_differ;
  }
  listed.organization = text_of(*about, "organization");
  listed.in_organization = number_of(*about, "in_organization");
  if (const value* skipped = about->if_contains("skipped"); skipped != nullptr && skipped->is_object()) {
    for (const auto& member : skipped->get_object()) listed.skipped[member.key()] = number_of(skipped->get_object(), member.key());
  }
  for (const value& one : list_of(*about, "uncovered")) {
    if (!one.is_object()) co_return damaged(k_inventory);
    listed.uncovered.push_back(
        {text_of(one.get_object(), "account"), text_of(one.get_object(), "name"), text_of(one.get_object(), "reason")});
  }
  std::istringstream in(*lines);
  for (std::string line; std::getline(in, line);) {
    const Result<LambdaEvent> event = parse_lambda_event(line);
    const auto* account = event ? std::get_if<AccountEvent>(&*event) : nullptr;
    if (account == nullptr) co_return damaged(k_accounts);
    listed.accounts.push_back(account->account);
  }
  if (static_cast<int>(listed.accounts.size()) != number_of(*about, "accounts")) co_return damaged(k_accounts);
  co_return listed;
}

/// The pieces of a run as they come.
struct Pieces {
  Store& store;
  std::filesystem::path folder;        ///< where records of theirs are put together
  base::Instant since;                 ///< as in Listed
  std::set<std::string> told{};        ///< ids of the runs of accounts whose owners an earlier merge has told
  std::vector<std::string> runs{};     ///< of all pieces, those of earlier tries, too
  std::vector<report::RunSummary> summaries{};
  std::vector<std::filesystem::path> folders{};
  std::vector<notify::OwnerNotice> owed{};
  std::vector<report::Uncovered> uncovered{};
};

/// A record as a run leaves it, but for run.json.
Result<void> write_events(const std::filesystem::path& folder, const array& events) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  std::ofstream out(folder / "events.jsonl", std::ios::binary);
  for (const value& event : events) out << event << '\n';
  out.close();
  if (failed || !out) return base::Error{base::ErrorKind::invalid, "state_dir", "Unusable", "", folder.string() + " cannot be written"};
  return {};
}

Result<std::vector<notify::OwnerNotice>> notices_of(const array& lines) {
  std::vector<notify::OwnerNotice> notices;
  for (const value& line : lines) {
    const std::optional<ReadLine> read = line.is_string() ? read_line(std::string_view(line.get_string())) : std::nullopt;
    const auto* notice = read ? std::get_if<notify::OwnerNotice>(&read->line) : nullptr;
    if (notice == nullptr) return damaged("a notice");
    notices.push_back(*notice);
  }
  return notices;
}

/// What a try of an account's function did.
bool is_deed(const value& event) {
  return event.is_object() && text_of(event.get_object(), "event") == "action" && text_of(event.get_object(), "outcome") == "done";
}

/// What no later try of the same account finds again: what was done, and who has to hear of it.
array tries_of(const object& left) {
  array tries = list_of(left, "earlier");
  const value* run = left.if_contains("run");
  if (run == nullptr || !run->is_object()) return tries;
  array deeds;
  std::ranges::copy_if(list_of(left, "events"), std::back_inserter(deeds), is_deed);
  tries.push_back({{"run", text_of(run->get_object(), "run")}, {"deeds", std::move(deeds)}, {"owed", list_of(left, "owed")}});
  return tries;
}

/// What the notices of a run say, unless they were told.
Result<void> take_owed(Pieces& pieces, const std::string& run, const array& lines) {
  Result<std::vector<notify::OwnerNotice>> owed = notices_of(lines);
  if (!owed) return owed.error();
  if (!pieces.told.contains(run)) std::ranges::move(*owed, std::back_inserter(pieces.owed));
  pieces.runs.push_back(run);
  return {};
}

/// The function of an account was asked more than once: what its earlier tries did counts, too.
Result<void> take_earlier(Pieces& pieces, const object& found, report::RunSummary& summary, array& events) {
  for (const value& one : list_of(found, "earlier")) {
    if (!one.is_object()) return damaged("an earlier try");
    const object& earlier = one.get_object();
    // A run's id begins with its time.
    if (text_of(earlier, "run") < base::format_basic(pieces.since)) continue;
    Result<void> taken = take_owed(pieces, text_of(earlier, "run"), list_of(earlier, "owed"));
    if (!taken) return taken;
    for (const value& deed : list_of(earlier, "deeds")) {
      if (!is_deed(deed)) return damaged("an earlier try");
      const std::string action = text_of(deed.get_object(), "action");
      ++summary.decisions[action];
      ++summary.outcomes[action]["done"];
      ++summary.events;
      events.push_back(deed);
    }
  }
  return {};
}

/// Takes what the function of an account left.
Result<void> take(Pieces& pieces, const std::string& account, std::string_view text) {
  const Result<object> found = object_of(text, name_of_account(account));
  if (!found) return found.error();
  const value* run = found->if_contains("run");
  if (run == nullptr) {
    std::string why = "its function came to exit code " + std::to_string(number_of(*found, "exit_code"));
    for (const value& line : list_of(*found, "said")) {
      if (line.is_string()) why += ": " + std::string(line.get_string());
    }
    return base::Error{base::ErrorKind::invalid, "fan-out", "NoRun", "", why};
  }
  Result<report::RunSummary> summary = report::parse_summary(boost::json::serialize(*run));
  if (!summary) return summary.error();
  if (summary->started < pieces.since) {
    return base::Error{base::ErrorKind::invalid, "fan-out", "Stale", "",
                       "its function left nothing: what is there is of " + base::format_iso8601(summary->started) +
                           ", before the accounts were listed"};
  }
  array events = list_of(*found, "events");
  Result<void> earlier = take_earlier(pieces, *found, *summary, events);
  if (!earlier) return earlier;
  Result<void> owed = take_owed(pieces, summary->run, list_of(*found, "owed"));
  if (!owed) return owed;
  const std::filesystem::path folder = pieces.folder / account;
  Result<void> written = write_events(folder, events);
  if (!written) return written;
  pieces.summaries.push_back(std::move(*summary));
  pieces.folders.push_back(folder);
  return {};
}

Task<void> fetch(Pieces& pieces, accounts::Account account) {
  std::string name = name_of_account(account.id.str());
  const Result<std::string> text = co_await pieces.store.get(std::move(name));
  Result<void> taken = text ? take(pieces, account.id.str(), *text) : Result<void>(text.error());
  if (taken) co_return;
  const base::Error& error = taken.error();
  const std::string why = text ? error.message : "its function left nothing: " + base::describe(error);
  pieces.uncovered.push_back({account.id.str(), account.name, why});
}

Task<void> fetch_all(Pieces& pieces, const std::vector<accounts::Account>& accounts, base::TaskGroup& group) {
  for (const accounts::Account& account : accounts) {
    Task<void> child = fetch(pieces, account);
    co_await group.spawn(std::move(child));
  }
}

/// A fan-out is merged again when it was redriven: whose owners know what happened is not told once more, and whom no channel
/// reached is. Without that all are, which is better than never.
Task<void> take_told(Pieces& pieces) {
  const Result<std::string> text = co_await pieces.store.get(k_told);
  const Result<object> found = text ? object_of(*text, k_told) : Result<object>(object());
  if (!found) co_return;
  Result<std::vector<notify::OwnerNotice>> owed = notices_of(list_of(*found, "owed"));
  if (!owed) co_return;
  pieces.owed = std::move(*owed);
  for (const value& run : list_of(*found, "runs")) {
    if (run.is_string()) pieces.told.emplace(run.get_string());
  }
}

/// `journal`: what no channel took is still owed there.
Task<Result<void>> remember_told(Pieces& pieces, const Journal& journal) {
  std::set<std::string> all = pieces.told;  // a piece that could not be fetched this time was told all the same
  all.insert(pieces.runs.begin(), pieces.runs.end());
  array runs(all.begin(), all.end());
  array owed;
  for (const Journal::Creditor& creditor : journal.creditors()) {
    for (notify::OwnerNotice& notice : journal.owed(creditor)) owed.emplace_back(text_of(JournalLine(std::move(notice)), LineState::open));
  }
  const object told{{"runs", std::move(runs)}, {"owed", std::move(owed)}};
  std::string text = boost::json::serialize(told);
  Result<void> kept = co_await pieces.store.put(k_told, k_json, std::move(text));
  co_return kept;
}

/// The part of the run that no account's function did.
void count_rest(report::RunSummary& rest, const Listed& listed, const Pieces& pieces) {
  if (!pieces.summaries.empty()) rest.mode = pieces.summaries.front().mode;
  rest.organization = listed.organization;
  rest.accounts_skipped = listed.skipped;
  rest.uncovered = listed.uncovered;
  rest.uncovered.insert(rest.uncovered.end(), pieces.uncovered.begin(), pieces.uncovered.end());
  rest.accounts_participating = rest.accounts_total = static_cast<int>(rest.uncovered.size());
  for (const auto& [reason, count] : listed.skipped) rest.accounts_total += count;
}

/// The pieces and the rest count as shards of one run. What was redriven may be days younger, and of a configuration that was
/// mended: the rest, which is of now, comes first.
Result<report::MergedRun> put_together(Pieces& pieces, const report::RunSummary& rest, const std::filesystem::path& rest_folder,
                                       const std::filesystem::path& out, std::string run, int in_organization) {
  pieces.summaries.insert(pieces.summaries.begin(), rest);
  pieces.folders.insert(pieces.folders.begin(), rest_folder);
  const int count = static_cast<int>(pieces.folders.size());
  for (int i = 0; i < count; ++i) {
    report::RunSummary& summary = pieces.summaries[static_cast<std::size_t>(i)];
    summary.shard = report::ShardPart{i + 1, count, in_organization};
    const Result<void> written = report::write_summary(pieces.folders[static_cast<std::size_t>(i)] / "run.json", summary);
    if (!written) return written.error();
  }
  return report::merge_runs(pieces.folders, out, std::move(run), report::Missing::refused, report::Kinship::known);
}

struct RecordFile {
  const char* name;
  const char* type;
};
constexpr std::array<RecordFile, 3> k_record{
    {{"run.json", k_json}, {"events.jsonl", k_lines}, {"report.html", "text/html; charset=utf-8"}}};

Task<Result<void>> keep_record(Store& store, std::filesystem::path folder) {
  for (const RecordFile& file : k_record) {
    Result<std::string> content = base::read_whole(folder / file.name);
    if (!content) co_return content.error();
    Result<void> kept = co_await store.put(file.name, file.type, std::move(*content));
    if (!kept) co_return kept;
  }
  co_return Result<void>();
}

/// Tells owners and operators, and makes one record.
Task<ExitCode> end_run(CommandContext& context, Job& job, OpenRun& rest, Pieces& pieces, const Listed& listed, object& content) {
  rest.piece = Piece::rest;
  rest.owed = std::move(pieces.owed);
  count_rest(rest.record.summary(), listed, pieces);
  ExitCode code = co_await conclude(context, job, rest);
  const Result<void> remembered = co_await remember_told(pieces, rest.journal);
  if (!remembered) say(context, "a merge of the same again will tell owners once more", remembered.error());
  const std::string run = make_run_id(context.services.context.clock.now(), context.seed + 1);
  const std::filesystem::path out = context.configuration.state_dir / "runs" / run;
  const Result<report::MergedRun> merged =
      put_together(pieces, rest.record.summary(), rest.record.folder(), out, run, listed.in_organization);
  if (!merged) {
    say(context, "what the functions left could not be made one record", merged.error());
    co_return worst(code, ExitCode::partial);
  }
  code = worst(code, static_cast<ExitCode>(merged->summary.exit_code));
  notify::RunDigest digest = run_digest(merged->summary, merged->highlights, out, context.services.context.clock.now());
  const std::vector<notify::Notice> notices = co_await rest.notices.tell_operators(std::move(digest));
  for (const notify::Notice& notice : notices) {
    if (!notice.error) continue;
    say(context, "the channel " + notice.channel + " could not be told", *notice.error);
    code = worst(code, ExitCode::partial);
  }
  const Result<void> kept = co_await keep_record(pieces.store, out);
  if (!kept) {
    say(context, "the record of the run could not be kept", kept.error());
    code = worst(code, ExitCode::partial);
  }
  content["run"] = boost::json::parse(report::format_summary(merged->summary));
  content["bucket"] = pieces.store.bucket();
  content["report"] = pieces.store.key_of("report.html");
  co_return code;
}

Task<ExitCode> merge(CommandContext& context, const notify::BucketPlace& place, object& content, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return ExitCode::preflight_failed;
  Store store(context.services, place);
  const Result<Listed> listed = co_await read_list(store);
  if (!listed) {
    say(context, "the list of accounts cannot be read, so nothing was merged and nobody told", listed.error());
    co_return ExitCode::preflight_failed;
  }
  report::RunSummary summary = new_summary(context, "run", Mode::enforce);
  Result<OpenRun> rest = co_await open_run(context, job, std::move(summary));
  if (!rest) co_return not_begun(context, rest.error());
  Pieces pieces{store, rest->record.folder() / "pieces", listed->since};
  co_await take_told(pieces);
  const auto body = [&](base::TaskGroup& group) { return fetch_all(pieces, listed->accounts, group); };
  co_await base::run_group(k_fetched_at_once, body);
  ExitCode code = co_await end_run(context, job, *rest, pieces, *listed, content);
  co_return code;
}

}  // namespace

Task<Result<void>> leave_inventory(CommandContext context, notify::BucketPlace place, object& content) {
  Store store(context.services, place);
  std::string lines;
  const array events = std::move(content["accounts"].get_array());
  for (const value& event : events) {
    object of_account = event.get_object();
    of_account["bucket"] = place.bucket;
    of_account["prefix"] = place.prefix;
    lines += boost::json::serialize(of_account) + "\n";
  }
  content["accounts"] = events.size();
  Result<void> kept = co_await store.put(k_accounts, k_lines, std::move(lines));
  if (!kept) co_return kept;
  object about = content;
  about["listed"] = base::format_iso8601(context.services.context.clock.now());
  std::string inventory = boost::json::serialize(about);
  kept = co_await store.put(k_inventory, k_json, std::move(inventory));
  content["bucket"] = place.bucket;
  content["key"] = store.key_of(k_accounts);
  co_return kept;
}

Task<Result<void>> leave_account(CommandContext context, notify::BucketPlace place, std::string account, object found,
                                 std::vector<notify::OwnerNotice> owed) {
  Store store(context.services, std::move(place));
  array lines;
  for (notify::OwnerNotice& notice : owed) lines.emplace_back(text_of(JournalLine(std::move(notice)), LineState::open));
  found["owed"] = std::move(lines);
  std::string name = name_of_account(account);
  // Asked again because its answer was lost, it finds everything done. That it was this function that did it says what it left then.
  const Result<std::string> before = co_await store.get(name);
  if (!before && !is_absent(before.error())) co_return before.error();
  const Result<object> left = before ? object_of(*before, name) : Result<object>(object());
  if (left) {
    array earlier = tries_of(*left);
    // What came of an earlier try holds as long as a later one comes to nothing.
    if (!found.contains("run") && left->contains("run")) co_return Result<void>();
    if (!earlier.empty()) found["earlier"] = std::move(earlier);
  }
  std::string text = boost::json::serialize(found);
  Result<void> kept = co_await store.put(std::move(name), k_json, std::move(text));
  co_return kept;
}

Task<ExitCode> merge_fan_out(CommandContext context, notify::BucketPlace place, object& content) {
  Work work = [&context, &place, &content](Job& job) { return merge(context, place, content, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

}  // namespace keyward::orchestrator
