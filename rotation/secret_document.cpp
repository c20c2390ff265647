#include "rotation/secret_document.hpp"

#include <algorithm>
#include <string_view>

#include "base/digest.hpp"

namespace keyward::rotation {
namespace {

constexpr std::size_t k_name_limit = 256;  // answers of Secrets Manager are modelled with 256, requests with 512

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) { return is_alphanumeric(c) || std::string_view("/_+=.@-").find(c) != std::string_view::npos; }

std::string escaped(const base::UserName& user) {
  std::string text;
  for (const char c : user.str()) {
    if (c == ',') {
      text += "=2C";
    } else if (c == '=') {
      text += "=3D";
    } else {
      text += c;
    }
  }
  return text;
}

void replace(std::string& text, std::string_view placeholder, const std::string& value) {
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size())) {
    text.replace(at, placeholder.size(), value);
  }
}

base::Error refused(const std::string& name, const std::string& why) {
  return base::Error{base::ErrorKind::invalid, "store", "IllegalSecretName", "",
                     "the secret name \"" + name + "\" " + why + "; change store.name"};
}

/// The member as JSON text. Field names and key ids are plain ASCII by construction; the secret may hold anything.
void append_json_string(base::Body& out, std::string_view text) {
  static constexpr char k_digits[] = "0123456789abcdef";
  out.append("\"");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out.append("\\");
    if (byte < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', k_digits[byte >> 4], k_digits[byte & 0xf]};
      out.append({escape, sizeof escape});
    } else {
      out.append({&c, 1});
    }
  }
  out.append("\"");
}

}  // namespace

bool looks_like_arn_suffix(std::string_view name) {
  if (name.size() < 7 || name[name.size() - 7] != '-') return false;
  return std::ranges::all_of(name.substr(name.size() - 6), is_alphanumeric);
}

base::Result<std::string> secret_name(const StoreSettings& settings, const base::AccountId& account,
                                      const base::UserName& user) {
  std::string name = settings.name;
  replace(name, "{account_id}", account.str());
  replace(name, "{user}", escaped(user));
  if (name.empty() || name.size() > k_name_limit) return refused(name, "must have 1 to 256 characters");
  if (!std::ranges::all_of(name, is_name_character)) return refused(name, "may hold only letters, digits and /_+=.@-");
  if (looks_like_arn_suffix(name)) {
    return refused(name, "ends in a hyphen and six characters, which Secrets Manager confuses with the suffix of an ARN");
  }
  return name;
}

std::string version_id(const base::AccountId& account, const base::UserName& user, const base::AccessKeyId& key) {
  return base::sha256_hex("keyward/v1|" + account.str() + "|" + user.str() + "|" + key.str());
}

SecretFields secret_fields(const SecretFormat& format) {
  switch (format.kind) {
    case SecretFormat::Kind::guidance: return {"AccessKey", "SecretKey"};
    case SecretFormat::Kind::env: return {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"};
    case SecretFormat::Kind::pair: return {"accessKeyId", "secretAccessKey"};
    case SecretFormat::Kind::custom: return {format.access_key_id_field, format.secret_access_key_field};
  }
  return {};
}

base::Secret secret_document(const SecretFormat& format, const base::AccessKeyId& key, const base::Secret& secret) {
  const SecretFields fields = secret_fields(format);
  base::Body json;
  json.reserve(512);
  json.append("{");
  append_json_string(json, fields.access_key_id);
  json.append(":");
  append_json_string(json, key.str());
  json.append(",");
  append_json_string(json, fields.secret_access_key);
  json.append(":");
  append_json_string(json, secret.expose());
  json.append("}");
  return base::Secret(json.view());
}

}  // namespace keyward::rotation
