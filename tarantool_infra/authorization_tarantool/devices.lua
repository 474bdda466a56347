-- Devices that wait for a user to sign in elsewhere.

local clock = require('common.clock')
local sweeper = require('common.sweeper')

-- A device whose code has expired is told so for a while.
local KEPT_MICROSECONDS = 600 * 1e6

local function sweep(limit)
    return sweeper.delete_below(box.space.devices, 'expires_at', clock.earliest() - KEPT_MICROSECONDS, limit)
end

return {sweep = sweep}
