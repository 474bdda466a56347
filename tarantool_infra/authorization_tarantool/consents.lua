-- Consents of users to clients.

local sessions = require('authorization_tarantool.sessions')

-- Deletes a consent, and ends the sessions that the client has opened for the user. Inside box.atomic.
-- Returns whether there was one, and the ids of the sessions.
local function withdraw(user_id, client_id, reason)
    local consent, ended = box.space.consents:delete({user_id, client_id}), {}
    for _, session in ipairs(box.space.sessions.index.client:select({client_id, user_id})) do
        sessions.finish(session, reason)
        table.insert(ended, session.id)
    end
    return consent ~= nil, ended
end

local function delete_of_user(user_id)
    for _, consent in ipairs(box.space.consents:select({user_id})) do
        box.space.consents:delete({user_id, consent.client_id})
    end
end

-- Deletes all consents to a client, and ends all its sessions. Inside box.atomic.
local function delete_of_client(client_id)
    for _, consent in ipairs(box.space.consents.index.client:select({client_id})) do
        box.space.consents:delete({consent.user_id, client_id})
    end
    for _, session in ipairs(box.space.sessions.index.client:select({client_id})) do
        sessions.finish(session, 'client gone')
    end
end

return {withdraw = withdraw, delete_of_user = delete_of_user, delete_of_client = delete_of_client}
