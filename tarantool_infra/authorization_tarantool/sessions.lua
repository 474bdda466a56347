-- Opening and ending sessions. Inside the box.atomic of the reason: the end of a session and the revocation of its access tokens
-- are one change.

local json = require('json')

local clock = require('common.clock')
local events = require('authorization_tarantool.events')
local logout_notices = require('authorization_tarantool.logout_notices')
local revocations = require('authorization_tarantool.revocations')
local sweeper = require('common.sweeper')

-- An expired session is kept for longer than any access token lives, so that its last tokens are revoked with the user's others.
local KEPT_MICROSECONDS = 2 * 86400 * 1e6

-- A page that renews its tokens without asking opens a session each time: these must not end the user's others.
local MAX_OF_A_CLIENT = 5

local TOO_MANY, REVOKED = 'too many', 'revoked' -- reasons for the end of a session

local function list(user_id)
    return box.space.sessions.index.user:select({user_id}, {iterator = 'REQ'})
end

-- The time of a use of a session: later than the uses of the user's other sessions, also where the clock was set back. So the
-- least recently used one is known.
local function next_use(user_id)
    local latest = box.space.sessions.index.user:select({user_id}, {iterator = 'REQ', limit = 1})[1]
    return math.max(clock.now(), latest and tonumber(latest.last_used_at) + 1 or 0)
end

-- Records an event of a session. Only the transaction knows which sessions it concerns, so these events are made here.
local function record(kind, session, data)
    data.session_id = session.id
    events.append({{kind, session.user_id, clock.now(), json.encode(data)}})
end

-- Ends a session: its refresh token and its access tokens are not valid any more. Its client is told, if it did not end it itself
-- and has not opened others in its place.
local function finish(session, reason)
    box.space.sessions:delete(session.id)
    if session.browser_session_id ~= nil and reason ~= TOO_MANY and reason ~= REVOKED then
        logout_notices.append(session.client_id, session.browser_session_id, session.user_id)
    end
    record('SessionEnded', session, {reason = reason})
    -- Tarantool returns integers this large as 64-bit ones, which Lua would divide as integers.
    revocations.append('session', session.id, 0, tonumber(session.tokens_expire_at) / 1e6)
end

-- Inserts a session of a user; beyond `limit` of them, and beyond MAX_OF_A_CLIENT of a client in one browser, the least recently
-- used ones end. Returns it.
-- lifetimes: {of an unused session, of a session at most, of an access token}, in microseconds; client: {address, user agent}
-- scope: what its tokens may allow at most; nil: all that the user may do
-- sign_in: {authenticated_at, methods} of the user and, where a client opens it, {client_id, browser_session_id}
local function open(id, user_id, hashes, lifetimes, client, limit, scope, sign_in)
    local idle, absolute, token = unpack(lifetimes)
    local kept, kept_of_client = 0, 0
    for _, session in ipairs(list(user_id)) do
        local is_of_client = sign_in.browser_session_id ~= nil and session.client_id == sign_in.client_id
            and session.browser_session_id == sign_in.browser_session_id
        if kept + 1 >= limit or (is_of_client and kept_of_client + 1 >= MAX_OF_A_CLIENT) then
            finish(session, TOO_MANY)
        else
            kept, kept_of_client = kept + 1, kept_of_client + (is_of_client and 1 or 0)
        end
    end
    local now = next_use(user_id)
    return box.space.sessions:insert({
        id, user_id, hashes[1], hashes[2], now, now, now + math.min(idle, absolute), now + absolute, now + token,
        client[1], client[2], scope or box.NULL, box.NULL, box.NULL, box.NULL,
        sign_in.authenticated_at, sign_in.methods,
        sign_in.client_id or box.NULL, sign_in.browser_session_id or box.NULL,
    })
end

-- Ends all sessions of a user except one (nil: no exception). Returns their ids.
local function end_all(user_id, except_session_id, reason)
    local ended = {}
    for _, session in ipairs(list(user_id)) do
        if session.id ~= except_session_id then
            finish(session, reason or 'user changed')
            table.insert(ended, session.id)
        end
    end
    return ended
end

-- Records that a session's user has authenticated again, when and by which methods.
local function authenticate(user_id, id, authenticated_at, methods)
    local session = box.space.sessions:get(id)
    if session ~= nil and session.user_id == user_id then
        -- Fields are added one after the other.
        local fields = session:totable()
        for position = 12, 15 do
            fields[position] = fields[position] == nil and box.NULL or fields[position]
        end
        fields[16], fields[17] = authenticated_at, methods
        box.space.sessions:replace(fields)
    end
end

local function sweep(limit)
    return sweeper.delete_below(box.space.sessions, 'expires_at', clock.earliest() - KEPT_MICROSECONDS, limit)
end

return {
    REVOKED = REVOKED,
    list = list,
    next_use = next_use,
    record = record,
    open = open,
    finish = finish,
    end_all = end_all,
    authenticate = authenticate,
    sweep = sweep,
}
