-- What authorization_service may ask for about attempts at passwords. Functions are called over the network as `attempts.NAME`.

local attempts = require('authorization_tarantool.attempts')
local events = require('authorization_tarantool.events')

-- Forgets the failures at an account. Returns whether there were any; only then there are events to tell.
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
