-- Stored functions of authorization_service for attempts at passwords, called as `attempts.NAME`; see common/refusals.lua.

local attempts = require('authorization_tarantool.attempts')
local events = require('authorization_tarantool.events')

-- Deletes the failures at an account. Returns whether there were any; only then the events are recorded.
local function unlock(account, new_events)
    return box.atomic(function()
        local unlocked = attempts.unlock(account)
        if unlocked then
            events.append(new_events)
        end
        return unlocked
    end)
end

return {
    reserve = attempts.reserve,
    succeed = attempts.succeed,
    fail = attempts.fail,
    release = attempts.release,
    unlock = unlock,
}
