-- Browsers in which users have signed in. A client's session that was opened there ends with the browser's, unless it was opened
-- for longer (`offline_access`; OpenID Connect Back-Channel Logout 1.0, section 2.7).

local clock = require('common.clock')
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

-- Ends a session and the sessions of clients that end with it. Returns the ids of these.
local function finish(session, reason)
    local ended = {}
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
    delete = delete,
    finish = finish,
    end_all = end_all,
    authenticate = authenticate,
    sweep = sweep,
}
