-- Authorization requests that clients have pushed (RFC 9126).

local clock = require('common.clock')
local sweeper = require('common.sweeper')

-- The unexpired request with this hash, or nil.
local function find(hash)
    local pushed = box.space.pushed_requests:get(hash)
    return pushed ~= nil and pushed.expires_at > clock.now() and pushed or nil
end

local function sweep(limit)
    return sweeper.delete_below(box.space.pushed_requests, 'expires_at', clock.earliest(), limit)
end

return {find = find, sweep = sweep}
