-- The one request that wrk sends over and over: GetCallerIdentity, signed beforehand, with the headers that keyward
-- sends. benchmarks/bench.py puts them into the environment.
wrk.method = "POST"
wrk.body = os.getenv("WRK_BODY")
for line in os.getenv("WRK_HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end
