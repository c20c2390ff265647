#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

namespace keyward::orchestrator {

/// Lines at the bottom of a terminal that are drawn over again and again. What is written to above() scrolls past above
/// them, so that a log line never tears them. Nothing stays behind.
class LiveBlock {
 public:
  explicit LiveBlock(std::ostream& terminal);
  ~LiveBlock() { hide(); }
  LiveBlock(const LiveBlock&) = delete;
  LiveBlock& operator=(const LiveBlock&) = delete;

  /// Draws these lines in place of the ones before. Lines must be narrower and fewer than the terminal.
  void show(std::vector<std::string> lines);
  /// Takes the lines away.
  void hide();

  /// The same terminal for everything else; without a block it is written to as it is.
  std::ostream& above() noexcept { return above_; }

 private:
  class Above final : public std::streambuf {
   public:
    explicit Above(LiveBlock& block) : block_(block) {}

   private:
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int_type overflow(int_type character) override;
    int sync() override;
    LiveBlock& block_;
  };

  bool write_above(std::string_view text);
  void draw();
  void erase();

  std::ostream& terminal_;
  Above buffer_;
  std::ostream above_;
  std::vector<std::string> lines_;
  std::size_t drawn_ = 0;    ///< lines on the terminal now
  bool line_open_ = false;  ///< the text above does not end with a line's end yet: the block waits for it
};

}  // namespace keyward::orchestrator
