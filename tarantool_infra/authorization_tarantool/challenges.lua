-- Deletes challenges that nobody has answered in time.

local clock = require('common.clock')
local sweeper = require('common.sweeper')

local function sweep(limit)
    return sweeper.delete_below(box.space.challenges, 'expires_at', clock.steady(), limit)
end

return {sweep = sweep}
