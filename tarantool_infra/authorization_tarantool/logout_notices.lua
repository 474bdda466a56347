-- What clients have to be told of sessions that have ended (OpenID Connect Back-Channel Logout 1.0). A notice is stored in the
-- transaction of the end, and deleted when the client has answered that it knows: so the client is told at least once.

local fiber = require('fiber')

local clock = require('common.clock')
local leadership = require('common.leadership')

local changed = fiber.cond() -- signalled when there may be another notice to take

local function signal()
    changed:broadcast()
end

leadership.on_lose(signal)

-- Where a client wants to be told, or nil.
local function find_uri(client_id)
    local client = box.space.clients:get(client_id)
    return client ~= nil and client.application ~= nil and client.application.backchannel_logout_uri or nil
end

-- Lets a client be told that the browser session `sid` of a user has ended. Inside the box.atomic of the end.
local function append(client_id, sid, user_id)
    if find_uri(client_id) == nil then
        return
    end
    local earlier = box.space.logout_notices:get({client_id, sid})
    if earlier ~= nil and earlier.attempts == 0 then
        return
    end
    local revision = earlier ~= nil and tonumber(earlier.revision) + 1 or 1
    box.space.logout_notices:replace({client_id, sid, user_id, clock.now(), 0, revision})
    box.on_commit(signal)
end

-- The first notice of each client that is due now, except of those whose ids are keys of `busy`; up to `limit`.
local function list_due(busy, limit)
    local index, now, due = box.space.logout_notices.index.due, clock.now(), {}
    local notice = index:min()
    while notice ~= nil and #due < limit do
        if notice.due_at <= now and not busy[notice.client_id] then
            table.insert(due, notice)
        end
        notice = index:select({notice.client_id}, {iterator = 'GT', limit = 1})[1]
    end
    return due
end

-- Waits up to `seconds` for another notice.
local function wait(seconds)
    changed:wait(seconds)
end

return {append = append, find_uri = find_uri, list_due = list_due, signal = signal, wait = wait}
