-- wrk's requests, and its output at the end: one line of JSON.
--
-- COUNTERS  the number of counters; 1 is one hot counter
-- SPREAD    how hits spread over them: `uniform` or `zipf` (exponent 1)
-- VISITORS  the number of people, each with an address (behind a proxy) and a browser
-- PLAIN     another path to request, with the counter as its query
-- PAUSE     milliseconds between two requests of a connection, for a steady rate

local counters = tonumber(os.getenv("COUNTERS") or "1")
local zipf = os.getenv("SPREAD") == "zipf"
local visitors = tonumber(os.getenv("VISITORS") or "0")
local plain = os.getenv("PLAIN")
local pause = tonumber(os.getenv("PAUSE") or "0")

local browser = {
  ["Accept"] = "*/*",
  ["Accept-Language"] = "en-US,en;q=0.9",
  ["Sec-Fetch-Dest"] = "image",
  ["Sec-Fetch-Site"] = "cross-site",
  ["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    .. "(KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
}

local requests = {}

function init()
  math.randomseed(42)
  -- Prepares all requests, so that wrk's own work is the same for every contender.
  local sum = math.log(counters + 0.5) + 0.5772
  for i = 1, ((counters == 1 and visitors == 0) and 1 or counters > 10000 and 250000 or 50000) do
    local key = 1
    if counters > 1 and zipf then
      -- The inverse of the harmonic numbers' approximation ln(n) + 0.5772.
      key = math.max(1, math.min(counters, math.floor(math.exp(math.random() * sum - 0.5772) + 0.5)))
    elseif counters > 1 then
      key = math.random(counters)
    end
    -- A hundred namespaces share the counters.
    local path = "/hit/site" .. key % 100 .. "/page" .. key
    if plain then path = plain .. "?" .. path end
    local headers
    if visitors > 0 then
      local n = math.random(visitors)
      browser["X-Forwarded-For"] = "10." .. math.floor(n / 65536) .. "." .. math.floor(n / 256) % 256 .. "." .. n % 256
      headers = browser
    end
    requests[i] = wrk.format("GET", path, headers)
  end
end

local next_one = 0
function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

if pause > 0 then
  function delay() return pause end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"rate":%.0f,"p50":%.3f,"p99":%.3f,"p999":%.3f,"requests":%d,"errors":%d}',
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
