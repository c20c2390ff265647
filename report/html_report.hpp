#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "report/event.hpp"
#include "report/run_history.hpp"
#include "report/summary.hpp"

namespace keyward::report {

struct RunFindings;

/// Takes a page part by part, so that nobody holds the whole: that of a large organization has eight megabytes.
using PageSink = std::function<void(std::string_view)>;

/// Collects a run's events and renders report.html: one file that asks nothing of the network (its content security
/// policy forbids it), reads without JavaScript, and comes out the same to the byte for the same run. Names are shown
/// as text whatever they contain. Access keys appear by their last four characters, secrets not even by name.
class HtmlReport {
 public:
  /// Without a history the page compares with nothing and knows no day but its own.
  explicit HtmlReport(RunSummary summary, RunHistory history = {});
  ~HtmlReport();
  HtmlReport(HtmlReport&&) noexcept;
  HtmlReport& operator=(HtmlReport&&) noexcept;

  void add(const Event& event);
  std::string render() const;
  /// render(), part by part.
  void write(const PageSink& out) const;

 private:
  std::unique_ptr<RunFindings> findings_;
};

/// Reads run.json and events.jsonl of a run's folder and renders them into its report.html, whole or not at all (mode 0600).
base::Result<void> write_report(const std::filesystem::path& run_folder, RunHistory history = {});

}  // namespace keyward::report
