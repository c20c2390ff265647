#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "orchestrator/plan.hpp"

namespace keyward::orchestrator {

/// The bound of a plan file: a plan of the largest organization has some tens of megabytes.
inline constexpr std::size_t k_largest_plan = std::size_t{256} * 1024 * 1024;

/// With which plans are sealed, so that what a person has approved is what is applied: 32 random bytes in
/// state_dir/plan.key, mode 0600. Who may read it may change state_dir anyway.
class PlanKey {
 public:
  /// Made on first use. Errors: `invalid` with the system's words, or for a file of another size.
  static base::Result<PlanKey> make_or_read(const std::filesystem::path& state_dir);
  /// Errors: the same, and `not_found`.
  static base::Result<PlanKey> read(const std::filesystem::path& state_dir);

  /// Which key it is; says nothing about its bytes.
  std::string name() const;
  /// HMAC-SHA-256, in hexadecimal.
  std::string seal(std::string_view text) const;

 private:
  explicit PlanKey(base::Secret key) : key_(std::move(key)) {}
  base::Secret key_;
};

/// How every plan file begins.
inline constexpr std::string_view k_plan_beginning = "{\"keyward_plan\":";

/// The file: {"keyward_plan":1,"key":…,"plan":{…},"seal":…}. The seal is over the plan as JSON without blanks. No secret is
/// in it.
std::string format_plan(const Plan& plan, const PlanKey& key);

/// Errors: `invalid`. Code "NotAPlan" for anything that format_plan() does not write, "Foreign" for the seal of another key,
/// "Edited" for a seal that does not fit.
base::Result<Plan> parse_plan(std::string_view text, const PlanKey& key);

/// Replaces the file atomically, mode 0600.
base::Result<void> write_plan(const std::filesystem::path& file, const Plan& plan, const PlanKey& key);
/// The plan in a file that was made with this state_dir. Errors: as parse_plan(); "Unreadable" for a file that cannot be
/// read.
base::Result<Plan> read_plan(const std::filesystem::path& file, const std::filesystem::path& state_dir);

}  // namespace keyward::orchestrator
