#include <ostream>

#include "orchestrator/commands.hpp"
#include "orchestrator/run_record.hpp"
#include "report/merge.hpp"
#include "report/run_table.hpp"

namespace keyward::orchestrator {

ExitCode run_merge(const MergeContext& context) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& record : context.line.records) {
    std::error_code failed;
    const bool is_folder = record.find('/') != std::string::npos || std::filesystem::is_directory(record, failed);
    if (!is_folder && !context.state_dir) {
      context.err << "keyward: " << record << " is no folder, and where runs are kept is not known: the configuration cannot be read\n";
      return ExitCode::usage;
    }
    folders.push_back(is_folder ? std::filesystem::path(record) : *context.state_dir / "runs" / record);
  }
  if (folders.empty()) {
    if (!context.state_dir) {
      context.err << "keyward: where runs are kept is not known: the configuration cannot be read; name the folders of the records\n";
      return ExitCode::usage;
    }
    base::Result<std::vector<std::filesystem::path>> newest = report::newest_shards(*context.state_dir / "runs");
    if (!newest) {
      context.err << "keyward: " << base::describe(newest.error()) << '\n';
      return ExitCode::usage;
    }
    folders = std::move(*newest);
  }
  const auto missing = context.line.partial ? report::Missing::told : report::Missing::refused;
  const base::Result<report::MergedRun> merged =
      report::merge_runs(folders, context.line.out, make_run_id(context.now, context.random), missing);
  if (!merged) {
    context.err << "keyward: " << base::describe(merged.error()) << '\n';
    return ExitCode::usage;
  }
  const std::filesystem::path out(context.line.out);
  report::print_run(context.out, merged->summary, merged->highlights, {(out / "report.html").string(), (out / "events.jsonl").string()},
                    context.output);
  return static_cast<ExitCode>(merged->summary.exit_code);
}

}  // namespace keyward::orchestrator
