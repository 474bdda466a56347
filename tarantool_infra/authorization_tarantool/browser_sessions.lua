-- Browsers in which users have signed in. A client's session that was opened there ends with the browser's, unless it was opened
-- for longer (`offline_access`; OpenID Connect Back-Channel Logout 1.0, section 2.7).

local clock = require('common.clock')
local logout_notices = require('authorization_tarantool.logout_notices')
local sessions = require('authorization_tarantool.sessions')
local sweeper = require('common.sweeper')

local function list(user_id)
    return box.space.browser_sessions.index.user:select({user_id}, {iterator = 'REQ'})
end

-- The unexpired session with this hash of its cookie, or nil.
local function find(secret_hash)
    local session = box.space.browser_sessions.index.secret_hash:get(secret_hash)
    return session ~= nil and session.expires_at > clock.now() and session or nil
end

-- Inside the box.atomic of the reason, as the other functions that end something.
local function delete(session, reason)
    box.space.browser_sessions:delete(session.id)
    sessions.record('SessionEnded', session, {reason = reason})
end

local function is_for_longer(session)
    return (' ' .. (session.scope or '') .. ' '):find(' offline_access ', 1, true) ~= nil
end

-- Remembers that the user has signed in to a client there. Inside box.atomic.
local function add_client(id, client_id)
    local session = box.space.browser_sessions:get(id)
    local client_ids = session.client_ids or {}
    for _, known in ipairs(client_ids) do
        if known == client_id then
            return
        end
    end
    table.insert(client_ids, client_id)
    box.space.browser_sessions:update(id, {{'=', 8, client_ids}})
end

-- Lets the clients be told that the session has ended. Those whose sessions go on have to know, too.
local function tell_clients(session)
    for _, client_id in ipairs(session.client_ids or {}) do
        logout_notices.append(client_id, session.id, session.user_id)
    end
end

-- Ends a session and the sessions of clients that end with it. Returns the ids of these.
local function finish(session, reason)
    local ended = {}
    tell_clients(session)
    for _, opened in ipairs(sessions.list(session.user_id)) do
        if opened.browser_session_id == session.id and not is_for_longer(opened) then
            sessions.finish(opened, reason)
            table.insert(ended, opened.id)
        end
    end
    delete(session, reason)
    return ended
end

-- Ends all sessions of a user, in browsers and elsewhere, except one (nil: no exception). Returns the ids of those elsewhere.
local function end_all(user_id, except_session_id, reason)
    for _, session in ipairs(list(user_id)) do
        if session.id ~= except_session_id then
            tell_clients(session)
            delete(session, reason or 'user changed')
        end
    end
    return sessions.end_all(user_id, except_session_id, reason)
end

-- Records that a session's user has authenticated again, when and by which methods.
local function authenticate(user_id, id, authenticated_at, methods)
    local session = box.space.browser_sessions:get(id)
    if session ~= nil and session.user_id == user_id then
        box.space.browser_sessions:update(id, {{'=', 'authenticated_at', authenticated_at}, {'=', 'methods', methods}})
    end
end

local function sweep(limit)
    return sweeper.delete_below(box.space.browser_sessions, 'expires_at', clock.earliest(), limit)
end

return {
    list = list,
    find = find,
    add_client = add_client,
    delete = delete,
    finish = finish,
    end_all = end_all,
    authenticate = authenticate,
    sweep = sweep,
}
