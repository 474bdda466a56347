-- Stored functions of authorization_service for second factors, called as `factors.NAME`; see common/refusals.lua.

local browser_sessions = require('authorization_tarantool.browser_sessions')
local clock = require('common.clock')
local events = require('authorization_tarantool.events')
local factors = require('authorization_tarantool.factors')
local refusals = require('authorization_tarantool.refusals')
local sessions = require('authorization_tarantool.sessions')

local PASSKEY = 'passkey'
-- Fields of a factor's tuple.
local USER_ID, KIND, CREDENTIAL_ID = 2, 3, 9

-- Returns {a user's factors, oldest first, how many recovery codes are left}.
local function list(user_id)
    return {factors.list(user_id), box.space.recovery_codes:count({user_id})}
end

local function count(found, kind)
    local number = 0
    for _, factor in ipairs(found) do
        number = number + (factor.kind == kind and 1 or 0)
    end
    return number
end

-- Inserts a factor. `limit`: how many of its kind the user may have. `session`: {id of the one, or the browser's, in which the
-- factor was proved, when its user has now authenticated, and how}. With the first factor, keeps these hashes of recovery codes,
-- and ends all other sessions, which were opened without it.
-- Returns {whether it was the first}. Refuses NO_USER, TOO_MANY_FACTORS, or PASSKEY_TAKEN where somebody has the credential.
local function add(factor, limit, session, hashes, new_events)
    local user_id = factor[USER_ID]
    if box.space.users:get(user_id) == nil then
        return refusals.NO_USER
    end
    local found = factors.list(user_id)
    if count(found, factor[KIND]) >= limit then
        return refusals.TOO_MANY_FACTORS
    end
    local credential_id = factor[CREDENTIAL_ID]
    if credential_id ~= nil and box.space.factors.index.credential_id:get(credential_id) ~= nil then
        return refusals.PASSKEY_TAKEN
    end
    events.record(new_events, function()
        box.space.factors:insert(factor)
        if #found == 0 then
            factors.replace_recovery_codes(user_id, hashes)
            browser_sessions.end_all(user_id, session[1], 'factor added')
        end
        sessions.authenticate(user_id, unpack(session))
        browser_sessions.authenticate(user_id, unpack(session))
    end)
    return {#found == 0}
end

-- Deletes a factor of a user. Returns {true}. Refuses NO_FACTOR.
local function remove(user_id, id, new_events)
    local factor = box.space.factors:get(id)
    if factor == nil or factor.user_id ~= user_id then
        return refusals.NO_FACTOR
    end
    return events.record(new_events, function()
        factors.delete(factor)
    end)
end

-- Deletes all factors of a user. Returns {true}, or {false} where there are none.
local function remove_all(user_id, new_events)
    if #factors.list(user_id) == 0 then
        return {false}
    end
    return events.record(new_events, function()
        factors.delete_all(user_id)
    end)
end

-- Uses a factor with a counter that is greater than at its last use; a passkey may have none, which is 0 for ever.
-- Returns {true}, or {false}, and records the events, where the counter is not greater: the code or the signature is repeated, or
-- the passkey has a copy. Refuses NO_FACTOR.
local function use(id, counter, events_of_repetition)
    local factor = box.space.factors:get(id)
    if factor == nil then
        return refusals.NO_FACTOR
    end
    local last = tonumber(factor.counter)
    local has_none = factor.kind == PASSKEY and counter == 0 and last == 0
    if counter <= last and not has_none then
        box.atomic(events.append, events_of_repetition)
        return {false}
    end
    box.space.factors:update(id, {{'=', 'counter', counter}, {'=', 'last_used_at', clock.now()}})
    return {true}
end

-- Deletes a recovery code, by its hash. Returns {true}, or {false} where the user has no such code.
local function use_recovery_code(user_id, hash, new_events)
    if box.space.recovery_codes:get({user_id, hash}) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.recovery_codes:delete({user_id, hash})
    end)
end

-- Replaces a user's recovery codes. Returns {true}. Refuses NO_FACTOR where the user has no factor that they could stand for.
local function replace_recovery_codes(user_id, hashes, new_events)
    if #factors.list(user_id) == 0 then
        return refusals.NO_FACTOR
    end
    return events.record(new_events, function()
        factors.replace_recovery_codes(user_id, hashes)
    end)
end

-- The factor with this credential, or nil.
local function find_passkey(credential_id)
    return box.space.factors.index.credential_id:get(credential_id)
end

return {
    list = list,
    add = add,
    remove = remove,
    remove_all = remove_all,
    use = use,
    use_recovery_code = use_recovery_code,
    replace_recovery_codes = replace_recovery_codes,
    find_passkey = find_passkey,
}
