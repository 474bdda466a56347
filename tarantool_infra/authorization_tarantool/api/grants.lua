-- Stored functions of authorization_service for grants, called as `grants.NAME`; see common/refusals.lua.

local events = require('authorization_tarantool.events')
local refusals = require('authorization_tarantool.refusals')
local rights = require('authorization_tarantool.rights')

local SPACES = {user = 'users', group = 'groups'}
local NO_HOLDER = {user = refusals.NO_USER, group = refusals.NO_GROUP}

local function exists(kind, holder)
    return box.space[SPACES[kind]]:get(holder) ~= nil
end

local function affected_users(kind, holder)
    return kind == 'user' and {holder} or rights.list_members(holder)
end

-- A group without members must not hold more than a user may either.
local function would_exceed(kind, holder, text, bounds)
    if #rights.list(kind, holder) >= bounds.grants then
        return true
    end
    for _, user_id in ipairs(affected_users(kind, holder)) do
        if rights.exceeds(user_id, {text}, bounds) then
            return true
        end
    end
    return false
end

-- Gives a grant. Returns {true}, or {false} where it is held already. Refuses NO_USER, NO_GROUP, or TOO_MANY_GRANTS where the
-- holder, or a member of the group, would hold more than a token may carry.
local function give(kind, holder, text, bounds, new_events)
    if not exists(kind, holder) then
        return NO_HOLDER[kind]
    end
    if box.space.grants:get({kind, holder, text}) ~= nil then
        return {false}
    end
    if would_exceed(kind, holder, text, bounds) then
        return refusals.TOO_MANY_GRANTS
    end
    return events.record(new_events, function()
        box.space.grants:insert({kind, holder, text})
        rights.revoke_tokens(affected_users(kind, holder))
    end)
end

-- Takes a grant back. Returns {true}, or {false} where it is not held. Refuses NO_USER or NO_GROUP.
local function take(kind, holder, text, new_events)
    if not exists(kind, holder) then
        return NO_HOLDER[kind]
    end
    if box.space.grants:get({kind, holder, text}) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.grants:delete({kind, holder, text})
        rights.revoke_tokens(affected_users(kind, holder))
    end)
end

-- A user's rights and where they come from: {its own grants, {{group, {its grants}}, …}}.
local function explain(user_id)
    local by_group = {}
    for _, group in ipairs(rights.list_groups(user_id)) do
        table.insert(by_group, {group, rights.list('group', group)})
    end
    return {rights.list('user', user_id), by_group}
end

return {give = give, take = take, explain = explain, list = rights.list}
