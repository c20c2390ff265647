#include "orchestrator/plan_file.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <system_error>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "orchestrator/plan_json.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

using base::Error;
using base::Result;

constexpr std::size_t k_key_size = 32;
constexpr int k_format = 1;
// A plan is seven levels deep.
constexpr std::size_t k_deepest = 12;

std::filesystem::path key_file(const std::filesystem::path& state_dir) { return state_dir / "plan.key"; }

Error not_a_plan(const std::string& why) {
  return refused_plan("NotAPlan", "it is no plan of keyward's (" + why + "); make one: keyward plan --out FILE");
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// A text member; empty when there is none.
std::string_view text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

base::Error edited() {
  return refused_plan("Edited", "it is not as keyward wrote it: somebody changed it, or it is damaged; make another one: keyward plan --out FILE");
}

/// Whoever else may read or write the key could seal a plan of his own.
bool is_open_to_others(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return true;
  const bool mine = status.st_uid == ::geteuid() || ::geteuid() == 0;
  return !mine || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

}  // namespace

Result<PlanKey> PlanKey::read(const std::filesystem::path& state_dir) {
  const std::filesystem::path file = key_file(state_dir);
  const Result<std::string> bytes = base::read_whole(file);
  if (!bytes) return bytes.error();
  if (is_open_to_others(file)) {
    return refused_plan("BadKey", file.string() + " is another user's, or others may read it; remove it, and make the plan again: keyward plan --out FILE");
  }
  if (bytes->size() != k_key_size) {
    return refused_plan("BadKey", file.string() + " is damaged; remove it, and make the plan again: keyward plan --out FILE");
  }
  return PlanKey(base::Secret(*bytes));
}

Result<PlanKey> PlanKey::make_or_read(const std::filesystem::path& state_dir) {
  Result<PlanKey> there = read(state_dir);
  if (there || there.error().kind != base::ErrorKind::not_found) return there;
  std::error_code failed;
  std::filesystem::create_directories(state_dir, failed);
  // Of two that make one at the same time both must go on with the same: the first link stays.
  const base::Secret key = base::random_bytes(k_key_size);
  const std::filesystem::path own = key_file(state_dir).string() + '.' + base::to_hex(base::sha256(key.expose())).substr(0, 16);
  const Result<void> written = base::write_atomically(own, key.expose());
  if (!written) return written.error();
  std::filesystem::create_hard_link(own, key_file(state_dir), failed);
  std::error_code ignored;
  std::filesystem::remove(own, ignored);
  return read(state_dir);
}

std::string PlanKey::name() const { return seal("which key this is").substr(0, 16); }

std::string PlanKey::seal(std::string_view text) const { return base::to_hex(base::hmac_sha256(key_.expose(), text)); }

std::string format_plan(const Plan& plan, const PlanKey& key) {
  json::object body = json_of(plan);
  const std::string seal = key.seal(json::serialize(body));
  json::object file;
  file["keyward_plan"] = k_format;
  file["key"] = key.name();
  file["plan"] = std::move(body);
  file["seal"] = seal;
  return json::serialize(file) + '\n';
}

Result<Plan> parse_plan(std::string_view content, const PlanKey& key) {
  if (content.size() > k_largest_plan) return not_a_plan("too large");
  json::parse_options options;
  options.max_depth = k_deepest;
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(content.data(), content.size()), failed, {}, options);
  if (failed) return not_a_plan(failed.message());
  const json::object* file = value.if_object();
  const json::value* format = file == nullptr ? nullptr : file->if_contains("keyward_plan");
  if (format == nullptr) return not_a_plan("nothing in it says so");
  if (*format != json::value(k_format)) {
    return refused_plan("OtherVersion", "it was written by another version of keyward; make another one: keyward plan --out FILE");
  }
  const json::value* body = file->if_contains("plan");
  if (body == nullptr || !body->is_object()) return not_a_plan("it has no plan in it");
  if (text(*file, "key") != key.name()) {
    return refused_plan("Foreign",
                        "it was made with another state_dir, whose plan.key sealed it; apply it there, or make another one: keyward plan "
                        "--out FILE");
  }
  if (!equal(text(*file, "seal"), key.seal(json::serialize(*body)))) {
    return edited();
  }
  std::optional<Plan> plan = plan_of(body->get_object());
  if (!plan) return not_a_plan("its seal is good and its content is not: this is a bug");
  // To the byte: a member that is there twice is another one to another reader, and people approve what they read.
  if (format_plan(*plan, key) != content) return edited();
  return std::move(*plan);
}

Result<void> write_plan(const std::filesystem::path& file, const Plan& plan, const PlanKey& key) {
  return base::write_atomically(file, format_plan(plan, key));
}

Result<Plan> read_plan(const std::filesystem::path& file, const std::filesystem::path& state_dir) {
  // A pipe or a device may never end.
  std::error_code failed;
  const bool regular = std::filesystem::is_regular_file(file, failed);
  if (failed) return refused_plan("Unreadable", file.string() + ": " + failed.message());
  if (!regular) return not_a_plan(file.string() + " is no file");
  if (std::filesystem::file_size(file, failed) > k_largest_plan || failed) return not_a_plan("too large");
  const Result<std::string> content = base::read_whole(file);
  if (!content) return refused_plan("Unreadable", content.error().message);
  const Result<PlanKey> key = PlanKey::read(state_dir);
  if (key) return parse_plan(*content, *key);
  if (key.error().kind != base::ErrorKind::not_found) return key.error();
  return refused_plan("Foreign", "no plan was ever made with this state_dir (" + state_dir.string() +
                                     "); apply it where it was made, or make one here: keyward plan --out FILE");
}

}  // namespace keyward::orchestrator
