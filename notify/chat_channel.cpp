#include "notify/chat_channel.hpp"

namespace keyward::notify {

base::Task<base::Result<std::string>> ChatChannel::tell(const RunDigest& digest) {
  base::Result<SecretPtr> url = co_await url_.get();
  if (!url) co_return url.error();
  Post post{.channel = name_, .url = std::string((*url)->expose()), .body = render_(digest), .headers = {}, .timeout = timeout_};
  base::Result<std::string> answer = co_await post_json(std::move(post), tools_);
  if (!answer) co_return answer;
  co_return std::string();
}

}  // namespace keyward::notify
