-- Stored functions of authorization_service for policies, called as `policies.NAME`; see common/refusals.lua.

local events = require('authorization_tarantool.events')
local policies = require('authorization_tarantool.policies')
local rights = require('authorization_tarantool.rights')

local ADMINISTRATOR = 'administrator'

-- Whether administrators need a second factor.
local function read()
    return policies.is_on(policies.ADMINISTRATORS_NEED_SECOND_FACTOR)
end

-- Sets whether administrators need a second factor, and revokes their access tokens: sessions go on, and the next token may allow
-- more or less. Returns {true}, or {false} where that was the policy already.
local function set(is_needed, new_events)
    if read() == is_needed then
        return {false}
    end
    return events.record(new_events, function()
        box.space.policies:replace({policies.ADMINISTRATORS_NEED_SECOND_FACTOR, is_needed})
        local administrators = {}
        for _, user in box.space.users.index.role:pairs({ADMINISTRATOR}) do
            table.insert(administrators, user.id)
        end
        rights.revoke_tokens(administrators)
    end)
end

return {read = read, set = set}
