// Times the pure part of `keyward simulate`: an organization made up from a seed, so many days. Prints one JSON object.
//   build/release/bin/simulation_speed --accounts 10000 --users 20 --days 365

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <iostream>
#include <random>

#include "orchestrator/simulation.hpp"

namespace {

using namespace keyward;
using std::chrono::days;
using std::chrono::hours;

const base::Instant k_today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + hours(2);

struct Size {
  int accounts = 10'000;
  int users = 20;
  int days = 365;
  unsigned seed = 1;
};

class Organization {
 public:
  explicit Organization(unsigned seed) : random_(seed) {}

  orchestrator::AccountReport account(int users) {
    std::string id = std::to_string(100'000'000'000 + made_++);
    accounts::Account account{*base::AccountId::parse(id), "account", id + "@example.org", accounts::AccountState::active, false, {}, {}};
    orchestrator::AccountSettings settings;
    orchestrator::AccountReport report{std::move(account), std::move(settings), orchestrator::Mode::survey, k_today, {}, {}, {}, false};
    for (int i = 0; i < users; ++i) report.users.push_back({user(i), {}});
    return report;
  }

 private:
  int number(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }

  rotation::KeyFacts key() {
    std::string id = std::to_string(made_keys_++);
    id.insert(0, 16 - id.size(), '0');
    const base::Instant created = k_today - days(chance(80) ? number(0, 110) : number(111, 900)) - hours(number(0, 23));
    using Use = rotation::Fact<rotation::KeyUse>;
    const base::Instant used = std::max(created, k_today - hours(chance(80) ? number(1, 48) : number(49, 4'000)));
    return {*base::AccessKeyId::parse("AKIA" + id), chance(95) ? rotation::KeyStatus::active : rotation::KeyStatus::inactive, created,
            chance(90) ? Use::known({used, "s3", "eu-central-1"}) : Use::absent()};
  }

  rotation::UserFacts user(int index) {
    rotation::UserFacts facts{*base::UserName::parse("user-" + std::to_string(index)),
                              *base::Arn::parse("arn:aws:iam::111122223333:user/user-" + std::to_string(index)), {}, {}, {}, {}, {}};
    std::vector<rotation::KeyFacts> keys{key()};
    if (chance(15)) keys.push_back(key());
    facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known(std::move(keys));
    facts.ledger = rotation::Fact<rotation::Ledger>::absent();
    facts.tags = rotation::Fact<std::map<std::string, std::string>>::absent();
    facts.exemption = rotation::Fact<rotation::ExemptionFact>::absent();
    if (chance(3)) facts.exemption = rotation::Fact<rotation::ExemptionFact>::known({"exempt"});
    return facts;
  }

  std::mt19937 random_;
  long long made_ = 0;
  long long made_keys_ = 0;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  Size size;
  CLI::App app("Times the pure part of keyward simulate", "simulation_speed");
  app.add_option("--accounts", size.accounts);
  app.add_option("--users", size.users, "Of each account");
  app.add_option("--days", size.days);
  app.add_option("--seed", size.seed);
  CLI11_PARSE(app, argc, argv);

  orchestrator::Limits limits;
  limits.max_changes = 1'000'000;
  orchestrator::Simulation simulation(limits, rotation::Adoption::prompt, k_today);
  Organization organization(size.seed);
  for (int i = 0; i < size.accounts; ++i) simulation.add(organization.account(size.users), {}, {});

  const double before = cpu_seconds();
  const auto foretold = simulation.run(size.days, orchestrator::Simulation::Variant::as_configured);
  const double first = cpu_seconds() - before;
  // The command plays the days twice.
  const auto earlier = simulation.run(size.days, orchestrator::Simulation::Variant::earlier);
  const double both = cpu_seconds() - before;
  int rotations = 0;
  for (const auto& day : foretold) rotations += day.rotations;
  int earlier_rotations = 0;
  for (const auto& day : earlier) earlier_rotations += day.rotations;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::cout << boost::json::serialize(boost::json::object{{"accounts", size.accounts},
                                                          {"users", size.accounts * size.users},
                                                          {"days", size.days},
                                                          {"seed", size.seed},
                                                          {"rotations", rotations},
                                                          {"rotations_when_earlier", earlier_rotations},
                                                          {"cpu_seconds", first},
                                                          {"cpu_seconds_both_plays", both},
                                                          {"peak_megabytes", used.ru_maxrss / 1024}})
            << '\n';
  return 0;
}
