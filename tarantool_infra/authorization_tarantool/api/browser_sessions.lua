-- Stored functions of authorization_service for sign-ins in browsers, called as `browser_sessions.NAME`; see common/refusals.lua.

local json = require('json')

local browser_sessions = require('authorization_tarantool.browser_sessions')
local clock = require('common.clock')
local events = require('authorization_tarantool.events')
local factors = require('authorization_tarantool.factors')
local refusals = require('authorization_tarantool.refusals')
local sessions = require('authorization_tarantool.sessions')

-- lifetime: microseconds; client: {address, user agent}

-- Opens a session of a user that has authenticated: {when, by which methods (RFC 8176)}; the oldest one ends where the user would
-- have more than `limit`. `replaced_hash`: of the cookie that the browser had before, whose session ends.
-- Returns {session, ids of other sessions that have ended}. Refuses WRONG_CREDENTIALS, and records an event, where the user has
-- been disabled or deleted, or the password changed; SECOND_FACTOR_MISSING where the user has one, and the methods have not.
local function open(id, user, secret_hash, replaced_hash, lifetime, authentication, client, limit)
    local user_id, password_hash = unpack(user)
    local stored = box.space.users:get(user_id)
    if stored == nil or not stored.is_enabled or stored.password_hash ~= password_hash then
        local data = json.encode({reason = 'user changed', address = client[1]})
        box.atomic(events.append, {{'LoginRefused', user_id, clock.now(), data}})
        return refusals.WRONG_CREDENTIALS
    end
    local authenticated_at, methods = unpack(authentication)
    if not factors.are_satisfied(user_id, methods) then
        return refusals.SECOND_FACTOR_MISSING
    end
    local opened, ended
    box.atomic(function()
        local replaced = browser_sessions.find(replaced_hash)
        local client_ids = {}
        -- The same user signs in again: the session keeps its id, and what clients have opened goes on.
        if replaced and replaced.user_id == user_id then
            id, client_ids = replaced.id, replaced.client_ids or client_ids
            browser_sessions.delete(replaced, 'signed in again')
        elseif replaced then
            ended = browser_sessions.finish(replaced, 'signed in again')
        end
        local earlier = browser_sessions.list(user_id)
        for position = limit, #earlier do
            browser_sessions.delete(earlier[position], 'too many')
        end
        local now = clock.now()
        opened = box.space.browser_sessions:insert({
            id, secret_hash, user_id, now, now + lifetime, authenticated_at, methods, client_ids,
        })
        sessions.record('LoggedIn', opened, {address = client[1], user_agent = client[2], methods = methods})
    end)
    return {opened, ended or {}}
end

-- The session with this hash of its cookie and its user: {session, user}; nil where there is none, or the user is disabled.
local function find(secret_hash)
    local session = browser_sessions.find(secret_hash)
    local user = session and box.space.users:get(session.user_id)
    return user and user.is_enabled and {session, user} or nil
end

-- Ends the session with this hash of its cookie. Returns the ids of the other sessions that have ended with it.
local function finish(secret_hash)
    local session = browser_sessions.find(secret_hash)
    return session and box.atomic(browser_sessions.finish, session, 'logged out') or {}
end

-- The unexpired sessions of a user.
local function list(user_id)
    local found = {}
    for _, session in ipairs(browser_sessions.list(user_id)) do
        if session.expires_at > clock.now() then
            table.insert(found, session)
        end
    end
    return found
end

-- Ends a session of a user. Returns {ids of the other sessions that have ended with it}. Refuses NO_SESSION where the user has
-- no such session.
local function finish_of_user(user_id, id)
    local session = box.space.browser_sessions:get(id)
    if session == nil or session.user_id ~= user_id then
        return refusals.NO_SESSION
    end
    return {box.atomic(browser_sessions.finish, session, 'logged out')}
end

return {open = open, find = find, finish = finish, list = list, finish_of_user = finish_of_user}
