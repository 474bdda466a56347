-- Stored functions of authorization_service for users, called as `users.NAME`; see common/refusals.lua.

local browser_sessions = require('authorization_tarantool.browser_sessions')
local consents = require('authorization_tarantool.consents')
local events = require('authorization_tarantool.events')
local factors = require('authorization_tarantool.factors')
local refusals = require('authorization_tarantool.refusals')
local rights = require('authorization_tarantool.rights')

local ADMINISTRATOR = 'administrator'
-- Fields of a user's tuple.
local ID, USERNAME_KEY, ROLE, IS_ENABLED, REVISION = 1, 2, 7, 9, 11

-- Inserts a user with its first grants. Returns {true}. Refuses USERNAME_TAKEN.
local function register(user, grants, new_events)
    if box.space.users.index.username_key:get(user[USERNAME_KEY]) ~= nil then
        return refusals.USERNAME_TAKEN
    end
    return events.record(new_events, function()
        box.space.users:insert(user)
        for _, text in ipairs(grants) do
            box.space.grants:insert({'user', user[ID], text})
        end
    end)
end

local function count_administrators()
    return box.space.users.index.role:count({ADMINISTRATOR, true})
end

local function has_administrator()
    return count_administrators() > 0
end

local function is_last_administrator(user)
    return user.role == ADMINISTRATOR and user.is_enabled and count_administrators() == 1
end

-- Replaces a user and, with `ends_sessions`, ends all its sessions except `kept_session_id`. Returns {true}, or {false} where the
-- user was changed or deleted since it was read. Refuses LAST_ADMINISTRATOR where no enabled administrator would be left.
local function change(user, ends_sessions, kept_session_id, new_events)
    local stored = box.space.users:get(user[ID])
    if stored == nil or stored.revision ~= user[REVISION] then
        return {false}
    end
    local stays = user[ROLE] == ADMINISTRATOR and user[IS_ENABLED]
    if not stays and is_last_administrator(stored) then
        return refusals.LAST_ADMINISTRATOR
    end
    return events.record(new_events, function()
        user[REVISION] = stored.revision + 1
        box.space.users:replace(user)
        if ends_sessions then
            browser_sessions.end_all(user[ID], kept_session_id)
        end
    end)
end

-- Deletes a user with its memberships, grants, factors and sessions. Returns and refuses as `change` does.
local function delete(user_id, revision, new_events)
    local user = box.space.users:get(user_id)
    if user == nil or user.revision ~= revision then
        return {false}
    end
    if is_last_administrator(user) then
        return refusals.LAST_ADMINISTRATOR
    end
    box.atomic(function()
        for _, group in ipairs(rights.list_groups(user_id)) do
            box.space.memberships:delete({group, user_id})
        end
        rights.clear('user', user_id)
        factors.delete_all(user_id)
        browser_sessions.end_all(user_id)
        consents.delete_of_user(user_id)
        events.append(new_events)
        box.space.users:delete(user_id) -- last: events record its name
    end)
    return {true}
end

-- Up to `limit` users whose username keys begin with `prefix` and come after `after`, by username key.
local function list(prefix, after, limit)
    local found = {}
    local from, iterator = prefix, 'GE'
    if after ~= '' and after >= prefix then
        from, iterator = after, 'GT'
    end
    for _, user in box.space.users.index.username_key:pairs(from, {iterator = iterator}) do
        if #found == limit or user.username_key:sub(1, #prefix) ~= prefix then
            break
        end
        table.insert(found, user)
    end
    return found
end

return {register = register, change = change, delete = delete, list = list, has_administrator = has_administrator}
