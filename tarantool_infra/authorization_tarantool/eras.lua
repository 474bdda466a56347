-- Begins an era: see common/eras.lua. Whoever has read events that were lost misses none that follow. Revocations have numbers of
-- the clock in any case (revocations.lua).

local eras = require('common.eras')
local events = require('authorization_tarantool.events')

-- Returns the number behind which events go on.
local function begin()
    local floor = eras.floor(events.sequence.last_taken())
    events.sequence.skip_to(floor)
    return floor
end

return {begin = begin}
