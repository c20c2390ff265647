#include "base/hidden.hpp"

#include <algorithm>

namespace keyward::base {

std::string without_pieces(std::string_view text, std::string_view secret) {
  constexpr std::size_t k_piece = 8;
  const std::size_t least = std::min(k_piece, secret.size());
  if (least == 0) return std::string(text);
  std::string kept;
  while (text.size() >= least) {
    std::size_t size = least;
    if (secret.find(text.substr(0, size)) == std::string_view::npos) {
      kept += text.front();
      text.remove_prefix(1);
      continue;
    }
    while (size < text.size() && secret.find(text.substr(0, size + 1)) != std::string_view::npos) ++size;
    kept += "(hidden)";
    text.remove_prefix(size);
  }
  kept += text;
  return kept;
}

}  // namespace keyward::base
