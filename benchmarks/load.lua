-- wrk's requests and its summary. The harness sets before it loads this file:
-- `requests`, which are sent in turn, or
-- `before`, `after` and `pairs_count`: one request, around the eight digits of a random key.

local position = 0
local seeded = false

local function random_key_request()
    if not seeded then
        seeded = true
        math.randomseed(tonumber(tostring({}):match('0x(%x+)'), 16) % 2147483647) -- each thread has its own
    end
    return ('%s%08d%s'):format(before, math.random(0, pairs_count - 1), after)
end

function request()
    if not requests then
        return random_key_request()
    end
    position = position % #requests + 1
    return requests[position]
end

function done(summary, latency)
    local errors = summary.errors
    local broken = errors.connect + errors.read + errors.write + errors.timeout
    io.write(('summary: {"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, '):format(
        summary.requests, summary.duration, errors.status, broken))
    io.write(('"p50": %d, "p90": %d, "p99": %d}\n'):format(
        latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
