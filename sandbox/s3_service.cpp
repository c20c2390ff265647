#include "sandbox/s3_service.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

struct ObjectName {
  std::string bucket;
  std::string key;
};

ObjectName object_name(const WireRequest& request) {
  const std::string path = base::percent_decode(request.path()).value_or("/");
  if (!path.starts_with('/')) return {};
  const std::size_t slash = path.find('/', 1);
  if (slash == std::string::npos) return {path.substr(1), ""};
  return {path.substr(1, slash - 1), path.substr(slash + 1)};
}

std::string etag(const StoredObject& object) { return "\"" + base::sha256_hex(object.content).substr(0, 32) + "\""; }

Account* bucket_owner(const Call& call, const std::string& bucket) {
  for (auto& [id, account] : call.world.accounts) {
    if (account.buckets.contains(bucket)) return &account;
  }
  return nullptr;
}

}  // namespace

std::string s3_action(const WireRequest& request) {
  if (object_name(request).key.empty()) return "";
  if (request.method == "GET") return "GetObject";
  if (request.method == "HEAD") return "HeadObject";
  if (request.method == "PUT") return "PutObject";
  return "";
}

WireReply handle_s3(const Call& call, const WireRequest& request) {
  const ObjectName name = object_name(request);
  if (call.action.empty())
    throw ApiError(501, "NotImplemented", "The sandbox serves GetObject, HeadObject and PutObject.");
  Account* owner = bucket_owner(call, name.bucket);
  const std::string arn = "arn:aws:s3:::" + name.bucket + "/" + name.key;
  if (!owner) throw ApiError(404, "NoSuchBucket", "The specified bucket does not exist");
  const bool put = call.action == "PutObject";
  authorize(call, Access{put ? "s3:PutObject" : "s3:GetObject", arn, owner->id, "", PolicyKind::resource, {}});
  auto& objects = owner->buckets.at(name.bucket);
  WireReply reply;
  if (put) {
    StoredObject object{request.body, std::string(request.header("content-type")), call.now};
    reply.headers = {{"ETag", etag(object)}};
    objects[name.key] = std::move(object);
    return reply;
  }
  const auto found = objects.find(name.key);
  if (found == objects.end()) throw ApiError(404, "NoSuchKey", "The specified key does not exist.");
  reply.content_type = found->second.content_type.empty() ? "binary/octet-stream" : found->second.content_type;
  reply.headers = {{"ETag", etag(found->second)}, {"Last-Modified", base::format_http_date(found->second.changed)}};
  reply.body = found->second.content;
  return reply;
}

}  // namespace keyward::sandbox
