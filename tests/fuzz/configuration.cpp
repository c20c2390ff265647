#include <boost/json/parse.hpp>

#include "fuzz/fuzz.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/configuration_text.hpp"

// config.yaml: YAML, the schema's checks, exemptions, and what is shown of it.
namespace keyward::fuzz {

KEYWARD_FUZZ_TARGET(configuration) {
  // Files that an input may name are not the target's.
  if (input.find("file:") != std::string_view::npos || input.find("cred:") != std::string_view::npos) return;
  constexpr std::string_view k_secret = "the-value-of-a-secret";
  if (input.find(k_secret) != std::string_view::npos) return;  // then it is none
  orchestrator::ConfigurationSources sources;
  sources.file = "/nonexistent/config.yaml";
  sources.text = std::string(input);
  sources.environment = {{"S", std::string(k_secret)}, {"U", "https://hooks.example.org/the-value-of-a-secret"}};
  sources.now = base::parse_iso8601("2026-11-21T02:30:00Z").value();

  const orchestrator::LoadedOrRefused answer = orchestrator::load_configuration(sources);
  bool has_error = false;
  for (const orchestrator::Problem& problem : answer.problems) {
    has_error |= problem.severity == orchestrator::Problem::Severity::error;
    const std::string text = orchestrator::describe(problem);
    require(is_one_line(text), "a problem is one line");
    require_absent(k_secret, text);
  }
  require(answer.loaded.has_value() != has_error, "either a configuration or an error");
  boost::json::parse(orchestrator::render_problems(answer.problems, orchestrator::TextFormat::json));
  if (!answer.loaded) return;

  const std::string table = orchestrator::render_effective(*answer.loaded, orchestrator::TextFormat::table);
  const std::string json = orchestrator::render_effective(*answer.loaded, orchestrator::TextFormat::json);
  boost::json::parse(json);
  require_absent(k_secret, table);
  require_absent(k_secret, json);
  const orchestrator::LoadedOrRefused again = orchestrator::load_configuration(sources);
  require(again.loaded.has_value(), "the same text twice");
  require(orchestrator::configuration_digest(*again.loaded) == orchestrator::configuration_digest(*answer.loaded),
          "the same configuration has the same digest");
}

}  // namespace keyward::fuzz
