#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyward::fuzz {

/// Takes any bytes, and ends the process where one of its claims does not hold.
using Target = void (*)(std::string_view input);

struct Registered {
  std::string_view name;
  Target run;
};

/// Those of this executable: all in the one that replays the corpus, one in each that libFuzzer drives.
std::vector<Registered>& targets();
bool add(std::string_view name, Target run);

/// Says what does not hold, and aborts, which libFuzzer takes for a crash and keeps the input of.
void require(bool holds, std::string_view what);

/// Takes an input apart from its front. Everything is printable, so that people can read and write a corpus.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  /// One of `count` alternatives: the first byte, counted from '0'. 0 at the end.
  std::size_t choice(std::size_t count);
  /// Up to the next newline, which is dropped.
  std::string_view line();
  std::string_view rest() const { return rest_; }
  /// The rest, divided by lines of "---".
  std::vector<std::string_view> parts() const;

 private:
  std::string_view rest_;
};

/// Stands in the secrets of the corpus, and in no text of ours.
inline constexpr std::string_view k_secret_mark = "K7MDENG";

/// The mark, where it stands in `input` once, and there between `begin` and `end`, as a secret would. Else nothing.
std::string_view secret_between(std::string_view input, std::string_view begin, std::string_view end);

/// An error text that holds the secret breaks promise 5. Nothing is no secret.
void require_absent(std::string_view secret, std::string_view text);

/// Whether it is one line without control characters: what goes to a terminal or a log.
bool is_one_line(std::string_view text);

}  // namespace keyward::fuzz

/// Defines a target: KEYWARD_FUZZ_TARGET(name) { ... input ... }
#define KEYWARD_FUZZ_TARGET(name)                                                           \
  static void name(std::string_view input);                                                 \
  [[maybe_unused]] static const bool name##_is_added = ::keyward::fuzz::add(#name, name);   \
  static void name(std::string_view input)
