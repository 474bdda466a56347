-- Stored functions of authorization_service for consents, called as `consents.NAME`; see common/refusals.lua.

local consents = require('authorization_tarantool.consents')
local events = require('authorization_tarantool.events')
local refusals = require('authorization_tarantool.refusals')

-- Inserts or replaces a consent: {user id, client id, scopes, given at}. Returns {true}. Refuses NO_USER.
local function give(consent, new_events)
    if box.space.users:get(consent[1]) == nil then
        return refusals.NO_USER
    end
    return events.record(new_events, function()
        box.space.consents:replace(consent)
    end)
end

local function find(user_id, client_id)
    return box.space.consents:get({user_id, client_id})
end

-- The consents of a user, by client.
local function list(user_id)
    return box.space.consents:select({user_id})
end

-- Deletes a consent, and ends the sessions that the client has opened for the user. Returns whether there was one and the ids of
-- these sessions. The events are recorded where there was one.
local function withdraw(user_id, client_id, new_events)
    return box.atomic(function()
        local was_given, ended = consents.withdraw(user_id, client_id, 'consent withdrawn')
        if was_given then
            events.append(new_events)
        end
        return {was_given, ended}
    end)
end

return {give = give, find = find, list = list, withdraw = withdraw}
