-- The clock of all stored times: one for all processes that use the database.

local clock = require('clock')

-- Microseconds since 1970-01-01 UTC, as a Lua number: exact until the year 2255.
local function now()
    return math.floor(tonumber(clock.time64() / 1000))
end

-- Microseconds that began at `now` when this process started, and that no correction of the system's clock moves: for durations.
local started_at = now() - clock.monotonic() * 1e6
local function steady()
    return math.floor(started_at + clock.monotonic() * 1e6)
end

-- The earlier of the two: what has expired by it has, whichever way the system's clock was set since the start. For deleting.
local function earliest()
    return math.min(now(), steady())
end

return {now = now, steady = steady, earliest = earliest}
