-- Authorization codes (RFC 6749, section 4.1.2).

local clock = require('common.clock')
local sweeper = require('common.sweeper')

-- A code that has expired or was used is kept for so long: a use of it ends the session that it has opened.
local KEPT_MICROSECONDS = 86400 * 1e6

local function sweep(limit)
    return sweeper.delete_below(box.space.authorization_codes, 'expires_at', clock.earliest() - KEPT_MICROSECONDS, limit)
end

return {sweep = sweep}
