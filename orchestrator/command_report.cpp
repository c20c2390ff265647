#include <ostream>

#include "base/files.hpp"
#include "orchestrator/commands.hpp"
#include "report/run_format.hpp"

namespace keyward::orchestrator {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// The folder of the record that is meant.
Result<std::filesystem::path> record_of(const ReportContext& context) {
  const std::string& named = context.line.run;
  std::error_code failed;
  if (named.find('/') != std::string::npos || (!named.empty() && std::filesystem::is_directory(named, failed))) {
    return std::filesystem::path(named);
  }
  if (!context.state_dir) {
    return Error{ErrorKind::invalid, "report", "NoStateDir", "",
                 "where runs are kept is not known, because the configuration cannot be read (keyward config validate says why); --run takes a folder, too"};
  }
  const std::filesystem::path runs = *context.state_dir / "runs";
  if (!named.empty()) return runs / named;
  const Result<report::NewestRun> newest = report::newest_run(runs);
  if (!newest) return newest.error();
  if (newest->unfinished > 0) {
    context.err << "keyward: " << newest->unfinished << " newer in " << runs.string() << " without a run.json, still at work or killed; this is of "
                << newest->folder.filename().string() << '\n';
  }
  return newest->folder;
}

Result<std::vector<std::string>> render(const ReportContext& context, const std::filesystem::path& folder) {
  const report::RunFormat format = *context.line.format;
  if (context.line.out.empty()) {
    return report::render_run(folder, format, [&context](std::string_view part) { context.out << part; });
  }
  base::FileReplacement file(context.line.out);
  Result<std::vector<std::string>> flaws = report::render_run(folder, format, [&file](std::string_view part) { file.write(part); });
  if (!flaws) return flaws;
  const Result<void> written = file.commit();
  if (!written) return written.error();
  return flaws;
}

}  // namespace

ExitCode run_report(const ReportContext& context) {
  const Result<std::filesystem::path> folder = record_of(context);
  const Result<std::vector<std::string>> flaws = folder ? render(context, *folder) : Result<std::vector<std::string>>(folder.error());
  if (!flaws) {
    context.err << "keyward: " << base::describe(flaws.error()) << '\n';
    return ExitCode::usage;
  }
  for (const std::string& flaw : *flaws) context.err << "keyward: NOT THE WHOLE RECORD of " << folder->filename().string() << ": " << flaw << '\n';
  return flaws->empty() ? ExitCode::done : ExitCode::partial;
}

}  // namespace keyward::orchestrator
