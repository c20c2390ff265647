#include "rotation/secret_store.hpp"

#include "base/digest.hpp"
#include "rotation/reader_policy.hpp"
#include "rotation/secret_document.hpp"

namespace keyward::rotation {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

constexpr const char* k_current = "AWSCURRENT";
constexpr const char* k_pending = "AWSPENDING";
constexpr const char* k_previous = "AWSPREVIOUS";

Error refused(std::string code, std::string message) {
  return Error{ErrorKind::invalid, "store", std::move(code), "", std::move(message)};
}

bool has_label(const aws::SecretDescription& secret, const std::string& version, const char* label) {
  const auto found = secret.version_stages.find(version);
  return found != secret.version_stages.end() && found->second.contains(label);
}

}  // namespace

StoredState stored_state(const aws::SecretDescription& secret, const std::string& version) {
  if (!secret.version_stages.contains(version)) return StoredState::absent;
  const bool current = has_label(secret, version, k_current);
  const bool pending = has_label(secret, version, k_pending);
  if (!current) return pending ? StoredState::pending : StoredState::absent;
  const bool in_progress = pending || !secret.version_with(k_pending).empty();
  return in_progress && secret.version_with(k_previous).empty() ? StoredState::pending : StoredState::current;
}

SecretLocation SecretStore::location_of(const aws::SecretDescription& secret) const {
  const SecretFields fields = secret_fields(settings_.format);
  return {secret.arn,           secret.name,
          region_,              settings_.target == StoreTarget::central,
          fields.access_key_id, fields.secret_access_key};
}

std::optional<Error> SecretStore::refusal(const aws::SecretDescription& secret, const std::string& name) const {
  if (secret.deleted) {
    return refused("SecretScheduledForDeletion",
                   "the secret " + name + " is scheduled for deletion; bring it back with: aws secretsmanager restore-secret --secret-id " + name);
  }
  if (!secret.owning_service.empty()) {
    return refused("SecretOwnedByService", "the secret " + name + " is managed by " + secret.owning_service);
  }
  if (settings_.target == StoreTarget::central && secret.kms_key_id.empty()) {
    return refused("SecretHasDefaultKey", "the secret " + name +
                                              " is encrypted with the AWS managed key, which no other account can use; "
                                              "set its key with: aws secretsmanager update-secret --secret-id " +
                                              name + " --kms-key-id " + settings_.kms_key_id);
  }
  return std::nullopt;
}

Task<Result<std::optional<aws::SecretDescription>>> SecretStore::check(base::UserName user) {
  const Result<std::string> name = secret_name(settings_, account_, user);
  if (!name) co_return name.error();
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(*name);
  if (!found || !*found) co_return found;
  if (std::optional<Error> why = refusal(**found, *name)) co_return *why;
  co_return found;
}

Task<Result<aws::SecretDescription>> SecretStore::create_secret(std::string name, base::UserName user) {
  const std::string description = "Access key of IAM user " + user.str() + " in account " + account_.str() + ", kept by keyward";
  // The token makes a repeated CreateSecret harmless; an empty secret has no version that it could name.
  const std::string token = base::sha256_hex("keyward/v1|secret|" + name);
  Result<std::string> created = co_await client_.create(name, description, settings_.kms_key_id, token);
  if (!created && created.error().kind != ErrorKind::conflict) co_return created.error();
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(name);
  if (!found) co_return found.error();
  if (!*found) {
    co_return Error{ErrorKind::transient, "store", "SecretNotVisible", "",
                    "the secret " + name + " was created but cannot be seen yet; the next run will find it"};
  }
  if (std::optional<Error> why = refusal(**found, name)) co_return *why;
  co_return std::move(**found);
}

Task<Result<void>> SecretStore::ensure_readers(std::string arn, base::Arn user_arn) {
  Result<std::string> existing = co_await client_.resource_policy(arn);
  if (!existing) co_return existing.error();
  std::vector<base::Arn> readers{user_arn};
  readers.insert(readers.end(), settings_.also_readers.begin(), settings_.also_readers.end());
  const Result<std::optional<std::string>> wanted = with_readers(*existing, readers);
  if (!wanted) co_return wanted.error();
  if (!*wanted) co_return Result<void>();
  Result<void> written = co_await client_.put_resource_policy(arn, **wanted);
  co_return written;
}

Task<Result<void>> SecretStore::ensure_replicas(aws::SecretDescription secret) {
  std::vector<aws::ReplicaRegion> missing;
  for (const base::Region& region : settings_.replica_regions) {
    // An alias or the AWS managed key exists under the same name in every region; a key id does not.
    if (!secret.replica_regions.contains(region.str())) missing.push_back({region, settings_.kms_key_id});
  }
  if (missing.empty()) co_return Result<void>();
  Result<void> replicated = co_await client_.replicate(secret.arn, missing);
  co_return replicated;
}

