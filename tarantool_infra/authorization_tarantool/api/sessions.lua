-- Stored functions of authorization_service for sessions, called as `sessions.NAME`; see common/refusals.lua.

local json = require('json')

local browser_sessions = require('authorization_tarantool.browser_sessions')
local clock = require('common.clock')
local events = require('authorization_tarantool.events')
local factors = require('authorization_tarantool.factors')
local policies = require('authorization_tarantool.policies')
local refusals = require('authorization_tarantool.refusals')
local revocations = require('authorization_tarantool.revocations')
local rights = require('authorization_tarantool.rights')
local sessions = require('authorization_tarantool.sessions')

-- lifetimes, client: see `open` in sessions.lua
-- grace: microseconds after its first use for which a refresh token yields its successor again

local function may_have_sessions(user)
    return user ~= nil and user.is_enabled ~= false
end

local function describe(session, user, read_at)
    local is_needed = policies.is_on(policies.ADMINISTRATORS_NEED_SECOND_FACTOR)
    return {session, user, rights.combine(user.id), read_at, is_needed}
end

-- Opens a session of a user that has authenticated while it had this password hash; the least recently used one ends where the
-- user would have more than `limit`. `scope`: what its tokens may allow at most; nil: all that the user may do.
-- `authentication`: {when, by which methods (RFC 8176)} the user has authenticated.
-- Returns {session, user, the user's grants, when these were read (see revocations.lua), whether administrators need a second
-- factor}. Refuses WRONG_CREDENTIALS, and records an event, where the user has been disabled or deleted, or the password
-- changed; SECOND_FACTOR_MISSING where the user has one, and the methods have not.
local function open(id, user_id, password_hash, hashes, lifetimes, client, limit, scope, authentication)
    local read_at = revocations.read_at()
    local user = box.space.users:get(user_id)
    if not may_have_sessions(user) or user.password_hash ~= password_hash then
        local data = json.encode({reason = 'user changed', address = client[1]})
        box.atomic(events.append, {{'LoginRefused', user_id, read_at[1], data}})
        return refusals.WRONG_CREDENTIALS
    end
    local authenticated_at, methods = unpack(authentication)
    if not factors.are_satisfied(user_id, methods) then
        return refusals.SECOND_FACTOR_MISSING
    end
    local session = box.atomic(function()
        local opened = sessions.open(id, user_id, hashes, lifetimes, client, limit, scope, {
            authenticated_at = authenticated_at,
            methods = methods,
        })
        sessions.record('LoggedIn', opened, {address = opened.address, user_agent = opened.user_agent, methods = methods})
        return opened
    end)
    return describe(session, user, read_at)
end

-- Whether the secret is that of the refresh token before the latest one, first used no longer than `grace` ago. Only the latest
-- succession is known, so this ends with the first use of the successor.
local function may_repeat(session, secret_hash, grace)
    return session.previous_secret_hash == secret_hash
        and math.abs(clock.steady() - tonumber(session.succeeded_at)) < grace
end

-- Exchanges a refresh token, the latest of its session, for its successor: {hash of its secret, salt that it was derived with}.
-- The token before the latest one, within the grace, changes nothing about the succession. Returns what `open` does; the session
-- has the salt of the successor to hand out.
-- client_id: of the client that asks, nil for none; a client's session is refreshed by that client alone.
-- Refuses INVALID_REFRESH_TOKEN where there is no such session, it has expired, or its user may not have one any more, and
-- `refresh_token_reused` where the token was an earlier one, so that one of its two bearers is a thief: the session ends.
local function refresh(family_hash, secret_hash, successor, lifetimes, client, grace, client_id)
    local read_at = revocations.read_at()
    local session = box.space.sessions.index.family_hash:get(family_hash)
    if session == nil or session.expires_at <= clock.now()
        or (session.client_id ~= nil and session.client_id ~= client_id) then
        return refusals.INVALID_REFRESH_TOKEN
    end
    local user = box.space.users:get(session.user_id)
    local is_latest = session.secret_hash == secret_hash
    local is_reused = not is_latest and not may_repeat(session, secret_hash, grace)
    if is_reused or not may_have_sessions(user) then
        box.atomic(function()
            if is_reused then
                sessions.record('RefreshTokenReused', session, {address = client[1], user_agent = client[2]})
            end
            sessions.finish(session, is_reused and 'refresh token reused' or 'user gone')
        end)
        return is_reused and refusals.refresh_token_reused(session.id) or refusals.INVALID_REFRESH_TOKEN
    end
    local idle, _, token = unpack(lifetimes)
    local now = sessions.next_use(user.id)
    local changes = {
        {'=', 'last_used_at', now},
        {'=', 'expires_at', math.min(now + idle, tonumber(session.ends_at))},
        {'=', 'tokens_expire_at', math.max(now + token, tonumber(session.tokens_expire_at))},
        {'=', 'address', client[1]},
        {'=', 'user_agent', client[2]},
    }
    if is_latest then
        for _, change in ipairs({
            {'=', 'secret_hash', successor[1]},
            {'=', 'scope', session.scope == nil and box.NULL or session.scope}, -- fields are added one after the other
            {'=', 'previous_secret_hash', secret_hash},
            {'=', 'successor_salt', successor[2]},
            {'=', 'succeeded_at', clock.steady()},
        }) do
            table.insert(changes, change)
        end
    end
    local refreshed = box.atomic(function()
        return box.space.sessions:update(session.id, changes)
    end)
    return describe(refreshed, user, read_at)
end

-- Why a session ends: `new_events` are there if somebody else than its user ends it. Services of earlier versions send none.
local function reason(new_events)
    return #(new_events or {}) > 0 and 'ended by an administrator' or 'logged out'
end

-- Ends a session of a user; `is_revoked`: by its token (RFC 7009). Returns {true}. Refuses NO_SESSION where the user has no such
-- session.
local function finish(user_id, id, is_revoked, new_events)
    local session = box.space.sessions:get(id)
    if session == nil or session.user_id ~= user_id then
        return refusals.NO_SESSION
    end
    return events.record(new_events or {}, function()
        sessions.finish(session, is_revoked and sessions.REVOKED or reason(new_events))
    end)
end

local function end_all(user_id, except_session_id, new_events)
    return box.atomic(function()
        local ended = browser_sessions.end_all(user_id, except_session_id, reason(new_events))
        events.append(new_events or {})
        return ended
    end)
end

-- The unexpired session that a refresh token with these hashes continues, or nil.
local function find(family_hash, secret_hash, grace)
    local session = box.space.sessions.index.family_hash:get(family_hash)
    if session == nil or session.expires_at <= clock.now() then
        return nil
    end
    if session.secret_hash ~= secret_hash and not may_repeat(session, secret_hash, grace) then
        return nil
    end
    return session
end

-- The unexpired sessions of a user, the most recently used first.
local function list(user_id)
    local now = clock.now()
    local unexpired = {}
    for _, session in ipairs(sessions.list(user_id)) do
        if session.expires_at > now then
            table.insert(unexpired, session)
        end
    end
    return unexpired
end

return {find = find, open = open, refresh = refresh, finish = finish, end_all = end_all, list = list}
