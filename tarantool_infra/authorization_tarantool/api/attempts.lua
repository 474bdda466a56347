-- Stored functions of authorization_service for attempts at passwords, called as `attempts.NAME`; see common/refusals.lua.

local attempts = require('authorization_tarantool.attempts')
local events = require('authorization_tarantool.events')

-- Deletes the failures at accounts. Returns whether there were any; only then the events are recorded.
local function unlock(accounts, new_events)
    return box.atomic(function()
        local unlocked = false
        for _, account in ipairs(accounts) do
            unlocked = attempts.unlock(account) or unlocked
        end
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
