-- Stored functions of authorization_service for authorization codes, called as `codes.NAME`; see common/refusals.lua.

local browser_sessions = require('authorization_tarantool.browser_sessions')
local client_sessions = require('authorization_tarantool.client_sessions')
local clock = require('common.clock')
local pushed_requests = require('authorization_tarantool.pushed_requests')
local refusals = require('authorization_tarantool.refusals')
local revocations = require('authorization_tarantool.revocations')
local sessions = require('authorization_tarantool.sessions')

-- Inserts a code for a client, as the user that has signed in to the browser with this hash of its cookie.
-- request: {client id, redirect URI, challenge, scope, nonce or nil}; lifetime: microseconds
-- pushed_hash: of the pushed request that this is, which yields one code; nil: it was not pushed
-- Returns {true}. Refuses NO_SESSION where nobody has signed in, and NO_REQUEST.
local function issue(hash, secret_hash, request, lifetime, pushed_hash)
    local session = browser_sessions.find(secret_hash)
    if session == nil then
        return refusals.NO_SESSION
    end
    if pushed_hash ~= nil and pushed_requests.find(pushed_hash) == nil then
        return refusals.NO_REQUEST
    end
    local client_id, redirect_uri, challenge, scope, nonce = unpack(request, 1, 5)
    box.atomic(function()
        if pushed_hash ~= nil then
            box.space.pushed_requests:delete(pushed_hash)
        end
        box.space.authorization_codes:insert({
            hash, client_id, redirect_uri, challenge, scope, nonce or box.NULL,
            session.user_id, session.id, session.authenticated_at, session.methods, clock.now() + lifetime, false,
        })
    end)
    return {true}
end

-- The code with this hash: {client id, redirect URI, challenge}; nil where there is none.
local function find(hash)
    local code = box.space.authorization_codes:get(hash)
    return code ~= nil and {code.client_id, code.redirect_uri, code.challenge} or nil
end

-- Uses a code up. Where `is_right` says that whoever presents it is the client that it was issued to, opens a session.
-- Returns what `open` of api/sessions.lua does, and the nonce or nil.
-- Refuses INVALID_CODE, and `code_reused` where it was used before: the session that it opened ends (RFC 6749, section 4.1.2).
local function redeem(hash, is_right, session_id, hashes, lifetimes, client, limit)
    local read_at = revocations.read_at()
    local code = box.space.authorization_codes:get(hash)
    if code == nil then
        return refusals.INVALID_CODE
    end
    if code.is_used then
        local opened = code.session_id ~= nil and box.space.sessions:get(code.session_id) or nil
        if opened == nil then
            return refusals.INVALID_CODE
        end
        box.atomic(sessions.finish, opened, 'authorization code reused')
        return refusals.code_reused(opened.id)
    end
    local user = box.space.users:get(code.user_id)
    local browser_session = box.space.browser_sessions:get(code.browser_session_id)
    local is_valid = is_right and code.expires_at > clock.now() and browser_session ~= nil and user ~= nil and user.is_enabled
    return box.atomic(function()
        box.space.authorization_codes:update(hash, {{'=', 'is_used', true}})
        if not is_valid then
            return refusals.INVALID_CODE
        end
        local answer = client_sessions.open(session_id, user, code, hashes, lifetimes, client, limit, read_at)
        box.space.authorization_codes:update(hash, {{'=', 'session_id', answer[1].id}})
        table.insert(answer, code.nonce or box.NULL)
        return answer
    end)
end

return {issue = issue, find = find, redeem = redeem}
