-- What authorization_service may ask for about service accounts. Functions are called over the network as `clients.NAME`.

local events = require('authorization_tarantool.events')
local revocations = require('authorization_tarantool.revocations')

-- Inserts a client. Returns {true}, or {false} where the id is taken.
local function create(client, new_events)
    if box.space.clients:get(client[1]) ~= nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:insert(client)
    end)
end

local function put(client)
    box.space.clients:replace(client)
    return true
end

-- Up to `most` clients behind the one with the id `after`, by id.
local function list(after, most)
    return box.space.clients:select({after}, {iterator = 'GT', limit = most})
end

-- Replaces a client's secret and revokes its access tokens, the last of which would expire at `tokens_expire_at` (seconds).
-- Returns {true}, or {false} where there is no such client.
local function change_secret(id, secret_hash, tokens_expire_at, new_events)
    if box.space.clients:get(id) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:update(id, {{'=', 'secret_hash', secret_hash}})
        revocations.append('subject', id, 0, tokens_expire_at)
    end)
end

-- Deletes a client and revokes its access tokens. Returns {true}, or {false} where there is no such client.
local function delete(id, tokens_expire_at, new_events)
    if box.space.clients:get(id) == nil then
        return {false}
    end
    return events.record(new_events, function()
        box.space.clients:delete(id)
        revocations.append('subject', id, 0, tokens_expire_at)
    end)
end

return {create = create, put = put, list = list, change_secret = change_secret, delete = delete}
