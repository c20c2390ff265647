#include "sandbox/control.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <stdexcept>

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) throw std::invalid_argument("missing member '" + std::string(name) + "'");
  return std::string(value->get_string());
}

json::object clock_value(const World& world) {
  return {{"now", base::format_iso8601(world.now())}, {"epoch", world.now().time_since_epoch().count()}};
}

WireReply handle_clock(World& world, const WireRequest& request) {
  if (request.method == "POST") {
    const json::object body = control_body(request);
    if (body.contains("set")) {
      const auto instant = base::parse_iso8601(text_member(body, "set"));
      if (!instant) throw std::invalid_argument("'set' must be a time such as 2026-01-31T00:00:00Z");
      world.clock.set(*instant);
    } else {
      world.clock.advance(parse_duration(text_member(body, "advance")));
    }
  }
  return control_reply(clock_value(world));
}

WireReply handle_calls(Simulation& simulation, const WireRequest& request) {
  if (request.method == "DELETE" || request.method == "POST") simulation.forget_calls();
  std::uint64_t since = 0;
  if (const auto text = QueryParameters::parse(request.query()).find("since")) {
    std::from_chars(text->data(), text->data() + text->size(), since);
  }
  json::object counts;
  for (const auto& [action, count] : simulation.calls().counts) counts[action] = count;
  json::array log;
  for (const CallRecord& record : simulation.calls().latest) {
    if (record.number <= since) continue;
    log.push_back(json::object{{"number", record.number},
                               {"time", base::format_iso8601(record.time)},
                               {"action", record.action},
                               {"account", record.account},
                               {"principal", record.principal},
                               {"target", record.target},
                               {"app", record.app},
                               {"outcome", record.outcome},
                               {"fault", record.fault},
                               {"request_id", record.request_id}});
  }
  return control_reply(json::object{{"counts", std::move(counts)}, {"log", std::move(log)}});
}

WireReply handle_mail(World& world, const WireRequest& request) {
  if (request.method == "DELETE") world.mails.clear();
  return control_reply(mail_list(world));
}

}  // namespace

WireReply control_reply(const json::value& value) {
  return {200, "application/json", {}, json::serialize(value) + "\n"};
}

WireReply control_refusal(int status, std::string message) {
  WireReply reply = control_reply(json::object{{"error", std::move(message)}});
  reply.status = status;
  return reply;
}

json::object control_body(const WireRequest& request) {
  if (request.body.empty()) return {};
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) throw std::invalid_argument("the body must be a JSON object");
  return std::move(value.get_object());
}

WireReply handle_control(Simulation& simulation, const WireRequest& request) {
  World& world = simulation.world();
  const std::string_view path = request.path();
  try {
    if (path == "/_sandbox/state") return control_reply(durable_state(world));
    if (path == "/_sandbox/volatile") return control_reply(volatile_state(world));
    if (path == "/_sandbox/mail") return handle_mail(world, request);
    if (path == "/_sandbox/clock") return handle_clock(world, request);
    if (path == "/_sandbox/calls") return handle_calls(simulation, request);
    if (path == "/_sandbox/faults") {
      if (request.method == "POST") simulation.faults().configure(control_body(request));
      return control_reply(simulation.faults().describe());
    }
    if (path == "/_sandbox/use" && request.method == "POST") {
      json::object edit = control_body(request);
      edit["edit"] = "use_key";
      return control_reply(edit_world(world, edit));
    }
    if (path == "/_sandbox/snapshot" && request.method == "POST") {
      simulation.take_snapshot();
      return control_reply(clock_value(world));
    }
    if (path == "/_sandbox/restore" && request.method == "POST") {
      if (!simulation.restore_snapshot()) return control_refusal(400, "there is no snapshot to restore");
      return control_reply(clock_value(world));
    }
    if (path == "/_sandbox/edit" && request.method == "POST")
      return control_reply(edit_world(world, control_body(request)));
  } catch (const std::invalid_argument& error) {
    return control_refusal(400, error.what());
  }
  return control_refusal(404,
                         "known: state, volatile, mail, clock, faults, calls, gate, held; with POST also use, edit, "
                         "snapshot, restore, release");
}

}  // namespace keyward::sandbox
