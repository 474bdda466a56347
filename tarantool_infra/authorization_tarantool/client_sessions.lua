-- Sessions that clients open for users that have signed in.

local browser_sessions = require('authorization_tarantool.browser_sessions')
local policies = require('authorization_tarantool.policies')
local rights = require('authorization_tarantool.rights')
local sessions = require('authorization_tarantool.sessions')

-- Opens a session for a user as a code allows it: {client_id, scope, authenticated_at, methods, browser_session_id or nil}.
-- Inside box.atomic. `read_at` is from before the user was read. Returns what `open` of api/sessions.lua does.
local function open(session_id, user, code, hashes, lifetimes, client, limit, read_at)
    local opened = sessions.open(session_id, user.id, hashes, lifetimes, client, limit, code.scope, {
        authenticated_at = code.authenticated_at,
        methods = code.methods,
        client_id = code.client_id,
        browser_session_id = code.browser_session_id,
    })
    if code.browser_session_id ~= nil then
        browser_sessions.add_client(code.browser_session_id, code.client_id)
    end
    sessions.record('SignedInToClient', opened, {
        client_id = code.client_id, address = opened.address, user_agent = opened.user_agent,
    })
    local is_needed = policies.is_on(policies.ADMINISTRATORS_NEED_SECOND_FACTOR)
    return {opened, user, rights.combine(user.id), read_at, is_needed}
end

return {open = open}
