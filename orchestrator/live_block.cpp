#include "orchestrator/live_block.hpp"

#include <utility>

namespace keyward::orchestrator {

// ECMA-48, as all terminals in use know them: cursor up (CUU) and erase to the end of the screen (ED).
constexpr const char* k_up = "\033[A";
constexpr const char* k_erase_below = "\033[J";

LiveBlock::LiveBlock(std::ostream& terminal) : terminal_(terminal), buffer_(*this), above_(&buffer_) { above_ << std::unitbuf; }

void LiveBlock::show(std::vector<std::string> lines) {
  lines_ = std::move(lines);
  if (line_open_) return;
  erase();
  draw();
}

void LiveBlock::hide() {
  lines_.clear();
  if (drawn_ == 0) return;
  erase();
  terminal_.flush();
}

void LiveBlock::draw() {
  if (lines_.empty()) return;
  for (std::size_t i = 0; i < lines_.size(); ++i) terminal_ << (i == 0 ? "" : "\n") << lines_[i];
  drawn_ = lines_.size();
  terminal_.flush();
}

/// The cursor stands behind the last line.
void LiveBlock::erase() {
  if (drawn_ == 0) return;
  terminal_ << '\r';
  for (std::size_t i = 1; i < drawn_; ++i) terminal_ << k_up;
  terminal_ << k_erase_below;
  drawn_ = 0;
}

bool LiveBlock::write_above(std::string_view text) {
  if (text.empty()) return true;
  erase();
  terminal_.write(text.data(), static_cast<std::streamsize>(text.size()));
  line_open_ = text.back() != '\n';
  if (!line_open_) draw();
  return terminal_.good();
}

std::streamsize LiveBlock::Above::xsputn(const char* text, std::streamsize size) {
  return block_.write_above({text, static_cast<std::size_t>(size)}) ? size : 0;
}

LiveBlock::Above::int_type LiveBlock::Above::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
  const char one = traits_type::to_char_type(character);
  return block_.write_above({&one, 1}) ? character : traits_type::eof();
}

int LiveBlock::Above::sync() { return block_.terminal_.flush() ? 0 : -1; }

}  // namespace keyward::orchestrator
