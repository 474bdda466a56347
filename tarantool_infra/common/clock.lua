-- The clock of all stored times: one for all processes that use the database.

local clock = require('clock')

-- Microseconds since 1970-01-01 UTC, as a Lua number: exact until the year 2255.
local function now()
    return math.floor(tonumber(clock.time64() / 1000))
end

return {now = now}