Task<Result<PreparedSecret>> SecretStore::prepare(base::UserName user, base::Arn user_arn, std::optional<aws::SecretDescription> seen) {
  const Result<std::string> name = secret_name(settings_, account_, user);
  if (!name) co_return name.error();
  if (!seen) {
    Result<aws::SecretDescription> made = co_await create_secret(*name, user);
    if (!made) co_return made.error();
    seen = std::move(*made);
  }
  Result<void> readers = co_await ensure_readers(seen->arn, user_arn);
  if (!readers) co_return readers.error();
  Result<void> replicas = co_await ensure_replicas(*seen);
  if (!replicas) co_return replicas.error();
  co_return PreparedSecret{location_of(*seen), seen->version_with(k_current)};
}

Task<Result<void>> SecretStore::put_pending(SecretLocation location, base::UserName user, base::AccessKeyId key,
                                            base::Secret secret) {
  base::Secret document = secret_document(settings_.format, key, secret);
  const std::string version = version_id(account_, user, key);
  Result<void> stored = co_await client_.put_value(location.arn, version, std::move(document), k_pending);
  co_return stored;
}

Task<Result<void>> SecretStore::promote(SecretLocation location, base::UserName user, base::AccessKeyId key) {
  const std::string version = version_id(account_, user, key);
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(location.arn);
  if (!found) co_return found.error();
  if (!*found || !(*found)->version_stages.contains(version)) {
    co_return Error{ErrorKind::not_found, "store", "VersionMissing", "", "the stored key is no longer in " + location.name};
  }
  const std::string current = (*found)->version_with(k_current);
  const bool ours = has_label(**found, version, k_pending) || stored_state(**found, version) == StoredState::current;
  if (!ours) {
    co_return Error{ErrorKind::conflict, "store", "OtherRotation", "", "another rotation of this user has begun to store its key in " + location.name};
  }
  if (current != version) {
    // AWS moves the label only from the version that we saw it on.
    Result<void> moved = co_await client_.move_stage(location.arn, k_current, version, current);
    if (!moved) co_return moved.error();
  }
  // AWS labels the version that was current before.
  const bool has_previous = (!current.empty() && current != version) || !(*found)->version_with(k_previous).empty();
  if (has_previous || !has_label(**found, version, k_pending)) co_return Result<void>();
  Result<void> dropped = co_await client_.move_stage(location.arn, k_pending, "", version);
  co_return dropped;
}

Task<Result<void>> SecretStore::promote_from(std::string current, SecretLocation location, base::UserName user, base::AccessKeyId key) {
  if (!current.empty()) {
    Result<void> moved = co_await client_.move_stage(location.arn, k_current, version_id(account_, user, key), current);
    if (moved) co_return moved;
    const ErrorKind kind = moved.error().kind;
    if (kind != ErrorKind::conflict && kind != ErrorKind::invalid && kind != ErrorKind::not_found) co_return moved;
  }
  Result<void> promoted = co_await promote(std::move(location), std::move(user), std::move(key));
  co_return promoted;
}

Task<Result<void>> SecretStore::drop_pending(SecretLocation location, base::UserName user, base::AccessKeyId key) {
  const std::string version = version_id(account_, user, key);
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(location.arn);
  if (!found) co_return found.error();
  if (!*found || !has_label(**found, version, k_pending)) co_return Result<void>();
  Result<void> dropped = co_await client_.move_stage(location.arn, k_pending, "", version);
  co_return dropped;
}

Task<Result<bool>> SecretStore::holds(base::UserName user, base::AccessKeyId key) {
  const Result<std::string> name = secret_name(settings_, account_, user);
  if (!name) co_return name.error();
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(*name);
  if (!found) co_return found.error();
  co_return *found && !(*found)->deleted && (*found)->version_stages.contains(version_id(account_, user, key));
}

std::string SecretStore::mark(const base::UserName& user) const {
  const Result<std::string> name = secret_name(settings_, account_, user);
  const std::string where = std::string(settings_.target == StoreTarget::central ? "central" : "member") + '|' +
                            (settings_.role ? settings_.role->str() : "") + '|' + region_.str() + '|' + (name ? *name : "");
  return base::sha256_hex(where).substr(0, 6);
}

Task<Result<StoredState>> SecretStore::state(base::UserName user, base::AccessKeyId key) {
  const Result<std::string> name = secret_name(settings_, account_, user);
  if (!name) co_return name.error();
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(*name);
  if (!found) co_return found.error();
  if (!*found) co_return StoredState::absent;
  co_return stored_state(**found, version_id(account_, user, key));
}

Task<Result<SecretLocation>> SecretStore::locate(base::UserName user) {
  const Result<std::string> name = secret_name(settings_, account_, user);
  if (!name) co_return name.error();
  Result<std::optional<aws::SecretDescription>> found = co_await client_.describe(*name);
  if (!found) co_return found.error();
  if (!*found) co_return Error{ErrorKind::not_found, "store", "SecretMissing", "", "there is no secret " + *name};
  co_return location_of(**found);
}

}  // namespace keyward::rotation
